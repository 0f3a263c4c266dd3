"""Requests to see sealed data."""
