"""The mutation recordActivity: of a group where the group is, or of an organisation in one's areas."""

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from api.reads.node import global_id
from records.areas import areas
from records.core.actor import Scope
from records.core.rights import SCOPE_RIGHTS, Right
from records.core.text import normalize_for_search
from records.tables import Activity, Group, HandDown, Outline
from records.tables.activities import ActivityKind, OutlineStatus
from records.tables.groups import GroupKind, GroupStatus
from tests.api.mutation_inputs import document
from tests.api.support import BA_DINH, PHU_HUU, TAN_NHUAN_DONG, Ask, add_group, add_office, error

MakeKey = Callable[..., Awaitable[str]]
RECORD = document("recordActivity")


def met(**fields: Any) -> dict[str, Any]:
    return {"kind": "QUARTERLY_MEETING", "heldOn": "2025-09-01", "attendance": 30, **fields}


async def group_id(**fields: Any) -> str:
    return global_id("Group")((await add_group("Tổ 1", code="A1", **fields)).id)


async def problems(ask: Ask, **fields: Any) -> list[tuple[str, str]]:
    payload = (await ask(RECORD, input=met(**fields)))["data"]["recordActivity"]
    assert payload["recordId"] is None
    return [(problem["field"], problem["code"]) for problem in payload["problems"]]


async def test_activity_is_recorded_in_area_of_its_group(ask: Ask) -> None:
    fields = {"groupId": await group_id(), "area": TAN_NHUAN_DONG, "householdsPresent": 20}
    fields |= {"topics": ["An ninh", " ", "PCCC "], "minutes": " Biên bản "}
    payload = (await ask(RECORD, input=met(**fields)))["data"]["recordActivity"]
    row = await Activity.get()
    seen = {"id": payload["recordId"], "kind": "QUARTERLY_MEETING", "heldOn": "2025-09-01", "attendance": 30}
    seen |= {"group": {"code": "A1"}, "version": 1}
    assert payload == {"recordId": global_id("Activity")(row.id), "activity": seen, "problems": []}
    assert (row.kind, row.held_on, row.attendance) == (ActivityKind.QUARTERLY_MEETING, date(2025, 9, 1), 30)
    assert row.group_id == (await Group.get()).id
    assert row.area_id == (await areas.resolve_reference(PHU_HUU)).id
    assert (row.households_present, row.topics, row.minutes) == (20, ["An ninh", "PCCC"], "Biên bản")
    assert row.recorded_by_id is None


async def test_activity_of_organisation_is_recorded_in_area(ask: Ask) -> None:
    office = await add_office()
    given = met(kind="OUTREACH", organisationId=global_id("Organisation")(office.id), area="877@2024-12-31")
    assert (await ask(RECORD, input=given))["data"]["recordActivity"]["problems"] == []
    row = await Activity.get()
    assert (row.organisation_id, row.group_id) == (office.id, None)
    assert row.area_id == (await areas.resolve_reference("877@2024-12-31")).id


async def test_quarterly_meeting_is_refused_when_group_is_online(ask: Ask) -> None:
    group = await group_id(kind=GroupKind.ZALO)
    assert await problems(ask, groupId=group) == [("kind", "INCONSISTENT")]
    given = met(groupId=group, kind="OUTREACH")
    assert (await ask(RECORD, input=given))["data"]["recordActivity"]["problems"] == []


async def test_activity_takes_outline_edition_valid_on_its_day(ask: Ask) -> None:
    office, group = await add_office(), await group_id()
    for edition, issued in ((1, date(2025, 1, 1)), (2, date(2025, 6, 1)), (3, date(2025, 9, 2)), (4, None)):
        await Outline.create(
            code="ĐC-1",
            edition=edition,
            title="Đề cương",
            folded=normalize_for_search("Đề cương"),
            organisation_id=office.id,
            status=OutlineStatus.PUBLISHED if issued else OutlineStatus.DRAFT,
            issued_on=issued,
        )
    given = met(groupId=group, outline="ĐC-1")
    assert (await ask(RECORD, input=given))["data"]["recordActivity"]["problems"] == []
    assert (await Outline.get(id=(await Activity.get()).outline_id)).edition == 2
    assert await problems(ask, groupId=group, outline="ĐC-1", heldOn="2024-12-31") == [
        ("outline", "UNKNOWN_CODE")
    ]


