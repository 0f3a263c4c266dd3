"""Delivery to partners: the change feed, exports and webhooks."""
