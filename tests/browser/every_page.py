"""Every page of the admin for every role that opens it, found from the matrix of routes, in a real Chromium.

Each is looked at on a phone, at 400 % zoom and at a desk, in light, dark and with more contrast: axe-core
finds nothing, Tab reaches everything, nothing scrolls sideways, and no page weighs too much, shifts,
complains or asks another service. The main pages are painted in time over a slow connection by a slow phone.
"""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from playwright.async_api import Browser, CDPSession, Page

from records.access import staff
from records.core.actor import Actor, ActorKind, Role
from records.core.language import Language
from tests.admin.door import listed
from tests.admin.forms import some_tip
from tests.admin.matrix import MATRIX
from tests.admin.places import HERE, NOUNS, TASK
from tests.admin.places import group as make_group
from tests.browser.conftest import violations
from tests.conftest import PASSWORD, area_ids
from tests.databases import Empty

pytestmark = [pytest.mark.browser, pytest.mark.timeout(1_800)]

# Answers with a picture, with choices for a picker, or with the address of another service.
_NO_PAGES = re.compile(r"/attachments/\{id:uuid\}(/thumbnail)?$|/choices$|/account/identity|/arrivals$")
_ZOOMED, _PHONE, _DESK = 320, 360, 1280
_SCHEMES = ("light", "dark", "contrast")
_MOST_BYTES, _MOST_REQUESTS, _MOST_SHIFT = 60_000, 8, 0.02
_SHIFT = """new Promise(resolve => {
  let sum = 0;
  new PerformanceObserver(list => {
    for (const shift of list.getEntries()) if (!shift.hadRecentInput) sum += shift.value;
  }).observe({type: "layout-shift", buffered: true});
  setTimeout(() => resolve(sum), 50);
})"""
# Slow 4G, in bytes per second, and a processor that is four times as slow.
_SLOW = {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 94_000}
_SLOWER, _MOST_MILLISECONDS, _ROWS = 4, 1_000, 25
_PAINT = """new Promise(resolve => new PerformanceObserver(
  list => resolve(list.getEntries().at(-1).startTime)
).observe({type: "largest-contentful-paint", buffered: true}))"""
_MOST_TABS = 600
_BEFORE_TAB = """() => {
  document.activeElement?.blur();
  window.getSelection()?.collapse(document.body, 0);
  window.reached = new Set();
}"""
# Whether the focus is where it was before. From the end of a page it comes to the beginning again.
_AT_TAB = """() => {
  const one = document.activeElement;
  if (window.reached.has(one)) return true;
  window.reached.add(one);
  return false;
}"""
# Of radio buttons Tab reaches one, from which arrows lead on.
_AFTER_TAB = """() => {
  const names = new Set([...window.reached].map(one => one.type === "radio" && one.name));
  return [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex]")]
    .filter(one => one.tabIndex >= 0 && one.checkVisibility({visibilityProperty: true}))
    .filter(one => !one.matches(":disabled, [type=hidden], [inert] *") && !window.reached.has(one))
    .filter(one => !(one.type === "radio" && names.has(one.name)))
    .map(one => one.outerHTML.slice(0, 80));
}"""
# Looked at in each scheme and width already.
_looked_at: set[str] = set()


@dataclass
class Visit:
    """Somebody's browser, and what was noticed in it."""

    page: Page
    session: CDPSession
    live: str
    complaints: list[str] = field(default_factory=list)
    received: list[int] = field(default_factory=list)

    async def open(self, path: str) -> None:
        """Opens a page as if for the first time."""
        self.received.clear()
        answer = await self.page.goto(path, wait_until="load")
        assert answer
        if not path.startswith("/admin/proof") and "/admin/proof" in self.page.url:
            await self.page.fill("#field-password", PASSWORD)
            await self.page.click("main button")
            await self.page.wait_for_url(f"**{path}")
            self.received.clear()
            await self.page.goto(path, wait_until="load")
        elif answer.status not in {200, 409}:
            self.complaints.append(f"status {answer.status}")

    async def look(self, path: str) -> list[str]:
        """What is wrong with a page."""
        self.complaints.clear()
        await self.open(path)
        found = list(self.complaints)
        if (weight := sum(self.received)) > _MOST_BYTES or len(self.received) > _MOST_REQUESTS:
            found.append(f"{weight} bytes in {len(self.received)} requests")
        if (shift := await self.page.evaluate(_SHIFT)) > _MOST_SHIFT:
            found.append(f"shifts by {shift:.3f}")
        for width in (_ZOOMED, _PHONE, _DESK):
            await self.page.set_viewport_size({"width": width, "height": 800})
            if await self.page.evaluate("document.documentElement.scrollWidth") > width:
                found.append(f"wider than {width}")
        return [f"{path}: {problem}" for problem in found]

    async def wait_for_paint(self, path: str) -> list[str]:
        """What is wrong with how a page comes, the fastest of three times: others use this machine too."""
        await self.page.goto(path)
        await self.session.send("Network.emulateNetworkConditions", _SLOW)
        await self.session.send("Emulation.setCPUThrottlingRate", {"rate": _SLOWER})
        paints, shifts = list[float](), list[float]()
        for _attempt in range(3):
            await self.page.goto(path, wait_until="load")
            shifts.append(await self.page.evaluate(_SHIFT))
            paints.append(await self.page.evaluate(_PAINT))
        await self.session.send("Emulation.setCPUThrottlingRate", {"rate": 1})
        await self.session.send(
            "Network.emulateNetworkConditions", _SLOW | {"latency": 0, "downloadThroughput": -1}
        )
        late = min(paints) > _MOST_MILLISECONDS or max(shifts) > _MOST_SHIFT
        return [f"{path}: painted after {paints} ms, shifts by {shifts}"] if late else []

    async def look_closely(self, path: str) -> list[str]:
        """What axe-core finds in an open page at each width and in each scheme."""
        found: set[str] = set()
        for scheme in _SCHEMES:
            await self.page.emulate_media(
                color_scheme="dark" if scheme == "dark" else "light",
                contrast="more" if scheme == "contrast" else "no-preference",
            )
            for width in (_PHONE, _DESK):
                await self.page.set_viewport_size({"width": width, "height": 800})
                found |= {f"{path} ({scheme}, {width}): {one}" for one in await violations(self.page)}
        await self.page.emulate_media(color_scheme="light", contrast="no-preference")
        return sorted(found)

    async def tab_through(self, path: str) -> list[str]:
        """What the Tab key does not reach in an open page, by its beginning."""
        await self.page.evaluate(_BEFORE_TAB)
        for _ in range(_MOST_TABS):
            await self.page.keyboard.press("Tab")
            if await self.page.evaluate(_AT_TAB):
                break
        return [f"{path}: Tab does not reach {one}" for one in await self.page.evaluate(_AFTER_TAB)]


