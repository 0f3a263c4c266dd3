"""Partner systems, their keys and documents."""
