"""What each role watches on its dashboard, and where each line leads."""

import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from html import unescape

import httpx
import pytest

from records.access import partners
from records.changes.unit_of_work import audit
from records.core.actor import Actor, Role, Scope, system_actor
from records.core.dates import add_months, month_of, now, today
from records.core.rights import Right
from records.delivery import webhooks
from records.delivery.webhooks import WebhookDraft
from records.metrics import cells
from records.nouns import activities, assignments
from records.nouns.activities import ActivityDraft
from records.nouns.assignments import AssignmentDraft
from records.privacy import reveals
from records.tables import Area, Job, Partner, Staff, Tip, Webhook, WebhookDelivery
from records.tables.activities import ActivityKind
from records.tables.areas import AreaKind
from records.tables.changes.jobs import JobState
from records.tables.delivery import DeliveryProblem, DeliveryState
from records.tables.groups import AssignmentKind
from tests.admin.forms import some_tip
from tests.conftest import area_ids
from tests.hamlets import three_hamlets
from tests.nouns import hand_downs as made_hand_downs
from tests.nouns import reviews as made_reviews
from tests.nouns.activities import group
from tests.records.privacy.reveal_support import asked, told

SignIn = Callable[..., Awaitable[httpx.AsyncClient]]
MakeActor = Callable[..., Awaitable[Actor]]
TASK = system_actor("test")
_LINE = re.compile(r'<li>\s*<p>\s*<a href="([^"]+)">([^<]+)</a>(.*?)</li>', re.DOTALL)


def section(page: httpx.Response, title: str) -> str:
    """The section of a page with that heading."""
    text = page.text.partition(f">{title}</h2>")[2].partition("</section>")[0]
    assert text, title
    return text


async def lines(client: httpx.AsyncClient, title: str) -> dict[str, tuple[str, str]]:
    """The lines of a section: their addresses and what else they say, by their names."""
    found = _LINE.findall(section(await client.get("/admin"), title))
    return {
        unescape(name): (unescape(path), " ".join(re.sub("<[^>]+>", " ", rest).split()))
        for path, name, rest in found
    }


@pytest.fixture
async def partner(database: str) -> Partner:
    """A partner that may follow changes to groups."""
    scopes = {Scope.GROUPS_READ, Scope.CHANGES_READ}
    return await partners.create(name="Hệ thống mẫu", scopes=scopes, areas=await area_ids("29905"), by=TASK)


async def _failing(partner: Partner, *problems: DeliveryProblem) -> Webhook:
    draft = WebhookDraft("https://system.example/hooks", ["group"])
    row, _secret = await webhooks.create(partner.id, draft, by=TASK)
    await Webhook.filter(id=row.id).update(failures=2, failing_since=now() - timedelta(hours=3))
    for hours, problem in enumerate(problems):
        delivery = await WebhookDelivery.create(
            webhook_id=row.id, due_at=now(), state=DeliveryState.FAILED, problem=problem, status=500
        )
        await WebhookDelivery.filter(id=delivery.id).update(created_at=now() - timedelta(hours=hours))
    return row


async def test_administrator_sees_failing_webhook_with_last_error(
    staff_client: SignIn, partner: Partner
) -> None:
    row = await _failing(partner, DeliveryProblem.ANSWER, DeliveryProblem.TIMEOUT)
    client = await staff_client(Role.ADMINISTRATOR)
    shown = await lines(client, "Failing webhooks")
    assert list(shown) == ["Hệ thống mẫu"]
    path, said = shown["Hệ thống mẫu"]
    assert path == f"/admin/webhooks/{row.id}"
    assert said == "The receiver returned an error · HTTP 500 3 h ago"


async def test_administrator_sees_no_webhook_of_partner_elsewhere(
    staff_client: SignIn, partner: Partner
) -> None:
    await _failing(partner, DeliveryProblem.ANSWER)
    client = await staff_client(Role.ADMINISTRATOR, "30244")
    assert await lines(client, "Failing webhooks") == {}


