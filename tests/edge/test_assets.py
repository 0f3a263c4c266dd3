"""Files for browsers: not sent again to whoever has them."""

from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

import edge


@pytest.mark.parametrize("weakness", ["", "W/"])
async def test_asset_is_not_sent_when_its_tag_is_named(tmp_path: Path, weakness: str) -> None:
    async with _client(tmp_path) as client:
        tag = (await client.get("/static/mau.css")).headers["etag"]
        again = await client.get("/static/mau.css", headers={"If-None-Match": weakness + tag})
    assert (again.status_code, again.content) == (304, b"")


async def test_asset_is_not_sent_when_any_tag_will_do(tmp_path: Path) -> None:
    async with _client(tmp_path) as client:
        answer = await client.get("/static/mau.css", headers={"If-None-Match": "*"})
    assert answer.status_code == 304


async def test_asset_is_joined_when_it_is_folder(tmp_path: Path) -> None:
    (tmp_path / "parts.js").mkdir()
    (tmp_path / "parts.js" / "2.js").write_text("second()", encoding="utf-8")
    (tmp_path / "parts.js" / "1.js").write_text("first()", encoding="utf-8")
    (tmp_path / "parts.js" / "1.js~").write_text("earlier()", encoding="utf-8")
    (tmp_path / "parts.js" / "drafts").mkdir()
    async with _client(tmp_path) as client:
        whole = await client.get("/static/parts.js")
        part = await client.get("/static/parts.js/1.js")
    assert (whole.text, whole.headers["content-type"]) == (
        "first()\nsecond()",
        "text/javascript; charset=utf-8",
    )
    assert part.status_code == 404


def _client(folder: Path) -> httpx.AsyncClient:
    (folder / "mau.css").write_text("body { margin: 0 }", encoding="utf-8")
    app = Starlette(routes=edge.Assets({"/static": folder}).routes())
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1")
