"""How rows change: in one transaction with audit and outbox, once, and in turn."""
