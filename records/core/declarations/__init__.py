"""What is true of a noun, declared once: its fields, its life, who may read it, and what it counts."""
