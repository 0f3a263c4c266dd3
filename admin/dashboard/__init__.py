"""The page that people meet first."""
