"""Assignments: who looks after which hamlet or group."""
