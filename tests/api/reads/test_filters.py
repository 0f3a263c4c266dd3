"""Filters: whatever conditions come together, the rows are those that an oracle in plain Python picks."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any, Final
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.reads.node import global_id
from records.core.dates import LOCAL, now
from records.core.text import normalize_for_search, split_words
from records.metrics.catalogue import category_id
from records.nouns.tips import FINAL
from records.tables import Group, Tip, TipOutcome
from records.tables.groups import GroupKind, GroupStatus
from records.tables.tips import Channel, LegalKind, OutcomeKind, Priority, TipStatus
from tests.api.support import BA_DINH, PHU_HUU, TAN_NHUAN_DONG, Ask, add_group, add_programme, add_tip

# Where records are made, and by hand which of those places lie in an area that a filter names.
OLD_WARD, NEW_WARD = "29902@2025-06-30", "29905"
LIES_IN: Final = {
    "82": {PHU_HUU, TAN_NHUAN_DONG, OLD_WARD, NEW_WARD},
    "877": {PHU_HUU, TAN_NHUAN_DONG},
    "867": {OLD_WARD, NEW_WARD},
    NEW_WARD: {OLD_WARD, NEW_WARD},
    OLD_WARD: {OLD_WARD},
    PHU_HUU: {PHU_HUU},
    "01": set(),
}
PLACES: Final = (PHU_HUU, TAN_NHUAN_DONG, OLD_WARD, NEW_WARD)
SIGNS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "gt": lambda value, bound: value > bound,
    "gte": lambda value, bound: value >= bound,
    "lt": lambda value, bound: value < bound,
    "lte": lambda value, bound: value <= bound,
}
MOMENTS: Final = [datetime(2026, 1, day, hour, tzinfo=UTC) for day in (1, 2, 3) for hour in (0, 5, 17)]
DAYS: Final = [date(2019, 4, 1), date(2020, 5, 5), date(2021, 6, 30)]
FEW: Final = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

Row = dict[str, Any]
Way = tuple[st.SearchStrategy[Any], Callable[[Row, Any], bool]]


def several(*values: Any) -> st.SearchStrategy[list[Any]]:
    return st.lists(st.sampled_from(values), max_size=3, unique=True)


def bounds(*values: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(st.sampled_from(sorted(SIGNS)), st.sampled_from(values), max_size=2)


def among(name: str) -> Callable[[Row, Any], bool]:
    return lambda row, given: row[name] in given


def is_(name: str) -> Callable[[Row, Any], bool]:
    return lambda row, given: bool(row[name]) is given


def between(name: str) -> Callable[[Row, Any], bool]:
    return lambda row, given: all(
        row[name] is not None and SIGNS[sign](row[name], bound) for sign, bound in given.items()
    )


def then(name: str) -> Callable[[Row, Any], bool]:
    """Bounds on a moment: a day counts whole, from midnight to midnight in Viet Nam."""

    def holds(row: Row, given: Mapping[str, str]) -> bool:
        moment: datetime | None = row[name]
        for sign, text in given.items():
            if moment is None:
                return False
            if len(text) > 10:
                value: Any = moment
                given_moment = datetime.fromisoformat(text)
                bound: Any = given_moment if given_moment.tzinfo else given_moment.replace(tzinfo=LOCAL)
            else:
                value, bound = moment.astimezone(LOCAL).date(), date.fromisoformat(text)
            if not SIGNS[sign](value, bound):
                return False
        return True

    return holds


def holds_words(row: Row, text: str) -> bool:
    return all(any(word.startswith(asked) for word in row["folded"].split()) for asked in split_words(text))


SHARED: dict[str, Way] = {
    "area": (st.sampled_from(sorted(LIES_IN)), lambda row, given: row["place"] in LIES_IN[given]),
    "search": (st.sampled_from(["tin", "TIN SỐ 1", "so 2 tin", "đuong", "x", "", "mau"]), holds_words),
    "updatedSince": (
        st.sampled_from(["2026-01-02T05:00:00Z", "2026-01-02T12:00:00+07:00", "2026-01-02T12:00:00"]),
        lambda row, _: row["updated_at"] >= datetime(2026, 1, 2, 5, tzinfo=UTC),
    ),
    "updatedAt": (
        bounds("2026-01-02", "2026-01-02T05:00:00Z", "2026-01-03T00:00:00+07:00"),
        then("updated_at"),
    ),
}
MOMENT: Final = bounds(
    "2026-01-02", "2026-01-02T12:00:00", "2026-01-02T17:00:00Z", "2026-01-03T00:00:00+07:00"
)
TIPS: dict[str, Way] = {
    **SHARED,
    "code": (several("T1", "T2", "T7", "GONE", "FAR", "\0"), among("code")),
    "status": (several(*(status.value for status in TipStatus)), among("status")),
    "category": (several("THEFT", "FIRE_SAFETY", "nothing"), among("category")),
    "channel": (several("ZALO", "PHONE"), among("channel")),
    "priority": (several("LOW", "URGENT"), among("priority")),
    "legalKind": (several("SOURCE", "REPORT"), among("legal_kind")),
    "group": (several("A1", "A2", "HIDDEN", "x"), among("group")),
    "duplicateOf": (several("T1", "T2", "FAR"), among("duplicate_of")),
    "anonymous": (st.booleans(), is_("anonymous")),
    "hasOutcome": (st.booleans(), is_("outcome")),
    "overdue": (
        st.booleans(),
        lambda row, given: bool(row["due_at"] and row["due_at"] < now() and not row["closed_at"]) is given,
    ),
    "receivedAt": (MOMENT, then("received_at")),
    "occurredAt": (MOMENT, then("occurred_at")),
    "dueAt": (bounds("2026-01-22", "2026-01-22T05:00:00Z", "2200-01-01"), then("due_at")),
    "closedAt": (MOMENT, then("closed_at")),
}
GROUPS: dict[str, Way] = {
    **SHARED,
    "code": (several("A1", "A2", "A7", "HIDDEN"), among("code")),
    "kind": (several("SELF_GOVERNING", "ZALO"), among("kind")),
    "status": (several("ACTIVE", "PAUSED", "DISSOLVED"), among("status")),
    "programme": (several("P1", "P2", "x"), among("programme")),
    "foundedOn": (
        bounds(*(day.isoformat() for day in DAYS)),
        lambda row, given: between("founded_on")(row, {s: date.fromisoformat(d) for s, d in given.items()}),
    ),
    "households": (bounds(0, 7, 30, 127), between("households")),
    "memberCount": (bounds(0, 41, 80, 2**31 - 1), between("stated_members")),
}
LIST: Final = """query($filter: %sFilter) {
  found: %s(filter: $filter, first: 1000) { totalCount count(upTo: 3) { value qualifier }
                                           nodes { code } } }"""


def conditions(ways: dict[str, Way]) -> st.SearchStrategy[dict[str, Any]]:
    """Any of the filters together, but few enough for some rows to be left."""
    named = st.lists(st.sampled_from(sorted(ways)), min_size=1, max_size=3, unique=True)
    return named.flatmap(lambda names: st.fixed_dictionaries({name: ways[name][0] for name in names}))


async def check(ask: Ask, noun: str, ways: dict[str, Way], rows: list[Row], asked: dict[str, Any]) -> None:
    answer = await ask(LIST % (noun, f"{noun.lower()}s"), filter=asked)
    assert "errors" not in answer, answer
    found = answer["data"]["found"]
    wanted = {row["code"] for row in rows if all(ways[name][1](row, value) for name, value in asked.items())}
    codes = [node["code"] for node in found["nodes"]]
    assert set(codes) == wanted
    assert found["totalCount"] == len(codes) == len(wanted)
    more = len(wanted) > 3
    assert found["count"] == {"value": min(len(wanted), 3), "qualifier": "OVER" if more else "EXACT"}


@pytest.fixture
async def groups(database: str) -> list[Row]:
    """Some groups as the oracle knows them; beside them one elsewhere and one that was removed."""
    chance = Random(4)  # noqa: S311 - the same rows each time
    programmes = {code: await add_programme(code) for code in ("P1", "P2")}
    rows = []
    for number in range(20):
        code, place = f"A{number}", chance.choice(PLACES)
        programme = chance.choice([None, *programmes])
        status = chance.choice([GroupStatus.ACTIVE, GroupStatus.PAUSED, GroupStatus.DISSOLVED])
        members = chance.choice([None, 0, 41, 80])
        fields: Row = {
            "kind": chance.choice([GroupKind.SELF_GOVERNING, GroupKind.ZALO]),
            "status": status,
            "inactive_on": None if status is GroupStatus.ACTIVE else date(2024, 1, 1),
            "ended_on": date(2024, 1, 2) if status is GroupStatus.DISSOLVED else None,
            "founded_on": chance.choice([None, *DAYS]),
            "households": chance.choice([None, 0, 7, 30, 127]),
            "stated_members": members,
            "stated_on": None if members is None else date(2026, 1, 1),
        }
        name = chance.choice(["Tin số 1", "Đường Tin", f"Tổ mẫu {number}"])
        row = await add_group(
            name, code=code, area=place, programme_id=programmes.get(programme or ""), **fields
        )
        changed = chance.choice(MOMENTS)
        await Group.filter(id=row.id).update(updated_at=changed)
        known = {"code": code, "place": place, "programme": programme, "folded": normalize_for_search(name)}
        rows.append({**fields, **known, "updated_at": changed, "id": row.id})
    await add_group("Tin số 1", code="FAR", area=BA_DINH)
    await add_group("Tin số 1", code="HIDDEN")
    await Group.filter(code="HIDDEN").update(deleted_at=now())
    return rows


@pytest.fixture
async def tips(groups: list[Row]) -> list[Row]:
    """Some tips as the oracle knows them; beside them one elsewhere and one that was removed."""
    chance = Random(7)  # noqa: S311 - the same rows each time
    hidden = await Group.get(code="HIDDEN")
    ids = {row["code"]: row["id"] for row in groups[:3]} | {"HIDDEN": hidden.id}
    far = await add_tip("FAR", area=BA_DINH)
    made, rows = {"FAR": far.id}, []
    for number in range(30):
        code, place = f"T{number}", chance.choice(PLACES)
        status = TipStatus.RECEIVED if number < 3 else chance.choice([*TipStatus])
        twin = chance.choice(["T1", "T2", "FAR"]) if status is TipStatus.DUPLICATE else None
        legal, received = chance.choice([*LegalKind]), chance.choice(MOMENTS)
        group, category = chance.choice([None, *ids]), chance.choice(["THEFT", "FIRE_SAFETY"])
        due = chance.choice([received + timedelta(days=20), datetime(2200, 1, 1, tzinfo=UTC)])
        fields: Row = {
            "status": status,
            "channel": chance.choice([Channel.ZALO, Channel.PHONE]),
            "priority": chance.choice([*Priority]),
            "legal_kind": legal,
            "occurred_at": chance.choice([None, *MOMENTS]),
            "due_at": None if legal is LegalKind.SOURCE else due,
            "anonymous": chance.random() < 0.5,
        }
        title = chance.choice(["Tin số 1", "Tin số 2", f"Mẫu {number}"])
        row = await add_tip(
            code,
            area=place,
            received=received,
            title=title,
            group_id=ids.get(group or ""),
            category_id=category_id(category),
            duplicate_of_id=made.get(twin or ""),
            **fields,
        )
        made[code] = row.id
        closed = chance.choice(MOMENTS) if status in FINAL else None
        changed, came = chance.choice(MOMENTS), chance.random() < 0.4
        await Tip.filter(id=row.id).update(updated_at=changed, closed_at=closed)
        if came:
            await TipOutcome.create(
                id=uuid4(), tip_id=row.id, kind=OutcomeKind.FINE, count=1, on_day=date(2026, 1, 2)
            )
        known = {"code": code, "place": place, "category": category, "received_at": received}
        # What the caller cannot see is no group and no twin.
        known |= {
            "group": None if group == "HIDDEN" else group,
            "duplicate_of": None if twin == "FAR" else twin,
        }
        known |= {"folded": row.folded, "outcome": came, "closed_at": closed, "updated_at": changed}
        rows.append({**fields, **known, "id": row.id})
    await add_tip("GONE")
    await Tip.filter(code="GONE").update(deleted_at=now())
    return rows


@FEW
@given(asked=conditions(TIPS))
async def test_tip_filters_combine(ask: Ask, tips: list[Row], asked: dict[str, Any]) -> None:
    await check(ask, "Tip", TIPS, tips, asked)


@FEW
@given(asked=conditions(GROUPS))
async def test_group_filters_combine(ask: Ask, groups: list[Row], asked: dict[str, Any]) -> None:
    await check(ask, "Group", GROUPS, groups, asked)


async def test_records_are_filtered_by_ids(ask: Ask, tips: list[Row], groups: list[Row]) -> None:
    of_tip, of_group = global_id("Tip"), global_id("Group")
    far, gone = await Tip.get(code="FAR"), await Tip.get(code="GONE")
    given = [of_tip(row["id"]) for row in tips[:2]] + [of_tip(far.id), of_tip(gone.id), "x", of_group(far.id)]
    answer = await ask(LIST % ("Tip", "tips"), filter={"id": given})
    assert {node["code"] for node in answer["data"]["found"]["nodes"]} == {"T0", "T1"}
    given = [of_group(row["id"]) for row in groups[:3]]
    answer = await ask(LIST % ("Tip", "tips"), filter={"groupId": given})
    wanted = {row["code"] for row in tips if row["group"] is not None}
    assert {node["code"] for node in answer["data"]["found"]["nodes"]} == wanted
    assert (await ask(LIST % ("Tip", "tips"), filter={"id": []}))["data"]["found"]["nodes"] == []


@pytest.mark.parametrize(
    "since", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "0001-01-01", "9999-12-31T23:59:59"]
)
async def test_filter_accepts_extreme_moments(ask: Ask, since: str) -> None:
    await add_tip("T1")
    answer = await ask(LIST % ("Tip", "tips"), filter={"updatedSince": since})
    assert answer["data"]["found"]["totalCount"] == (1 if since < "2000" else 0)
    until = await ask(LIST % ("Tip", "tips"), filter={"receivedAt": {"lte": since}})
    assert until["data"]["found"]["totalCount"] == (0 if since < "2000" else 1)


@pytest.mark.parametrize("typed", ["---", "%", "…"])
async def test_search_finds_nothing_when_text_has_only_signs(ask: Ask, tips: list[Row], typed: str) -> None:
    answer = await ask(LIST % ("Tip", "tips"), filter={"search": typed})
    assert answer["data"]["found"]["nodes"] == []
    everything = await ask(LIST % ("Tip", "tips"), filter={"search": " "})
    assert len(everything["data"]["found"]["nodes"]) == len(tips)


async def test_codes_are_filtered_in_any_case(ask: Ask) -> None:
    await add_group("Tổ mẫu", code="MAU-SD-01")
    answer = await ask(LIST % ("Group", "groups"), filter={"code": ["mau-sd-01"]})
    assert [node["code"] for node in answer["data"]["found"]["nodes"]] == ["MAU-SD-01"]
    one = await ask('{ group(code: "mau-sd-01") { code } indicator(code: "tips.received") { code } }')
    assert one["data"] == {"group": {"code": "MAU-SD-01"}, "indicator": {"code": "tips.received"}}
