"""The content of an approval request, formatted for display."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from admin.access.partners.scopes import SCOPE_LABELS
from admin.kit.forms.field_labels import FIELD_LABELS
from admin.kit.request import PageRequest
from records.access import partners
from records.access.approvals import requests
from records.core.actor import Role, Scope
from records.core.language import Language, format_datetime, label
from records.core.language import gettext_noop as _
from records.tables import Approval, Area, DataRequest, Partner, Staff

Fact = tuple[str, list[str]]

# Labels of the fields of a request that are not in FIELD_LABELS.
_NAMES: Final = {
    "prefix": _("Key to rotate"),
    "expires_at": _("Valid until"),
    "subject": _("Subject identifier at the provider"),
}
_FORMATTERS: Final[dict[str, Callable[[PageRequest, Any], list[str]]]] = {
    "role": lambda request, value: [label(request.language, Role(value))],
    "language": lambda request, value: [label(request.language, Language(value))],
    "scopes": lambda request, value: [
        f"{request._(SCOPE_LABELS[Scope(scope)])} ({scope})" for scope in value
    ],
    "prefix": lambda _request, value: [f"ktn_{value}"],
    "expires_at": lambda _request, value: [format_datetime(datetime.fromisoformat(value))],
}
# Shown elsewhere, or internal.
_HIDDEN_FIELDS: Final = {"areas", "seen", "issuer"}


async def facts(request: PageRequest, approval: Approval) -> list[Fact]:
    """The labels and values of what is requested, with what the decider must know."""
    details = await _subject(request, approval)
    for name, value in approval.request.items():
        if name not in _HIDDEN_FIELDS and value not in ("", None):
            text = _NAMES.get(name) or FIELD_LABELS[name]
            shown = _FORMATTERS[name](request, value) if name in _FORMATTERS else [str(value)]
            details.append((request._(text), shown))
    if "areas" in approval.request:
        rows = await Area.filter(id__in=[UUID(id_) for id_ in approval.request["areas"]]).order_by("name_key")
        details.append((request._("Areas"), [f"{row.name} ({row.code})" for row in rows]))
    else:
        rows = await requests.areas_of(approval.id)
        details.append((request._("In the areas"), [f"{row.name} ({row.code})" for row in rows]))
    return details


async def _subject(request: PageRequest, approval: Approval) -> list[Fact]:
    match await requests.subject_of(approval):
        case DataRequest() as data_request:
            return [(request._("Data subject's request"), [data_request.code])]
        case Partner() as partner:
            return await _partner(request, partner)
        case Staff() as row:
            return [
                (request._("Account"), [f"{row.name} ({row.username})", label(request.language, row.role)])
            ]
        case _:
            return []


async def _partner(request: PageRequest, row: Partner) -> list[Fact]:
    """A partner as it is now, with the keys that would get the approved access."""
    scopes = [f"{request._(SCOPE_LABELS[Scope(scope)])} ({scope})" for scope in row.scopes]
    areas = [f"{area.name} ({area.code})" for area in await partners.areas_of(row.id)]
    keys = await partners.live_keys(row.id) + (len(row.jwks["keys"]) if row.jwks else 0)
    return [
        (request._("Partner system"), [row.name]),
        (request._("Current scopes"), scopes),
        (request._("Current areas"), areas),
        (request._("Keys in use, which also get this access"), [str(keys)]),
    ]
