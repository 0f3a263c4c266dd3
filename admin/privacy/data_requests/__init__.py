"""Requests of data subjects."""
