"""The mutations of partner systems."""
