"""Words without an end, in every text that people enter: no page grows wider than the screen."""

import pytest

from records.access import partners
from records.core.actor import Role, Scope, system_actor
from records.core.dates import today
from records.delivery import webhooks
from records.metrics.catalogue import category_id
from records.nouns import groups, members, tips
from records.nouns.education import cases as education
from records.privacy import data_requests
from records.tables import Staff, Tip
from records.tables.activities import EducationReason
from records.tables.groups import GroupKind, MemberRole
from records.tables.tips import Channel, OutcomeKind
from tests.browser.conftest import Open, become
from tests.conftest import area_ids

pytestmark = pytest.mark.browser
BY = system_actor("test")
WORD = "Đ" * 200


@pytest.fixture
async def paths(person: Staff) -> dict[Role, list[str]]:
    """The main pages by who opens them, of records whose every text is one long word."""
    (area,) = await area_ids("29905")
    draft = groups.GroupDraft(
        code=WORD[:32],
        name=WORD,
        kind=GroupKind.SELF_GOVERNING,
        area_id=area,
        external_id=WORD[:120],
        external_url=f"https://mau.example/{'x' * 200}",
    )
    group = await groups.create(draft, by=BY)
    await groups.edit(group.id, draft, expected_version=1, motive=WORD, by=BY)
    member = members.MemberDraft(name=WORD[:120], role=MemberRole.HEAD, joined_on=today())
    joined = await members.join(group.id, member, by=BY)
    told = tips.TipDraft(
        title=WORD,
        body=WORD,
        place=WORD,
        category_id=category_id("THEFT"),
        channel=Channel.ZALO,
        area_id=area,
        group_id=group.id,
    )
    tip = await tips.submit(told, by=BY)
    await tips.add_note(tip.id, WORD, by=BY)
    await tips.start_verifying(tip.id, expected_version=(await Tip.get(id=tip.id)).version, by=BY)
    outcome = tips.OutcomeDraft(OutcomeKind.ARREST, note=WORD)
    await tips.close(
        tip.id, expected_version=(await Tip.get(id=tip.id)).version, outcomes=[outcome], note=WORD, by=BY
    )
    case = await education.open_case(
        education.CaseDraft(group.id, EducationReason.OTHER, today()),
        education.SubjectDraft(name=WORD[:120]),
        by=BY,
    )
    await education.add_note(case.id, WORD, on=today(), by=BY)
    scopes = {Scope.GROUPS_READ, Scope.CHANGES_READ}
    partner = await partners.create(name=WORD[:120], contact=WORD, scopes=scopes, areas=[area], by=BY)
    hook = webhooks.WebhookDraft(f"https://receiver.invalid/{'x' * 200}", ["group"], WORD)
    webhook, _secret = await webhooks.create(partner.id, hook, by=BY)
    await webhooks.send_test(webhook.id, by=BY)
    await data_requests.receive("0912 345 678", area_id=area, identified=WORD, by=BY)
    await Staff.filter(id=person.id).update(name=WORD[:120], email=f"{'x' * 60}@mau.example")
    return {
        Role.COMMANDER: [
            *("/admin", "/admin/tips", f"/admin/tips?q={WORD}", f"/admin/tips/{tip.id}"),
            *(f"/admin/tips/{tip.id}/edit", f"/admin/tips/{tip.id}/reopening", "/admin/groups"),
            *(f"/admin/groups/{group.id}", f"/admin/groups/{group.id}/edit"),
            *(f"/admin/groups/{group.id}/members", f"/admin/members/{joined.id}/contact"),
            *(f"/admin/groups/{group.id}/merger", "/admin/education-cases", "/admin/account"),
            f"/admin/education-cases/{case.id}",
        ],
        Role.ADMINISTRATOR: [
            *("/admin/partners", f"/admin/partners/{partner.id}", f"/admin/partners/{partner.id}/edit"),
            *(f"/admin/partners/{partner.id}/webhooks", f"/admin/webhooks/{webhook.id}"),
            *(f"/admin/webhooks/{webhook.id}/edit", "/admin/staff", f"/admin/staff/{person.id}"),
        ],
        Role.CUSTODIAN: ["/admin/data-requests", "/admin/reveals"],
    }


async def test_page_fits_screen_when_words_do_not(
    open_page: Open, person: Staff, paths: dict[Role, list[str]]
) -> None:
    wide: list[str] = []
    for role, found in paths.items():
        await become(person, role)
        page = await open_page("/admin")
        for path in found:
            answer = await page.goto(path)
            assert answer
            assert answer.status in {200, 409}, path
            for width in (320, 360, 1280):
                await page.set_viewport_size({"width": width, "height": 800})
                measured = await page.evaluate("document.scrollingElement.scrollWidth")
                wide += [f"{path}: {measured} of {width}"] if measured > width else []
                # A label one letter wide stands upright.
                narrow = await page.eval_on_selector_all(
                    "th, td, caption, dt, legend",
                    "all => all.filter(e => e.innerText && !e.closest('.unseen, thead')"
                    " && e.getBoundingClientRect().width > 1 && e.getBoundingClientRect().width < 40)"
                    ".map(e => e.innerText.slice(0, 20))",
                )
                wide += [f"{path}: {narrow} at {width}"] if narrow else []
    assert wide == []


async def test_conflict_fits_phone_when_words_are_long(open_page: Open, paths: dict[Role, list[str]]) -> None:
    path = next(path for path in paths[Role.COMMANDER] if path.startswith("/admin/groups/"))
    page, other = await open_page(f"{path}/edit", width=320), await open_page(f"{path}/edit")
    await other.fill("#field-name", f"B{WORD[1:]}")
    await other.click("button:text-is('Lưu')")
    await other.wait_for_url(f"**{path}")
    await page.fill("#field-name", f"C{WORD[1:]}")
    await page.click("button:text-is('Lưu')")
    await page.wait_for_selector(".versions")
    assert await page.evaluate("document.scrollingElement.scrollWidth") <= 320
