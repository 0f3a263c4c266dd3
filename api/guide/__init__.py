"""The guide for integrators at /docs: a page with the commonest tasks, each in three languages."""
