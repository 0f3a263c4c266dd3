"""The rows that come of a change: audit entries, outbox events, jobs and numbers."""
