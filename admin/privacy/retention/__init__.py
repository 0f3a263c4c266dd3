"""What the rules of retention would erase, and what legal holds keep."""
