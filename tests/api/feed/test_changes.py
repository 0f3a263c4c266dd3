"""The change feed: whoever follows it has what the key may see, whatever else happens meanwhile."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from decimal import Decimal
from random import Random
from uuid import UUID

import asyncpg
import pytest

from api.feed.cursors import decrypt, encrypt
from api.reads.node import global_id
from records.areas import areas
from records.core.actor import Actor, Scope
from records.core.identifiers.ids import uuid7
from records.core.text import normalize_for_search
from records.database.connect import DatabaseRole, connection_arguments
from records.nouns import figures, groups, tips
from records.nouns.catalogues import programmes
from records.nouns.figures import FigureDraft
from records.nouns.groups import GroupDraft
from records.tables import Group, Indicator, Organisation, Tip
from records.tables.groups import GroupKind
from records.tables.metrics import IndicatorSource, Qualifier
from records.tables.organisations import OrganisationKind
from tests.api.feed.support import FEED, Copy, Subscriber, draft, tip
from tests.api.group_changes import WorkOfGroups
from tests.api.support import BA_DINH, PHU_HUU, TAN_NHUAN_DONG, Ask, error
from tests.nouns.programmes import draft as programme_draft

LISTS = """{
  tips(first: 1000) { nodes { id code version title } }
  groups(first: 1000) { nodes { id code version name } }
  figures(first: 1000) { nodes { id version value } }
  activities(first: 1000) { nodes { id version attendance } }
  outlines(first: 1000) { nodes { id version title } }
  handDowns(first: 1000) { nodes { id version receivedAt } }
  reviews(first: 1000) { nodes { id version total } } }"""


TIP_IDS = "{ tips { nodes { id code } } }"


@asynccontextmanager
async def as_app(database: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """A connection of its own, as the verbs have one."""
    connection = await asyncpg.connect(**connection_arguments(database, DatabaseRole.APP))
    try:
        yield connection
    finally:
        await connection.close()


async def list_size(ask: Ask, key: str) -> Copy:
    """What the lists show."""
    answer = await ask(LISTS, key=key)
    return {node["id"]: node for nouns in answer["data"].values() for node in nouns["nodes"]}


async def figure_draft(value: int, area: str) -> FigureDraft:
    """A number that somebody reported."""
    indicator = await Indicator.filter(source=IndicatorSource.FIGURES, sensitive=False).first()
    assert indicator is not None
    name, area_id = "Đơn vị mẫu", (await areas.resolve_reference(area)).id
    organisation, _ = await Organisation.get_or_create(
        name=name,
        area_id=area_id,
        defaults={"folded": normalize_for_search(name), "kind": OrganisationKind.POLICE},
    )
    return FigureDraft(
        *(indicator.id, area_id, organisation.id, Decimal(value), Qualifier.EXACT, "2025", str(value), "mẫu")
    )


async def test_feed_starts_with_current_records_and_follows_changes(ask: Ask, officer: Actor) -> None:
    first = await tip(officer)
    follower = Subscriber(ask)
    assert {shown["code"] for shown in (await follower.catch_up()).values()} == {first.reference}
    assert [change["action"] for change in follower.seen] == [None]

    second = await tip(officer)
    await tips.start_verifying(first.id, expected_version=first.version, by=officer)
    await follower.catch_up()
    assert [change["action"] for change in follower.seen] == [None, "tips.submit", "tips.verify"]
    assert {shown["code"]: shown["version"] for shown in follower.copy.values()} == {
        first.reference: 2,
        second.reference: 1,
    }
    assert not await follower.page(), "nothing has happened since"
    assert len(follower.seen) == 3


@pytest.mark.parametrize("seed", range(6))
async def test_follower_holds_what_lists_show(
    ask: Ask, partner_key: Callable[..., Awaitable[str]], officer: Actor, seed: int
) -> None:
    random = Random(seed)  # noqa: S311 - a sequence to repeat
    here, there = (PHU_HUU, TAN_NHUAN_DONG), (BA_DINH,)
    key = await partner_key(areas=("82",))
    follower = Subscriber(ask, key=key)

    work = await WorkOfGroups.begin(random, officer, here + there)

    async def submit() -> None:
        await tip(officer, random.choice(here + there))

    async def move() -> None:
        if row := random.choice([*await Tip.all(), None]):
            wanted = await draft(random.choice(here + there), f"Tin mẫu {random.random()}")
            await tips.edit(row.id, wanted, expected_version=row.version, by=officer)

    async def found() -> None:
        area_id = (await areas.resolve_reference(random.choice(here + there))).id
        name = f"Tổ mẫu {random.random()}"
        await groups.create(GroupDraft(name[-30:], name, GroupKind.SELF_GOVERNING, area_id), by=officer)

    async def remove() -> None:
        if row := random.choice([*await Group.filter(deleted_at__isnull=True, id__not_in=work.groups), None]):
            await groups.remove(row.id, expected_version=row.version, reason="mẫu", by=officer)

    async def report() -> None:
        await figures.report(
            await figure_draft(random.randrange(100, 200), random.choice(here + there)), by=officer
        )

    async def correct() -> None:
        old = await figures.visible_to(officer)
        if old:
            await figures.supersede(random.choice(old).id, await figure_draft(7, PHU_HUU), by=officer)

    for _ in range(40):
        await random.choice([submit, submit, move, move, found, remove, report, correct, *work.steps])()
        if random.random() < 0.3:
            await follower.page(random.choice([1, 2, 50]))
    assert await follower.catch_up(random.choice([1, 3, 50])) == await list_size(ask, key)
    assert follower.copy


async def test_change_is_delivered_when_committed_late(ask: Ask, officer: Actor, database: str) -> None:
    follower = Subscriber(ask)
    await follower.catch_up()
    slow_id, area_id = uuid7(), (await areas.resolve_reference(PHU_HUU)).id
    insert = """INSERT INTO outbox_events (at, type, noun, row_id, row_version, area_id)
                VALUES (now(), 'tips.submit', 'tip', $1, 1, $2)"""
    async with as_app(database) as slow:
        writing = slow.transaction()
        await writing.start()
        await slow.execute(insert, slow_id, area_id)
        quick = await tip(officer)
        await follower.page()
        assert follower.seen == [], "the older writer is not done: nothing may overtake it"
        await writing.commit()
    await follower.catch_up()
    assert [change["deleted"] for change in follower.seen] == [True, False]
    assert [shown["code"] for shown in follower.copy.values()] == [quick.reference]


@pytest.mark.parametrize("seed", range(3))
async def test_events_come_in_order_when_writers_overlap(ask: Ask, database: str, seed: int) -> None:
    random = Random(seed)  # noqa: S311 - a sequence to repeat
    area_id = (await areas.resolve_reference(PHU_HUU)).id
    written: list[tuple[int, int, UUID]] = []
    insert = """INSERT INTO outbox_events (at, type, noun, row_id, row_version, area_id)
                VALUES (now(), 'tips.submit', 'tip', $1, 1, $2) RETURNING txid, seq, row_id"""

    async def writer(connection: "asyncpg.Connection[asyncpg.Record]", pauses: Random) -> None:
        """Takes numbers early and late, commits or not, in part or as a whole."""
        for _ in range(12):
            told: list[tuple[int, int, UUID]] = []
            whole = connection.transaction()
            await whole.start()
            for _ in range(pauses.randrange(1, 4)):
                part = connection.transaction()
                await part.start()
                row = await connection.fetchrow(insert, uuid7(), area_id)
                assert row is not None
                await asyncio.sleep(pauses.choice([0, 0, 0.005, 0.02]))
                if pauses.random() < 0.2:
                    await part.rollback()
                else:
                    await part.commit()
                    told.append((row["txid"], row["seq"], row["row_id"]))
            await asyncio.sleep(pauses.choice([0, 0, 0.01, 0.05]))
            if pauses.random() < 0.3:
                await whole.rollback()
            else:
                await whole.commit()
                written.extend(told)

    follower, late = Subscriber(ask), Subscriber(ask)
    await follower.catch_up()
    await late.catch_up()
    async with AsyncExitStack() as stack:
        connections = [await stack.enter_async_context(as_app(database)) for _ in range(5)]
        writing = asyncio.gather(
            *(writer(connection, Random(random.random())) for connection in connections)  # noqa: S311
        )
        while not writing.done():
            await follower.page(random.choice([1, 2, 50]))
            await asyncio.sleep(0)
        await writing
    expected = [global_id("Tip")(row_id) for _txid, _seq, row_id in sorted(written)]
    assert len(expected) > 30
    for one in (follower, late):
        await one.catch_up(random.choice([1, 3, 50]))
        assert [change["recordId"] for change in one.seen] == expected


async def test_cursor_is_refused_when_database_was_restored(ask: Ask, officer: Actor) -> None:
    await tip(officer)
    for first in (1, 50):
        follower = Subscriber(ask, types=["TIP"])
        await follower.page(first)
        held = decrypt(str(follower.after))
        held[1] += 10**6
        after = encrypt(held)
        refused = error(await ask(FEED, after=after, types=["TIP"]))
        assert refused["extensions"]["code"] == "STALE_CURSOR"
        assert "restored from a backup" in refused["message"]


async def test_record_is_deleted_or_new_to_followers_when_it_moves(
    ask: Ask, partner_key: Callable[..., Awaitable[str]], officer: Actor
) -> None:
    row = await tip(officer, PHU_HUU)
    left = Subscriber(ask, key=await partner_key(areas=(PHU_HUU,)))
    gets = Subscriber(ask, key=await partner_key(areas=(TAN_NHUAN_DONG,)))
    other = Subscriber(ask, key=await partner_key(areas=(BA_DINH,)))
    for follower in (left, gets, other):
        await follower.catch_up()
    assert len(left.copy) == 1
    assert not gets.copy
    await tips.edit(row.id, await draft(TAN_NHUAN_DONG), expected_version=1, by=officer)
    for follower in (left, gets, other):
        await follower.catch_up()
    assert (left.copy, left.seen[-1]["deleted"]) == ({}, True)
    assert [shown["code"] for shown in gets.copy.values()] == [row.reference]
    assert other.seen == []


async def test_feed_hides_drafts_and_shows_published_records(
    ask: Ask, partner_key: Callable[..., Awaitable[str]], officer: Actor
) -> None:
    work = await WorkOfGroups.begin(Random(1), officer, (BA_DINH, PHU_HUU))  # noqa: S311 - a sequence to repeat
    far = Subscriber(ask, key=await partner_key(areas=(TAN_NHUAN_DONG,)), types=["OUTLINE", "REVIEW"])
    near = Subscriber(ask, key=await partner_key(areas=(PHU_HUU, BA_DINH)), types=["OUTLINE", "REVIEW"])
    for follower in (far, near):
        await follower.catch_up()
    await work.write()
    await work.review()
    await work.sign()
    for follower in (far, near):
        await follower.catch_up()
        assert follower.seen == [], "nobody but those who work on them knows of drafts"
    await work.publish()
    await work.sign()
    for follower, types in ((far, ["OUTLINE"]), (near, ["OUTLINE", "REVIEW"])):
        await follower.catch_up()
        assert [change["type"] for change in follower.seen] == types
        assert not any(change["deleted"] for change in follower.seen)


async def test_feed_tells_of_programmes_wherever_they_run(
    ask: Ask, partner_key: Callable[..., Awaitable[str]], officer: Actor
) -> None:
    far = Subscriber(ask, key=await partner_key(areas=(TAN_NHUAN_DONG,)), types=["PROGRAMME"])
    await far.catch_up()
    row = await programmes.create(await programme_draft(PHU_HUU), by=officer)
    await programmes.end(row.id, reason="Mẫu", expected_version=1, on=row.started_on, by=officer)
    await far.catch_up()
    assert [(told["type"], told["action"]) for told in far.seen] == [("PROGRAMME", "programmes.manage")] * 2


async def test_feed_shows_only_its_area_and_type_when_filtered(ask: Ask, officer: Actor) -> None:
    row = await tip(officer, PHU_HUU)
    await tip(officer, TAN_NHUAN_DONG)
    follower = Subscriber(ask, area=PHU_HUU, types=["TIP"])
    assert [shown["code"] for shown in (await follower.catch_up()).values()] == [row.reference]
    await tips.edit(row.id, await draft(TAN_NHUAN_DONG), expected_version=1, by=officer)
    assert await follower.catch_up() == {}, "it is seen by this key, but lies elsewhere now"
    assert await Subscriber(ask, types=["GROUP"]).catch_up() == {}


async def test_feed_marks_deletion_when_record_is_not_selected(ask: Ask, officer: Actor) -> None:
    await tip(officer)
    (known,) = (await ask(TIP_IDS))["data"]["tips"]["nodes"]
    answer = await ask("{ changes { changes { recordId deleted } cursor } }")
    assert answer["data"]["changes"]["changes"] == [{"recordId": known["id"], "deleted": False}]


@pytest.mark.parametrize("first", [0, -1, 1001])
async def test_feed_page_is_refused_when_size_is_out_of_range(ask: Ask, first: int) -> None:
    assert error(await ask(FEED, first=first))["extensions"]["code"] == "OUT_OF_RANGE"


async def test_feed_shows_only_what_scopes_allow(
    ask: Ask, partner_key: Callable[..., Awaitable[str]], officer: Actor
) -> None:
    row = await tip(officer)
    none = await partner_key(scopes=set(Scope) - {Scope.CHANGES_READ})
    assert error(await ask(FEED, key=none))["extensions"]["scopes"] == ["changes:read"]
    no_tips = await partner_key(scopes={Scope.CHANGES_READ, Scope.GROUPS_READ})
    assert await Subscriber(ask, key=no_tips).catch_up() == {}
    assert error(await ask(FEED, key=no_tips, types=["TIP"]))["extensions"]["code"] == "FORBIDDEN"
    with_tips = await partner_key(scopes={Scope.CHANGES_READ, Scope.TIPS_READ})
    assert [shown["code"] for shown in (await Subscriber(ask, key=with_tips).catch_up()).values()] == [
        row.reference
    ]
    read_only = await partner_key(scopes={Scope.CHANGES_READ, Scope.REVIEWS_READ})
    assert error(await ask(FEED, key=read_only, types=["OUTLINE"]))["extensions"]["scopes"] == [
        "outlines:read"
    ]
    nothing = await partner_key(scopes={Scope.CHANGES_READ})
    assert error(await ask(FEED, key=nothing))["extensions"]["code"] == "FORBIDDEN"