@pytest.fixture
async def colleague(database: str) -> Actor:
    """Somebody else who works there."""
    actor, _username = await _staff(Role.OFFICER)
    return actor


async def _staff(role: Role) -> tuple[Actor, str]:
    ids, username = await area_ids(HERE), f"mau-{role.value.lower()}"
    row = await staff.create(
        username=username,
        name=f"Cán bộ mẫu {role.value.lower()}",
        password=PASSWORD,
        role=role,
        areas=ids,
        language=Language.VI,
        by=TASK,
    )
    return Actor(ActorKind.STAFF, row.id, row.name, role=role, areas=frozenset(ids)), username


@pytest.fixture
async def visit(browser: Browser, live: str, empty: Empty) -> AsyncIterator[Visit]:
    """A browser that keeps nothing."""
    context = await browser.new_context(base_url=live, viewport={"width": _DESK, "height": 800})
    page = await context.new_page()
    session = await context.new_cdp_session(page)
    visit = Visit(page, session, live)

    def hear(message: Any) -> None:
        if message.type in {"error", "warning"} and "status of 4" not in message.text:
            visit.complaints.append(message.text)

    def see(request: Any) -> None:
        if not request.url.startswith((live, "data:")):
            visit.complaints.append(f"asks {request.url}")

    page.on("console", hear)
    page.on("pageerror", lambda error: visit.complaints.append(str(error)))
    page.on("request", see)
    session.on("Network.loadingFinished", lambda event: visit.received.append(event["encodedDataLength"]))
    await session.send("Network.enable")
    await session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    yield visit
    await context.close()


async def _sign_in(visit: Visit, username: str) -> None:
    await visit.page.goto("/admin/sign-in?next=/admin/account")
    await visit.page.fill("#field-username", username)
    await visit.page.fill("#field-password", PASSWORD)
    await visit.page.click("main button")
    await visit.page.wait_for_url("**/admin/account")


@pytest.mark.parametrize("role", list(Role))
async def test_every_page_is_sound(visit: Visit, database: str, colleague: Actor, role: Role) -> None:
    me, username = await _staff(role) if role is not Role.OFFICER else (colleague, "mau-officer")
    other = colleague if role is not Role.OFFICER else (await _staff(Role.COMMANDER))[0]
    await _sign_in(visit, username)
    made: dict[str, UUID] = {}
    found: list[str] = []
    for method, route in listed(MATRIX):
        roles, noun = MATRIX[next(entry for entry in MATRIX if _is(entry, method, route))]
        if method != "GET" or role not in roles or _NO_PAGES.search(route):
            continue
        if noun and noun not in made:
            made[noun] = await NOUNS[noun][0](me, other)
        path = route.replace("{id:uuid}", str(made[noun])) if noun else route
        found += await visit.look(path)
        if route not in _looked_at:
            _looked_at.add(route)
            found += await visit.look_closely(path)
            found += await visit.tab_through(path)
    assert found == []


@pytest.mark.parametrize("width", [_PHONE, _DESK])
async def test_main_pages_are_painted_soon_when_all_is_slow(visit: Visit, database: str, width: int) -> None:
    _me, username = await _staff(Role.COMMANDER)
    rows = [await some_tip(f"Người lạ mặt quanh chợ số {index} (mẫu)") for index in range(_ROWS)]
    for _index in range(_ROWS):
        await make_group(HERE)
    await visit.page.set_viewport_size({"width": width, "height": 800})
    await _sign_in(visit, username)
    paths = ("/admin", "/admin/tips", f"/admin/tips/{rows[0].id}", "/admin/tips/new", "/admin/groups")
    assert [problem for path in paths for problem in await visit.wait_for_paint(path)] == []


def _is(entry: str, method: str, route: str) -> bool:
    *methods, path = entry.split()
    return path == route and method in methods
