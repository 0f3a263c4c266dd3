"""Assignments, handover, links and heads as staff work on them, with scripts and without, on a phone."""

from dataclasses import replace
from datetime import date

import pytest

from records.core.actor import Role, system_actor
from records.nouns import assignments, members, tips
from records.nouns.assignments import AssignmentDraft, group_links
from records.nouns.members import MemberDraft
from records.tables import Assignment, GroupLink, Member, Tip
from records.tables.groups import AssignmentKind, MemberRole
from tests.admin.forms import some_tip
from tests.browser.conftest import Open, press, violations
from tests.conftest import area_ids
from tests.nouns.activities import group
from tests.nouns.group_links import online_group
from tests.records.nouns.assignments.test_handover import MakeActor

pytestmark = pytest.mark.browser
BY = system_actor("test")
PATH, DAY = "/admin/assignments", date(2025, 8, 1)
OFFICER = AssignmentDraft(AssignmentKind.AREA_OFFICER, DAY)


@pytest.mark.parametrize("scripts", [True, False])
async def test_work_is_handed_over_in_six_taps(
    open_page: Open, staff_actor: MakeActor, *, scripts: bool
) -> None:
    (area_id,) = await area_ids("29905")
    officer, next_ = await staff_actor(Role.OFFICER, "29905"), await staff_actor(Role.OFFICER, "29905")
    assert officer.id
    await assignments.assign(replace(OFFICER, area_id=area_id, staff_id=officer.id), by=BY)
    tip = await tips.assign((await some_tip()).id, expected_version=1, assignee=officer.id, by=BY)
    page = await open_page(PATH, width=360, scripts=scripts)
    await page.get_by_role("link", name="Bàn giao", exact=True).click()
    await page.select_option("#field-from", str(officer.id))
    await page.get_by_role("button", name="Xem trước").click()
    await page.select_option("#field-to", str(next_.id))
    await page.get_by_role("button", name="Xem trước").click()
    assert await violations(page) == [] if scripts else True
    await page.get_by_role("button", name="Bàn giao toàn bộ").click()
    await page.get_by_text("Đã bàn giao toàn bộ.").wait_for()
    assert (await Assignment.get(ends_on__isnull=True)).staff_id == next_.id
    assert (await Tip.get(id=tip.id)).assignee_id == next_.id


@pytest.mark.parametrize("scripts", [True, False])
async def test_group_without_officer_gets_one_in_five_taps(
    open_page: Open, staff_actor: MakeActor, *, scripts: bool
) -> None:
    about, officer = await group(), await staff_actor(Role.OFFICER, "29905")
    page = await open_page("/admin/groups?vacant=1", width=360, scripts=scripts)
    await page.click(f'a[href="/admin/groups/{about.id}"]')
    await page.get_by_role("link", name="Phân công").last.click()
    await page.select_option("#field-kind", "AREA_OFFICER")
    await page.select_option("#field-staff", str(officer.id))
    await page.get_by_role("button", name="Lưu").click()
    await page.get_by_text("Đã phân công.").wait_for()
    assert (await Assignment.get()).group_id == about.id


@pytest.mark.parametrize("scripts", [True, False])
async def test_head_is_changed_in_three_taps(open_page: Open, *, scripts: bool) -> None:
    about = await group()
    for name, role in (("Người mẫu 1", MemberRole.HEAD), ("Người mẫu 2", MemberRole.MEMBER)):
        await members.join(about.id, MemberDraft(name, role, DAY), by=BY)
    page = await open_page(f"/admin/groups/{about.id}", width=360, scripts=scripts)
    await page.get_by_role("link", name="Đổi tổ trưởng").click()
    await page.select_option("#field-member", label="Người mẫu 2")
    await page.get_by_role("button", name="Đổi tổ trưởng").click()
    await page.get_by_text("Đã đổi tổ trưởng.").wait_for()
    assert (await Member.get(role=MemberRole.HEAD, left_on__isnull=True)).name == "Người mẫu 2"


@pytest.mark.parametrize("scripts", [True, False])
async def test_groups_are_linked_and_link_is_ended(open_page: Open, *, scripts: bool) -> None:
    about, online = await group(), await online_group()
    page = await open_page(f"/admin/groups/{about.id}", width=360, scripts=scripts)
    await press(page, "Liên kết nhóm")
    await page.fill("#field-group", online.code)
    await page.get_by_role("button", name="Liên kết nhóm").click()
    await page.get_by_text("Đã liên kết.").wait_for()
    await page.get_by_role("link", name="Kết thúc liên kết").click()
    await page.get_by_role("button", name="Kết thúc liên kết").click()
    await page.get_by_text("Đã kết thúc liên kết.").wait_for()
    assert (await GroupLink.get()).ended_on is not None


@pytest.mark.parametrize("scripts", [True, False])
async def test_member_is_found_by_name(open_page: Open, *, scripts: bool) -> None:
    about = await group()
    for name in ("Mẫu Văn Dang", "Mẫu Văn Đặng"):
        await members.join(about.id, MemberDraft(name, MemberRole.MEMBER, DAY), by=BY)
    page = await open_page("/admin/members?q=m", width=1280, scripts=scripts)
    await page.fill("#field-q", "Đặng")
    await page.get_by_role("button", name="Tìm kiếm").click()
    await page.locator("tbody tr:first-child", has_text="Mẫu Văn Đặng").wait_for()
    await page.click("tbody tr:first-child th a")
    await page.wait_for_url(f"**/admin/groups/{about.id}/members")


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark", "contrast"])
async def test_assignment_pages_are_accessible(open_page: Open, width: int, scheme: str) -> None:
    about, online = await group(), await online_group()
    head = await members.join(about.id, MemberDraft("Người mẫu 1", MemberRole.HEAD, DAY), by=BY)
    link = await group_links.link(about.id, group=online.id, on=DAY, by=BY)
    row = await assignments.assign(replace(OFFICER, group_id=about.id, officer_name="Người mẫu 2"), by=BY)
    page = await open_page(width=width, scheme=scheme)
    for path in (
        *(PATH, f"{PATH}?ended=1", f"{PATH}/hamlets", f"{PATH}/new", f"{PATH}/handover"),
        *(f"{PATH}/{row.id}", f"{PATH}/{row.id}/replacement", f"{PATH}/{row.id}/end"),
        *(f"/admin/groups/{about.id}", f"/admin/groups/{online.id}", f"/admin/groups/{about.id}/link"),
        *(f"/admin/group-links/{link.id}/end", "/admin/members?q=mau", f"/admin/members/{head.id}/successor"),
    ):
        await page.goto(path)
        assert await violations(page) == [], path
