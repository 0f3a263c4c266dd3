"""What partners read of the work of groups, and of the people in it only how many there are."""

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from api.reads.node import global_id
from records.areas import areas
from records.core.actor import Scope
from records.core.text import normalize_for_search
from records.tables import Activity, Enquiry, Group, Member, Organisation, Review
from records.tables.activities import OutlineStatus
from records.tables.groups import GroupStatus, MemberRole
from records.tables.organisations import OrganisationKind
from records.tables.tips import Channel
from tests.api.support import BA_DINH, PHU_HUU, TAN_NHUAN_DONG, Ask, add_group
from tests.api.work import Shared, add_outline, add_shared, add_work

Key = Callable[..., Awaitable[str]]


async def office(name: str = "Công an mẫu", area: str = PHU_HUU, **fields: Any) -> UUID:
    """An organisation."""
    row = await Organisation.create(
        name=name,
        name_key=normalize_for_search(name),
        folded=normalize_for_search(name),
        kind=OrganisationKind.POLICE,
        area_id=(await areas.resolve_reference(area)).id,
        **fields,
    )
    return row.id


@pytest.fixture
async def worked(database: str) -> tuple[Group, Shared]:
    """A group of Phú Hựu with one of everything."""
    group, shared = await add_group("Tổ 1", code="A1"), await add_shared(await office())
    await add_work(group.id, PHU_HUU, shared)
    return group, shared


async def test_activity_shows_its_quarter_topics_and_outline(ask: Ask, worked: tuple[Group, Shared]) -> None:
    await Activity.all().update(held_on=date(2025, 12, 31))
    answer = await ask(
        """{ activities(filter: {heldOn: {gte: "2025-12-31", lte: "2025-12-31"}, attendance: {gt: 29}}) {
             nodes { kind heldOn quarter attendance topics group { code } outline { code title } } } }"""
    )
    assert answer["data"]["activities"]["nodes"] == [
        {
            "kind": "QUARTERLY_MEETING",
            "heldOn": "2025-12-31",
            "quarter": "2025-Q4",
            "attendance": 30,
            "topics": ["Phòng cháy"],
            "group": {"code": "A1"},
            "outline": {"code": "DC-MAU", "title": "Đề cương mẫu"},
        }
    ]
    for nothing in ('{topic: ["Khác"]}', "{attendance: {gt: 30}}", '{heldOn: {lt: "2025-12-31"}}'):
        answer = await ask(f"{{ activities(filter: {nothing}) {{ totalCount }} }}")
        assert answer["data"]["activities"]["totalCount"] == 0, nothing


async def test_reviews_show_points_only_when_signed(ask: Ask, worked: tuple[Group, Shared]) -> None:
    query = """{ reviews { nodes { year total reviewClass signedOn points { criterion points maxPoints }
                 scorecard { name goodFrom criteria { position name } } } } }"""
    assert (await ask(query))["data"]["reviews"]["nodes"] == [
        {
            "year": 2025,
            "total": 80.0,
            "reviewClass": "GOOD",
            "signedOn": "2026-01-01",
            "points": [{"criterion": "Sinh hoạt đủ", "points": 80.0, "maxPoints": 100.0}],
            "scorecard": {
                "name": "Thang điểm mẫu",
                "goodFrom": 70.0,
                "criteria": [{"position": 1, "name": "Sinh hoạt đủ"}],
            },
        }
    ]
    (signed,) = await Review.all()
    await Review.create(
        group_id=signed.group_id,
        area_id=signed.area_id,
        year=2026,
        scorecard_id=signed.scorecard_id,
        total=signed.total,
        review_class=signed.review_class,
    )
    assert [node["year"] for node in (await ask(query))["data"]["reviews"]["nodes"]] == [2025]
    unsigned = await Review.get(year=2026)
    id_ = global_id("Review")(unsigned.id)
    assert (await ask("query($id: ID!) { node(id: $id) { id } }", id=id_))["data"]["node"] is None


