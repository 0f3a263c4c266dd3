"""Partners: province systems that call the API, the keys they call with, and the tokens they get for them."""

from records.access.partners.budgets import (
    LEAST_LIMIT,
    MOST_LIMIT,
    MOST_RESTORE,
    Budget,
    Spent,
    TooCostly,
    budget_of,
    give_back,
    set_allowance,
    take,
)
from records.access.partners.documents import (
    DOCUMENTS_AT_ONCE,
    NOT_ALLOWED,
    Draft,
    Names,
    check_runs,
    digest,
    document,
    document_text,
    documents_of,
    read_documents,
    register_documents,
    remove_document,
    restrict,
    unrestrict,
)
from records.access.partners.keys import (
    OVERLAP_DAYS,
    acting_again,
    actor_of_key,
    issue_key,
    keys_of,
    live_keys,
    load_key,
    revoke_key,
    rotate_key,
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
