"""Pages around sealed data."""
