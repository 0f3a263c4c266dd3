"""Catalogues that administrators keep: organisations, tip categories, indicators and their targets."""
