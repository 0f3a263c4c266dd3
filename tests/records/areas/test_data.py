"""The area files: their counts, their shape, and what is known of the reorganisation of Đồng Tháp."""

import csv
import unicodedata
from collections import Counter, defaultdict
from datetime import date
from functools import cache
from importlib.resources import files
from uuid import UUID

import pytest

from records.areas import data
from records.areas.data import AreaRow, SuccessionRow
from records.areas.geography import AreaVersion, Home, Succession, homes, reach

BEFORE, SINCE = date(2004, 7, 8), date(2025, 7, 1)

Key = tuple[str, date]

SA_DEC = {
    "29902": "Phường 3",
    "29905": "Phường 1",
    "29908": "Phường 4",
    "29911": "Phường 2",
    "29914": "Xã Tân Khánh Đông",
    "29917": "Phường Tân Quy Đông",
    "29919": "Phường An Hòa",
    "29920": "Xã Tân Quy Tây",
    "29923": "Xã Tân Phú Đông",
}
CHAU_THANH_NOW = {"30244", "30253", "30259"}
CHAU_THANH = {
    "Xã Phú Hựu": {"Thị trấn Cái Tàu Hạ", "Xã An Hiệp", "Xã An Nhơn", "Xã An Phú Thuận", "Xã Phú Hựu"},
    "Xã Tân Nhuận Đông": {"Xã An Khánh", "Xã Hòa Tân", "Xã Tân Nhuận Đông"},
    "Xã Tân Phú Trung": {"Xã Phú Long", "Xã Tân Bình", "Xã Tân Phú", "Xã Tân Phú Trung"},
}


@cache
def areas() -> dict[Key, AreaRow]:
    return {(row.code, row.valid_from): row for row in data.areas()}


@cache
def successions() -> list[SuccessionRow]:
    return data.successions()


@cache
def became() -> dict[str, list[SuccessionRow]]:
    found = defaultdict(list)
    for row in successions():
        found[row.old_code].append(row)
    return found


@cache
def ids() -> dict[Key, UUID]:
    return {key: UUID(int=number) for number, key in enumerate(areas())}


@cache
def versions() -> dict[UUID, AreaVersion]:
    return {
        ids()[key]: AreaVersion(
            id=ids()[key],
            code=row.code,
            kind=row.kind,
            name=row.name,
            valid_from=row.valid_from,
            valid_to=row.valid_to,
            parent=None
            if row.parent_valid_from is None
            else ids()[str(row.parent_code), row.parent_valid_from],
        )
        for key, row in areas().items()
    }


@cache
def links() -> list[Succession]:
    return [
        Succession(
            ids()[row.old_code, row.old_valid_from],
            ids()[row.new_code, row.new_valid_from],
            row.whole,
            row.effective_on,
        )
        for row in successions()
    ]


@cache
def reached() -> dict[UUID, set[UUID]]:
    found = defaultdict(set)
    for ancestor, area in reach(versions().values(), links()):
        found[ancestor].add(area)
    return found


@cache
def homes_by_area() -> dict[tuple[date, str, UUID], list[Home]]:
    found = defaultdict(list)
    for home in homes(versions().values(), links(), [BEFORE, SINCE]):
        found[home.epoch, home.kind, home.area].append(home)
    return found


def in_reach(code: str, valid_from: date) -> dict[date, set[str]]:
    """The codes that an area reaches, by the day from which their areas are valid."""
    found: dict[date, set[str]] = {BEFORE: set(), SINCE: set()}
    for area in reached()[ids()[code, valid_from]]:
        found[versions()[area].valid_from].add(versions()[area].code)
    return found


def homes_of(code: str, valid_from: date, epoch: date, kind: str) -> set[tuple[str, str]]:
    rows = homes_by_area().get((epoch, kind, ids()[code, valid_from]), [])
    return {(versions()[row.home].code, row.precision) for row in rows}


def communes_in(district: str) -> set[str]:
    return {row.code for row in areas().values() if row.parent_code == district and row.valid_from == BEFORE}


def successors(code: str) -> set[str]:
    return {row.new_code for row in became()[code]}


def communes(valid_from: date) -> dict[str, AreaRow]:
    return {code: row for (code, day), row in areas().items() if day == valid_from and row.kind == "COMMUNE"}


# Counts and shape


def test_the_counts_of_each_kind_are_the_official_ones() -> None:
    assert Counter((row.valid_from, row.kind) for row in data.areas()) == {
        (BEFORE, "PROVINCE"): 63,
        (BEFORE, "DISTRICT"): 696,
        (BEFORE, "COMMUNE"): 10_035,
        (SINCE, "PROVINCE"): 34,
        (SINCE, "COMMUNE"): 3_321,
    }


