"""The guide for integrators at /docs: open to all, whole in both languages, and what it says is so."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import httpx
import pytest
from graphql import parse, validate
from starlette.applications import Starlette

from api.guide.errors import ERRORS
from api.guide.page import LANGUAGES
from api.guide.tasks import TASKS
from api.schema.assembly import schema
from records.core.errors import ProblemCode
from records.core.language import translate
from tests.api.guided import Programs, code_of, programs, run
from tests.replaced import replaced_services

__all__ = ["programs"]

ROOT = Path(__file__).parents[3]
STATIC = ROOT / "api" / "static"
GUIDE = ROOT / "api" / "guide"


async def test_guide_page_has_strict_policy(api: httpx.AsyncClient) -> None:
    page = await api.get("/docs")
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'; ")
    assert "form-action 'none'" in policy
    assert "unsafe" not in policy
    assert page.headers["cache-control"] == "no-store"
    assert "set-cookie" not in page.headers
    assert not re.search(r"<script>|<style|\son\w+=|style=", page.text)
    loaded = re.findall(r'<(?:script|link)[^>]* (?:src|href)="([^"]+)"', page.text)
    assert len(loaded) == 4
    for address in loaded:
        assert address == "data:," or (await api.get(address)).status_code == 200
    assert (await api.head("/docs")).status_code == 200
    assert (await api.post("/docs")).status_code == 405


@pytest.mark.parametrize(
    ("query", "accepted", "language"),
    [
        ("", "", "vi"),
        ("", "en-GB,en;q=0.9", "en"),
        ("", "fr", "vi"),
        ("?language=en", "vi", "en"),
        ("?language=vi", "en", "vi"),
        ("?language=fr", "en", "en"),
    ],
)
async def test_guide_language_is_that_of_address_or_browser(
    api: httpx.AsyncClient, query: str, accepted: str, language: str
) -> None:
    page = await api.get(f"/docs{query}", headers={"Accept-Language": accepted})
    assert f'<html lang="{language}">' in page.text
    assert page.headers["content-language"] == language
    assert page.headers["vary"] == "Accept-Language, Accept-Encoding"
    other = {"vi": "en", "en": "vi"}[language]
    assert f'href="/docs?language={other}"' in page.text
    assert translate(language, "Guide for integrators") in page.text
    assert translate(other, "Guide for integrators") not in page.text


async def test_guide_code_is_alike_in_both_languages(
    api: httpx.AsyncClient,
) -> None:
    def bare(code: str) -> str:
        """Without comments and the texts of errors, which are in the reader's language."""
        shown = re.sub(r'^\s*(#|//).*$|  # .*$|(?<=(?:Error|mExit)\()".*"', "", code, flags=re.MULTILINE)
        return re.sub(r'(Accept-Language"?:) "?\w\w', r"\1", shown)

    pages = [code_of((await api.get(f"/docs?language={one}")).text) for one in ("vi", "en")]
    expected = {
        f"{name}-{language}" for name in ("setup", *(t.name for t in TASKS)) for language in LANGUAGES
    }
    assert set(pages[0]) == set(pages[1]) == expected
    assert {name: bare(code) for name, code in pages[0].items()} == {
        name: bare(code) for name, code in pages[1].items()
    }


async def test_guide_code_calls_public_address(app: Starlette) -> None:
    for address in ("https://ketnoi.example", "http://[::1]:8000"):
        transport = httpx.ASGITransport(app)
        settings = replace(app.state.services.settings, public_url=address)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
            with replaced_services(app, settings=settings):
                code = code_of((await client.get("/docs")).text)
        assert all(address in code[f"setup-{language}"] for language in LANGUAGES)


