"""Partners: province systems that call the API, the keys they call with, and the tokens they get for them."""

from records.partners.keys import (
    OVERLAP_DAYS,
    actor_of_key,
    issue_key,
    keys_of,
    revoke_key,
    rotate_key,
)
from records.partners.partner import (
    LIMITS,
    NOUN,
    activate,
    areas_of,
    create,
    deactivate,
    edit,
    visible_to,
)
from records.partners.requests import DAYS, count_request, requests_by_day, store_requests
from records.partners.signing import ALGORITHMS, ASSERTION_LIFE, set_signing_keys
from records.partners.tokens import (
    TOKEN_LIFE,
    Client,
    Granted,
    NotTheirs,
    actor_of,
    client_of_assertion,
    client_of_secret,
    grant,
    live_tokens,
    revoke_token,
)

__all__ = [
    "ALGORITHMS",
    "ASSERTION_LIFE",
    "DAYS",
    "LIMITS",
    "NOUN",
    "OVERLAP_DAYS",
    "TOKEN_LIFE",
    "Client",
    "Granted",
    "NotTheirs",
    "activate",
    "actor_of",
    "actor_of_key",
    "areas_of",
    "client_of_assertion",
    "client_of_secret",
    "count_request",
    "create",
    "deactivate",
    "edit",
    "grant",
    "issue_key",
    "keys_of",
    "live_tokens",
    "requests_by_day",
    "revoke_key",
    "revoke_token",
    "rotate_key",
    "set_signing_keys",
    "store_requests",
    "visible_to",
]
