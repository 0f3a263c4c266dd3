"""Citizens' questions and their published answers."""
