"""The public schema: its text, releases and deprecations."""