async def test_outline_shows_published_editions_and_own_hand_downs(
    ask: Ask, worked: tuple[Group, Shared], partner_key: Key
) -> None:
    _group, shared = worked
    await add_outline(shared.office, edition=2)
    await add_outline(shared.office, edition=3, status=OutlineStatus.DRAFT)
    query = """{ outlines(filter: {code: ["DC-MAU"]}, orderBy: CODE) {
                 nodes { edition body editions { edition } handDownCounts { received count } } } }"""
    nodes = (await ask(query))["data"]["outlines"]["nodes"]
    assert sorted(node["edition"] for node in nodes) == [1, 2]
    assert all([one["edition"] for one in node["editions"]] == [1, 2] for node in nodes)
    first = min(nodes, key=lambda node: node["edition"])
    assert first["handDownCounts"] == [{"received": True, "count": 1}]
    elsewhere = (await ask(query, key=await partner_key(areas=(BA_DINH,))))["data"]["outlines"]["nodes"]
    assert [node["handDownCounts"] for node in elsewhere] == [[], []]
    for latest, editions in (("true", [2]), ("false", [1])):
        found = await ask(f"{{ outlines(filter: {{latest: {latest}}}) {{ nodes {{ edition }} }} }}")
        assert [node["edition"] for node in found["data"]["outlines"]["nodes"]] == editions
    drafts = await ask('{ outlines(filter: {search: "de cuong"}) { totalCount } }')
    assert drafts["data"]["outlines"]["totalCount"] == 2


async def test_outline_is_found_by_day_of_its_validity(ask: Ask, worked: tuple[Group, Shared]) -> None:
    for day, expected in (("2024-12-31", 0), ("2025-01-01", 1), ("2026-06-01", 1)):
        answer = await ask(f'{{ outlines(filter: {{validOn: "{day}"}}) {{ totalCount }} }}')
        assert answer["data"]["outlines"]["totalCount"] == expected, day


async def test_organisations_are_found_by_day_of_their_existence(ask: Ask) -> None:
    await office("Công an huyện mẫu", active_to=date(2025, 3, 1))
    await office("Công an xã mẫu", active_from=date(2025, 3, 1))
    for day, name in (("2025-02-28", "Công an huyện mẫu"), ("2025-03-01", "Công an xã mẫu")):
        answer = await ask(f'{{ organisations(filter: {{activeOn: "{day}"}}) {{ nodes {{ name }} }} }}')
        assert answer["data"]["organisations"]["nodes"] == [{"name": name}]
    found = await ask('{ organisations(filter: {search: "cong an xa"}) { nodes { name activeFrom } } }')
    assert found["data"]["organisations"]["nodes"] == [{"name": "Công an xã mẫu", "activeFrom": "2025-03-01"}]


async def add_enquiry(topic: str, **fields: Any) -> None:
    """A question that nobody answered."""
    await Enquiry.create(
        area_id=(await areas.resolve_reference(PHU_HUU)).id,
        channel=Channel.ZALO,
        topic=topic,
        question="Tôi là Người mẫu, xin hỏi riêng",
        folded="",
        asked_at=datetime(2026, 1, 5, tzinfo=UTC),
        **fields,
    )


async def test_enquiry_topic_is_hidden_when_count_is_small(ask: Ask) -> None:
    for _ in range(5):
        await add_enquiry("ONLINE_SERVICE")
    for topic in ("Việc của ông Mẫu", "Việc của bà Mẫu"):
        await add_enquiry(topic)
    counted = await ask("{ enquiryCounts { topic channel answered count } }")
    assert counted["data"]["enquiryCounts"] == [
        {"topic": "ONLINE_SERVICE", "channel": "ZALO", "answered": False, "count": 5},
        {"topic": None, "channel": "ZALO", "answered": False, "count": 2},
    ]
    total = await ask("{ enquiryCounts(by: []) { topic channel answered count } }")
    assert total["data"]["enquiryCounts"] == [{"topic": None, "channel": None, "answered": None, "count": 7}]
    narrow = await ask("{ enquiryCounts(filter: {answered: true}) { topic count } }")
    assert narrow["data"]["enquiryCounts"] == []


