import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from records.core.text import normalize_for_search, normalize_text, person_key, sort_key, split_words

# The machine may be busy: a slow example is not a wrong one.
unhurried = settings(deadline=None)

# Each vowel with its tones in the order of dictionaries, written out by hand.
ALPHABET = "aàảãáạăằẳẵắặâầẩẫấậbcdđeèẻẽéẹêềểễếệfghiìỉĩíịjklmnoòỏõóọôồổỗốộơờởỡớợpqrstuùủũúụưừửữứựvwxyỳỷỹýỵz"

PLACES = [
    "An Bình",
    "An Hòa",
    "Ấp 2",
    "Ấp 10",
    # Letters decide first, tones only between the same letters.
    "Bà Rịa",
    "Ba Sao",
    "Cao Lãnh",
    "Châu Thành",
    "Dương Hòa",
    "Đông Hòa",
    "Gáo Giồng",
    "Khóm 1",
    "Khóm 1A",
    "Khóm 2",
    "Khóm 10",
    "Tân",
    "Tân Phú",
    "Tân Phú Đông",
    "Tân Phú Trung",
    "Tổ 2",
    "Tổ 10",
    "Tổ 10A",
    "Tổ 100",
]

PEOPLE = [
    "Lê Văn An",
    "Nguyễn Thị An",
    "Nguyễn Văn An",
    "Phạm Thị Anh",
    "Bùi Thiên Ân",
    "Trần Thị Dung",
    "Đỗ Văn Dũng",
    "Huỳnh Văn Đạt",
    "Hà",
    "Cao Thị Hà",
    "Lý Thị Hạ",
    "Âu Văn Hải",
    "Lê Thị Hoa",
    "Lê Thị Hòa",
    "Võ Văn Út",
    "Đặng Như Ý",
]


def test_sort_key_orders_letters_and_tones_alphabetically() -> None:
    assert sorted(set(ALPHABET), key=sort_key) == list(ALPHABET)
    assert len({sort_key(letter) for letter in ALPHABET}) == len(ALPHABET)
    assert [sort_key(letter.upper()) for letter in ALPHABET] == [sort_key(letter) for letter in ALPHABET]


def test_sort_key_orders_places_with_numbers_by_value() -> None:
    assert sorted(set(PLACES), key=sort_key) == PLACES
    assert sort_key("Tổ 2") < sort_key("Tổ 10")
    assert sort_key("Tổ 02") == sort_key("Tổ 2")


def test_person_key_orders_by_given_name_then_family_name() -> None:
    assert sorted(set(PEOPLE), key=person_key) == PEOPLE


@pytest.mark.parametrize("space", [" ", "  ", "\u00a0", "\t"])
def test_person_key_ignores_kind_of_space(space: str) -> None:
    assert person_key(f"Lê Văn{space}An") == person_key("Lê Văn An")


def test_person_key_is_defined_when_name_is_empty() -> None:
    assert person_key("") == person_key("  ")


@pytest.mark.parametrize(
    "typed",
    [
        "Sa Đéc",
        "sa dec",
        "SA ĐÉC",
        "Sa  Đéc ",
        unicodedata.normalize("NFD", "Sa Đéc"),
        "Sa\u00a0Đéc",
        "Sa-Đéc",
    ],
)
def test_fold_finds_place_however_typed(typed: str) -> None:
    assert normalize_for_search(typed) == "sa dec"
    assert split_words(typed) == ["sa", "dec"]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("MAU-SD-01", "mau sd 01"),
        ("P.Sa Đéc", "p sa dec"),
        ("số 12/3, hẻm 5-7", "so 12 3 hem 5 7"),
        ("nhom_zalo@mau.vn", "nhom zalo mau vn"),
        ("ĐƯỜNG Ỷ", "duong y"),
        ("'; DROP TABLE tips; --", "drop table tips"),
        ("!?…", ""),
    ],
)
def test_fold_treats_punctuation_as_separator(typed: str, found: str) -> None:
    assert normalize_for_search(typed) == found


