"""GraphiQL as an integrator meets it: own files only, a strict policy, ready with the demonstration key."""

import re
from collections.abc import Awaitable, Callable
from typing import Any, Literal

import pytest
from playwright.async_api import Browser, Page

from records.access import partners
from records.areas import areas
from records.core.actor import system_actor
from records.metrics.catalogue import category_id
from records.nouns import tips
from records.tables import Partner
from records.tables.tips import Channel
from tests.api.support import PHU_HUU
from tests.browser.conftest import violations_everywhere

pytestmark = pytest.mark.browser

SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
_EDITOR = ".graphiql-query-editor .CodeMirror"


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (1280, "dark"), (360, "light")])
async def test_first_example_runs_with_key_of_link(
    browser: Browser,
    live: str,
    partner_key: Callable[..., Awaitable[str]],
    width: int,
    scheme: Any,
) -> None:
    context = await browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page, complaints, asked = await context.new_page(), [], []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    key = await partner_key()
    await page.goto(f"{live}/graphql#key={key}")
    await _run(page)
    assert '"groups"' in await page.inner_text(".result-window")
    assert key not in page.url
    # The key is in a header and in no address.
    assert all(url.startswith((live, "data:")) and key not in url for url in asked)
    assert complaints == []
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    await context.close()


async def test_subscription_shows_changes_until_stopped(
    browser: Browser, live: str, partner_key: Callable[..., Awaitable[str]]
) -> None:
    page, complaints = await browser.new_page(), []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    await page.goto(f"{live}/graphql#key={await partner_key()}")
    await page.wait_for_selector(_EDITOR)
    await page.evaluate(
        f"document.querySelector('{_EDITOR}').CodeMirror.setValue("
        "'subscription { changes(types: [TIP]) { changes { action record { ... on Tip { title } } } } }')"
    )
    await page.click("button.graphiql-execute-button")
    shown = page.locator(".result-window")
    await shown.locator("text=changes").first.wait_for()
    await tips.submit(
        tips.TipDraft(
            "Tin mẫu", category_id("THEFT"), Channel.BOX, (await areas.resolve_reference(PHU_HUU)).id
        ),
        by=system_actor("test"),
    )
    await shown.locator("text=Tin mẫu").wait_for()
    await page.click("button.graphiql-execute-button")
    await page.locator("button.graphiql-execute-button[aria-label^='Execute']").wait_for()
    # What was asked may hold anybody's name: nothing of it outlasts the page.
    assert await page.evaluate("Object.keys(localStorage).length + Object.keys(sessionStorage).length") == 0
    assert complaints == []
    await page.close()


async def test_answer_names_missing_key(browser: Browser, live: str, database: str) -> None:
    page = await browser.new_page()
    await page.goto(f"{live}/graphql")
    await _run(page)
    assert "UNAUTHENTICATED" in await page.inner_text(".result-window")
    await page.close()


async def test_typed_key_is_used_in_all_tabs_and_not_stored(
    browser: Browser, live: str, partner_key: Callable[..., Awaitable[str]]
) -> None:
    key = await partner_key()
    page = await browser.new_page()
    await page.goto(f"{live}/graphql")
    await page.get_by_label("Key", exact=True).fill(f" {key} ")
    await _run(page)
    assert '"groups"' in await page.inner_text(".result-window")
    await page.get_by_role("tab", name="Tips").click()
    await _run(page)
    assert '"tips"' in await page.inner_text(".result-window")
    # On the screen it is hidden, and what is left behind knows nothing of it.
    assert await page.locator("#key").get_attribute("type") == "password"
    assert key not in await page.inner_text("body")
    await page.reload()
    assert await page.input_value("#key") == ""
    await page.close()


