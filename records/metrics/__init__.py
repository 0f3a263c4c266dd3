"""Metrics: indicators, cells, and the points read from them."""
