"""What every noun leans on: actors, rights, errors, text, time, and the one way to change a row."""
