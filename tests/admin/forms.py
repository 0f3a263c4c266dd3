"""Filling in a form as a person does: load the page that holds it, type, send."""

import io
import re
from collections.abc import Mapping
from html import unescape
from html.parser import HTMLParser

import httpx
from PIL import Image

from records.core.actor import system_actor
from records.nouns.tips import TipDraft, categories, submit
from records.tables import Tip
from records.tables.tips import Channel, LegalKind
from tests.conftest import area_ids

HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}


def hidden(page: str, name: str) -> str:
    """The value of a hidden field on a page."""
    found = re.search(rf'type="hidden"\s+name="{name}"\s+value="([^"]*)"', page)
    assert found, f"no hidden field {name}"
    return unescape(found[1])


_CHECKED = {"radio", "checkbox", "file"}


class _Fields(HTMLParser):
    """Reads the first panel form of a page as a browser would send it."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self._form, self._name, self._text = 0, "", ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = 1 if self._form == 0 and given.get("class") == "panel" else self._form
        elif self._form != 1:
            return
        elif tag == "textarea":
            self._name, self._text = given["name"], ""
        elif tag == "select":
            self._name = given["name"]
        elif tag == "option" and "selected" in given:
            self.found.append((self._name, given["value"]))
        elif tag == "input" and ("checked" in given or given.get("type") not in _CHECKED):
            self.found.append((given["name"], given["value"]))

    def handle_data(self, data: str) -> None:
        self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self._form == 1:
            self.found.append((self._name, self._text.removeprefix("\n")))
        elif tag == "form" and self._form == 1:
            self._form = 2


def filled(page: str) -> dict[str, str | list[str]]:
    """The fields of the form on a page, as a browser would send them when one presses save at once."""
    reader = _Fields()
    reader.feed(page)
    fields: dict[str, str | list[str]] = {}
    for name, value in reader.found:
        before = fields.get(name)
        earlier = [before] if isinstance(before, str) else before or []
        fields[name] = [*earlier, value] if earlier else value
    return fields


async def send(
    client: httpx.AsyncClient,
    path: str,
    fields: Mapping[str, str | list[str]],
    *,
    at: str | None = None,
    headers: dict[str, str] | None = None,
) -> httpx.Response:
    """What the service answers to the form on the page `at` (else `path`), filled with `fields`."""
    page = (await client.get(at or path)).text
    carried = {"csrf": hidden(page, "csrf")}
    if 'name="expected_version"' in page:
        carried["expected_version"] = hidden(page, "expected_version")
    return await client.post(path, data=carried | dict(fields), headers=headers)


async def some_tip(
    title: str = "Người lạ mặt (minh họa)", *, area: str = "29905", kind: LegalKind = LegalKind.SOURCE
) -> Tip:
    """A tip in an area."""
    draft = TipDraft(
        title=title,
        category_id=(await categories())[0].id,
        channel=Channel.ZALO,
        area_id=(await area_ids(area))[0],
        legal_kind=kind,
    )
    return await submit(draft, by=system_actor("test"))


def a_picture(kind: str = "JPEG", size: tuple[int, int] = (30, 20)) -> bytes:
    """A picture that tells where and with what it was taken: CANARY."""
    exif, out = Image.Exif(), io.BytesIO()
    exif[0x010F] = "CANARY"
    exif.get_ifd(0x8825)[29] = "CANARY"
    Image.new("RGB", size, "red").save(out, kind, exif=exif)
    return out.getvalue()
