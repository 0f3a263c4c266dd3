"""Hand-downs of outlines."""
