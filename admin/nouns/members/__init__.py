"""Members of groups."""
