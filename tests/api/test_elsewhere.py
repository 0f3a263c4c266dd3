"""What lies in another area is to a partner as if it did not exist: each way of asking, before and after.

Every question of the table is asked twice: while the others' records are not there, and when they are.
Whoever works here gets the same answer, letter by letter; whoever works here and there gets another one.
A root field, argument, filter, order or link without an entry fails.
"""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLObjectType,
    get_named_type,
)
from starlette.applications import Starlette

from api.reads.node import global_id
from api.schema.assembly import schema
from records.areas import areas
from records.metrics import cells
from records.metrics.catalogue import indicator_id
from records.tables import Figure, HandDown, Organisation, Programme, TipOutcome
from records.tables.metrics import Qualifier
from records.tables.organisations import OrganisationKind
from records.tables.tips import LegalKind, OutcomeKind, TipStatus
from tests.api.elsewhere import ASKED, CATALOGUES, OWN
from tests.api.elsewhere_work import PLACES
from tests.api.streaming import first_message
from tests.api.support import (
    PHU_HUU,
    TAN_NHUAN_DONG,
    add_enquiry,
    add_group,
    add_tip,
    but_budget,
    unlimited_key,
)
from tests.api.work import Shared, Work, add_shared, add_work
from tests.databases import Empty

HERE, THERE = PHU_HUU, TAN_NHUAN_DONG
_SAME_MOMENT: Final = datetime(2026, 1, 5, tzinfo=UTC)
Answers = dict[str, Any]


@dataclass(frozen=True)
class Asked:
    """The answers to every question, before and after: to who works here, and to who works in both areas."""

    here: tuple[Answers, Answers]
    both: tuple[Answers, Answers]


@pytest.fixture(scope="module")
async def asked(_app: Starlette, live: str, database_url: str, empty: Empty) -> AsyncIterator[Asked]:
    """Both keys ask everything, then the others record, then both ask once more."""
    base = "http://127.0.0.1:8000"
    async with httpx.AsyncClient(transport=httpx.ASGITransport(_app), base_url=base) as client:
        here, both = await unlimited_key(HERE), await unlimited_key(HERE, THERE)
        theirs = {name: uuid4() for name in ("group", "tip", "figure", "enquiry", *vars(Work()))}
        office = await _office()
        shared = await add_shared(office)
        values = await _record_ours(database_url, theirs, shared)
        for name, direction in (("", ""), ("_back", "_DESC")):
            query = f"""{{ groups(last: 1, orderBy: CODE{direction}) {{ pageInfo {{ endCursor }} }}
                           tips(last: 1, orderBy: CODE{direction}) {{ pageInfo {{ endCursor }} }}
                           figures(last: 1, orderBy: PERIOD{direction}) {{ pageInfo {{ endCursor }} }}
                           enquirys: openEnquiries(last: 1, orderBy: ASKED_AT{direction}) {{
                             pageInfo {{ endCursor }} }} }}"""
            for noun, page in (await _ask(client, here, query))["data"].items():
                values[f"our_{noun[:-1]}_place{name}"] = page["pageInfo"]["endCursor"]
            for noun, (root, order) in PLACES.items():
                query = f"{{ {root}(last: 1, orderBy: {order}{direction}) {{ pageInfo {{ endCursor }} }} }}"
                page = (await _ask(client, here, query))["data"][root]
                values[f"our_{noun}_place{name}"] = page["pageInfo"]["endCursor"]
        # A place in the feed is bound to the areas of the key.
        feed = "{ changes(first: 1) { cursor } }"
        places = {key: (await _ask(client, key, feed))["data"]["changes"]["cursor"] for key in (here, both)}

        async def all_of(key: str) -> Answers:
            filled = values | {"our_feed_place": places[key]}
            return {
                name: await (
                    first_message(live, key, query % filled)
                    if name.startswith("Subscription.")
                    else _ask(client, key, query % filled)
                )
                for name, query in ASKED.items()
            }

        before = await all_of(here), await all_of(both)
        await _record_theirs(theirs, UUID(values["our_group_id"]), shared)
        after = await all_of(here), await all_of(both)
        yield Asked((before[0], after[0]), (before[1], after[1]))
    await empty()