def test_with_the_five_districts_without_communes_there_are_10040_lowest_units() -> None:
    parents = {row.parent_code for row in communes(BEFORE).values()}
    districts = {row.code for row in areas().values() if row.kind == "DISTRICT"}
    islands = districts - parents
    assert islands == {"318", "471", "498", "536", "755"}
    assert len(islands) + len(communes(BEFORE)) == 10_040


def test_a_code_is_unique_among_the_areas_of_a_day() -> None:
    assert len(areas()) == len(data.areas())


def test_a_code_tells_its_kind_by_its_length() -> None:
    lengths = {(row.kind, len(row.code), row.code.isdecimal()) for row in areas().values()}
    assert lengths == {("PROVINCE", 2, True), ("DISTRICT", 3, True), ("COMMUNE", 5, True)}


def test_every_parent_exists_is_wider_and_lives_as_long() -> None:
    wider = {"COMMUNE": {"PROVINCE", "DISTRICT"}, "DISTRICT": {"PROVINCE"}}
    for row in areas().values():
        if row.parent_valid_from is None:
            assert row.kind == "PROVINCE"
            assert row.parent_code is None
        else:
            parent = areas()[str(row.parent_code), row.parent_valid_from]
            assert parent.kind in wider[row.kind]
            assert parent.valid_from <= row.valid_from
            assert (row.valid_to or date.max) <= (parent.valid_to or date.max)


def test_the_old_areas_end_where_the_new_begin_and_the_new_are_open() -> None:
    assert {(row.valid_from, row.valid_to) for row in areas().values()} == {(BEFORE, SINCE), (SINCE, None)}


def test_names_are_whole_clean_and_in_their_usual_form() -> None:
    first_words = Counter(row.name.partition(" ")[0] for row in areas().values())
    assert set(first_words) == {"Thành", "Tỉnh", "Quận", "Huyện", "Thị", "Phường", "Xã", "Đặc"}
    for row in areas().values():
        assert row.name == unicodedata.normalize("NFC", " ".join(row.name.split()))
        assert not row.name.startswith("Thị Trấn")


def test_points_lie_in_viet_nam_and_sizes_are_positive() -> None:
    for row in areas().values():
        assert (row.lat is None) == (row.lon is None)
        assert row.lat is None or 8 < row.lat < 24
        assert row.lon is None or 102 < row.lon < 115
        assert row.area_km2 is None or row.area_km2 > 0


def test_nearly_every_area_has_a_point_and_nearly_every_new_commune_a_size() -> None:
    assert sum(row.lat is None for row in areas().values()) == 6
    assert sum(row.area_km2 is None for row in communes(SINCE).values()) == 4


def test_a_corrected_point_lies_near_its_old_units() -> None:
    thanh_binh = areas()["30130", SINCE]
    old = areas()["30130", BEFORE]
    assert abs(float(thanh_binh.lat or 0) - float(old.lat or 0)) < 0.1
    assert abs(float(thanh_binh.lon or 0) - float(old.lon or 0)) < 0.1


@pytest.mark.parametrize("name", ["areas_2004", "areas_2025", "successions_2025"])
def test_a_file_is_small_sorted_and_plain(name: str) -> None:
    content = files("records.areas.data").joinpath(f"{name}.csv").read_bytes()
    assert len(content) < 1024 * 1024
    assert b"\r" not in content
    keys = [(len(line[0]), line[:2]) for line in csv.reader(content.decode("utf-8").splitlines()[1:])]
    assert keys == sorted(keys)


# Successions


def test_each_succession_joins_areas_that_exist_on_the_day_of_the_reform() -> None:
    for row in successions():
        assert areas()[row.old_code, row.old_valid_from].valid_to == row.effective_on
        assert areas()[row.new_code, row.new_valid_from].valid_from == row.effective_on == SINCE
    assert len({(row.old_code, row.new_code) for row in successions()}) == len(successions())


def test_an_area_is_whole_when_it_has_one_successor_and_only_then() -> None:
    for rows in became().values():
        assert [row.whole for row in rows] == ([True] if len(rows) == 1 else [False] * len(rows))


def test_every_old_province_and_commune_has_a_successor_of_its_kind() -> None:
    old = {code for (code, day), row in areas().items() if day == BEFORE and row.kind != "DISTRICT"}
    assert old <= set(became())
    for row in successions():
        if len(row.old_code) != 3:
            assert len(row.new_code) == len(row.old_code)


def test_every_new_area_has_a_predecessor() -> None:
    new = {code for code, day in areas() if day == SINCE}
    assert new == {row.new_code for row in successions()}


def test_only_districts_without_communes_have_a_successor() -> None:
    assert {code: successors(code) for code in became() if len(code) == 3} == {
        "318": {"11948"},
        "471": {"19742"},
        "498": {"20333"},
        "536": {"21548"},
        "755": {"26732"},
    }


