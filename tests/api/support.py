"""Rows to ask for, and what to make of answers."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import orjson

from api.request import GRAPHQL_JSON, JSON
from records import areas
from records.catalogue import category_id
from records.core.text import fold, sort_key
from records.tables import Group, Tip
from records.tables.groups import GroupKind
from records.tables.tips import Channel, TipStatus
from records.tips import ENDED

PHU_HUU, TAN_NHUAN_DONG, BA_DINH = "30244", "30253", "00004"
"""Two communes of Đồng Tháp (82), once of the district of Châu Thành (877), and a ward of Hà Nội (01)."""

Ask = Callable[..., Awaitable[dict[str, Any]]]
PartnerKey = Callable[..., Awaitable[str]]
Counting = Callable[[], AbstractContextManager[list[str]]]


async def add_group(name: str, *, area: str = PHU_HUU, code: str | None = None, **fields: Any) -> Group:
    """A group, stored without ceremony."""
    row = Group(
        code=code or f"TỔ-{sort_key(name)[:20]}-{datetime.now(UTC).timestamp():.6f}"[-32:],
        name=name,
        name_key=sort_key(name),
        folded=fold(name),
        kind=fields.pop("kind", GroupKind.SELF_GOVERNING),
        area_id=(await areas.resolve(area)).id,
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
    row = Tip(
        code=code,
        title=fields.pop("title", f"Tin mẫu {code}"),
        folded=fold(f"Tin mẫu {code}"),
        category_id=category_id("THEFT"),
        channel=Channel.ZALO,
        area_id=(await areas.resolve(area)).id,
        received_at=moment,
        status=status,
        closed_at=moment + timedelta(days=1) if status in ENDED else None,
        **fields,
    )
    await row.save()
    return row


def codes(answer: dict[str, Any], field: str) -> list[str]:
    """The codes of the nodes of a connection."""
    assert "errors" not in answer, answer["errors"]
    return [node["code"] for node in answer["data"][field]["nodes"]]


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
