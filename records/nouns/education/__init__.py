"""Education cases and who supervises them."""
