"""The change feed and its subscription."""
