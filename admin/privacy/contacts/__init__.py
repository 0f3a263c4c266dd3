"""How to reach members."""
