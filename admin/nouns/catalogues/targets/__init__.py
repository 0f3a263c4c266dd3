"""Targets of indicators."""
