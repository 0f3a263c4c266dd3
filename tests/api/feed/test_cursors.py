"""A cursor holds for the feed that gave it, and nobody else can make one."""

from base64 import b64decode
from collections.abc import Awaitable, Callable

import orjson
import pytest

from api.feed.cursors import decrypt, encrypt
from api.reads.connections import cursor as list_cursor
from api.reads.declared import RECORD_TYPES
from records.access import partners
from records.areas import areas
from records.core.actor import Actor, Scope, system_actor
from records.core.identifiers.ids import uuid7
from records.tables import Partner
from tests.api.feed.support import FEED, Subscriber, tip
from tests.api.support import BA_DINH, PHU_HUU, Ask, error

SYSTEM = system_actor("test")


async def test_cursor_is_refused_when_filter_or_areas_change(
    ask: Ask, partner_key: Callable[..., Awaitable[str]]
) -> None:
    key = await partner_key(areas=(PHU_HUU,))
    follower = Subscriber(ask, key=key)
    await follower.catch_up()
    refused = await ask(FEED, key=key, after=follower.after, types=["TIP"])
    assert error(refused)["extensions"]["code"] == "STALE_CURSOR"
    (partner,) = await Partner.all()
    await partners.edit(
        partner.id,
        expected_version=partner.version,
        name=partner.name,
        contact="",
        scopes=set(Scope),
        areas=[(await areas.resolve_reference(BA_DINH)).id],
        by=SYSTEM,
    )
    refused = await ask(FEED, key=key, after=follower.after)
    assert error(refused)["extensions"]["code"] == "STALE_CURSOR"


async def test_cursor_is_refused_when_altered(ask: Ask, officer: Actor) -> None:
    await tip(officer)
    answer = await ask(FEED, types=["TIP"], first=1)
    held = decrypt(answer["data"]["changes"]["cursor"])
    for changed in (
        [held[0], held[1], "group", held[3]],
        [held[0], held[1], "tip", "x"],
        [held[0], "x", "tip", held[3]],
        [held[0], 2**63, 1],
        [held[0], 1, 2**63],
        [held[0], True],
        [held[0]],
    ):
        after = encrypt(changed)
        refused = await ask(FEED, after=after, types=["TIP"])
        assert error(refused)["extensions"]["code"] == "MALFORMED", changed


async def test_cursor_hides_number_of_changes(ask: Ask, officer: Actor) -> None:
    await tip(officer)
    cursor = (await ask(FEED, types=["TIP"], first=1))["data"]["changes"]["cursor"]
    place = decrypt(cursor)
    assert encrypt(place) == cursor
    assert orjson.dumps(place) not in b64decode(cursor + "==", altchars=b"-_")
    forged = ("A" if cursor[0] != "A" else "B") + cursor[1:]
    assert error(await ask(FEED, after=forged, types=["TIP"]))["extensions"]["code"] == "MALFORMED"


@pytest.mark.parametrize("after", ["", "x", "💥", "W10", "WzEsMiwzXQ", "A" * 5000, "bnVsbA", "WyJ4Il0"])
async def test_cursor_is_refused_when_malformed(ask: Ask, after: str) -> None:
    assert error(await ask(FEED, after=after))["extensions"]["code"] in {"MALFORMED", "STALE_CURSOR"}


async def test_feed_refuses_cursor_of_list(ask: Ask) -> None:
    order = RECORD_TYPES["Tip"].order("reference")
    refused = await ask(FEED, after=list_cursor(order, "TB-2026-000001", uuid7()))
    assert error(refused)["extensions"]["code"] == "MALFORMED"
