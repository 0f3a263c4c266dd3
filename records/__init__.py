"""The service itself: the nouns (tables), the verbs (rules) and who may do what. No web in here."""
