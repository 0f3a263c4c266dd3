"""Partners: province systems that call the API, the keys they call with, and the tokens they get for them."""

from records.access.partners.budgets import (
    MAX_LIMIT,
    MAX_REFILL,
    MIN_LIMIT,
    Budget,
    BudgetExhausted,
    CostExceedsBudget,
    budget_of,
    charge,
    refund,
    set_allowance,
)
from records.access.partners.documents import (
    DOCUMENT_NOT_ALLOWED,
    DOCUMENTS_AT_ONCE,
    DocumentDraft,
    Names,
    check_allowed,
    digest,
    document,
    documents_of,
    find_document_text,
    parse_documents,
    register_documents,
    remove_document,
    restrict,
    unrestrict,
)
from records.access.partners.keys import (
    OVERLAP_DAYS,
    actor_of_key,
    expiring_keys,
    issue_key,
    keys_of,
    live_keys,
    load_key,
    refresh_actor,
    revoke_key,
    rotate_key,
    with_expiring_key,
)
from records.access.partners.partner import (
    MAX_AREAS,
    NOUN,
    activate,
    areas_of,
    create,
    deactivate,
    edit,
    visible_to,
)
from records.access.partners.requests import (
    DAYS,
    DeprecatedUse,
    count_deprecated,
    count_request,
    deprecated_uses,
    requests_by_day,
    store_requests,
)
from records.access.partners.signing import ALGORITHMS, ASSERTION_LIFE, set_signing_keys
from records.access.partners.tokens import (
    TOKEN_LIFE,
    AccessGrant,
    Client,
    WrongClient,
    authenticate_bearer,
    authenticate_by_assertion,
    authenticate_by_secret,
    grant,
    live_tokens,
    revoke_token,
)
