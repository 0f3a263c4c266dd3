"""Tip categories."""
