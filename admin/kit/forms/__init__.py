"""Forms: reading what was entered, keeping it, and merging it with what others saved."""
