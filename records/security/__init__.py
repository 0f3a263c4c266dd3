"""Keys, sealed rows, passwords and limits on trying."""
