"""The areas of Đồng Tháp before and after the reform."""

from collections import Counter, defaultdict
from datetime import date
from functools import cache
from uuid import UUID

import pytest

from records.areas.geography import ancestor_pairs
from tests.records.areas.data_support import (
    BEFORE,
    SINCE,
    areas,
    became,
    communes,
    homes_by_area,
    ids,
    links,
    successions,
    successors,
    versions,
)

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
def reached() -> dict[UUID, set[UUID]]:
    found = defaultdict(set)
    for ancestor, area in ancestor_pairs(versions().values(), links()):
        found[ancestor].add(area)
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


# Đồng Tháp


def test_sa_dec_units_become_phuong_sa_dec_except_one() -> None:
    assert areas()["867", BEFORE].name == "Thành phố Sa Đéc"
    assert {code: areas()[code, BEFORE].name for code in communes_in("867")} == SA_DEC
    assert {code: successors(code) for code in SA_DEC} == {
        code: {"30214"} if name == "Xã Tân Phú Đông" else {"29905"} for code, name in SA_DEC.items()
    }
    assert areas()["30214", SINCE].name == "Xã Tân Dương"


def test_phuong_sa_dec_consists_of_eight_units() -> None:
    assert in_reach("29905", SINCE) == {BEFORE: set(SA_DEC) - {"29923"}, SINCE: {"29905"}}


def test_xa_tan_duong_lies_outside_old_sa_dec() -> None:
    assert in_reach("867", BEFORE) == {BEFORE: {"867", *SA_DEC}, SINCE: {"29905"}}


def test_chau_thanh_becomes_three_communes() -> None:
    assert areas()["877", BEFORE].name == "Huyện Châu Thành"
    assert in_reach("877", BEFORE) == {
        BEFORE: communes_in("877") | {"877"},
        SINCE: CHAU_THANH_NOW,
    }


def test_chau_thanh_communes_come_from_all_its_units_only() -> None:
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


def test_new_dong_thap_reaches_both_old_provinces() -> None:
    found = in_reach("82", SINCE)
    old = {"82", "87"}
    districts = {row.code for row in areas().values() if row.kind == "DISTRICT" and row.parent_code in old}
    assert found[BEFORE] == old | districts | set.union(*(communes_in(code) for code in districts))
    assert found[SINCE] == {"82"} | {code for code, row in communes(SINCE).items() if row.parent_code == "82"}


def test_old_dong_thap_does_not_reach_new_one() -> None:
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
def test_numbered_ward_is_not_confused_with_that_of_cao_lanh(code: str, district: str, into: str) -> None:
    assert areas()[code, BEFORE].parent_code == district
    assert successors(code) == {into}


def test_divided_communes_of_dong_thap_are_three() -> None:
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


def test_area_names_are_ambiguous() -> None:
    names = Counter(row.name for row in areas().values() if row.valid_from == BEFORE)
    assert names["Huyện Châu Thành"] == 10
    assert areas()["28519", SINCE].name == "Xã Châu Thành"
    merged = {
        row.code for row in areas().values() if row.kind == "DISTRICT" and row.parent_code in {"82", "87"}
    }
    inside = Counter(row.name for row in communes(BEFORE).values() if row.parent_code in merged)
    assert (inside["Phường 1"], inside["Xã Tân Phú"]) == (5, 4)


# Where records belong


def test_old_ward_of_sa_dec_belongs_to_phuong_sa_dec() -> None:
    assert homes_of("29902", BEFORE, SINCE, "COMMUNE") == {("29905", "EXACT")}
    assert homes_of("29902", BEFORE, SINCE, "PROVINCE") == {("82", "EXACT")}


def test_phuong_sa_dec_has_old_district_but_no_single_old_ward() -> None:
    found = homes_of("29905", SINCE, BEFORE, "COMMUNE")
    assert found == {(code, "UNAVAILABLE") for code in in_reach("29905", SINCE)[BEFORE]}
    assert homes_of("29905", SINCE, BEFORE, "DISTRICT") == {("867", "EXACT")}
    assert homes_of("29905", SINCE, BEFORE, "PROVINCE") == {("87", "EXACT")}


def test_divided_commune_is_estimated_and_its_province_exact() -> None:
    (gao_giong,) = (row.code for row in communes(BEFORE).values() if row.name == "Xã Gáo Giồng")
    assert homes_of(gao_giong, BEFORE, SINCE, "COMMUNE") == {(min(successors(gao_giong)), "ESTIMATED")}
    assert homes_of(gao_giong, BEFORE, SINCE, "PROVINCE") == {("82", "EXACT")}


def test_old_chau_thanh_belongs_to_dong_thap_and_to_no_commune() -> None:
    assert homes_of("877", BEFORE, SINCE, "PROVINCE") == {("82", "EXACT")}
    assert homes_of("877", BEFORE, SINCE, "COMMUNE") == set()


def test_new_dong_thap_belongs_to_no_single_old_province() -> None:
    assert homes_of("82", SINCE, BEFORE, "PROVINCE") == {("82", "UNAVAILABLE"), ("87", "UNAVAILABLE")}
