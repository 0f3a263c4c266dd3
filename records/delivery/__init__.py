"""What partners receive: the change feed, exports and webhooks."""