@pytest.mark.parametrize("right", [set(), {Right.OUTLINES_RECEIVE}], ids=["without", "with"])
async def test_outline_is_discussed_when_scope_may_receive_it(
    ask: Ask, partner_key: MakeKey, monkeypatch: pytest.MonkeyPatch, right: set[Right]
) -> None:
    group, office = await add_group("Tổ 1"), await add_office()
    outline = await Outline.create(
        code="ĐC-1",
        edition=1,
        title="Đề cương",
        folded=normalize_for_search("Đề cương"),
        organisation_id=office.id,
        status=OutlineStatus.PUBLISHED,
        issued_on=date(2025, 1, 1),
    )
    sent = await HandDown.create(
        outline_id=outline.id,
        sender_id=office.id,
        group_id=group.id,
        area_id=group.area_id,
        sent_at=datetime(2025, 2, 1, tzinfo=UTC),
    )
    # As staff who may not receive outlines, partners only say what was discussed.
    assert Right.OUTLINES_RECEIVE not in set().union(*SCOPE_RIGHTS.values())
    monkeypatch.setitem(SCOPE_RIGHTS, Scope.OUTLINES_READ, SCOPE_RIGHTS[Scope.OUTLINES_READ] | right)
    key = await partner_key(scopes={Scope.ACTIVITIES_WRITE, Scope.GROUPS_READ, Scope.OUTLINES_READ})
    given = met(groupId=global_id("Group")(group.id), outline="ĐC-1")
    assert (await ask(RECORD, key=key, input=given))["data"]["recordActivity"]["problems"] == []
    held = await Activity.get()
    assert held.outline_id == outline.id
    assert (await HandDown.get(id=sent.id)).activity_id == (held.id if right else None)


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"heldOn": "2999-01-01"}, [("heldOn", "IN_FUTURE")]),
        ({"attendance": -1}, [("attendance", "OUT_OF_RANGE")]),
        ({"attendance": 1_000_001}, [("attendance", "OUT_OF_RANGE")]),
        ({"householdsPresent": 100_001}, [("householdsPresent", "OUT_OF_RANGE")]),
        ({"minutes": "x" * (20_001)}, [("minutes", "TOO_LONG")]),
        ({"topics": ["x" * (101)]}, [("topics", "TOO_LONG")]),
        ({"topics": ["x"] * (21)}, [("topics", "TOO_MANY")]),
        ({"organisationId": "x"}, [("organisationId", "NOT_FOUND")]),
        ({"outline": "KHÔNG CÓ"}, [("outline", "UNKNOWN_CODE")]),
        ({"outline": ""}, [("outline", "UNKNOWN_CODE")]),
        ({"outline": "a\0b"}, [("outline", "UNKNOWN_CODE")]),
        ({"attendance": -1, "outline": "x"}, [("attendance", "OUT_OF_RANGE"), ("outline", "UNKNOWN_CODE")]),
    ],
)
async def test_activity_problems_name_their_field(
    ask: Ask, wrong: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    assert await problems(ask, groupId=await group_id(), **wrong) == expected
    assert await Activity.all().count() == 0


@pytest.mark.parametrize(
    ("area", "code"),
    [(None, "REQUIRED"), (BA_DINH, "OUTSIDE_AREAS"), ("99999", "UNKNOWN_CODE"), ("x y", "UNKNOWN_CODE")],
)
async def test_activity_needs_organisation_and_own_area_without_group(
    ask: Ask, area: str | None, code: str
) -> None:
    assert await problems(ask, area=area) == [("groupId", "REQUIRED"), ("area", code)]
    office = global_id("Organisation")((await add_office()).id)
    assert await problems(ask, kind="OUTREACH", area=area, organisationId=office) == [("area", code)]


async def test_activity_is_refused_when_its_group_has_ended(ask: Ask) -> None:
    ended = await group_id(
        status=GroupStatus.DISSOLVED, inactive_on=date(2025, 1, 1), ended_on=date(2025, 1, 1)
    )
    assert await problems(ask, groupId=ended) == [("groupId", "CONFLICT")]


async def test_activity_of_group_needs_scope_to_read_groups(ask: Ask, partner_key: MakeKey) -> None:
    given = met(groupId=await group_id())
    for scopes in ({Scope.ACTIVITIES_WRITE}, {Scope.GROUPS_READ}):
        refused = error(await ask(RECORD, key=await partner_key(scopes=scopes), input=given))
        assert refused["extensions"]["code"] == "FORBIDDEN"
    both = await partner_key(scopes={Scope.ACTIVITIES_WRITE, Scope.GROUPS_READ})
    assert (await ask(RECORD, key=both, input=given))["data"]["recordActivity"]["problems"] == []
    assert await Activity.all().count() == 1