@given(st.text())
@unhurried
def test_fold_is_idempotent(text: str) -> None:
    assert normalize_for_search(normalize_for_search(text)) == normalize_for_search(text)


@given(st.text())
@unhurried
def test_fold_ignores_composition_and_case(text: str) -> None:
    assert normalize_for_search(unicodedata.normalize("NFD", text)) == normalize_for_search(
        unicodedata.normalize("NFC", text)
    )


@given(st.text(st.sampled_from(f"{ALPHABET} 0123456789-")))
@unhurried
def test_fold_leaves_plain_letters_digits_and_single_spaces(text: str) -> None:
    assert set(normalize_for_search(text)) <= set("abcdefghijklmnopqrstuvwxyz0123456789 ")
    assert normalize_for_search(text.upper()) == normalize_for_search(text)
    assert " ".join(split_words(text)) == normalize_for_search(text)


@given(st.text())
@unhurried
def test_sort_key_ignores_composition(text: str) -> None:
    assert sort_key(unicodedata.normalize("NFD", text)) == sort_key(unicodedata.normalize("NFC", text))


@given(st.text(), st.text())
@unhurried
def test_sort_key_order_is_byte_order(first: str, second: str) -> None:
    one, other = sort_key(first), sort_key(second)
    assert (one < other) == (one.encode() < other.encode())
    assert (one == other) == (not one < other and not other < one)


@given(st.integers(0, 10**30), st.integers(0, 10**30))
@unhurried
def test_sort_key_orders_numbers_by_value(first: int, second: int) -> None:
    assert (sort_key(f"Tổ {first}") < sort_key(f"Tổ {second}")) == (first < second)


@given(st.text(st.characters(exclude_categories=())))
@unhurried
def test_clean_is_idempotent_and_storable(text: str) -> None:
    kept = normalize_text(text)
    assert normalize_text(kept) == kept == unicodedata.normalize("NFC", kept)
    assert kept == kept.strip()
    assert kept.encode().decode() == kept
    assert not {"\x00", "\r", "\x1b"} & set(kept)


def test_clean_keeps_lines() -> None:
    assert normalize_text(" Một\r\nhai\tba\x00 ") == "Một\nhai\tba"


@pytest.mark.parametrize(
    "sign", ["\u202e", "\u2066", "\u2069", "\u200b", "\u200d", "\u2060", "\ufeff", "\x1b", "\x9b", "\xad"]
)
def test_clean_removes_invisible_signs(sign: str) -> None:
    assert normalize_text(f"Mất {sign}xe{sign}") == "Mất xe"


@pytest.mark.parametrize(
    "sign",
    [
        *("\u034f", "\u115f", "\u1160", "\u17b4", "\u17b5", "\u180b", "\u180f", "\u2065", "\u2800", "\u3164"),
        *("\ufe00", "\ufe0f", "\uffa0", "\ufff0", "\ufff8", "\U000e0000", "\U000e0100", "\U000e01ef"),
        "\U000e0fff",
    ],
)
def test_clean_removes_signs_drawn_as_nothing(sign: str) -> None:
    assert normalize_text(f"MAU-SD-01{sign}") == "MAU-SD-01"
    # A title of such signs alone is none.
    assert normalize_text(sign * 3) == ""


@pytest.mark.parametrize(
    "sign",
    ["\u115e", "\u1161", "\u2801", "\u3163", "\ufdff", "\ufe10", "\uff9f", "\uffa1", "\ufffd", "\U000e1000"],
)
def test_clean_keeps_neighbours_of_invisible_signs(sign: str) -> None:
    assert normalize_text(f"a{sign}b") == f"a{sign}b"


def test_clean_keeps_vietnamese_marks() -> None:
    assert normalize_text("Người Đa\u0323 1") == "Người Đạ 1"
    assert normalize_text("một\u2028hai") == "một\nhai"
