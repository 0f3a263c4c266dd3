"""Webhooks of partner systems."""
