"""The pages of sealed people, on a phone and at a desk, in light and dark."""

from datetime import date

import pytest

from records.core.actor import Actor, ActorKind, Role, system_actor
from records.nouns import groups, members
from records.nouns.education import cases as education
from records.nouns.education.cases import CaseDraft, SubjectDraft
from records.nouns.groups import GroupDraft
from records.nouns.members import MemberDraft
from records.privacy import contacts, reporters, reveals
from records.privacy.contacts import ContactDraft
from records.privacy.reporters import ReporterDraft
from records.tables import Staff
from records.tables.activities import EducationReason
from records.tables.groups import GroupKind, MemberRole
from tests.admin.forms import some_tip
from tests.browser.conftest import Open, violations_everywhere
from tests.conftest import area_ids

pytestmark = pytest.mark.browser
BY = system_actor("test")


async def test_sealed_pages_are_accessible_and_fit_screen(open_page: Open, person: Staff) -> None:
    areas = await area_ids("29905")
    asker = Actor(ActorKind.STAFF, person.id, person.name, role=Role.COMMANDER, areas=frozenset(areas))
    draft = GroupDraft("TNT-01", "Tổ tự quản số 1 (minh họa)", GroupKind.SELF_GOVERNING, areas[0])
    group = await groups.create(draft, by=BY)
    case = await education.open_case(
        CaseDraft(group.id, EducationReason.GAMBLING, date(2025, 3, 1)),
        SubjectDraft(name="Người mẫu"),
        by=asker,
    )
    await education.add_note(case.id, "Đã có việc làm (minh họa)", on=date(2025, 4, 1), by=asker)
    member = await members.join(
        group.id, MemberDraft("Thành viên mẫu", MemberRole.MEMBER, date(2025, 1, 1)), by=BY
    )
    await contacts.record(member.id, ContactDraft(phone="0912 345 678"), by=BY)
    tip = await some_tip()
    told = await some_tip()
    await reporters.record(told.id, ReporterDraft(name="Người mẫu"), by=BY)
    reveal = await reveals.request_reveal("tip_reporters", told.id, "Cần hỏi lại", by=asker)
    page = await open_page()
    for path in (
        "/admin/education-cases",
        "/admin/education-cases/new",
        f"/admin/education-cases/{case.id}",
        f"/admin/education-cases/{case.id}/subject",
        f"/admin/education-cases/{case.id}/closure",
        f"/admin/education-cases/{case.id}/reveal",
        f"/admin/groups/{group.id}/members",
        f"/admin/members/{member.id}/contact",
        f"/admin/members/{member.id}/reveal",
        f"/admin/tips/{tip.id}/reporter",
        f"/admin/reveals/{reveal.id}",
    ):
        await page.goto(path)
        assert await violations_everywhere(page, ("light", "dark")) == [], path
