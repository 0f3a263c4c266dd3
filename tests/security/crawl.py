"""Every page of the admin that links lead to, and what a browser would make of it."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlsplit

import httpx

# Enough for every kind of page; the thousandth tip looks like the first.
_MOST: int = 400
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")


@dataclass
class Seen(HTMLParser):
    """The elements of a page, where it leads, and the fields of the forms that stand in its address."""

    tags: set[str] = field(default_factory=set)
    attributes: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    comments: int = 0
    bare_scripts: int = 0
    searched: dict[str, set[str]] = field(default_factory=dict)
    _form: str | None = None

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.tags.add(tag)
        self.attributes |= set(given)
        if tag == "a":
            self.links.append(given.get("href", ""))
        elif tag == "script" and "src" not in given:
            self.bare_scripts += 1
        elif tag == "form":
            self._form = given.get("action", "") if given.get("method", "get") == "get" else None
        elif tag in {"input", "select", "textarea"} and self._form is not None and "name" in given:
            self.searched.setdefault(self._form, set()).add(given["name"])

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None

    def handle_comment(self, data: str) -> None:
        self.comments += 1


@dataclass(frozen=True)
class Page:
    """An answer, and what it holds when it is a page."""

    path: str
    answer: httpx.Response
    seen: Seen


def read(path: str, answer: httpx.Response) -> Page:
    """What a browser would make of `answer`."""
    seen = Seen()
    if answer.headers.get("content-type", "").startswith("text/html"):
        seen.feed(answer.text)
    return Page(path, answer, seen)


async def pages(client: httpx.AsyncClient, start: str = "/admin") -> AsyncIterator[Page]:
    """Each page that links lead to from `start`; of records of one kind the first two."""
    waiting, known, shapes = [start], {start}, dict[str, int]()
    while waiting and len(known) < _MOST:
        path = waiting.pop(0)
        page = read(path, await client.get(path))
        yield page
        for link in page.seen.links:
            parts = urlsplit(link)
            target = (parts.path or urlsplit(path).path) + (f"?{parts.query}" if parts.query else "")
            shape = _ID.sub("ID", target)
            if parts.netloc or not target.startswith("/admin") or target in known or shapes.get(shape, 0) > 1:
                continue
            shapes[shape] = shapes.get(shape, 0) + 1
            known.add(target)
            waiting.append(target)