async def _ask(client: httpx.AsyncClient, key: str, query: str) -> Any:
    headers = {"Authorization": f"Bearer {key}", "Accept-Language": "en", "X-Request-Id": "the-same-one"}
    answer = (await client.post("/graphql", json={"query": query}, headers=headers)).json()
    return but_budget(answer)


async def _office() -> UUID:
    area = (await areas.resolve_reference("82")).id
    row = await Organisation.create(
        name="Đơn vị mẫu", folded="don vi mau", kind=OrganisationKind.POLICE, area_id=area
    )
    await Programme.create(
        code="MAU",
        name="Mô hình mẫu",
        folded="mo hinh mau",
        host_id=row.id,
        area_id=area,
        started_on=date(2025, 1, 1),
    )
    return row.id


async def _figure(id_: UUID, area: str, office: UUID, until: date) -> None:
    await Figure.create(
        id=id_,
        indicator_id=indicator_id("reported.tips"),
        area_id=(await areas.resolve_reference(area)).id,
        organisation_id=office,
        programme_id=(await Programme.get(code="MAU")).id,
        period_text="Năm mẫu",
        period_from=date(2025, 1, 1),
        period_to=until,
        value=70,
        qualifier=Qualifier.EXACT,
        source_text="70 tin",
        source_name="Nguồn mẫu",
    )


async def _record_ours(url: str, theirs: dict[str, UUID], shared: Shared) -> dict[str, str]:
    """Our records, of which two point to records of theirs that are not there yet."""
    group = await add_group("Tổ mẫu A", code="TO-HERE", area=HERE, **await _stated())
    merged = await add_group("Tổ mẫu M", code="TO-HERM", area=HERE)
    tip = await add_tip("TB-HERE", area=HERE, received=_SAME_MOMENT, group_id=group.id)
    copy = await add_tip("TB-HERA", area=HERE, status=TipStatus.CLOSED)
    await add_enquiry("Câu hỏi mẫu A", area=HERE, asked=_SAME_MOMENT)
    figure = uuid4()
    await _figure(figure, HERE, shared.office, date(2025, 6, 30))
    work = await add_work(group.id, HERE, shared, on=date(2025, 1, 1))
    connection = await asyncpg.connect(url)
    # Without it the database asks that what is pointed to exists.
    await connection.execute("SET session_replication_role = replica")
    await connection.execute("UPDATE tips SET group_id = $2 WHERE id = $1", tip.id, theirs["group"])
    duplicate = "UPDATE tips SET status = 'DUPLICATE', duplicate_of_id = $2 WHERE id = $1"
    await connection.execute(duplicate, copy.id, theirs["tip"])
    merge = (
        "UPDATE groups SET status = 'MERGED', merged_into_id = $2, inactive_on = $3, ended_on = $3"
        " WHERE id = $1"
    )
    await connection.execute(merge, merged.id, theirs["group"], date(2026, 1, 1))
    link = (
        "INSERT INTO group_links (id, version, created_at, updated_at, online_id, group_id, linked_on)"
        " VALUES (gen_random_uuid(), 1, now(), now(), $1, $2, $3)"
    )
    await connection.execute(link, group.id, theirs["group"], date(2026, 1, 1))
    for noun, table in (("activity", "activities"), ("hand_down", "hand_downs"), ("review", "reviews")):
        row_id = vars(work)[noun]
        await connection.execute(f"UPDATE {table} SET group_id = $2 WHERE id = $1", row_id, theirs["group"])
    discussed = "UPDATE hand_downs SET activity_id = $2 WHERE id = $1"
    await connection.execute(discussed, work.hand_down, theirs["activity"])
    await connection.close()
    await cells.rebuild()
    ids = {"our_group": group.id, "our_merged_group": merged.id, "our_tip": tip.id, "our_copy": copy.id}
    ids |= {f"our_{name}": id_ for name, id_ in vars(work).items()}
    ids |= {f"their_{name}": id_ for name, id_ in theirs.items()}
    types = {"group": "Group", "tip": "Tip", "copy": "Tip", "figure": "Figure", "activity": "Activity"}
    types |= {"down": "HandDown", "review": "Review", "question": "FrequentQuestion"}
    types["enquiry"] = "OpenEnquiry"
    shown = {name: global_id(types[name.rpartition("_")[2]])(id_) for name, id_ in ids.items()}
    shown["office"] = global_id("Organisation")(shared.office)
    shown["their_office"] = global_id("Organisation")(await _office_there())
    shown["outline"] = global_id("Outline")(shared.outline)
    shown["scorecard"] = global_id("Scorecard")(shared.scorecard)
    return shown | {"here": HERE, "there": THERE, "our_group_id": str(group.id)}