async def test_faq_hides_private_enquiries_from_partners(ask: Ask, worked: tuple[Group, Shared]) -> None:
    await add_enquiry("Riêng")
    await add_enquiry("Riêng", answer="Đáp riêng", answered_at=datetime(2026, 1, 6, tzinfo=UTC))
    answer = await ask("{ faq { totalCount nodes { id topic question answer area { code } } } }")
    (shown,) = answer["data"]["faq"]["nodes"]
    assert (shown["question"], shown["answer"]) == ("Hỏi mẫu", "Đáp mẫu")
    assert answer["data"]["faq"]["totalCount"] == 1
    found = await ask('{ faq(filter: {search: "hoi mau"}) { nodes { topic } } }')
    assert found["data"]["faq"]["nodes"] == [{"topic": "CƯ TRÚ"}]
    for row in await Enquiry.filter(published=False):
        id_ = global_id("FrequentQuestion")(row.id)
        assert (await ask("query($id: ID!) { node(id: $id) { id } }", id=id_))["data"]["node"] is None


async def test_members_are_counted_as_stated_and_by_roster(ask: Ask, reading: Key) -> None:
    stated: dict[str, Any] = {"stated_members": 40, "stated_on": date(2026, 1, 1)}
    first = await add_group("Tổ 1", code="A1", **stated)
    await add_group("Tổ 2", code="A2")
    await add_group("Tổ 3", code="A3", area=TAN_NHUAN_DONG, **stated)
    ended = date(2026, 1, 1)
    await add_group(
        "Tổ 4", code="A4", status=GroupStatus.DISSOLVED, inactive_on=ended, ended_on=ended, **stated
    )
    await add_group("Tổ 5", code="A5", area=BA_DINH, **stated)
    for role, left_on in ((MemberRole.HEAD, None), (MemberRole.MEMBER, None), (MemberRole.MEMBER, ended)):
        await Member.create(
            group_id=first.id,
            name="Người mẫu",
            name_key="",
            folded="",
            role=role,
            joined_on=date(2025, 1, 1),
            left_on=left_on,
        )
    roster = [{"role": "HEAD", "count": 1}, {"role": "MEMBER", "count": 1}]
    query = """query($by: AreaKind) { memberCounts(area: "82", by: $by) {
      area { code } precision groups groupsStating stated roster { role count } } }"""
    whole = {"area": {"code": "82"}, "precision": "EXACT", "groups": 3, "groupsStating": 2, "stated": 80}
    assert (await ask(query))["data"]["memberCounts"] == [whole | {"roster": roster}]
    communes = (await ask(query, by="COMMUNE"))["data"]["memberCounts"]
    assert [(one["area"]["code"], one["groups"], one["stated"], one["roster"]) for one in communes] == [
        (PHU_HUU, 2, 40, roster),
        (TAN_NHUAN_DONG, 1, 40, []),
    ]
    for most, told in ((1, "There are 2 areas:"), (0, "mostAreas must be from 1 to 10,000.")):
        counted = f'{{ memberCounts(area: "82", by: COMMUNE, mostAreas: {most}) {{ groups }} }}'
        (refused,) = (await ask(counted))["errors"]
        assert refused["message"].startswith(told)
        assert refused["extensions"]["code"] == ("TOO_MANY" if most else "OUT_OF_RANGE")
    # Who works in one commune counts there alone, whatever area is asked for.
    (ours,) = (await ask(query, by="COMMUNE", key=await reading(PHU_HUU)))["data"]["memberCounts"]
    assert (ours["area"]["code"], ours["groups"]) == (PHU_HUU, 2)
    of_group = await ask(
        '{ groups(filter: {code: ["A1"]}) { nodes { memberCount memberCounts { role count } } } }'
    )
    assert of_group["data"]["groups"]["nodes"] == [{"memberCount": 40, "memberCounts": roster}]


async def test_root_fields_are_refused_when_scope_is_for_another_noun(ask: Ask, partner_key: Key) -> None:
    roots = {
        "activities { totalCount }": Scope.ACTIVITIES_READ,
        "outlines { totalCount }": Scope.OUTLINES_READ,
        "handDowns { totalCount }": Scope.OUTLINES_READ,
        "reviews { totalCount }": Scope.REVIEWS_READ,
        "scorecards { id }": Scope.REVIEWS_READ,
        "faq { totalCount }": Scope.ENQUIRIES_READ,
        "enquiryCounts { count }": Scope.ENQUIRIES_READ,
    }
    for scope in set(roots.values()):
        key = await partner_key(scopes={scope})
        given = {root for root in roots if "errors" not in await ask(f"{{ {root} }}", key=key)}
        assert given == {root for root, needed in roots.items() if needed is scope}
