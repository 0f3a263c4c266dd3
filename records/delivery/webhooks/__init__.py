"""Webhooks: partners are told that something changed, by the Standard Webhooks specification."""

from records.delivery.webhooks.deliveries import deliveries_of, delivery, send_again, send_test
from records.delivery.webhooks.endpoints import (
    MOST,
    RETENTION_DAYS,
    WebhookDraft,
    change_secret,
    create,
    edit,
    followable,
    pause,
    remove,
    replay,
    resume,
    visible_to,
    webhook,
)
from records.delivery.webhooks.failures import failing, last_problems, with_failing_webhook
from records.delivery.webhooks.results import DELAYS, FAILING
from records.delivery.webhooks.signing import secrets_in_use
from records.delivery.webhooks.worker import JOB, KIND
