"""The guide as an integrator reads it: telephone and desk, light and dark, with and without scripts."""

import pytest
from playwright.async_api import Browser

from api.guide.page import LANGUAGES
from tests.browser.conftest import violations_everywhere

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("database")]


@pytest.mark.parametrize("locale", ["vi", "en"])
async def test_guide_is_readable_everywhere(browser: Browser, live: str, locale: str) -> None:
    context = await browser.new_context(locale=locale)
    page, complaints, asked = await context.new_page(), [], []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    await page.goto(f"{live}/docs")
    for language in LANGUAGES:
        await page.check(f"#in-{language}")
        assert await violations_everywhere(page, ("light", "dark")) == []
    # The other language is a link away, and stays at hand whatever the browser prefers.
    await page.click("header a")
    assert await page.get_attribute("html", "lang") == {"vi": "en", "en": "vi"}[locale]
    assert all(url.startswith((live, "data:")) for url in asked)
    assert complaints == []
    await context.close()


async def test_guide_shows_code_of_one_language_without_scripts(browser: Browser, live: str) -> None:
    context = await browser.new_context(java_script_enabled=False)
    page = await context.new_page()
    await page.goto(f"{live}/docs")
    assert await page.locator("pre:visible").count() == 1 + 11
    # By keyboard, as any group of choices.
    await page.focus("#in-bash")
    await page.keyboard.press("ArrowRight")
    assert await page.is_visible("#tips-python")
    assert not await page.is_visible("#tips-bash")
    assert await page.locator(".code button").count() == 0
    await context.close()


async def test_copy_button_copies_exact_code(browser: Browser, live: str) -> None:
    context = await browser.new_context(locale="en", permissions=["clipboard-read", "clipboard-write"])
    page = await context.new_page()
    await page.goto(f"{live}/docs")
    await page.check("#in-typescript")
    await page.click(".code:has(#submit-typescript) button")
    await page.locator(".code:has(#submit-typescript) button", has_text="Copied").wait_for()
    copied = await page.evaluate("navigator.clipboard.readText()")
    assert copied == f"{await page.text_content('#submit-typescript')}\n"
    # Without the button, one click takes all of it.
    await page.click("#submit-typescript code")
    assert await page.evaluate("getSelection().toString()") == copied.removesuffix("\n")
    await context.close()


async def test_printed_guide_has_no_buttons(browser: Browser, live: str) -> None:
    page = await browser.new_page(color_scheme="dark")
    await page.goto(f"{live}/docs")
    await page.emulate_media(media="print")
    assert await page.locator(".code button:visible").count() == 0
    assert await page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    await page.close()


async def test_graphiql_links_to_guide(browser: Browser, live: str) -> None:
    page = await browser.new_page()
    await page.goto(f"{live}/graphql")
    await page.click("a[href='/docs']")
    await page.wait_for_url("**/docs")
    await page.close()
