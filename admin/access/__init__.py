"""Who may come in: staff, partner systems, and what takes a second person."""
