"""Rows to ask for, and what to make of answers."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import orjson

from api.transport.http import GRAPHQL_JSON, JSON
from records.access import partners
from records.areas import areas
from records.core.actor import Scope, system_actor
from records.core.text import normalize_for_search, sort_key
from records.metrics.catalogue import category_id
from records.nouns.tips import FINAL
from records.tables import Enquiry, Group, Organisation, Programme, Tip
from records.tables.groups import GroupKind
from records.tables.organisations import OrganisationKind
from records.tables.tips import Channel, TipStatus
from tests.conftest import area_ids

PHU_HUU, TAN_NHUAN_DONG, BA_DINH = "30244", "30253", "00004"
"""Two communes of Đồng Tháp (82), once of the district of Châu Thành (877), and a ward of Hà Nội (01)."""

Ask = Callable[..., Awaitable[dict[str, Any]]]
PartnerKey = Callable[..., Awaitable[str]]
Counting = Callable[[], AbstractContextManager[list[str]]]


async def unlimited_key(*areas: str) -> str:
    """A key with every scope in areas (by code), of a partner who asks more than a budget is meant for."""
    by, ids = system_actor("test"), await area_ids(*areas)
    row = await partners.create(name=f"Đối tác mẫu {len(ids)}", scopes=set(Scope), areas=ids, by=by)
    most = {"limit": partners.MAX_LIMIT, "restore": partners.MAX_REFILL}
    await partners.set_allowance(row.id, **most, expected_version=row.version, by=by)
    return await partners.issue_key(row.id, by=by)


async def add_group(name: str, *, area: str = PHU_HUU, code: str | None = None, **fields: Any) -> Group:
    """A group, stored without ceremony."""
    row = Group(
        code=code or f"TỔ-{sort_key(name)[:20]}-{datetime.now(UTC).timestamp():.6f}"[-32:],
        name=name,
        name_key=sort_key(name),
        folded=normalize_for_search(name),
        kind=fields.pop("kind", GroupKind.SELF_GOVERNING),
        area_id=(await areas.resolve_reference(area)).id,
        **fields,
    )
    await row.save()
    return row


async def add_tip(
    code: str, *, area: str = PHU_HUU, received: date | datetime = date(2026, 1, 1), **fields: Any
) -> Tip:
    """A tip, stored without ceremony."""
    moment = (
        received
        if isinstance(received, datetime)
        else datetime(received.year, received.month, received.day, tzinfo=UTC)
    )
    status = fields.pop("status", TipStatus.RECEIVED)
    title = fields.pop("title", f"Tin mẫu {code}")
    row = Tip(
        code=code,
        reference=code,
        title=title,
        folded=normalize_for_search(title),
        category_id=fields.pop("category_id", category_id("THEFT")),
        channel=fields.pop("channel", Channel.ZALO),
        area_id=(await areas.resolve_reference(area)).id,
        received_at=moment,
        status=status,
        closed_at=moment + timedelta(days=1) if status in FINAL else None,
        **fields,
    )
    await row.save()
    return row


async def add_enquiry(
    question: str, *, area: str = PHU_HUU, asked: datetime = datetime(2026, 1, 1, tzinfo=UTC), **fields: Any
) -> Enquiry:
    """A question, stored without ceremony."""
    row = Enquiry(
        area_id=(await areas.resolve_reference(area)).id,
        channel=fields.pop("channel", Channel.BOX),
        topic="Cư trú",
        question=question,
        folded=normalize_for_search(f"Cư trú {question}"),
        asked_at=asked,
        **fields,
    )
    await row.save()
    return row


async def add_office(name: str = "Đơn vị mẫu", *, area: str = "82") -> Organisation:
    """An organisation, stored without ceremony."""
    return await Organisation.create(
        name=name,
        folded=normalize_for_search(name),
        kind=OrganisationKind.POLICE,
        area_id=(await areas.resolve_reference(area)).id,
    )


async def add_programme(code: str, *, area: str = PHU_HUU, **fields: Any) -> UUID:
    """The id of a programme, and of it an organisation that hosts it, stored without ceremony."""
    place = (await areas.resolve_reference(area)).id
    host = Organisation(name=f"Đơn vị mẫu {code}", folded="", kind=OrganisationKind.POLICE, area_id=place)
    await host.save()
    name = fields.pop("name", f"Mô hình mẫu {code}")
    fields.setdefault("started_on", date(2018, 8, 1))
    row = Programme(
        code=code, name=name, folded=normalize_for_search(name), host_id=host.id, area_id=place, **fields
    )
    await row.save()
    return row.id


def codes(answer: dict[str, Any], field: str) -> list[str]:
    """The codes of the nodes of a connection."""
    assert "errors" not in answer, answer["errors"]
    return [node["code"] for node in answer["data"][field]["nodes"]]


def but_budget(answer: dict[str, Any]) -> dict[str, Any]:
    """The answer without what changes with each call: the budget that is left, and how long it took."""
    cost = answer.get("extensions", {"cost": {}})["cost"]
    for name in ("budget", "overtime"):
        cost.pop(name, None)
    return answer


def error(answer: dict[str, Any]) -> dict[str, Any]:
    """The one error of an answer."""
    assert len(answer.get("errors", [])) == 1, answer
    found: dict[str, Any] = answer["errors"][0]
    return found


async def post(api: httpx.AsyncClient, body: Any, **headers: str) -> httpx.Response:
    sent = {"Accept": GRAPHQL_JSON, "Content-Type": JSON} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    return await api.post(
        "/graphql", content=body if isinstance(body, bytes) else orjson.dumps(body), headers=sent
    )


def error_code(answer: httpx.Response) -> str:
    found: str = answer.json()["errors"][0]["extensions"]["code"]
    return found
