"""A real Chromium (`CHROMIUM`, which the Makefile sets) against the service on a free loopback port."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from records.access import staff
from records.core.actor import Actor, ActorKind, Role, system_actor
from records.core.language import Language
from records.tables import Staff
from tests.conftest import PASSWORD, area_ids

SCRIPTS = pytest.mark.parametrize("scripts", [True, False], ids=["with-scripts", "without-scripts"])
AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    path = os.environ.get("CHROMIUM")
    assert path, "no Chromium: set CHROMIUM to its path"
    async with async_playwright() as playwright:
        # Without hints every face measures alike; the headless shell rounds some of them to pixels.
        arguments = ["--font-render-hinting=none", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
        started = await playwright.chromium.launch(executable_path=path, args=arguments)
        yield started
        await started.close()


@pytest.fixture
async def person(database: str) -> Staff:
    """A commander who works in the whole province, and reads Vietnamese."""
    return await staff.create(
        username="chihuy-mau",
        name="Chỉ huy mẫu (minh họa)",
        password=PASSWORD,
        role=Role.COMMANDER,
        areas=await area_ids("82"),
        language=Language.VI,
        by=system_actor("test"),
    )


async def become(person: Staff, role: Role) -> Actor:
    """Gives somebody another role, and the actor they are then."""
    await Staff.filter(id=person.id).update(role=role)
    areas = frozenset(await area_ids("82"))
    return Actor(ActorKind.STAFF, person.id, person.name, role=role, areas=areas)


Open = Callable[..., Awaitable[Page]]


@pytest.fixture
async def open_page(browser: Browser, live: str, person: Staff) -> AsyncIterator[Open]:
    """Opens the admin as `person`. Anything that the browser complains of fails the test."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def hear(message: Any) -> None:
        # Chromium reports every 4xx answer as an error; those are what the tests ask for.
        if (
            message.type in {"error", "warning"}
            and "the server responded with a status of 4" not in message.text
        ):
            complaints.append(message.text)

    async def make(
        path: str = "/admin", *, width: int = 1280, scripts: bool = True, scheme: str = "light"
    ) -> Page:
        context = await browser.new_context(
            base_url=live, viewport={"width": width, "height": 800}, java_script_enabled=scripts
        )
        contexts.append(context)
        # As the form of the sign-in page, which test_passkeys.py fills in.
        form: dict[str, str | float | bool] = {"username": person.username, "password": PASSWORD}
        await context.request.post("/admin/sign-in", form=form, max_redirects=0)
        page = await context.new_page()
        await page.emulate_media(**_media(scheme))
        page.on("console", hear)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        await page.goto(path)
        assert page.url == live + path
        return page

    yield make
    for context in contexts:
        await context.close()
    assert complaints == []


async def press(page: Page, text: str) -> None:
    """Presses what can be done with a record: it may stand below "More"."""
    button = page.locator(".bar").get_by_text(text, exact=True)
    if not await button.is_visible():
        await page.click(".more > summary")
    await button.click()


def _media(scheme: str) -> dict[str, Any]:
    """What a browser prefers, for `emulate_media`."""
    return {
        "color_scheme": "dark" if scheme == "dark" else "light",
        "contrast": "more" if scheme == "contrast" else "no-preference",
    }


async def violations(page: Page) -> list[str]:
    """What axe-core finds against WCAG 2.2 AA and its best practices, and whether the page is too wide."""
    return await (await _inspector(page))()


async def violations_everywhere(
    page: Page, schemes: Sequence[str] = ("light", "dark", "contrast")
) -> list[str]:
    """The `violations` on a phone and at a desk, in each of the schemes, of a page that is loaded once."""
    inspect, found = await _inspector(page), []
    for width in (360, 1280):
        await page.set_viewport_size({"width": width, "height": 800})
        for scheme in schemes:
            await page.emulate_media(**_media(scheme))
            found += [f"{width} px, {scheme}: {one}" for one in await inspect()]
    return found


async def _inspector(page: Page) -> Callable[[], Awaitable[list[str]]]:
    """Puts axe-core into the page, and gives what looks for violations, as often as wanted."""
    # By the debugger's door: the page's own policy lets no script in.
    session = await page.context.new_cdp_session(page)
    frame = (await session.send("Page.getFrameTree"))["frameTree"]["frame"]["id"]
    world = await session.send("Page.createIsolatedWorld", {"frameId": frame})

    async def evaluate(script: str) -> Any:
        request = {
            "expression": script,
            "awaitPromise": True,
            "returnByValue": True,
            "contextId": world["executionContextId"],
        }
        answer = await session.send("Runtime.evaluate", request)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    async def inspect() -> list[str]:
        # What is still fading in has not the contrast that it will have.
        found: list[str] = await evaluate(
            "Promise.all(document.getAnimations().map(a => a.finished))"
            ".then(() => axe.run(document, {resultTypes: ['violations'], selectors: false, runOnly:"
            " ['wcag2a','wcag2aa','wcag21a','wcag21aa','wcag22aa','best-practice']}))"
            ".then(r => r.violations.map(v => v.id + ': ' + v.nodes.map(n => n.html).join(' | ')))"
        )
        wide = await page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        return [*found, f"{wide} px too wide"] if wide > 0 else found

    await evaluate(f"{AXE.read_text(encoding='utf-8')}; undefined")
    return inspect
