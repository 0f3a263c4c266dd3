"""The page of components."""