def test_no_old_commune_left_its_province() -> None:
    province_of = {row.old_code: row.new_code for row in successions() if len(row.old_code) == 2}
    district_of = {row.code: row.parent_code for row in communes(BEFORE).values()}
    for old, rows in became().items():
        if len(old) == 5:
            old_province = areas()[str(district_of[old]), BEFORE].parent_code
            assert {areas()[row.new_code, SINCE].parent_code for row in rows} == {
                province_of[str(old_province)]
            }


def test_twenty_nine_of_the_471_divided_communes_were_not_divided() -> None:
    divided = [code for code, rows in became().items() if len(rows) > 1]
    assert len(divided) == 471 - 29
    assert sum(len(rows) == 1 and len(code) != 2 for code, rows in became().items()) == 9_569 + 29


def test_the_legal_basis_is_that_of_the_new_province() -> None:
    assert {row.legal_basis for row in successions() if len(row.old_code) == 2} == {"202/2025/QH15"}
    acts = defaultdict(set)
    for row in successions():
        if len(row.new_code) == 5:
            acts[areas()[row.new_code, SINCE].parent_code].add(row.legal_basis)
    assert acts["82"] == {"1663/NQ-UBTVQH15"}
    assert sorted(act for found in acts.values() for act in found) == [
        f"{number}/NQ-UBTVQH15" for number in range(1654, 1688)
    ]


def test_most_new_codes_are_used_again_and_often_with_another_name() -> None:
    old, new = communes(BEFORE), communes(SINCE)
    again = set(old) & set(new)
    assert len(again) == 3_316
    assert {new[code].name.partition(" ")[0] for code in set(new) - again} == {"Đặc"}
    assert sum(old[code].name != new[code].name for code in again) == 2_145


# Đồng Tháp


def test_eight_of_the_nine_units_of_sa_dec_became_phuong_sa_dec() -> None:
    assert areas()["867", BEFORE].name == "Thành phố Sa Đéc"
    assert {code: areas()[code, BEFORE].name for code in communes_in("867")} == SA_DEC
    assert {code: successors(code) for code in SA_DEC} == {
        code: {"30214"} if name == "Xã Tân Phú Đông" else {"29905"} for code, name in SA_DEC.items()
    }
    assert areas()["30214", SINCE].name == "Xã Tân Dương"


def test_phuong_sa_dec_is_those_eight_units_and_nothing_else() -> None:
    assert in_reach("29905", SINCE) == {BEFORE: set(SA_DEC) - {"29923"}, SINCE: {"29905"}}


def test_xa_tan_duong_does_not_lie_in_old_sa_dec() -> None:
    assert in_reach("867", BEFORE) == {BEFORE: {"867", *SA_DEC}, SINCE: {"29905"}}


def test_chau_thanh_is_three_new_communes_exactly() -> None:
    assert areas()["877", BEFORE].name == "Huyện Châu Thành"
    assert in_reach("877", BEFORE) == {
        BEFORE: communes_in("877") | {"877"},
        SINCE: CHAU_THANH_NOW,
    }


def test_all_units_of_chau_thanh_and_no_others_went_into_its_three_communes() -> None:
    assert len(communes_in("877")) == 12
    came_from = {
        areas()[code, SINCE].name: {
            areas()[row.old_code, BEFORE].name for row in successions() if row.new_code == code
        }
        for code in CHAU_THANH_NOW
    }
    assert came_from == CHAU_THANH
    back = set.union(*(in_reach(code, SINCE)[BEFORE] for code in CHAU_THANH_NOW))
    assert (
        back
        == communes_in("877")
        == {row.old_code for row in successions() if row.new_code in CHAU_THANH_NOW}
    )


def test_code_29905_was_phuong_1_and_is_phuong_sa_dec() -> None:
    assert areas()["29905", BEFORE].name == "Phường 1"
    assert areas()["29905", BEFORE].parent_code == "867"
    assert areas()["29905", SINCE].name == "Phường Sa Đéc"
    assert areas()["29905", SINCE].parent_code == "82"


def test_code_82_was_tien_giang_and_is_dong_thap() -> None:
    assert areas()["82", BEFORE].name == "Tỉnh Tiền Giang"
    assert areas()["87", BEFORE].name == "Tỉnh Đồng Tháp"
    assert areas()["82", SINCE].name == "Tỉnh Đồng Tháp"
    assert ("87", SINCE) not in areas()
    names = [row.name for row in communes(SINCE).values() if row.parent_code == "82"]
    assert Counter(name.partition(" ")[0] for name in names) == {"Xã": 82, "Phường": 20}