async def test_administrator_sees_key_about_to_expire(staff_client: SignIn, partner: Partner) -> None:
    ends = now() + timedelta(days=5)
    await partners.issue_key(partner.id, expires_at=ends, by=TASK)
    await partners.issue_key(partner.id, expires_at=now() + timedelta(days=60), by=TASK)
    shown = await lines(await staff_client(Role.ADMINISTRATOR), "Keys about to expire")
    assert len(shown) == 1
    assert shown["Hệ thống mẫu"][0] == f"/admin/partners/{partner.id}"


async def test_administrator_sees_failed_job_and_unprotected_account(staff_client: SignIn) -> None:
    await Job.create(
        kind="cleaning", state=JobState.FAILED, error="UNEXPECTED", due_at=now(), finished_at=now()
    )
    client = await staff_client(Role.ADMINISTRATOR)
    me = await Staff.get()
    failed = await lines(client, "Background jobs that failed")
    assert failed["Erasing what is past its retention"][1] == "UNEXPECTED just now"
    unprotected = await lines(client, "Accounts without a second factor")
    assert unprotected == {me.name: (f"/admin/staff/{me.id}", "Administrator")}


_QUARTER = f"Quarter {('I', 'II', 'III', 'IV')[(today().month - 1) // 3]}/{today().year}"


async def test_front_sees_reviews_by_commune(staff_client: SignIn) -> None:
    await made_reviews.make("29905")
    await group("29905")
    await group("30244")
    client = await staff_client(Role.FRONT, "29905", "30244")
    reviewed = await lines(client, f"Reviews of {today().year} by area")
    assert {name: said for name, (_path, said) in reviewed.items()}["Phường Sa Đéc"] == "1 of 2"
    for path, _said in reviewed.values():
        assert (await client.get(path)).status_code == 200


async def test_front_sees_groups_without_meeting_by_commune(staff_client: SignIn) -> None:
    unmet, other, met = await group("29905"), await group("29905"), await group("30244")
    draft = ActivityDraft(ActivityKind.QUARTERLY_MEETING, today(), 30, met.area_id, group_id=met.id)
    await activities.record(draft, by=TASK)
    client = await staff_client(Role.FRONT, "29905", "30244")
    meetings = await lines(client, f"No meeting yet in {_QUARTER}")
    path, said = meetings["Phường Sa Đéc"]
    assert said == "Groups: 2"
    listed = (await client.get(path)).text
    assert unmet.code in listed
    assert other.code in listed
    assert met.code not in listed


async def test_front_sees_outline_that_is_not_discussed(staff_client: SignIn) -> None:
    await made_hand_downs.make("30244")
    client = await staff_client(Role.FRONT, "29905", "30244")
    undiscussed = await lines(client, "Outlines not yet discussed")
    assert [said for _path, said in undiscussed.values()] == ["0 of 1"]


async def test_front_sees_communes_with_most_left_when_too_many(staff_client: SignIn) -> None:
    communes = await Area.filter(kind=AreaKind.COMMUNE, valid_to__isnull=True).order_by("name_key").limit(7)
    codes = [code for one in communes if (code := one.code)]
    for code in [*codes, codes[-1]]:
        await group(code)
    client = await staff_client(Role.FRONT, *codes)
    expected = [one.name for one in (*communes[:5], communes[-1])]
    for title in (f"Reviews of {today().year} by area", f"No meeting yet in {_QUARTER}"):
        assert list(await lines(client, title)) == expected, title


async def test_front_sees_hamlets_when_all_lie_in_one_commune(staff_client: SignIn, database: str) -> None:
    async with three_hamlets(database):
        await group("MAU-1")
        await group("MAU-2")
        client = await staff_client(Role.FRONT, "29905")
        shown = await lines(client, f"Reviews of {today().year} by area")
        assert list(shown) == ["Khóm mẫu 1", "Khóm mẫu 2"]


