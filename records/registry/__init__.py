"""All nouns of the service, and what is derived from their declarations: histories and reversals."""
