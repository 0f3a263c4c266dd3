"""Areas with history, and how far a right reaches in them."""
