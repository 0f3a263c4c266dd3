"""Areas and what became of them."""