class _Links(HTMLParser):
    """The targets and the ids of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.targets: set[str] = set()
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "href" and tag == "a":
                self.targets.add(value or "")
            if name == "id":
                self.ids.append(value or "")


async def test_guide_links_have_targets(api: httpx.AsyncClient) -> None:
    page = _Links()
    page.feed((await api.get("/docs")).text)
    assert len(page.ids) == len(set(page.ids))
    inside = {target.removeprefix("#") for target in page.targets if target.startswith("#")}
    assert inside <= set(page.ids)
    assert inside >= {task.name for task in TASKS}
    ours = {target for target in page.targets if target.startswith("/")}
    assert ours >= {"/graphql", "/schema.graphql"}
    for target in ours:
        assert (await api.get(target, headers={"Accept": "text/html"})).status_code == 200
    assert page.targets - ours - {f"#{one}" for one in inside} == {"https://www.standardwebhooks.com"}


def test_guide_has_ten_tasks_with_valid_documents() -> None:
    assert len(TASKS) == len({task.name for task in TASKS}) == 10
    files = sorted((GUIDE / "documents").glob("*.graphql"))
    assert {task.name for task in TASKS} <= {file.stem for file in files}
    templates = "".join(file.read_text(encoding="utf-8") for file in (GUIDE / "code").rglob("*.jinja"))
    for file in files:
        text = file.read_text(encoding="utf-8")
        assert validate(schema._schema, parse(text)) == [], file.name
        # It stands between quotes of three languages.
        assert not re.search(r"[\"'`\\]|\$\{", text), file.name
        assert file.stem in {task.name for task in TASKS} or f'document("{file.stem}")' in templates


def test_error_table_matches_codes_without_repetition() -> None:
    others = ("core/errors.py", "access/partners/budgets.py")
    sources = [*(ROOT / "api").rglob("*.py"), ROOT / "edge" / "capacity.py"]
    sources += [ROOT / "records" / other for other in others]
    text = "\n".join(file.read_text(encoding="utf-8") for file in sources)
    given = set(re.findall(r'\bcode(?:: ClassVar\[str\])? = "([A-Z_]+)"', text))
    given |= set(re.findall(r'\bRequestError\(\s*\d+,\s*"([A-Z_]+)"', text))
    given |= set(re.findall(r'"code", (?:.* else )?"([A-Z_]+)"', text))
    given |= set(re.findall(r'^INTERNAL: Final = "([A-Z_]+)"', text, re.MULTILINE))
    given |= set(ProblemCode)
    told = [code for codes in ERRORS for code in codes]
    assert len(told) == len(set(told))
    # Nobody meets a refusal without a class of its own.
    assert set(told) == given - {"REFUSED"}


async def test_error_table_is_on_page_in_both_languages(api: httpx.AsyncClient) -> None:
    for language in ("vi", "en"):
        page = (await api.get(f"/docs?language={language}")).text
        for codes, text in ERRORS.items():
            assert all(f"<code>{code}</code>" in page for code in codes)
            first = translate(language, text).partition("`")[0]
            assert first in page
        assert "`" not in re.sub(r"<pre.*?</pre>", "", page, flags=re.DOTALL)


@pytest.fixture
async def busy() -> AsyncIterator[tuple[str, list[bytes]]]:
    """A server that says 429 once, and then answers; its address, and what was asked of it."""
    asked: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: (\d+)", came)
        assert length is not None
        asked.append(came + await reader.readexactly(int(length[1])))
        status, body = ("429 Too Many Requests\r\nRetry-After: 1", b"{}")
        if len(asked) > 1:
            status, body = "200 OK", b'{"data":{"viewer":null}}'
        writer.write(
            f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body
        )
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", asked
    server.close()


@pytest.mark.parametrize("language", LANGUAGES)
async def test_guide_program_waits_and_repeats_when_throttled(
    programs: Programs, busy: tuple[str, list[bytes]], tmp_path: Path, language: str
) -> None:
    address, asked = busy
    there = programs.of("viewer", language)
    program = tmp_path / there.with_suffix(".mjs" if language == "typescript" else there.suffix).name
    program.write_text(there.read_text("utf-8").replace(programs.address, address), "utf-8")
    code, out, _ = await run(program, "ktn_mau", tmp_path)
    assert code == 0
    assert '"viewer"' in out
    assert len(asked) == 2
    assert asked[0].partition(b"\r\n\r\n")[2] == asked[1].partition(b"\r\n\r\n")[2]
    assert b"Bearer ktn_mau" in asked[1]
