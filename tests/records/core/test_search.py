from random import Random

import pytest

from records.core.search import accents_first, filter_by_search, prefer_accent_matches, tsquery
from records.core.text import normalize_for_search, sort_key
from records.tables import Group
from records.tables.groups import GroupKind
from tests.conftest import area_ids

NAMES = ("Tổ nhân dân tự quản số 2, Sa Đéc", "Tổ tự quản 10 Tân Phú", "Nhóm P.Sa Đéc 12/3", "Đường Ngô Quyền")


async def store() -> None:
    (area,) = await area_ids("29905")
    for number, name in enumerate(NAMES):
        await Group.create(
            code=f"SD-{number:02d}",
            name=name,
            name_key=sort_key(name),
            folded=normalize_for_search(f"SD-{number:02d} {name}"),
            kind=GroupKind.SELF_GOVERNING,
            area_id=area,
        )


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("sa dec", {0, 2}),
        ("SA ĐÉC", {0, 2}),
        ("dec sa", {0, 2}),
        ("Sa De\u0301c", {0, 2}),
        ("sa de", {0, 2}),
        ("tu quan", {0, 1}),
        ("tu quan sa", {0}),
        ("tan phu 10", {1}),
        ("SD-01", {1}),
        ("sd-0", {0, 1, 2, 3}),
        ("01", {1}),
        ("P.Sa", {2}),
        ("12/3", {2}),
        ("duong ngo", {3}),
        ("quan quan", {0, 1}),
        ("ec", set()),
        ("khong co", set()),
        ("", {0, 1, 2, 3}),
        ("  ", {0, 1, 2, 3}),
        (" .,!' ", set()),
        ("---", set()),
        ("%", set()),
        ("…", set()),
    ],
)
async def test_search_finds_rows_by_word_prefixes(database: str, typed: str, found: set[int]) -> None:
    await store()
    rows = await filter_by_search(Group.all(), typed)
    assert {NAMES.index(row.name) for row in rows} == found


def test_search_query_holds_words_only() -> None:
    assert tsquery("Sa Đéc") == "sa:* & dec:*"
    assert tsquery("a' | !b & (c:d) <-> \\e") == "a:* & b:* & c:* & d:* & e:*"
    assert tsquery("'; DROP TABLE groups; --") == "drop:* & table:* & groups:*"
    assert tsquery("--") == ""
    assert tsquery("sa sa Sa") == "sa:*"


def test_search_takes_short_word_whole_when_prefixes_are_longer() -> None:
    assert tsquery("a tan 1 10", prefix=2) == "a & tan:* & 1 & 10:*"


async def test_search_survives_any_text(database: str) -> None:
    await store()
    chance = Random(2025)  # noqa: S311 (the same texts every time)
    signs = [
        *"'\"\\:*&|!()<->;$%_ \n\t\0",
        *"aăâđéơ²½Ⅷ١ŉßﬁ",
        "\u0301",
        "\u200d",
        "한",
        "字",
        "😀",
        "{0}",
        "%s",
    ]
    texts = ["".join(chance.choices(signs, k=chance.randint(1, 12))) for _ in range(150)]
    for text in (*texts, "x" * 5000, "a " * 3000):
        assert len(await filter_by_search(Group.all(), text)) <= len(NAMES)
    assert await Group.all().count() == len(NAMES)


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("Tổ 10", "Tổ 10"),
        ("tơ 10", "Tơ 10"),
        ("TỐ", "Tố 10"),
        ("to 10", "To 10"),
        ("to", "To 10"),
        ("tô'", "Tô 10"),
    ],
)
async def test_accents_first_orders_names_as_typed(database: str, typed: str, first: str) -> None:
    (area,) = await area_ids("29905")
    for number, name in enumerate(("To 10", "Tô 10", "Tổ 10", "Tơ 10", "Tố 10")):
        await Group.create(
            code=f"SD-{number}",
            name=name,
            name_key=sort_key(name),
            folded=normalize_for_search(name),
            kind=GroupKind.SELF_GOVERNING,
            area_id=area,
        )
    rows = await prefer_accent_matches(filter_by_search(Group.all(), typed), typed)
    assert rows[0].name == first
    assert len(rows) == 5
    assert [row.name_key for row in rows[1:]] == sorted(row.name_key for row in rows[1:])


def test_loaded_rows_with_typed_accents_come_first() -> None:
    names = ["Sa Dec", "Tân Sa Đéc", "sa đéc", "Sà Đéc"]
    assert accents_first(names, "sa Đéc", str) == ["Tân Sa Đéc", "sa đéc", "Sà Đéc", "Sa Dec"]
    assert accents_first(names, "sa dec", str) == names
