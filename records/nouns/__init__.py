"""The nouns: their rules and verbs."""
