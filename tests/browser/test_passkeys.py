"""Passkeys in a real Chromium, with its own virtual authenticator."""

import time
from dataclasses import replace

import pyotp
import pytest
from playwright.async_api import Browser, Page, expect

from records.access.staff import passkeys
from records.access.staff.challenges import Purpose
from records.access.staff.passkeys import RelyingParty
from records.tables import Factor, Session, Staff
from records.tables.staff import AuthenticationStrength, FactorKind
from tests.browser.conftest import Open, violations
from tests.conftest import PASSWORD

pytestmark = pytest.mark.browser

AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


async def with_authenticator(browser: Browser, live: str) -> Page:
    """A page at a name rather than a number: WebAuthn binds passkeys to names."""
    context = await browser.new_context(base_url=live.replace("127.0.0.1", "localhost"))
    page = await context.new_page()
    door = await context.new_cdp_session(page)
    await door.send("WebAuthn.enable")
    await door.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    return page


async def sign_in(page: Page, person: Staff) -> None:
    await page.goto("/admin/sign-in")
    await page.fill("#field-username", person.username)
    await page.fill("#field-password", PASSWORD)
    await page.click("main button")


async def add_passkey(page: Page) -> None:
    await page.goto("/admin/account/passkey")
    assert await violations(page) == []
    await page.fill("#field-name", "Điện thoại công vụ")
    await page.click("form[data-passkey] button")
    await page.wait_for_selector("ul.bare code")


async def sign_out(page: Page) -> None:
    await page.goto("/admin")
    await page.click("form[action='/admin/sign-out'] button")
    await page.wait_for_url("**/admin/sign-in")


async def test_passkey_is_added_signs_in_and_completes_password(
    browser: Browser, live: str, person: Staff
) -> None:
    page = await with_authenticator(browser, live)
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    await sign_in(page, person)
    await page.wait_for_url("**/admin")
    await add_passkey(page)
    factor = await Factor.all().get()
    assert (factor.kind, factor.name) == (FactorKind.PASSKEY, "Điện thoại công vụ")
    await page.goto("/admin/account")
    assert await violations(page) == []

    await sign_out(page)
    await page.click("a[href^='/admin/sign-in/passkey']")
    assert await violations(page) == []
    await page.click("form[data-passkey] button")
    await page.wait_for_url("**/admin")
    session = await Session.filter(ended_at__isnull=True).get()
    assert session.strength is AuthenticationStrength.TWO

    await sign_out(page)
    await sign_in(page, person)
    await page.wait_for_url("**/admin/sign-in/factor")
    assert await violations(page) == []
    await page.click("form[data-passkey] button")
    await page.wait_for_url("**/admin")

    await page.goto("/admin/proof?next=/admin/account/app")
    assert await violations(page) == []
    await page.click("form[data-passkey] button")
    await page.wait_for_url("**/admin/account/app")
    # The picture of the key is drawn within the content policy.
    await expect(page.locator("[role=img] svg path").first).to_be_visible()
    assert await violations(page) == []
    await page.context.close()
    assert complaints == []


async def test_passkey_answer_is_refused_when_challenge_differs(
    browser: Browser, live: str, person: Staff
) -> None:
    page = await with_authenticator(browser, live)
    await sign_in(page, person)
    await page.wait_for_url("**/admin")
    await add_passkey(page)
    await sign_out(page)
    await page.goto("/admin/sign-in/passkey")
    # What somebody who recorded an answer has: one to another challenge.
    await page.evaluate(
        """() => {
          const form = document.querySelector('form[data-passkey]');
          const asked = JSON.parse(form.dataset.passkey);
          asked.challenge = 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';
          form.dataset.passkey = JSON.stringify(asked);
        }"""
    )
    await page.click("form[data-passkey] button")
    await page.wait_for_selector(".summary")
    assert await Session.filter(ended_at__isnull=True).count() == 0
    await page.context.close()


async def test_page_explains_when_passkey_is_missing(browser: Browser, live: str, person: Staff) -> None:
    page = await with_authenticator(browser, live)
    await page.goto("/admin/sign-in/passkey")
    await page.click("form[data-passkey] button")
    await expect(page.locator("[data-problem]")).to_be_visible()
    await page.context.close()


async def test_passkey_form_is_hidden_without_scripts(browser: Browser, live: str, person: Staff) -> None:
    context = await browser.new_context(base_url=live, java_script_enabled=False)
    page = await context.new_page()
    await page.goto("/admin/sign-in/passkey")
    await expect(page.locator("form[data-passkey]")).to_be_hidden()
    await page.click("main a[href='/admin/sign-in']")
    await expect(page.locator("#field-password")).to_be_visible()
    await context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_account_pages_fit_small_screen(open_page: Open, scheme: str) -> None:
    page = await open_page(width=360, scheme=scheme)
    for path in ("/admin/account", "/admin/account/app", "/admin/account/passkey", "/admin/proof"):
        await page.goto(path)
        assert await violations(page) == [], path
        heights = await page.eval_on_selector_all(
            "button:enabled, .button, summary, input:not([type=hidden])",
            "found => found.map(e => e.getBoundingClientRect().height).filter(height => height > 0)",
        )
        assert min(heights) >= 44, path


async def test_account_works_without_scripts(open_page: Open, person: Staff) -> None:
    page = await open_page(scripts=False)
    await page.goto("/admin/account/app")
    secret = await page.get_attribute("input[name=secret]", "value")
    assert secret
    await page.fill("#field-name", "Điện thoại")
    await page.fill("#field-one_time_code", pyotp.TOTP(secret).at(time.time()))
    await page.click("form.panel button")
    await expect(page.locator("ul.bare code")).to_have_count(10)
    await page.click("main a.button")
    await expect(page.locator("form[action$='/removal']")).to_have_count(1)


@pytest.mark.parametrize("elsewhere", ["", "origin", "host"])
async def test_passkey_answer_is_bound_to_its_address(
    browser: Browser, live: str, person: Staff, elsewhere: str
) -> None:
    page = await with_authenticator(browser, live)
    await sign_in(page, person)
    await page.wait_for_url("**/admin")
    await add_passkey(page)
    await sign_out(page)
    await page.goto("/admin/sign-in/passkey")
    await page.evaluate("HTMLFormElement.prototype.submit = () => { document.body.dataset.answered = '1'; }")
    await page.click("form[data-passkey] button")
    await page.wait_for_selector("body[data-answered]")
    token = await page.input_value("input[name=challenge]")
    answer = await page.input_value("input[name=passkey_answer]")
    site = RelyingParty(origin=live.replace("127.0.0.1", "localhost"), host="localhost")
    if elsewhere:
        site = replace(site, **{elsewhere: "http://elsewhere.example"})
    whose = await passkeys.verify(site, Purpose.PASSKEY_SIGN_IN, token=token, answer=answer)
    assert whose == (None if elsewhere else person.id)
    # Whether it fitted or not, nobody can send it again.
    assert await passkeys.verify(site, Purpose.PASSKEY_SIGN_IN, token=token, answer=answer) is None
    await page.context.close()
