"""Signing in at a provider in a real Chromium, under the content policy, with and without scripts."""

from collections.abc import Iterator

import pytest
from playwright.async_api import Browser, expect
from starlette.applications import Starlette

from admin.sign_in.oidc import CALLBACK_PATH
from records.tables import Identity, Session, Staff
from tests.browser.conftest import Open, violations
from tests.node.provider import SUBJECT, Trial, running
from tests.replaced import replaced_services

pytestmark = pytest.mark.browser


@pytest.fixture
def trial(app: Starlette, live: str) -> Iterator[Trial]:
    with running(live + CALLBACK_PATH) as started, replaced_services(app, provider=started.provider()):
        yield started


@pytest.mark.parametrize("scripts", [True, False])
async def test_account_is_linked_and_signs_in(
    browser: Browser, open_page: Open, trial: Trial, person: Staff, scripts: bool
) -> None:
    page = await open_page("/admin/account", scripts=scripts, width=360)
    await trial.expect()
    await page.click("a[href='/admin/account/identity']")
    await page.wait_for_url("**/confirmation")
    await expect(page.locator("main strong")).to_have_text(f"{SUBJECT}-mau")
    if scripts:
        assert await violations(page) == []
    await page.click("main form button")
    await page.wait_for_url("**/admin/account")
    assert (await Identity.all().get()).staff_id == person.id
    if scripts:
        assert await violations(page) == []

    context = await browser.new_context(
        base_url=trial.returns.removesuffix(CALLBACK_PATH), java_script_enabled=scripts
    )
    other, complaints = await context.new_page(), list[str]()
    other.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    await other.goto("/admin/sign-in?next=/admin/groups")
    if scripts:
        assert await violations(other) == []
    await trial.expect()
    await other.click("a[href^='/admin/sign-in/provider']")
    await other.wait_for_url("**/admin/groups")
    assert await Session.filter(staff_id=person.id, ended_at__isnull=True).count() == 2
    await context.close()
    assert complaints == []
