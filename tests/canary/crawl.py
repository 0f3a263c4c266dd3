"""Going through the whole admin as its people do: every page by its links, every form with canaries in it."""

import io
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlsplit

import httpx
from PIL import Image
from starlette.routing import Route

import admin
from tests.canary import canaries

# What a person would type where a canary is no answer.
PLAUSIBLE = {
    "address": "https://receiver.invalid/hooks",
    "area": "29905",
    "areas": "29905",
    "minutes": "60",
    "count": "1",
    "households": "30",
    "stated_members": "100",
    "documents": "query Crawled { areas { totalCount } }",
}
DAY = "01/02/2024"
_ID = r"[0-9a-f]{8}-[0-9a-f-]{27}"
SIGNING_IN = ("/admin/sign-in", "/admin/account", "/admin/proof")
ROUTES = [route for route in admin.routes() if isinstance(route, Route)]


@dataclass
class Form:
    """A form as a page shows it: fields in order, each with its kind and its values to choose from."""

    action: str
    method: str
    fields: dict[str, tuple[str, list[str]]] = field(default_factory=dict)
    invalid: set[str] = field(default_factory=set)


class Page(HTMLParser):
    """The links and forms of a page."""

    def __init__(self, text: str, address: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.forms: list[Form] = []
        self.status = 200
        self._address, self._open, self._select = address, False, ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Takes a link, a form or a field."""
        given = {name: value or "" for name, value in attrs}
        if tag == "a" and given.get("href", "").startswith("/admin"):
            self.links.append(given["href"].partition("#")[0])
        elif tag == "form":
            self.forms.append(Form(given.get("action") or self._address, given.get("method", "get").lower()))
            self._open = True
        elif self._open and tag in {"input", "textarea", "select", "button"} and given.get("name"):
            kind = given.get("type", "text") if tag == "input" else tag
            kinds, values = self.forms[-1].fields.setdefault(given["name"], (kind, []))
            self._select = given["name"] if tag == "select" else ""
            if kinds != "radio" or "checked" not in given or not values:
                values.append(given.get("value", "1" if kind in {"checkbox", "radio"} else ""))
            if "aria-invalid" in given:
                self.forms[-1].invalid.add(given["name"])
        elif tag == "option" and self._open and self._select and given.get("value"):
            self.forms[-1].fields[self._select][1].append(given["value"])

    def handle_endtag(self, tag: str) -> None:
        """Leaves a form or a choice."""
        if tag == "form":
            self._open = False
        elif tag == "select":
            self._select = ""


def pattern(path: str) -> str:
    """The pattern of the route that a path takes."""
    plain = urlsplit(path).path
    return next((route.path for route in ROUTES if route.path_regex.match(plain)), plain)


def canary_for(action: str, name: str, method: str) -> str:
    """What to type into a field: what is to be sealed, wherever a field could take it, else free text."""
    if method == "get":
        return canaries.QUERY
    if action.startswith(SIGNING_IN) and name not in {"name", "next"}:
        return canaries.TYPED_NAME if name == "username" else canaries.SECRET
    for part, value in (
        ("phone", canaries.PHONE),
        ("account", canaries.ACCOUNT),
        ("address", canaries.ADDRESS),
    ):
        if part in name:
            return value
    if re.search("reporter_name|subject|person", name):
        return canaries.NAME
    return canaries.SECRET if re.search("password|secret|token", name) else canaries.FREE


def filled(form: Form, plain: set[str]) -> dict[str, str | list[str]]:
    """The form with a canary in each field that takes text, but a likely answer in those of `plain`.

    Every box is ticked.
    """
    given: dict[str, str | list[str]] = {}
    for name, (kind, values) in form.fields.items():
        first = next((value for value in values if value), "")
        if name == "find":
            # Such a button looks something up and saves nothing.
            continue
        if kind == "checkbox":
            given[name] = values
        elif name in {"csrf", "expected_version"} or kind in {
            "hidden",
            "radio",
            "select",
            "button",
            "submit",
        }:
            given[name] = first
        elif name in plain:
            given[name] = PLAUSIBLE.get(
                name, DAY if re.search("_on$|_at$|day|from|until|expires", name) else first
            )
        elif kind != "file":
            given[name] = canary_for(form.action, name, form.method)
    return given


def picture() -> bytes:
    """A picture that tells where and by whom it was taken."""
    exif = Image.Exif()
    exif[0x013B] = exif[0x010F] = canaries.PICTURE
    exif.get_ifd(0x8825)[29] = canaries.PICTURE
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, "JPEG", exif=exif, comment=canaries.PICTURE.encode())
    return out.getvalue()


class Visitor:
    """Somebody who goes everywhere that links lead and fills in every form, once for each kind of page."""

    def __init__(
        self, client: httpx.AsyncClient, username: str, password: str, known: dict[str, set[str]]
    ) -> None:
        self.client, self.username, self.password = client, username, password
        # Ids by what stands before them in an address, from every page that anybody saw.
        self.known = known
        self.seen: set[str] = set()
        self.sent: set[tuple[str, frozenset[str]]] = set()
        self.done: set[str] = set()

    async def enter(self) -> None:
        """Signs in."""
        self.client.cookies.clear()
        typed = {"username": self.username, "password": self.password}
        answer = await self.client.post("/admin/sign-in", data=typed)
        assert answer.status_code == 303, (self.username, answer.status_code)

    async def go(self) -> None:
        """Everywhere; out at the end."""
        await self.enter()
        waiting, last = ["/admin", "/admin/account", "/admin/account/password", "/admin/proof"], list[Form]()
        while waiting:
            address = waiting.pop(0)
            if pattern(address) in self.seen:
                continue
            self.seen.add(pattern(address))
            page = await self.look(address)
            waiting += page.links
            for form in page.forms:
                if "sign-out" in form.action or "sessions" in form.action:
                    last.append(form)
                # What is withdrawn waits for nobody's decision.
                elif not form.action.endswith("/withdrawal"):
                    waiting += await self.send(form, address)
        await self._go_on()
        for form in last:
            await self.send(form, "/admin")

    async def _go_on(self) -> None:
        """To the pages that no link led to, with the ids that stood in links: some record is at that step."""
        for group in sorted(self.known.get("/admin/groups/", ()))[:20]:
            # Not every group has its members written down.
            await self.look(f"/admin/groups/{group}/members")
        for route in ROUTES:
            before, id_, after = route.path.partition("{id:uuid}")
            if route.path in self.seen or not id_ or "GET" not in (route.methods or ()):
                continue
            for known in sorted(self.known.get(before, ()), reverse=True)[:6]:
                page = await self.look(f"{before}{known}{after}")
                if page.status == 200:
                    self.seen.add(route.path)
                    for form in page.forms:
                        await self.send(form, f"{before}{known}{after}")
                    break
                if page.status == 403:
                    break

    async def look(self, address: str) -> Page:
        """The page at an address; after signing in again where that is wanted."""
        answer = await self.client.get(address)
        if answer.status_code == 303 and "/admin/sign-in" in answer.headers["location"]:
            await self.enter()
            answer = await self.client.get(address)
        page = Page(answer.text, address)
        page.status = answer.status_code
        for link in page.links:
            if id_ := re.search(_ID, link):
                self.known.setdefault(link[: id_.start()], set()).add(id_[0])
        return page

    async def send(self, form: Form, address: str) -> list[str]:
        """Fills a form in, and again with what was wrong made right; gives where it led."""
        key = (f"{form.method} {pattern(form.action)}", frozenset(form.fields))
        if key in self.sent:
            return []
        self.sent.add(key)
        plain: set[str] = set()
        answer = await self._send(form, filled(form, plain))
        for _ in range(3):
            again = next((f for f in Page(answer.text, address).forms if f.invalid), None)
            if again is None:
                break
            plain |= again.invalid
            answer = await self._send(form, filled(form, plain))
        if answer.status_code in {200, 303}:
            self.done.add(key[0])
        if answer.status_code != 303:
            return Page(answer.text, address).links
        # The record as it is now: with what was added to it.
        led_to: str = answer.headers["location"]
        return [led_to, *(await self.look(led_to)).links]

    async def _send(self, form: Form, given: dict[str, str | list[str]]) -> httpx.Response:
        if form.method == "get":
            return await self.client.get(urlsplit(form.action).path, params=given)
        if any(kind == "file" for kind, _ in form.fields.values()):
            files = {"file": (f"{canaries.NAME}.jpg", picture(), "image/jpeg")}
            return await self.client.post(form.action, data=given, files=files)
        return await self.client.post(form.action, data=given)
