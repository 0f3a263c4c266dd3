"""The area files: their counts, their shape, and what is known of the reorganisation of Đồng Tháp."""

import csv
import unicodedata
from collections import Counter, defaultdict
from datetime import date
from importlib.resources import files

import pytest

from records.areas import data
from tests.records.areas.data_support import (
    BEFORE,
    SINCE,
    areas,
    became,
    communes,
    homes_by_area,
    successions,
    successors,
    versions,
)

# Counts and shape


def test_area_counts_are_official_ones() -> None:
    assert Counter((row.valid_from, row.kind) for row in data.areas()) == {
        (BEFORE, "PROVINCE"): 63,
        (BEFORE, "DISTRICT"): 696,
        (BEFORE, "COMMUNE"): 10_035,
        (SINCE, "PROVINCE"): 34,
        (SINCE, "COMMUNE"): 3_321,
    }


def test_lowest_units_are_10040_with_five_island_districts() -> None:
    parents = {row.parent_code for row in communes(BEFORE).values()}
    districts = {row.code for row in areas().values() if row.kind == "DISTRICT"}
    islands = districts - parents
    assert islands == {"318", "471", "498", "536", "755"}
    assert len(islands) + len(communes(BEFORE)) == 10_040


def test_area_code_is_unique_on_each_day() -> None:
    assert len(areas()) == len(data.areas())


def test_area_code_length_tells_its_kind() -> None:
    lengths = {(row.kind, len(row.code), row.code.isdecimal()) for row in areas().values()}
    assert lengths == {("PROVINCE", 2, True), ("DISTRICT", 3, True), ("COMMUNE", 5, True)}


def test_parent_areas_are_wider_and_live_as_long() -> None:
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


def test_old_areas_end_where_new_ones_begin() -> None:
    assert {(row.valid_from, row.valid_to) for row in areas().values()} == {(BEFORE, SINCE), (SINCE, None)}


def test_area_names_are_whole_and_clean() -> None:
    first_words = Counter(row.name.partition(" ")[0] for row in areas().values())
    assert set(first_words) == {"Thành", "Tỉnh", "Quận", "Huyện", "Thị", "Phường", "Xã", "Đặc"}
    for row in areas().values():
        assert row.name == unicodedata.normalize("NFC", " ".join(row.name.split()))
        assert not row.name.startswith("Thị Trấn")


def test_area_points_lie_in_viet_nam_and_sizes_are_positive() -> None:
    for row in areas().values():
        assert (row.lat is None) == (row.lon is None)
        assert row.lat is None or 8 < row.lat < 24
        assert row.lon is None or 102 < row.lon < 115
        assert row.area_km2 is None or row.area_km2 > 0


def test_areas_mostly_have_points_and_new_communes_sizes() -> None:
    assert sum(row.lat is None for row in areas().values()) == 6
    assert sum(row.area_km2 is None for row in communes(SINCE).values()) == 4


def test_corrected_point_lies_near_its_old_units() -> None:
    thanh_binh = areas()["30130", SINCE]
    old = areas()["30130", BEFORE]
    assert abs(float(thanh_binh.lat or 0) - float(old.lat or 0)) < 0.1
    assert abs(float(thanh_binh.lon or 0) - float(old.lon or 0)) < 0.1


@pytest.mark.parametrize("name", ["areas_2004", "areas_2025", "successions_2025"])
def test_area_files_are_small_sorted_and_plain(name: str) -> None:
    content = files("records.areas.data").joinpath(f"{name}.csv").read_bytes()
    assert len(content) < 1024 * 1024
    assert b"\r" not in content
    keys = [(len(line[0]), line[:2]) for line in csv.reader(content.decode("utf-8").splitlines()[1:])]
    assert keys == sorted(keys)


# Successions


def test_successions_join_areas_existing_on_day_of_reform() -> None:
    for row in successions():
        assert areas()[row.old_code, row.old_valid_from].valid_to == row.effective_on
        assert areas()[row.new_code, row.new_valid_from].valid_from == row.effective_on == SINCE
    assert len({(row.old_code, row.new_code) for row in successions()}) == len(successions())


def test_area_is_whole_only_when_it_has_one_successor() -> None:
    for rows in became().values():
        assert [row.whole for row in rows] == ([True] if len(rows) == 1 else [False] * len(rows))


def test_old_areas_have_successors_of_their_kind() -> None:
    old = {code for (code, day), row in areas().items() if day == BEFORE and row.kind != "DISTRICT"}
    assert old <= set(became())
    for row in successions():
        if len(row.old_code) != 3:
            assert len(row.new_code) == len(row.old_code)


def test_new_areas_have_predecessors() -> None:
    new = {code for code, day in areas() if day == SINCE}
    assert new == {row.new_code for row in successions()}


def test_districts_have_successors_only_when_without_communes() -> None:
    assert {code: successors(code) for code in became() if len(code) == 3} == {
        "318": {"11948"},
        "471": {"19742"},
        "498": {"20333"},
        "536": {"21548"},
        "755": {"26732"},
    }


def test_old_communes_stay_in_their_province() -> None:
    province_of = {row.old_code: row.new_code for row in successions() if len(row.old_code) == 2}
    district_of = {row.code: row.parent_code for row in communes(BEFORE).values()}
    for old, rows in became().items():
        if len(old) == 5:
            old_province = areas()[str(district_of[old]), BEFORE].parent_code
            assert {areas()[row.new_code, SINCE].parent_code for row in rows} == {
                province_of[str(old_province)]
            }


def test_divided_communes_exclude_29_that_were_not() -> None:
    divided = [code for code, rows in became().items() if len(rows) > 1]
    assert len(divided) == 471 - 29
    assert sum(len(rows) == 1 and len(code) != 2 for code, rows in became().items()) == 9_569 + 29


def test_legal_basis_is_that_of_new_province() -> None:
    assert {row.legal_basis for row in successions() if len(row.old_code) == 2} == {"202/2025/QH15"}
    acts = defaultdict(set)
    for row in successions():
        if len(row.new_code) == 5:
            acts[areas()[row.new_code, SINCE].parent_code].add(row.legal_basis)
    assert acts["82"] == {"1663/NQ-UBTVQH15"}
    assert sorted(act for found in acts.values() for act in found) == [
        f"{number}/NQ-UBTVQH15" for number in range(1654, 1688)
    ]


def test_new_codes_are_mostly_reused_often_with_other_names() -> None:
    old, new = communes(BEFORE), communes(SINCE)
    again = set(old) & set(new)
    assert len(again) == 3_316
    assert {new[code].name.partition(" ")[0] for code in set(new) - again} == {"Đặc"}
    assert sum(old[code].name != new[code].name for code in again) == 2_145


def test_areas_have_province_in_both_epochs() -> None:
    for epoch in (BEFORE, SINCE):
        at_home = {area for day, kind, area in homes_by_area() if (day, kind) == (epoch, "PROVINCE")}
        assert at_home == set(versions())


def test_old_areas_have_one_exact_province_today() -> None:
    for area in versions().values():
        (home,) = homes_by_area()[SINCE, "PROVINCE", area.id]
        assert home.precision == "EXACT"
