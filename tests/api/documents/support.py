"""What the tests of persisted documents share."""

from typing import Any

import httpx
import orjson

from api.documents.persisted import operation_names
from api.transport.http import GRAPHQL_JSON
from records.access import partners
from records.access.partners import DocumentDraft
from records.core.actor import Actor, system_actor
from records.tables import Partner

TASK = system_actor("test")


QUERY = "query Groups($first: Int) { groups(first: $first) { totalCount nodes { code } } }"


CATEGORIES = "{ tipCategories { code name } }"


async def partner_of(key: str) -> Partner:
    actor = await partners.authenticate_bearer(key)
    assert isinstance(actor, Actor)
    return await Partner.get(id=actor.id)


async def register(key: str, *texts: str, **named: str) -> None:
    """Registers documents for the partner of a key: by their hash, or by the names given."""
    drafts = [
        *map(DocumentDraft, texts),
        *(DocumentDraft(text, identifier) for identifier, text in named.items()),
    ]
    await partners.register_documents((await partner_of(key)).id, drafts, names=operation_names, by=TASK)


async def restrict(key: str, *, only: bool = True) -> None:
    row = await partner_of(key)
    await (partners.restrict if only else partners.unrestrict)(row.id, expected_version=row.version, by=TASK)


def hashed(text: str, *, version: Any = 1, query: bool = False) -> dict[str, Any]:
    """The body of an automatic persisted query, with the text or without."""
    body: dict[str, Any] = {
        "extensions": {"persistedQuery": {"version": version, "sha256Hash": partners.digest(text)}}
    }
    return body | ({"query": text} if query else {})


def bearer(key: str, **headers: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}", **headers}


async def get(api: httpx.AsyncClient, key: str, body: dict[str, Any], **headers: str) -> httpx.Response:
    """The same request by GET."""
    params = {
        name: value if isinstance(value, str) else orjson.dumps(value).decode()
        for name, value in body.items()
    }
    sent = {"Accept": GRAPHQL_JSON} | {name.replace("_", "-"): value for name, value in headers.items()}
    return await api.get("/graphql", params=params, headers=bearer(key) | sent)
