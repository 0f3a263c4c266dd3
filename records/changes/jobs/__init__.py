"""Background jobs: one queue in PostgreSQL for whatever outlasts a request or comes round on a schedule."""

from records.changes.jobs.lease import LEASE_SECONDS, Lease, LeaseLost
from records.changes.jobs.queue import cancel, enqueue, enqueue_once, hasten, retry
from records.changes.jobs.worker import Kind, Worker, scheduled