async def test_custodian_sees_oldest_request_first(staff_client: SignIn, staff_actor: MakeActor) -> None:
    officer = await staff_actor(Role.OFFICER, "29905")
    first, second = [await asked(await told(officer), officer) for _ in range(2)]
    client = await staff_client(Role.CUSTODIAN, "29905")
    page = (await client.get("/admin")).text
    assert 0 < page.index(f"/admin/reveals/{first.id}") < page.index(f"/admin/reveals/{second.id}")
    shown = await lines(client, "Due for erasure by class of record")
    assert shown["Tip"] == ("/admin/retention", "after 60 months 0")


async def test_custodian_sees_last_viewed_approval_first(
    staff_client: SignIn, staff_actor: MakeActor
) -> None:
    custodian = await staff_actor(Role.CUSTODIAN, "29905")
    officers = [await staff_actor(Role.OFFICER, "29905") for _ in range(2)]
    requests = [await asked(await told(officer), officer) for officer in officers]
    for reveal in requests:
        await reveals.decide(reveal.id, approve=True, by=custodian)
    client = await staff_client(Role.CUSTODIAN, "29905")
    title = "Approvals used in 30 days, latest view first"
    assert await lines(client, title) == {}
    for viewed in ((1, 0), (0, 1)):
        for place in viewed:
            await reveals.open_reveal(requests[place].id, by=officers[place])
        shown = section(await client.get("/admin"), title)
        assert re.findall('/admin/reveals/([^"]+)"', shown) == [
            str(requests[place].id) for place in reversed(viewed)
        ]
    _path, said = (await lines(client, title))[officers[0].name]
    assert said.endswith("Views: 2")


