"""The guide for integrators at /docs: the most common tasks, each in three programming languages."""