async def test_examples_all_run(
    browser: Browser, live: str, partner_key: Callable[..., Awaitable[str]]
) -> None:
    page = await browser.new_page()
    place = (await areas.resolve_reference("29905")).id
    await tips.submit(
        tips.TipDraft("Tin mẫu", category_id("THEFT"), Channel.BOX, place), by=system_actor("test")
    )
    await page.goto(f"{live}/graphql#key={await partner_key()}")
    await page.wait_for_selector(_EDITOR)
    tabs = page.get_by_role("tab")
    assert await tabs.count() == 10
    for tab in await tabs.all():
        await tab.click()
        await _run(page)
        told = await page.inner_text(".result-window")
        assert '"errors"' not in told, told
        assert "NOT_FOUND" not in told, told
        assert not re.search(r'"(node|tip)": null', told), told
        stop = page.locator("button.graphiql-execute-button[aria-label^='Stop']")
        if await stop.count():
            await stop.click()
    await page.close()


async def test_answer_explains_when_key_is_restricted_to_documents(
    browser: Browser, live: str, partner_key: Callable[..., Awaitable[str]]
) -> None:
    key = await partner_key()
    await partners.restrict((await Partner.get()).id, expected_version=1, by=system_actor("test"))
    page = await browser.new_page(locale="en")
    await page.goto(f"{live}/graphql#key={key}")
    await _run(page)
    told = await page.inner_text(".result-window")
    assert "DOCUMENT_NOT_ALLOWED" in told
    assert "registered documents only" in told
    # The schema is open to all: what there is can still be looked up.
    await page.click("button[aria-label='Show Documentation Explorer']")
    await page.wait_for_selector(".graphiql-doc-explorer >> text=Query")
    await page.close()


async def test_vietnamese_is_shown_in_font_that_has_it(browser: Browser, live: str, database: str) -> None:
    page = await browser.new_page()
    await page.goto(f"{live}/graphql")
    await page.wait_for_selector(_EDITOR)
    family = await page.evaluate(f"getComputedStyle(document.querySelector('{_EDITOR}')).fontFamily")
    letters = await page.evaluate("fetch('/static/api/letters.css').then(answer => answer.text())")
    # These have no letters of U+1EA0 to U+1EF9: the accents would stand beside them.
    assert not [name for name in ("Fira", "Liberation Mono", "Courier") if name in family + letters]
    named = [name.strip(' "') for name in family.split(",")]
    assert named[:2] == ["Vietnamese letters", "DejaVu Sans Mono"]
    widths = await page.evaluate(
        """family => document.fonts.load(`32px ${family}`, "ệ").then(() => {
          const context = document.createElement("canvas").getContext("2d");
          context.font = `32px ${family}`;
          return ["e", "ệ", "ợ", "Ữ", "ẳ"].map(letter => context.measureText(letter).width);
        })""",
        family,
    )
    assert len(set(widths)) == 1
    await page.close()


async def test_bar_has_enough_contrast_in_every_theme(browser: Browser, live: str, database: str) -> None:
    page = await browser.new_page()
    await page.goto(f"{live}/graphql")
    await page.wait_for_selector(_EDITOR)
    for theme in ("light", "dark"):
        await page.evaluate(
            "theme => { document.body.classList.remove('graphiql-light', 'graphiql-dark');"
            " document.body.classList.add(`graphiql-${theme}`); }",
            theme,
        )
        found = await violations_everywhere(page, ("light", "dark"))
        assert not [one for one in found if "color-contrast" in one and "/docs" in one]
        for scheme in SCHEMES:
            await page.emulate_media(color_scheme=scheme)
            colors = await page.evaluate(
                "() => [getComputedStyle(document.querySelector('.ketnoi-bar a')).color,"
                " getComputedStyle(document.body).backgroundColor]"
            )
            assert contrast(*colors) >= 4.5, (theme, scheme)
    await page.close()


def contrast(one: str, other: str) -> float:
    """The contrast of two colours as CSS computes them (WCAG 2.2)."""
    dark, light = sorted(luminance(color) for color in (one, other))
    return (light + 0.05) / (dark + 0.05)


def luminance(color: str) -> float:
    parts = [int(part) / 255 for part in re.findall(r"\d+", color)[:3]]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


async def _run(page: Page) -> None:
    await page.wait_for_selector(_EDITOR)
    await page.click("button.graphiql-execute-button")
    await page.locator(".result-window", has_text=re.compile(r'"(data|errors)"')).wait_for()
