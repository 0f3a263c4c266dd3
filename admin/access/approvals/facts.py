"""What exactly a request for approval asks for, in words."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from admin.access.partners.scopes import SCOPES
from admin.kit.forms.field_labels import WORDS
from admin.kit.request import Visit
from records.access import partners
from records.access.approvals import requests
from records.core.actor import Role, Scope
from records.core.language import Language, label, moment
from records.core.language import mark as _
from records.tables import Approval, Area, DataRequest, Partner, Staff

Fact = tuple[str, list[str]]

# What the fields of a request are called; what stands in WORDS has its name from there.
_NAMES: Final = {
    "prefix": _("Key to rotate"),
    "expires_at": _("Valid until"),
    "subject": _("Subject identifier at the provider"),
}
_SHOWN: Final[dict[str, Callable[[Visit, Any], list[str]]]] = {
    "role": lambda visit, value: [label(visit.language, Role(value))],
    "language": lambda visit, value: [label(visit.language, Language(value))],
    "scopes": lambda visit, value: [f"{visit._(SCOPES[Scope(scope)])} ({scope})" for scope in value],
    "prefix": lambda _visit, value: [f"ktn_{value}"],
    "expires_at": lambda _visit, value: [moment(datetime.fromisoformat(value))],
}
# Shown in another way, or of use to the machine alone.
_LEFT_OUT: Final = {"areas", "seen", "issuer"}


async def facts(visit: Visit, approval: Approval) -> list[Fact]:
    """The names and values of what is asked for, with what whoever decides has to know beside it."""
    found = await _subject(visit, approval)
    for name, value in approval.request.items():
        if name not in _LEFT_OUT and value not in ("", None):
            text = _NAMES.get(name) or WORDS[name]
            shown = _SHOWN[name](visit, value) if name in _SHOWN else [str(value)]
            found.append((visit._(text), shown))
    if "areas" in approval.request:
        rows = await Area.filter(id__in=[UUID(id_) for id_ in approval.request["areas"]]).order_by("name_key")
        found.append((visit._("Areas"), [f"{row.name} ({row.code})" for row in rows]))
    else:
        rows = await requests.areas_of(approval.id)
        found.append((visit._("In the areas"), [f"{row.name} ({row.code})" for row in rows]))
    return found


async def _subject(visit: Visit, approval: Approval) -> list[Fact]:
    match await requests.subject_of(approval):
        case DataRequest() as asked:
            return [(visit._("Data subject's request"), [asked.code])]
        case Partner() as partner:
            return await _partner(visit, partner)
        case Staff() as row:
            return [(visit._("Account"), [f"{row.name} ({row.username})", label(visit.language, row.role)])]
        case _:
            return []


async def _partner(visit: Visit, row: Partner) -> list[Fact]:
    """A partner as it is now, with the keys that will reach what is approved."""
    scopes = [f"{visit._(SCOPES[Scope(scope)])} ({scope})" for scope in row.scopes]
    areas = [f"{area.name} ({area.code})" for area in await partners.areas_of(row.id)]
    keys = await partners.live_keys(row.id) + (len(row.jwks["keys"]) if row.jwks else 0)
    return [
        (visit._("Partner system"), [row.name]),
        (visit._("Current scopes"), scopes),
        (visit._("Current areas"), areas),
        (visit._("Keys in use, which also get this access"), [str(keys)]),
    ]
