"""The cost of operations, and limits on requests."""
