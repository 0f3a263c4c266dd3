"""What is written into a form is not lost, and never kept longer or shown to others than it has to be."""

from datetime import timedelta

import pytest
from playwright.async_api import Page, expect

from records.access import staff
from records.core.actor import Role, system_actor
from records.core.dates import now
from records.core.language import Language
from records.tables import Session, Staff, Tip
from tests.admin.forms import some_tip
from tests.browser.conftest import Open, press, violations
from tests.conftest import PASSWORD, area_ids

pytestmark = pytest.mark.browser
NEW = "/admin/tips/new"


async def _write(page: Page) -> None:
    await page.fill("#field-body", "Hai người hỏi mua giấy tờ nhà.")
    await page.check("[name=channel][value=IN_PERSON]")
    await page.click("summary >> text=Người báo tin")
    await page.fill("#field-reporter_name", "Người báo mẫu")
    await page.fill("#field-reporter_phone", "0912 345 678")


async def _stored(page: Page) -> str:
    found: str = await page.evaluate("sessionStorage.getItem('drafts') ?? ''")
    return found


async def _sign_in(page: Page, username: str) -> None:
    await page.fill("#field-username", username)
    await page.fill("#field-password", PASSWORD)
    await page.click("main form.panel button.main")


async def _leave(page: Page, path: str) -> None:
    """Goes elsewhere although a form has been changed."""
    page.once("dialog", lambda dialog: dialog.accept())
    await page.goto(path)


@pytest.mark.parametrize("width", [360, 1280])
async def test_draft_is_offered_after_lost_session(open_page: Open, person: Staff, width: int) -> None:
    page = await open_page(NEW, width=width)
    await _write(page)
    await Session.all().update(expires_at=now())
    await _leave(page, NEW)
    await expect(page.locator("#draft")).to_contain_text("Những gì bạn viết còn nguyên")
    assert await violations(page) == []
    await _sign_in(page, person.username)
    await page.wait_for_url(f"**{NEW}")
    await expect(page.locator("#draft")).to_contain_text("Chưa gửi")
    await expect(page.locator("#draft a")).to_have_text("Tiếp nhận tin")
    assert await violations(page) == []
    await page.click("#draft [data-restore]")
    await expect(page.locator("#field-area")).to_be_focused()
    await expect(page.locator("#field-body")).to_have_value("Hai người hỏi mua giấy tờ nhà.")
    await expect(page.locator("[name=channel][value=IN_PERSON]")).to_be_checked()
    await expect(page.locator("#field-reporter_name")).to_have_value("")


async def test_draft_holds_nothing_about_reporter(open_page: Open) -> None:
    page = await open_page(NEW)
    await _write(page)
    stored = await _stored(page)
    assert "Hai người hỏi mua" in stored
    for secret in ("Người báo mẫu", "0912", "reporter", "csrf"):
        assert secret not in stored


async def test_draft_is_gone_after_sign_out(open_page: Open, person: Staff) -> None:
    page = await open_page(NEW)
    other = await page.context.new_page()
    await other.goto(NEW)
    for tab in (page, other):
        await tab.fill("#field-body", "Người lạ quanh chợ (mẫu)")
    page.once("dialog", lambda dialog: dialog.accept())
    await page.click("text=Đăng xuất")
    await expect(page.locator("#draft")).to_be_hidden()
    # The other tab still shows its form; what is written there now is not kept either.
    await other.type("#field-body", "x")
    assert [await _stored(tab) in {"", "{}"} for tab in (page, other)] == [True, True]
    await _sign_in(page, person.username)
    await page.goto(NEW)
    await expect(page.locator("#draft")).to_be_hidden()
    # Nor is what was searched for.
    await page.goto("/admin/tips?q=nguoi")
    await page.click("text=Đăng xuất")
    await expect(page.locator("#field-username")).to_be_visible()
    assert await page.evaluate("sessionStorage.getItem('lists')") is None


async def test_draft_is_gone_after_day(open_page: Open) -> None:
    page = await open_page(NEW)
    await page.fill("#field-body", "Người lạ quanh chợ (mẫu)")
    old = int((now() - timedelta(hours=25)).timestamp() * 1000)
    await page.evaluate(
        "at => { const drafts = JSON.parse(sessionStorage.drafts);"
        " for (const draft of Object.values(drafts)) draft.at = at;"
        " sessionStorage.drafts = JSON.stringify(drafts); }",
        old,
    )
    await _leave(page, NEW)
    await expect(page.locator("#draft")).to_be_hidden()
    assert await _stored(page) == "{}"


async def test_draft_is_gone_for_another_person(open_page: Open, person: Staff) -> None:
    await staff.create(
        username="canbo-mau",
        name="Cán bộ mẫu (minh họa)",
        password=PASSWORD,
        role=Role.OFFICER,
        areas=await area_ids("82"),
        language=Language.VI,
        by=system_actor("test"),
    )
    page = await open_page(NEW)
    await page.fill("#field-body", "Người lạ quanh chợ (mẫu)")
    await Session.all().update(expires_at=now())
    await _leave(page, NEW)
    assert "Người lạ" not in await page.inner_text("body")
    await _sign_in(page, "canbo-mau")
    await page.wait_for_url(f"**{NEW}")
    await expect(page.locator("#draft")).to_be_hidden()
    assert await _stored(page) == "{}"


