"""What every noun uses: actors, rights, errors, text and time."""
