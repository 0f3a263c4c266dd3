"""Keys, codes and references."""