async def test_draft_is_gone_once_sent(open_page: Open) -> None:
    tip = await some_tip()
    page = await open_page(f"/admin/tips/{tip.id}/edit")
    await page.fill("#field-title", "")
    await page.click("button:text-is('Lưu')")
    await expect(page.locator(".summary")).to_be_visible()
    await expect(page.locator("#draft")).to_be_hidden()
    await page.fill("#field-title", "Người lạ quanh chợ (mẫu)")
    await page.click("button:text-is('Lưu')")
    await expect(page.locator("#toasts")).to_contain_text("Đã lưu")
    assert await _stored(page) == "{}"


@pytest.mark.parametrize("query", ["", "?status=RECEIVED&area=&q=%C4%91%C3%AAm+nay"])
async def test_draft_is_gone_once_kept_form_came_through(open_page: Open, person: Staff, query: str) -> None:
    tip = await some_tip()
    page = await open_page(f"/admin/tips/{tip.id}/note{query}")
    await page.fill("#field-note", "Viết dở")
    await Session.all().update(expires_at=now())
    await page.click("form.panel button.main")
    await expect(page.locator("h1")).to_contain_text("vẫn được giữ")
    assert "Viết dở" in await _stored(page)
    other = await page.context.new_page()
    await other.goto("/admin/sign-in")
    await _sign_in(other, person.username)
    await page.click("form.panel button.main")
    await expect(page.locator(".story")).to_contain_text("Viết dở")
    await expect(page.locator("#draft")).to_be_hidden()
    assert await _stored(page) == "{}"


async def test_draft_of_action_is_offered_on_record(open_page: Open) -> None:
    tip = await some_tip()
    page = await open_page(f"/admin/tips/{tip.id}")
    await press(page, "Thêm ghi chú")
    await page.fill("#field-note", "Viết dở")
    await _leave(page, "/admin")
    await expect(page.locator("#draft")).to_contain_text(tip.title)
    await page.click("#draft a")
    await page.click("#draft [data-restore]")
    await expect(page.locator("#field-note")).to_have_value("Viết dở")
    await page.click("form.panel button.main")
    await expect(page.locator(".story")).to_contain_text("Viết dở")
    assert await _stored(page) == "{}"


async def test_draft_in_preview_is_named_after_its_record(open_page: Open) -> None:
    tip = await some_tip()
    page = await open_page("/admin/tips")
    await page.click(f"#results >> text={tip.title}")
    await press(page, "Thêm ghi chú")
    await page.fill("#field-note", "Viết dở")
    await _leave(page, "/admin")
    await expect(page.locator("#draft a")).to_have_text(tip.title)


async def test_draft_is_merged_with_what_others_saved(open_page: Open) -> None:
    tip = await some_tip()
    path = f"/admin/tips/{tip.id}/edit"
    page, other = await open_page(path), await open_page(path)
    await page.fill("#field-body", "Lời của tôi")
    await other.fill("#field-place", "Bờ kênh")
    await other.click("button:text-is('Lưu')")
    await expect(other.locator("#toasts")).to_contain_text("Đã lưu")
    await _leave(page, path)
    await page.click("#draft [data-restore]")
    await page.click("button:text-is('Lưu')")
    await expect(page.locator("#toasts")).to_contain_text("Địa điểm")
    stored = await Tip.get(id=tip.id)
    assert (stored.body, stored.place) == ("Lời của tôi", "Bờ kênh")


async def test_draft_is_gone_once_conflict_is_settled(open_page: Open) -> None:
    tip = await some_tip()
    path = f"/admin/tips/{tip.id}/edit"
    page, other = await open_page(path), await open_page(path)
    for tab, title in ((other, "Lời của người khác (mẫu)"), (page, "Lời của tôi (mẫu)")):
        await tab.fill("#field-title", title)
        await tab.click("button:text-is('Lưu')")
    await page.check("[name=keep-title][value=theirs]")
    await page.click("form.panel button.main")
    await expect(page.locator("#toasts")).to_contain_text("Đã lưu")
    await expect(page.locator("#draft")).to_be_hidden()
    assert await _stored(page) == "{}"


async def test_draft_is_discarded_when_asked(open_page: Open) -> None:
    page = await open_page(NEW)
    await page.fill("#field-body", "Người lạ quanh chợ (mẫu)")
    await _leave(page, "/admin")
    await page.click("#draft [data-discard]")
    await expect(page.locator("#draft")).to_be_hidden()
    assert await _stored(page) == "{}"


async def test_draft_is_gone_when_form_is_cancelled(open_page: Open) -> None:
    page = await open_page(NEW)
    await page.fill("#field-body", "Người lạ quanh chợ (mẫu)")
    page.once("dialog", lambda dialog: dialog.accept())
    await page.click("form.panel .buttons a")
    await page.wait_for_url("**/admin/tips")
    await expect(page.locator("#draft")).to_be_hidden()
    assert await _stored(page) == "{}"


@pytest.mark.parametrize("width", [360, 1280])
async def test_form_is_sent_when_connection_is_back(open_page: Open, width: int) -> None:
    tip = await some_tip()
    page = await open_page(f"/admin/tips/{tip.id}/edit", width=width)
    # What the page itself loads is there by then.
    await page.wait_for_load_state("networkidle")
    await page.context.set_offline(True)
    await expect(page.locator("#offline")).to_contain_text("Mất mạng từ")
    assert await violations(page) == []
    await page.fill("#field-place", "Bờ kênh")
    await page.click("button:text-is('Lưu')")
    await expect(page.locator("#offline")).to_contain_text("sẽ tự gửi khi có mạng")
    assert (await Tip.get(id=tip.id)).place != "Bờ kênh"
    await page.context.set_offline(False)
    await expect(page.locator("#toasts")).to_contain_text("Đã lưu")
    assert (await Tip.get(id=tip.id)).place == "Bờ kênh"
