"""Exports: a list as a file."""