def test_new_dong_thap_reaches_both_old_provinces_and_all_that_lay_in_them() -> None:
    found = in_reach("82", SINCE)
    old = {"82", "87"}
    districts = {row.code for row in areas().values() if row.kind == "DISTRICT" and row.parent_code in old}
    assert found[BEFORE] == old | districts | set.union(*(communes_in(code) for code in districts))
    assert found[SINCE] == {"82"} | {code for code, row in communes(SINCE).items() if row.parent_code == "82"}


def test_old_dong_thap_does_not_reach_the_new_one() -> None:
    found = in_reach("87", BEFORE)
    assert "82" not in found[SINCE] | found[BEFORE]
    assert {"29905", "30244", "30253", "30259"} <= found[SINCE]


@pytest.mark.parametrize(
    ("code", "district", "into"),
    [
        ("29902", "867", "29905"),
        ("29908", "867", "29905"),
        ("28252", "815", "28249"),
        ("28270", "815", "28270"),
        ("28437", "817", "28435"),
        ("28439", "817", "28439"),
    ],
)
def test_a_numbered_ward_was_not_mixed_up_with_that_of_cao_lanh(code: str, district: str, into: str) -> None:
    assert areas()[code, BEFORE].parent_code == district
    assert successors(code) == {into}


def test_only_three_communes_of_dong_thap_were_really_divided() -> None:
    divided = {
        areas()[old, BEFORE].name: {areas()[row.new_code, SINCE].name for row in rows}
        for old, rows in became().items()
        if len(rows) > 1 and areas()[rows[0].new_code, SINCE].parent_code == "82"
    }
    assert divided == {
        "Xã Gáo Giồng": {"Xã Phong Mỹ", "Xã Phú Cường"},
        "Xã Phú Thuận B": {"Xã Long Phú Thuận", "Xã Tân Long"},
        "Xã Tân Thạnh": {"Xã Tân Thạnh", "Xã Thanh Bình"},
    }


def test_names_alone_are_traps() -> None:
    names = Counter(row.name for row in areas().values() if row.valid_from == BEFORE)
    assert names["Huyện Châu Thành"] == 10
    assert areas()["28519", SINCE].name == "Xã Châu Thành"
    merged = {
        row.code for row in areas().values() if row.kind == "DISTRICT" and row.parent_code in {"82", "87"}
    }
    inside = Counter(row.name for row in communes(BEFORE).values() if row.parent_code in merged)
    assert (inside["Phường 1"], inside["Xã Tân Phú"]) == (5, 4)


# Where records belong


def test_an_old_ward_of_sa_dec_belongs_to_phuong_sa_dec_today() -> None:
    assert homes_of("29902", BEFORE, SINCE, "COMMUNE") == {("29905", "EXACT")}
    assert homes_of("29902", BEFORE, SINCE, "PROVINCE") == {("82", "EXACT")}


def test_phuong_sa_dec_cannot_be_told_apart_into_its_old_wards_but_lies_in_old_sa_dec() -> None:
    found = homes_of("29905", SINCE, BEFORE, "COMMUNE")
    assert found == {(code, "UNAVAILABLE") for code in in_reach("29905", SINCE)[BEFORE]}
    assert homes_of("29905", SINCE, BEFORE, "DISTRICT") == {("867", "EXACT")}
    assert homes_of("29905", SINCE, BEFORE, "PROVINCE") == {("87", "EXACT")}


def test_a_divided_commune_is_guessed_and_its_province_is_sure() -> None:
    (gao_giong,) = (row.code for row in communes(BEFORE).values() if row.name == "Xã Gáo Giồng")
    assert homes_of(gao_giong, BEFORE, SINCE, "COMMUNE") == {(min(successors(gao_giong)), "ESTIMATED")}
    assert homes_of(gao_giong, BEFORE, SINCE, "PROVINCE") == {("82", "EXACT")}


def test_old_chau_thanh_belongs_to_new_dong_thap_and_to_none_of_its_communes_alone() -> None:
    assert homes_of("877", BEFORE, SINCE, "PROVINCE") == {("82", "EXACT")}
    assert homes_of("877", BEFORE, SINCE, "COMMUNE") == set()


def test_new_dong_thap_cannot_be_told_apart_into_the_two_old_provinces() -> None:
    assert homes_of("82", SINCE, BEFORE, "PROVINCE") == {("82", "UNAVAILABLE"), ("87", "UNAVAILABLE")}


def test_every_area_has_a_province_in_either_epoch() -> None:
    for epoch in (BEFORE, SINCE):
        at_home = {area for day, kind, area in homes_by_area() if (day, kind) == (epoch, "PROVINCE")}
        assert at_home == set(versions())


def test_every_old_area_has_exactly_one_sure_province_today() -> None:
    for area in versions().values():
        (home,) = homes_by_area()[SINCE, "PROVINCE", area.id]
        assert home.precision == "EXACT"
