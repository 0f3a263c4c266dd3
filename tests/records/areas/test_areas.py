import asyncio
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from records.areas import areas
from records.core.dates import today
from records.core.errors import ValidationFailed
from records.core.identifiers.ids import area_id
from records.tables import Area, AreaAt, AreaReach
from records.tables.areas import AreaKind

ROOT = Path(__file__).parents[3]
OLD, NEW = date(2004, 7, 8), date(2025, 7, 1)


@pytest.mark.parametrize(
    ("reference", "code", "since", "name"),
    [
        ("82", "82", NEW, "Tỉnh Đồng Tháp"),
        (" 82 ", "82", NEW, "Tỉnh Đồng Tháp"),
        ("82@2025-07-01", "82", NEW, "Tỉnh Đồng Tháp"),
        ("82@2025-06-30", "82", OLD, "Tỉnh Tiền Giang"),
        ("82@2024-12-31", "82", OLD, "Tỉnh Tiền Giang"),
        # Codes that nobody bears any more: the last that did.
        ("87", "87", OLD, "Tỉnh Đồng Tháp"),
        ("877", "877", OLD, "Huyện Châu Thành"),
        ("867@2004-07-08", "867", OLD, "Thành phố Sa Đéc"),
        ("29905", "29905", NEW, "Phường Sa Đéc"),
        ("29905@2025-06-30", "29905", OLD, "Phường 1"),
        ("01", "01", NEW, "Thành phố Hà Nội"),
    ],
)
async def test_area_reference_means_area_of_today_or_of_its_day(
    database: str, reference: str, code: str, since: date, name: str
) -> None:
    found = await areas.resolve_reference(reference)
    assert (found.id, found.code, found.valid_from, found.name) == (area_id(code, since), code, since, name)


@pytest.mark.parametrize(
    "reference",
    [
        *("", " ", "9999", "1", "82@2024-02-30", "82@2004-07-07", "877@2025-07-01", "87@2025-07-01"),
        *("'; DROP TABLE areas; --", "82@", "@2024-12-31", "82@2024-12-31@2024-12-31", "82@31/12/2024"),
        *(
            "82@20241231",
            "82@2024-1-1",
            "82@today",
            "82\x00",
            "8 2",
            "８２",
            "82@２０２４-12-31",
            "8" * 17,
            "Sa Đéc",
        ),
    ],
)
async def test_area_reference_is_refused_on_its_field_when_unknown(database: str, reference: str) -> None:
    with pytest.raises(ValidationFailed) as wrong:
        await areas.resolve_reference(reference)
    assert set(wrong.value.problems) == {"area"}
    with pytest.raises(ValidationFailed) as wrong:
        await areas.resolve_reference(reference, field="where")
    assert set(wrong.value.problems) == {"where"}


async def test_areas_on_day_are_those_valid_that_day(database: str) -> None:
    for day, provinces, communes in ((date(2025, 6, 30), 63, 10_035), (NEW, 34, 3321), (today(), 34, 3321)):
        assert await areas.areas_on(day).filter(kind=AreaKind.PROVINCE).count() == provinces
        assert await areas.areas_on(day).filter(kind=AreaKind.COMMUNE).count() == communes
    assert await areas.areas_on(date(2004, 7, 7)).count() == 0


@pytest.mark.parametrize("typed", ["sa dec", "Sa Đéc", "SA ĐÉC", "phuong sa de", "dec sa"])
async def test_area_search_finds_current_area_however_typed(database: str, typed: str) -> None:
    assert [row.name for row in await areas.search(typed)] == ["Phường Sa Đéc"]


async def test_area_search_sorts_alphabetically(database: str) -> None:
    found = [row.name for row in await areas.search("tinh") if row.kind is AreaKind.PROVINCE]
    # Bắc Giang, Kon Tum and the other provinces of before are not among them.
    assert found[:4] == ["Tỉnh An Giang", "Tỉnh Bắc Ninh", "Tỉnh Cà Mau", "Tỉnh Cao Bằng"]
    assert found.index("Tỉnh Đắk Lắk") < found.index("Tỉnh Điện Biên") < found.index("Tỉnh Gia Lai")
    assert await areas.search("khong co noi nay") == []


async def test_area_rebuild_restores_same_rows(database: str) -> None:
    async def derived() -> tuple[set[tuple[object, ...]], set[tuple[object, ...]]]:
        homes = await AreaAt.all().values_list("epoch", "kind", "area_id", "home_id", "precision")
        return set(await AreaReach.all().values_list("ancestor_id", "area_id")), set(homes)

    before = await derived()
    await areas.rebuild()
    assert await derived() == before
    assert await areas.epochs() == [OLD, NEW]
    assert await areas.load() == 0
    assert await Area.all().count() == 14_149


async def test_rebuild_around_area_restores_same_rows(database: str) -> None:
    async def derived() -> tuple[set[tuple[object, ...]], set[tuple[object, ...]]]:
        homes = await AreaAt.all().values_list("epoch", "kind", "area_id", "home_id", "precision")
        return set(await AreaReach.all().values_list("ancestor_id", "area_id")), set(homes)

    before = await derived()
    ward = area_id("29905", NEW)
    # Its old districts and both provinces are connected with it: all of this comes back.
    await AreaReach.filter(area_id__in=[ward, area_id("867", OLD), area_id("82", OLD)]).delete()
    await AreaAt.filter(area_id=ward).delete()
    await areas.rebuild(around=[ward])
    assert await derived() == before


async def run(code: str, url: str) -> str:
    """In a process of its own, because Tortoise holds one database at a time."""
    done = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, url, stdout=subprocess.PIPE, cwd=ROOT
    )
    out, _ = await done.communicate()
    assert done.returncode == 0
    return out.decode()


HAMLETS = """
import asyncio, sys
from datetime import date
from records.areas import areas
from records.core.actor import Actor, ActorKind, Role
from records.core.identifiers.ids import area_id
from records.areas.scope import actor_can_reach
from records.database.connect import connect_database
from records.tables import Area, AreaAt
from records.tables.areas import AreaKind

NEW = date(2025, 7, 1)

def hamlet(code):
    return Area(
        id=area_id(code, NEW), code=code, valid_from=NEW, name="Khóm mẫu", name_key="k", folded="khom mau",
        kind=AreaKind.HAMLET, parent_id=area_id("29905", NEW),
    )

def of(code):
    ids = frozenset({area_id(code, NEW)})
    return Actor(ActorKind.STAFF, None, "Người mẫu", role=Role.OFFICER, areas=ids)

async def main():
    async with connect_database(sys.argv[1]):
        # Two at once: neither may lose what the other derived.
        await asyncio.gather(areas.add([hamlet("MAU-1")]), areas.add([hamlet("MAU-2")]))
        await areas.add([hamlet("MAU-1")])
        for code in ("MAU-1", "MAU-2"):
            found = await areas.resolve_reference(code)
            print(code, *[await actor_can_reach(by, found.id) for by in (of("29905"), of("82"), of("30244"))])
            homes = await AreaAt.filter(area_id=found.id, epoch=NEW).order_by("kind")
            print(*[f"{home.kind}:{home.precision}" for home in homes])
        print(await Area.filter(kind=AreaKind.HAMLET).count(), len(await areas.search("khom mau")))

asyncio.run(main())
"""


async def test_hamlet_is_reached_from_above_when_added(fresh_database: str) -> None:
    told = (await run(HAMLETS, fresh_database)).splitlines()
    homes = "COMMUNE:EXACT HAMLET:EXACT PROVINCE:EXACT"
    assert told == ["MAU-1 True True False", homes, "MAU-2 True True False", homes, "2 2"]
