"""Education cases."""