async def test_custodian_sees_plus_when_more_is_due_than_is_counted(
    staff_client: SignIn, staff_actor: MakeActor, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("admin.dashboard.custodian", "admin.kit.pages"):
        monkeypatch.setattr(f"{module}.MAX_COUNT", 1)
    officer = await staff_actor(Role.OFFICER, "29905")
    for _ in range(2):
        tip = await told(officer)
        await Tip.filter(id=tip.id).update(deleted_at=now() - timedelta(days=4000))
    client = await staff_client(Role.CUSTODIAN, "29905")
    _path, said = (await lines(client, "Due for erasure by class of record"))["Tip"]
    assert said == "after 60 months 1+"


async def _viewed_twice_and_refused(staff_actor: MakeActor) -> Actor:
    """Two views by an officer, and one request of theirs that was refused."""
    officer, custodian = await staff_actor(Role.OFFICER, "29905"), await staff_actor(Role.CUSTODIAN, "29905")
    viewed, refused = [await asked(await told(officer), officer) for _ in range(2)]
    await reveals.decide(viewed.id, approve=True, by=custodian)
    await reveals.decide(refused.id, approve=False, refusal="Không cần thiết", by=custodian)
    for _ in range(2):
        await reveals.open_reveal(viewed.id, by=officer)
    return officer


async def test_auditor_opens_entries_that_each_number_counts(
    staff_client: SignIn, staff_actor: MakeActor
) -> None:
    await _viewed_twice_and_refused(staff_actor)
    client = await staff_client(Role.AUDITOR, "29905")
    week = section(await client.get("/admin"), "Views of sealed data and refusals in 7 days")
    days = week.split("<li>")[1:]
    assert len(days) == 7
    links = re.findall(r'<a href="([^"]+)">(Views|Refused): ([0-9]+)</a>', days[0])
    assert [(text, number) for _path, text, number in links] == [("Views", "2"), ("Refused", "1")]
    for path, _text, number in links:
        assert f">\n        {number} found" in (await client.get(unescape(path))).text


async def test_auditor_sees_views_by_person(staff_client: SignIn, staff_actor: MakeActor) -> None:
    officer = await _viewed_twice_and_refused(staff_actor)
    client = await staff_client(Role.AUDITOR, "29905")
    people = await lines(client, "Who viewed sealed data most often in 30 days")
    path, said = people[officer.name]
    assert said == "Views: 2"
    assert ">\n        2 found" in (await client.get(path)).text
    elsewhere = await staff_client(Role.AUDITOR, "30244")
    assert await lines(elsewhere, "Who viewed sealed data most often in 30 days") == {}


async def test_auditor_sees_exports(staff_client: SignIn, partner: Partner) -> None:
    by = Actor(TASK.kind, partner.id, "Hệ thống mẫu")
    action = Right.EXPORTS_RUN.value
    await audit("export", partner.id, by=by, action=action, before=None, after={"root": "groups"})
    shown = await lines(await staff_client(Role.AUDITOR), "Exports in 30 days")
    assert shown["Hệ thống mẫu"][1] == "groups just now"


async def test_workload_is_ordered_by_hamlet_when_assigned(
    staff_client: SignIn, staff_actor: MakeActor, database: str
) -> None:
    async with three_hamlets(database) as hamlets:
        client = await staff_client(Role.COMMANDER, "29905")
        names = ("Cán bộ mẫu An", "Cán bộ mẫu Bình", "Cán bộ mẫu Cúc")
        for place, (name, hamlet) in enumerate(zip(names, reversed(hamlets), strict=True)):
            person = await staff_actor(Role.OFFICER, "29905")
            await Staff.filter(id=person.id).update(name=name, name_key=name)
            draft = AssignmentDraft(
                AssignmentKind.HAMLET_OFFICER, today(), staff_id=person.id, area_id=hamlet.id
            )
            await assignments.assign(draft, by=TASK)
            for _ in range(place + 1):
                await Tip.filter(id=(await some_tip()).id).update(assignee_id=person.id)
        page = (await client.get("/admin")).text
        assert re.findall(r'<th scope="row">\s*(Cán bộ mẫu \w+)\s*<span class="dim">([^<]+)', page) == [
            ("Cán bộ mẫu Cúc", "Khóm mẫu 1"),
            ("Cán bộ mẫu Bình", "Khóm mẫu 2"),
            ("Cán bộ mẫu An", "Khóm mẫu 3"),
        ]


async def test_chart_shows_year_before_when_tips_were_received(staff_client: SignIn) -> None:
    await some_tip()
    early = await some_tip()
    last_year = add_months(month_of(today()), -12)
    await Tip.filter(id=early.id).update(received_at=now() - timedelta(days=(today() - last_year).days))
    await cells.rebuild()
    page = (await (await staff_client(Role.COMMANDER, "29905")).get("/admin")).text
    assert "Tips in 12 months: 1" in page
    assert "In the 12 months before: 1" in page
    assert re.search(
        rf'{today():%m/%Y}</th>\s*<td class="number">1</td>\s*<td class="number">1</td>', page
    ), "this month beside the same one a year ago"


async def test_dashboard_says_how_long_first_tip_waits(staff_client: SignIn) -> None:
    for days in (2, 5):
        await Tip.filter(id=(await some_tip()).id).update(received_at=now() - timedelta(days=days))
    page = (await (await staff_client(Role.OFFICER, "29905")).get("/admin")).text
    assert re.search(r"New tips<small>oldest: <time[^>]*>5 days ago", page)


async def test_dashboard_says_how_groups_met_in_each_quarter(staff_client: SignIn) -> None:
    await group()
    met = await group()
    draft = ActivityDraft(ActivityKind.QUARTERLY_MEETING, today(), 30, met.area_id, group_id=met.id)
    await activities.record(draft, by=TASK)
    page = (await (await staff_client(Role.OFFICER, "29905")).get("/admin")).text
    assert "1 of 2 have met" in page
    assert f"{_QUARTER.partition('/')[0]}: 1;" in page
