"""Changes of rows: transactions with audit and outbox, idempotency, and locks."""
