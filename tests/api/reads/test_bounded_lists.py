"""No list is cut off: each is a page, has a bound that a rule keeps, or is an error when it is longer."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

import asyncpg
import orjson
import pytest
from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLObjectType,
    GraphQLUnionType,
    get_named_type,
    get_nullable_type,
)
from starlette.applications import Starlette

from api.cost.directives import CATALOGUE, SIZES
from api.exports import writing
from api.nouns.enquiries.faq import COMMON_TOPIC
from api.nouns.viewer import AREAS
from api.reads.declared import DECLARATION, ToMany
from api.schema.assembly import schema
from records.access import partners
from records.core.actor import Actor, Role, Scope, system_actor
from records.core.errors import ValidationFailed
from records.database.connect import connection_arguments
from records.delivery import exports
from records.nouns import outlines, tips
from records.tables import (
    Area,
    AreaSuccession,
    Criterion,
    Enquiry,
    Export,
    GroupLink,
    Indicator,
    Partner,
    PartnerArea,
    Review,
    ReviewPoint,
    Scorecard,
    TipCategory,
    TipOutcome,
)
from records.tables.areas import AreaKind
from records.tables.groups import GroupKind
from records.tables.reviews import ReviewClass
from records.tables.tips import OutcomeKind, TipStatus
from tests.api.support import Ask, add_enquiry, add_group, add_office, add_tip, error
from tests.api.work import add_outline, add_shared
from tests.background import run_due

BY: Final = system_actor("test")
DAY: Final = date(2026, 1, 1)
Fill = Callable[[int], Awaitable[dict[str, Any]]]

# Why these lists need no bound of their own.
BOUNDED_OTHERWISE: Final = {
    "ChangeFeed.changes": "a page, with `hasMore`",
    "Query.nodes": "one for each id",
    "Query._entities": "one for each representation",
    "Query.exports": "of two days, at so many a day",
    "Query.memberCounts": "`mostAreas`, or an error",
    "MemberTotals.roster": "one for each role",
    "Query.metrics": "`mostAreas` and the indicators, or an error",
    "MetricSeries.points": "one for each period",
    "Area.ancestors": "one for each level above",
}


def fields() -> Iterator[tuple[str, GraphQLField]]:
    for name, type_ in schema._schema.type_map.items():
        if isinstance(type_, GraphQLObjectType) and not name.startswith("__"):
            for field_name, field in type_.fields.items():
                if isinstance(get_nullable_type(field.type), GraphQLList) and isinstance(
                    get_named_type(field.type), GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType
                ):
                    yield f"{name}.{field_name}", field


def is_paged(name: str) -> bool:
    return name.partition(".")[0].endswith("Connection") and name.endswith((".nodes", ".edges"))


def is_payload(name: str) -> bool:
    """One problem for each field of an input."""
    return name.endswith(".problems")


def declared(field: GraphQLField) -> Any:
    return field.extensions["strawberry-definition"]


async def outcomes(count: int) -> dict[str, Any]:
    tip = await add_tip("T1")
    await TipOutcome.bulk_create(
        [TipOutcome(tip_id=tip.id, kind=OutcomeKind.FINE, on_day=DAY) for _ in range(count)]
    )
    return {
        "query": '{ tip(code: "T1") { outcomes { count } } }',
        "list": "tips",
        "field": "outcomes { count }",
    }


async def linked_groups(count: int) -> dict[str, Any]:
    online = await add_group("Nhóm mẫu", code="Z1", kind=GroupKind.ZALO)
    for number in range(count):
        row = await add_group(f"Tổ {number}", code=f"A{number}")
        await GroupLink.create(online_id=online.id, group_id=row.id, linked_on=DAY)
    return {
        "query": '{ group(code: "Z1") { linkedGroups { code } } }',
        "list": 'groups(filter: {code: ["Z1"]})',
        "field": "linkedGroups { code }",
    }


async def editions(count: int) -> dict[str, Any]:
    office = await add_office()
    for edition in range(1, count + 1):
        await add_outline(office.id, edition=edition)
    field = "editions { edition }"
    return {
        "query": f"{{ outlines(first: 1) {{ nodes {{ {field} }} }} }}",
        "list": "outlines",
        "field": field,
    }


async def criteria(count: int) -> dict[str, Any]:
    shared = await add_shared((await add_office()).id)
    await Criterion.bulk_create(
        [
            Criterion(scorecard_id=shared.scorecard, position=n, name="Mẫu", max_points=Decimal(1))
            for n in range(2, count + 1)
        ]
    )
    return {"query": "{ scorecards { criteria { position } } }"}


async def points(count: int) -> dict[str, Any]:
    await criteria(count)
    card, group = await Scorecard.get(), await add_group("Tổ mẫu")
    review = await Review.create(
        group_id=group.id,
        area_id=group.area_id,
        year=2025,
        scorecard_id=card.id,
        total=Decimal(80),
        review_class=ReviewClass.GOOD,
        by_police="Mẫu",
        police_signed_on=DAY,
        by_front="Mẫu",
        front_signed_on=DAY,
        signed_on=DAY,
    )
    rows = await Criterion.filter(scorecard_id=card.id)
    await ReviewPoint.bulk_create(
        [ReviewPoint(review_id=review.id, criterion_id=row.id, points=Decimal(1)) for row in rows]
    )
    field = "points { position }"
    return {"query": f"{{ reviews {{ nodes {{ {field} }} }} }}", "list": "reviews", "field": field}


async def scorecards(count: int) -> dict[str, Any]:
    provinces = await Area.filter(kind=AreaKind.PROVINCE)
    limits = {"excellent_from": Decimal(90), "good_from": Decimal(70), "fair_from": Decimal(50)}
    cards = [
        Scorecard(name="Thang điểm mẫu", province_id=province.id, year_from=year, **limits)
        for province in provinces
        for year in range(2001, 2021)
    ]
    await Scorecard.bulk_create(cards[:count])
    return {"query": "{ scorecards { name } }"}


async def topics(count: int) -> dict[str, Any]:
    row = await add_enquiry(
        "Hỏi mẫu", answer="Đáp mẫu", answered_at=datetime(2026, 1, 2, tzinfo=UTC), published=True
    )
    await Enquiry.bulk_create(
        [
            Enquiry(
                area_id=row.area_id,
                channel=row.channel,
                topic=f"CHỦ ĐỀ {number}",
                question=row.question,
                folded=row.folded,
                asked_at=row.asked_at,
                answer="Đáp mẫu",
                answered_at=row.asked_at,
                published=True,
            )
            for number in range(count)
            for _ in range(COMMON_TOPIC)
        ]
    )
    return {"query": "{ enquiryCounts(by: [TOPIC]) { count } }"}


async def successions(count: int) -> dict[str, Any]:
    area, *others = await Area.filter(kind=AreaKind.COMMUNE, valid_to__isnull=True).limit(count + 1)
    rows = [
        AreaSuccession(old_id=area.id, new_id=other.id, whole=False, effective_on=DAY, legal_basis="Mẫu")
        for other in others
    ]
    back = [
        AreaSuccession(old_id=other.id, new_id=area.id, whole=False, effective_on=DAY, legal_basis="Mẫu")
        for other in others
    ]
    await AreaSuccession.bulk_create([*rows, *back])
    return {"code": area.code}


async def categories(count: int) -> dict[str, Any]:
    await TipCategory.bulk_create(
        [TipCategory(code=f"MAU-{n}", name_vi="Mẫu", name_en="Sample") for n in range(count)]
    )
    return {"query": "{ tipCategories { code } }"}


async def indicators(count: int) -> dict[str, Any]:
    like = await Indicator.get(code="tips.received")
    await Indicator.bulk_create(
        [
            Indicator(
                code=f"mau.{n}",
                name_vi="Mẫu",
                name_en="Sample",
                unit_vi=like.unit_vi,
                unit_en=like.unit_en,
                kind=like.kind,
                source=like.source,
            )
            for n in range(count)
        ]
    )
    return {"query": "{ indicators { code } }"}


FILLS: Final[dict[str, Fill]] = {
    "Tip.outcomes": outcomes,
    "Group.linkedGroups": linked_groups,
    "Outline.editions": editions,
    "Scorecard.criteria": criteria,
    "Review.points": points,
    "Query.scorecards": scorecards,
    "Query.enquiryCounts": topics,
}
# Catalogues that every installation starts with: these tests remove what they add.
REFERENCE: Final[dict[str, Fill]] = {
    "Area.successors": successions,
    "Area.predecessors": successions,
    "Area.successions": successions,
    "Area.origins": successions,
    "Query.tipCategories": categories,
    "Query.indicators": indicators,
}


CATALOGUES: Final = (AreaSuccession, TipCategory, Indicator)
# What the lists of an export lead to.
EXPORTED: Final = {"Tip.outcomes", "Group.linkedGroups", "Outline.editions", "Review.points"}


def most_of(name: str) -> int:
    type_name, field_name = name.split(".")
    type_ = schema._schema.type_map[type_name]
    assert isinstance(type_, GraphQLObjectType)
    for directive in declared(type_.fields[field_name]).directives:
        return int(directive.assumed_size)
    raise LookupError(name)


def test_lists_are_pages_or_have_bound() -> None:
    found = {name for name, _ in fields() if not is_paged(name) and not is_payload(name)}
    grouped = {
        name
        for name, field in fields()
        if isinstance(reads := declared(field).metadata.get(DECLARATION), ToMany) and reads.group_by
    }
    assert found == {*FILLS, *REFERENCE, "Viewer.areas", *grouped, *BOUNDED_OTHERWISE}
    assert {name for name, field in fields() if SIZES in declared(field).metadata} <= set(BOUNDED_OTHERWISE)
    assert 2 * exports.MOST_A_DAY + 1 <= CATALOGUE


@pytest.mark.parametrize("name", FILLS)
async def test_list_is_whole_at_its_bound_and_error_beyond(ask: Ask, name: str) -> None:
    asked = (await FILLS[name](most_of(name) + 1))["query"]
    refused = error(await ask(asked))
    assert refused["extensions"]["code"] == "LIST_TOO_LONG"
    assert name in refused["message"]
    assert str(most_of(name)) in refused["message"].replace(",", "")
    assert refused["path"]


@pytest.fixture
async def added(database: str) -> AsyncIterator[None]:
    """Takes away the rows that a test adds to catalogues, which the service itself may not."""
    before = {
        model._meta.db_table: list(await model.all().values_list("id", flat=True)) for model in CATALOGUES
    }
    yield
    connection = await asyncpg.connect(**connection_arguments(database))
    for table, ids in before.items():
        await connection.execute(f"DELETE FROM {table} WHERE NOT id = ANY($1::uuid[])", ids)
    await connection.close()


@pytest.mark.parametrize("name", REFERENCE)
@pytest.mark.usefixtures("added")
async def test_catalogue_is_error_beyond_its_bound(ask: Ask, name: str) -> None:
    filled = await REFERENCE[name](most_of(name) + 1)
    field = name.split(".")[1]
    area = f'{{ area(code: "{filled.get("code")}") {{ {field} {{ __typename }} }} }}'
    refused = error(await ask(filled.get("query", area)))
    assert (refused["extensions"]["code"], name in refused["message"]) == ("LIST_TOO_LONG", True)


async def test_viewer_areas_are_error_beyond_their_bound(ask: Ask) -> None:
    await ask("{ __typename }")
    partner = await Partner.get()
    taken = await PartnerArea.filter(partner_id=partner.id).values_list("area_id", flat=True)
    more = await Area.exclude(id__in=list(taken)).limit(AREAS)
    whole = await ask("{ viewer { areas { code } } }")
    assert len(whole["data"]["viewer"]["areas"]) == len(taken)
    await PartnerArea.bulk_create([PartnerArea(partner_id=partner.id, area_id=row.id) for row in more])
    refused = error(await ask("{ viewer { areas { code } } }"))
    assert refused["extensions"]["code"] == "LIST_TOO_LONG"


@pytest.mark.parametrize("name", [name for name, fill in FILLS.items() if name in EXPORTED])
async def test_export_gives_list_whole_when_it_is_long(app: Starlette, ask: Ask, name: str) -> None:
    count = most_of(name) + 1
    filled = await FILLS[name](count)
    query = f"{{ {filled['list']} {{ nodes {{ {filled['field']} }} }} }}"
    started = await ask("mutation($q: String!) { startExport(input: {query: $q}) { recordId } }", q=query)
    assert started["data"]["startExport"]["recordId"]
    await run_due({exports.JOB: writing.kind(app.state.services.reader, schema)})
    with gzip.open(exports.file((await Export.get()).id)) as lines:
        (values,) = orjson.loads(next(iter(lines))).values()
    assert len(values) == count


async def test_feed_names_record_when_its_list_is_too_long(ask: Ask) -> None:
    await outcomes(most_of("Tip.outcomes") + 1)
    fine = await add_tip("T2")
    feed = await ask(
        "{ changes(types: [TIP]) { changes { recordId record { ... on Tip { code outcomes { count } } } } } }"
    )
    records = [change["record"] for change in feed["data"]["changes"]["changes"]]
    assert records == [None, {"code": fine.reference, "outcomes": []}]
    assert [one["path"][:3] for one in feed["errors"]] == [["changes", "changes", 0]]


async def test_tip_takes_no_outcome_beyond_its_bound(
    staff_actor: Callable[..., Awaitable[Actor]],
) -> None:
    officer, most = await staff_actor(Role.COMMANDER), tips.MAX_OUTCOMES
    tip = await add_tip("T1", status=TipStatus.ACTING)
    fine = tips.OutcomeDraft(OutcomeKind.FINE)
    tip = await tips.close(tip.id, expected_version=1, outcomes=[fine] * (most - 1), by=officer)
    results = await asyncio.gather(
        *[tips.report_outcome(tip.id, fine, expected_version=2, by=BY) for _ in range(2)],
        return_exceptions=True,
    )
    assert sorted(type(one).__name__ for one in results) == ["Tip", "ValidationFailed"]
    with pytest.raises(ValidationFailed) as refused:
        await tips.report_outcome(tip.id, fine, expected_version=3, by=BY)
    assert set(refused.value.problems) == {"outcomes"}
    tip = await tips.reopen(tip.id, expected_version=3, reason="Mẫu", by=officer)
    with pytest.raises(ValidationFailed):
        await tips.close(tip.id, expected_version=4, outcomes=[fine], by=officer)
    assert await TipOutcome.filter(tip_id=tip.id).count() == most


async def test_outline_takes_no_edition_beyond_its_bound(database: str) -> None:
    office = await add_office()
    for edition in range(1, outlines.MAX_EDITIONS + 1):
        await add_outline(office.id, edition=edition)
    with pytest.raises(ValidationFailed) as refused:
        await outlines.write(outlines.OutlineDraft("DC-MAU", "Mẫu", "Mẫu", office.id), by=BY)
    assert set(refused.value.problems) == {"code"}


async def test_partner_takes_no_area_beyond_its_bound(database: str) -> None:
    ids = [row.id for row in await Area.all().limit(AREAS + 1)]
    with pytest.raises(ValidationFailed) as refused:
        await partners.create(name="Đối tác mẫu", scopes={Scope.AREAS_READ}, areas=ids, by=BY)
    assert set(refused.value.problems) == {"areas"}
    await partners.create(name="Đối tác mẫu", scopes={Scope.AREAS_READ}, areas=ids[1:], by=BY)
