"""Keys, sealed rows, passwords and throttling."""
