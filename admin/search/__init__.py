"""Finding places and records by name, and the keys that lead to them."""
