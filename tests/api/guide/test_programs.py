"""Every program on the guide's page runs against the service, and three languages come to the same."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette

from api.exports import writing
from api.guide.page import LANGUAGES
from api.reads.node import global_id
from api.schema.assembly import schema
from api.transport.capacity import Streams
from records.areas import areas
from records.changes.jobs import Worker
from records.core.actor import system_actor
from records.delivery import exports
from records.metrics.catalogue import category_id
from records.nouns import groups, tips
from records.tables import Export, Figure, Tip
from records.tables.tips import Channel
from tests.api.guided import BY_NAME, Programs, answers, programs, run, running, same
from tests.api.support import BA_DINH, PHU_HUU, TAN_NHUAN_DONG, Ask, add_group, add_office, add_tip
from tests.api.transport.test_websocket import emptied, streams
from tests.conftest import area_ids
from tests.rounding import rounded

__all__ = ["programs", "streams"]

MakeKey = Callable[..., Awaitable[str]]


@pytest.fixture
async def key_for(partner_key: MakeKey) -> Callable[[str], Awaitable[str]]:
    """Makes a key with just the scopes that the page names for a task."""

    async def make(name: str, area: str = "82") -> str:
        return await partner_key(scopes=set(BY_NAME[name].scopes), areas=(area,))

    return make


async def submitted(title: str, *, area: str = PHU_HUU, at: datetime | None = None) -> Tip:
    place = (await areas.resolve_reference(area)).id
    draft = tips.TipDraft(title, category_id("THEFT"), Channel.BOX, place, received_at=at)
    return await tips.submit(draft, by=system_actor("test"))


async def test_viewer_program_shows_name_scopes_and_areas(
    served: str, programs: Programs, key_for: MakeKey, tmp_path: Path
) -> None:
    viewer = same(await answers(programs, "viewer", await key_for("viewer"), tmp_path))["viewer"]
    assert viewer["name"].startswith("Đối tác mẫu")
    assert (viewer["scopes"], viewer["areas"]) == (["areas:read"], [{"code": "82", "name": "Tỉnh Đồng Tháp"}])
    assert viewer["credential"]["kind"] == "KEY"


async def test_groups_program_finds_groups_by_search(
    served: str, programs: Programs, key_for: MakeKey, tmp_path: Path
) -> None:
    wanted = await add_group("Tổ mẫu Tân Phú 1", stated_members=12, stated_on=date(2026, 1, 1))
    await add_group("Tổ mẫu Phú Tân", area=TAN_NHUAN_DONG)
    await add_group("Tổ mẫu Tân Bình")
    await add_group("Tổ mẫu Tân Phú", area=BA_DINH)
    found = same(await answers(programs, "groups", await key_for("groups"), tmp_path))["groups"]
    assert found["totalCount"] == 2
    assert {
        "id": global_id("Group")(wanted.id),
        "code": wanted.code,
        "name": "Tổ mẫu Tân Phú 1",
        "memberCount": 12,
        "area": {"code": PHU_HUU, "name": "Xã Phú Hựu"},
    } in found["nodes"]


async def test_tips_program_reads_all_pages(
    served: str, programs: Programs, key_for: MakeKey, tmp_path: Path
) -> None:
    for number in range(502):
        await add_tip(f"T{number:03}", received=datetime(2026, 1, 1, number // 60, number % 60, tzinfo=UTC))
    await add_tip("khác", area=BA_DINH)
    found = same(await answers(programs, "tips", await key_for("tips"), tmp_path))
    assert [tip["code"] for tip in found] == [f"T{number:03}" for number in reversed(range(502))]


async def test_areas_program_translates_old_codes(
    served: str, programs: Programs, key_for: MakeKey, ask: Ask, tmp_path: Path
) -> None:
    found = same(await answers(programs, "areas", await key_for("areas"), tmp_path))
    became = {(line["old"]["name"], line["new"]["name"]) for line in found if line["old"]["code"] == "82"}
    assert became == {("Tỉnh Tiền Giang", "Tỉnh Đồng Tháp")}
    counted = await ask('{ areaSuccessions(filter: {area: "82"}) { totalCount } }')
    assert len(found) == counted["data"]["areaSuccessions"]["totalCount"] > 300


async def test_metrics_program_reads_communes_by_quarter(
    served: str, programs: Programs, key_for: MakeKey, tmp_path: Path
) -> None:
    months = [date(2025, month, 1) for month in (2, 3, 8)]
    for month in (2, 3, 8):
        await submitted("Tin mẫu", at=datetime(2025, month, 10, tzinfo=UTC))
    series = same(await answers(programs, "metrics", await key_for("metrics"), tmp_path))["metrics"]
    assert len(series) == 2 * len({one["area"]["code"] for one in series}) > 100
    [ours] = [
        one for one in series if (one["indicator"]["code"], one["area"]["code"]) == ("tips.received", PHU_HUU)
    ]
    (place,) = await area_ids(PHU_HUU)
    february, march, august = (rounded("tips.received", place, month, 1) for month in months)
    assert [(point["period"], point["value"]) for point in ours["points"]] == [
        ("2025-Q1", february + march),
        ("2025-Q2", 0),
        ("2025-Q3", august),
        ("2025-Q4", 0),
    ]


async def test_submit_program_stores_one_tip_when_repeated(
    served: str, programs: Programs, key_for: MakeKey, tmp_path: Path
) -> None:
    found = same(await answers(programs, "submit", await key_for("submit"), tmp_path))
    tip = await Tip.get()
    assert found == {"recordId": global_id("Tip")(tip.id), "code": tip.reference, "problems": []}
    assert tip.title.startswith("Thử nghiệm")


async def test_submit_program_fails_and_stores_nothing_when_refused(
    served: str, programs: Programs, key_for: MakeKey, tmp_path: Path
) -> None:
    key = await key_for("submit", "01")
    for language in LANGUAGES:
        code, out, err = await run(programs.of("submit", language), key, tmp_path)
        assert code != 0
        assert "area" in out + err
    assert not await Tip.exists()


async def test_figure_program_reports_one_figure_when_repeated(
    served: str, programs: Programs, key_for: MakeKey, tmp_path: Path
) -> None:
    unit = await add_office("Công an tỉnh Đồng Tháp")
    found = same(await answers(programs, "figure", await key_for("figure"), tmp_path))
    figure = await Figure.get()
    assert found == {"recordId": global_id("Figure")(figure.id), "problems": []}
    assert (figure.value, figure.organisation_id, figure.source_text) == (Decimal(71), unit.id, "71 tin")


def copies(folder: Path) -> list[dict[str, Any]]:
    """The records that each language keeps, in the order of `LANGUAGES`."""
    applied: dict[str, Any] = {}
    for line in (folder / "bash" / "changes.ndjson").read_text("utf-8").splitlines():
        for change in json.loads(line)["data"]["changes"]["changes"]:
            if change["deleted"]:
                applied.pop(change["recordId"], None)
            else:
                applied[change["recordId"]] = change["record"]
    kept = [
        json.loads((folder / other / "copy.json").read_text("utf-8")) for other in ("python", "typescript")
    ]
    return [applied, *(one["records"] for one in kept)]


async def test_copy_program_follows_feed(
    served: str, programs: Programs, key_for: MakeKey, tmp_path: Path
) -> None:
    key = await key_for("copy")
    for number in range(502):
        await add_tip(f"T{number:03}")
    gone = await add_group("Tổ mẫu sẽ gỡ")
    await answers(programs, "copy", key, tmp_path)
    first, *others = copies(tmp_path)
    assert others == [first, first]
    assert len(first) == 503
    assert first[global_id("Group")(gone.id)]["name"] == "Tổ mẫu sẽ gỡ"

    await groups.remove(gone.id, expected_version=gone.version, reason="Thử nghiệm", by=system_actor("test"))
    new = await submitted("Tin mẫu mới")
    await answers(programs, "copy", key, tmp_path)
    second, *others = copies(tmp_path)
    assert others == [second, second]
    assert set(second) == set(first) - {global_id("Group")(gone.id)} | {global_id("Tip")(new.id)}


async def test_live_program_receives_changes_and_reconnects(
    served: str, programs: Programs, key_for: MakeKey, streams: Streams, tmp_path: Path
) -> None:
    key = await key_for("live")

    async def told(process: asyncio.subprocess.Process, code: str) -> None:
        assert process.stdout is not None
        async with asyncio.timeout(30):
            while code not in (await process.stdout.readline()).decode():
                pass

    async def open_ones(number: int) -> None:
        async with asyncio.timeout(30):
            while streams.subscriptions._open.total() < number:  # noqa: ASYNC110 - nothing tells that a place is taken
                await asyncio.sleep(0.02)

    async with (
        running(programs.of("live", "bash"), key, tmp_path) as curl,
        running(programs.of("live", "python"), key, tmp_path) as python,
        running(programs.of("live", "typescript"), key, tmp_path) as typescript,
    ):
        await open_ones(3)
        # Their place is known only once they were told where they are.
        await asyncio.sleep(1)
        tip = await submitted("Tin mẫu")
        await asyncio.gather(*(told(process, tip.reference) for process in (curl, python, typescript)))

        streams.close()
        missed = await submitted("Tin mẫu lỡ")
        await asyncio.gather(*(told(process, missed.reference) for process in (python, typescript)))
    assert await emptied(streams.subscriptions)


@pytest.fixture
async def exporting(app: Starlette) -> AsyncIterator[None]:
    """What writes exports, as beside the service."""
    worker = Worker({exports.JOB: writing.kind(app.state.services.reader, schema)})
    working = asyncio.create_task(worker.run())
    yield
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    await exports.clear()


async def test_export_program_reads_whole_list(
    served: str, programs: Programs, key_for: MakeKey, exporting: None, tmp_path: Path
) -> None:
    for number in range(3):
        await add_tip(f"T{number}")
    await add_tip("khác", area=BA_DINH)
    found = same(await answers(programs, "export", await key_for("export"), tmp_path))
    assert [tip["code"] for tip in found] == ["T0", "T1", "T2"]
    assert await Export.all().count() == 3