async def _office_there() -> UUID:
    row = await Organisation.create(
        name="Đơn vị mẫu khác",
        folded="don vi mau khac",
        kind=OrganisationKind.POLICE,
        area_id=(await areas.resolve_reference(THERE)).id,
    )
    return row.id


async def _stated() -> dict[str, Any]:
    """What every group tells of itself here."""
    return {
        "programme_id": (await Programme.get(code="MAU")).id,
        "founded_on": date(2025, 5, 1),
        "households": 30,
        "stated_members": 41,
        "stated_on": date(2026, 1, 1),
    }


async def _record_theirs(theirs: dict[str, UUID], our_group: UUID, shared: Shared) -> None:
    """Their records: beside ours in every order, and linked to them in every way."""
    await add_group("Tổ mẫu B", code="TO-THERE", area=THERE, id=theirs["group"], **await _stated())
    await add_tip("TB-THERE", area=THERE, received=_SAME_MOMENT, group_id=our_group, id=theirs["tip"])
    await add_tip(
        "TB-THERF",
        area=THERE,
        received=_SAME_MOMENT,
        group_id=theirs["group"],
        status=TipStatus.CLOSED,
        legal_kind=LegalKind.REPORT,
        occurred_at=_SAME_MOMENT,
        due_at=_SAME_MOMENT + timedelta(days=20),
    )
    await TipOutcome.create(tip_id=theirs["tip"], kind=OutcomeKind.ARREST, count=3, on_day=date(2026, 1, 6))
    await _figure(theirs["figure"], THERE, shared.office, date(2025, 12, 31))
    await add_enquiry("Câu hỏi mẫu B", area=THERE, asked=_SAME_MOMENT, id=theirs["enquiry"])
    work = Work(**{noun: theirs[noun] for noun in vars(Work())})
    await add_work(theirs["group"], THERE, shared, on=date(2026, 1, 2), ids=work)
    there = await Organisation.get(name="Đơn vị mẫu khác")
    await HandDown.create(
        outline_id=shared.outline,
        sender_id=shared.office,
        organisation_id=there.id,
        area_id=there.area_id,
        sent_at=_SAME_MOMENT,
    )
    await cells.rebuild()


def ways() -> Iterator[str]:
    """Every root field, each of its arguments, filters and orders, and every link between objects."""
    for name, type_ in schema._schema.type_map.items():
        if not isinstance(type_, GraphQLObjectType) or name.startswith("__"):
            continue
        for field, shown in type_.fields.items():
            below = get_named_type(shown.type)
            if name in {"Query", "Mutation", "Subscription"}:
                yield f"{name}.{field}"
                for argument, given in shown.args.items():
                    yield from (f"{name}.{field}({part})" for part in _parts(argument, given.type))
            elif isinstance(below, GraphQLObjectType) and not name.endswith(("Connection", "Edge")):
                yield f"{name}.{field}"


def _parts(argument: str, given: Any) -> list[str]:
    type_ = get_named_type(given)
    if isinstance(type_, GraphQLInputObjectType):
        return [f"{argument}.{name}" for name in type_.fields]
    if argument == "orderBy" and isinstance(type_, GraphQLEnumType):
        return [f"{argument}: {name}" for name in type_.values]
    return [argument]


def test_table_lists_each_way_to_query_records() -> None:
    named = (CATALOGUES + OWN).replace(": ", ":").split()
    assert sorted(ways()) == sorted([*ASKED, *(name.replace(":", ": ") for name in named)])


@pytest.mark.parametrize("way", ASKED)
async def test_answers_ignore_records_elsewhere_unless_area_is_own(asked: Asked, way: str) -> None:
    before, after = (answers[way] for answers in asked.here)
    assert after == before
    # A question that shows them to nobody would prove nothing.
    before, after = (answers[way] for answers in asked.both)
    assert after != before


async def test_queries_are_answered_unless_they_name_foreign_area(asked: Asked) -> None:
    refused = {way for way, answer in asked.here[1].items() if "errors" in answer}
    assert refused == {"Query.metrics(area)"}
    assert {way for way, answer in asked.both[1].items() if "errors" in answer} == set()
