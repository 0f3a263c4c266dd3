"""Areas that end, merge and split: random histories against slow, obvious rules, and small examples."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from random import Random
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from records.areas.geography import AreaHome, ancestor_pairs, area_homes, epochs, strip_prefix
from records.areas.graph import KINDS, AreaVersion, Succession

START, REFORM, LATER = date(2004, 7, 8), date(2025, 7, 1), date(2026, 3, 1)
DAYS = (START, REFORM, LATER)

# The machine may be busy: a slow example is not a wrong one.
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

History = tuple[list[AreaVersion], list[Succession]]


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Areas of three eras, each in a wider one of its time, that end in none, one or several others."""
    areas: list[AreaVersion] = []
    for number in range(1, draw(st.integers(1, 18)) + 1):
        first = draw(st.integers(0, 2))
        last = draw(st.integers(first, 2))
        area = AreaVersion(
            id=UUID(int=number),
            code=draw(st.sampled_from(["1", "2", "3"])),
            kind=draw(st.sampled_from(KINDS)),
            name=draw(st.sampled_from(["Xã Tân Phú", "Phường Tân Phú", "Xã An Hòa"])),
            valid_from=DAYS[first],
            valid_to=DAYS[last + 1] if last < 2 else None,
            parent=None,
        )
        around = [other for other in areas if may_hold(other, area)]
        parent = draw(st.sampled_from(around)).id if around else None
        areas.append(replace(area, parent=parent))
    successions = []
    for old in areas:
        heirs = [new for new in areas if new.valid_from == old.valid_to]
        into = draw(st.lists(st.sampled_from(heirs), unique=True, max_size=3)) if heirs else []
        successions += [Succession(old.id, new.id, len(into) == 1, new.valid_from) for new in into]
    return areas, successions


def may_hold(parent: AreaVersion, child: AreaVersion) -> bool:
    return (
        KINDS.index(parent.kind) < KINDS.index(child.kind)
        and parent.valid_from <= child.valid_from
        and (child.valid_to or date.max) <= (parent.valid_to or date.max)
    )


def alive(area: AreaVersion, day: date) -> bool:
    return area.valid_from <= day and (area.valid_to is None or day < area.valid_to)


def slow_reach(areas: list[AreaVersion], successions: list[Succession]) -> set[tuple[UUID, UUID]]:
    """The definition, word by word."""
    pairs = set()
    for start in areas:
        members: set[UUID] = set()
        grown = {start.id}
        while grown != members:
            members = grown
            into, out_of = defaultdict(set), defaultdict(set)
            for each in successions:
                into[each.old].add(each.new)
                out_of[each.new].add(each.old)
            grown = (
                members
                | {area.id for area in areas if area.parent in members}
                | {old for old, news in into.items() if news <= members}
                | {new for new, olds in out_of.items() if olds <= members}
            )
        pairs |= {(start.id, member) for member in members}
    return pairs


@unhurried
@given(histories())
def test_reach_is_smallest_set_of_its_definition(history: History) -> None:
    found = list(ancestor_pairs(*history))
    assert len(found) == len(set(found))
    assert set(found) == slow_reach(*history)


@unhurried
@given(histories())
def test_area_reaches_itself_and_areas_below_in_its_time(history: History) -> None:
    areas, successions = history
    by_id = {area.id: area for area in areas}
    found = set(ancestor_pairs(areas, successions))
    for area in areas:
        above: UUID | None = area.id
        while above is not None:
            assert (above, area.id) in found
            above = by_id[above].parent


@unhurried
@given(histories())
def test_home_is_of_its_kind_and_alive_in_its_epoch(history: History) -> None:
    areas, successions = history
    by_id = {area.id: area for area in areas}
    for home in area_homes(areas, successions, DAYS):
        assert by_id[home.home].kind == home.kind
        assert alive(by_id[home.home], home.epoch)


@unhurried
@given(histories())
def test_home_is_only_one_unless_unavailable(history: History) -> None:
    rows = list(area_homes(*history, DAYS))
    assert len(rows) == len(set(rows))
    together: dict[tuple[date, str, UUID], list[AreaHome]] = defaultdict(list)
    for row in rows:
        together[row.epoch, row.kind, row.area].append(row)
    for same in together.values():
        precisions = {row.precision for row in same}
        assert len(precisions) == 1
        assert (len(same) > 1) == (precisions == {"UNAVAILABLE"})


@unhurried
@given(histories())
def test_area_is_its_own_home_in_its_epoch(history: History) -> None:
    areas, successions = history
    by_id = {area.id: area for area in areas}
    rows = {
        (row.epoch, row.area, row.kind, row.home, row.precision)
        for row in area_homes(areas, successions, DAYS)
    }
    for area in areas:
        for day in DAYS:
            if not alive(area, day):
                continue
            step: AreaVersion | None = area
            own = set()
            while step is not None:
                own.add((day, area.id, step.kind, step.id, "EXACT"))
                step = by_id[step.parent] if step.parent else None
            assert {row for row in rows if row[:2] == (day, area.id)} == own


@unhurried
@given(histories())
def test_home_is_estimated_if_ended_and_unavailable_if_future(history: History) -> None:
    areas, successions = history
    by_id = {area.id: area for area in areas}
    for row in area_homes(areas, successions, DAYS):
        area = by_id[row.area]
        if row.precision == "ESTIMATED":
            assert area.valid_to is not None
            assert area.valid_to <= row.epoch
        if row.precision == "UNAVAILABLE":
            assert area.valid_from > row.epoch


@unhurried
@given(histories(), st.randoms())
def test_reach_and_homes_ignore_row_order(history: History, random: Random) -> None:
    areas, successions = history
    shuffled = random.sample(areas, len(areas)), random.sample(successions, len(successions))
    assert Counter(ancestor_pairs(*shuffled)) == Counter(ancestor_pairs(areas, successions))
    assert Counter(area_homes(*shuffled, DAYS)) == Counter(area_homes(areas, successions, DAYS))


@unhurried
@given(histories())
def test_epoch_begins_when_area_begins_or_ends(history: History) -> None:
    areas, _successions = history
    found = epochs(areas)
    assert found == sorted(set(found))
    assert set(found) == {area.valid_from for area in areas} | {
        area.valid_to for area in areas if area.valid_to is not None
    }


def test_epochs_are_empty_without_areas() -> None:
    assert epochs([]) == []


class Story:
    """A small history, told by names: a name is an area's code, name and, in order, its id."""

    def __init__(self) -> None:
        self.areas: dict[str, AreaVersion] = {}
        self.successions: list[Succession] = []

    def area(
        self, name: str, kind: str, parent: str | None = None, *, new: bool = False, code: str = ""
    ) -> None:
        self.areas[name] = AreaVersion(
            id=UUID(int=len(self.areas) + 1),
            code=code or name,
            kind=kind,
            name=name,
            valid_from=REFORM if new else START,
            valid_to=None if new else REFORM,
            parent=self.areas[parent].id if parent else None,
        )

    def became(self, old: str, *into: str) -> None:
        self.successions += [
            Succession(self.areas[old].id, self.areas[new].id, len(into) == 1, REFORM) for new in into
        ]

    def name(self, id_: UUID) -> str:
        return next(name for name, area in self.areas.items() if area.id == id_)

    def reached(self, ancestor: str) -> set[str]:
        pairs = ancestor_pairs(self.areas.values(), self.successions)
        return {self.name(area) for start, area in pairs if self.name(start) == ancestor}

    def homes(self, area: str, day: date, kind: str) -> set[tuple[str, str]]:
        rows: Iterable[AreaHome] = area_homes(self.areas.values(), self.successions, [day])
        found = (row for row in rows if self.name(row.area) == area and row.kind == kind)
        return {(self.name(row.home), row.precision) for row in found}


@pytest.fixture
def story() -> Story:
    """An old province with a district of three wards: A and B merge, C is divided; a hamlet lies in C."""
    told = Story()
    told.area("Tỉnh Cũ", "PROVINCE")
    told.area("Huyện", "DISTRICT", "Tỉnh Cũ")
    told.area("Phường A", "COMMUNE", "Huyện")
    told.area("Phường B", "COMMUNE", "Huyện")
    told.area("Phường C", "COMMUNE", "Huyện")
    told.area("Ấp 1", "HAMLET", "Phường C")
    told.area("Tỉnh Mới", "PROVINCE", new=True)
    told.area("Phường AB", "COMMUNE", "Tỉnh Mới", new=True, code="Phường A")
    told.area("Xã C", "COMMUNE", "Tỉnh Mới", new=True, code="Xã Z")
    told.area("Xã D", "COMMUNE", "Tỉnh Mới", new=True)
    told.became("Tỉnh Cũ", "Tỉnh Mới")
    told.became("Phường A", "Phường AB")
    told.became("Phường B", "Phường AB")
    told.became("Phường C", "Xã C", "Xã D")
    return told


def divide_the_province(story: Story) -> None:
    story.area("Tỉnh Khác", "PROVINCE", new=True)
    story.successions = [each for each in story.successions if each.old != story.areas["Tỉnh Cũ"].id]
    story.became("Tỉnh Cũ", "Tỉnh Mới", "Tỉnh Khác")


def test_merged_ward_reaches_its_predecessors(story: Story) -> None:
    assert story.reached("Phường AB") == {"Phường AB", "Phường A", "Phường B"}


def test_partial_successor_does_not_reach_its_predecessor(story: Story) -> None:
    story.area("Phường E", "COMMUNE", "Huyện")
    story.became("Phường E", "Xã D")
    assert story.reached("Xã D") == {"Xã D", "Phường E"}


def test_predecessor_does_not_reach_merged_ward(story: Story) -> None:
    assert story.reached("Phường A") == {"Phường A"}


def test_ended_district_reaches_successors_of_its_wards(story: Story) -> None:
    assert story.reached("Huyện") == set(story.areas) - {"Tỉnh Cũ", "Tỉnh Mới"}


def test_new_province_reaches_old_one_and_its_areas(story: Story) -> None:
    assert story.reached("Tỉnh Mới") == set(story.areas)


def test_merged_ward_is_exact_home_of_old_records(story: Story) -> None:
    assert story.homes("Phường B", REFORM, "COMMUNE") == {("Phường AB", "EXACT")}


def test_merged_ward_has_unavailable_homes_in_older_epoch(story: Story) -> None:
    expected = {("Phường A", "UNAVAILABLE"), ("Phường B", "UNAVAILABLE")}
    assert story.homes("Phường AB", START, "COMMUNE") == expected


def test_merged_ward_has_exact_old_district(story: Story) -> None:
    assert story.homes("Phường AB", START, "DISTRICT") == {("Huyện", "EXACT")}


def test_divided_ward_is_estimated_by_name_with_exact_province(story: Story) -> None:
    assert story.homes("Phường C", REFORM, "COMMUNE") == {("Xã C", "ESTIMATED")}
    assert story.homes("Phường C", REFORM, "PROVINCE") == {("Tỉnh Mới", "EXACT")}


def test_home_estimate_prefers_code_to_name(story: Story) -> None:
    story.areas["Xã D"] = replace(story.areas["Xã D"], code="Phường C")
    assert story.homes("Phường C", REFORM, "COMMUNE") == {("Xã D", "ESTIMATED")}


def test_home_estimate_takes_lowest_code_when_nothing_matches(story: Story) -> None:
    story.areas["Xã C"] = replace(story.areas["Xã C"], name="Xã Khác")
    assert story.homes("Phường C", REFORM, "COMMUNE") == {("Xã D", "ESTIMATED")}


def test_hamlet_follows_its_ward_when_it_has_no_successor(story: Story) -> None:
    assert story.homes("Ấp 1", REFORM, "HAMLET") == set()
    assert story.homes("Ấp 1", REFORM, "COMMUNE") == {("Xã C", "ESTIMATED")}
    assert story.homes("Ấp 1", REFORM, "PROVINCE") == {("Tỉnh Mới", "EXACT")}


def test_new_hamlet_lies_where_its_ward_lay(story: Story) -> None:
    story.area("Ấp 9", "HAMLET", "Xã D", new=True)
    assert story.homes("Ấp 9", START, "COMMUNE") == {("Phường C", "EXACT")}
    assert story.homes("Ấp 9", START, "HAMLET") == set()


def test_ended_district_has_exact_province_and_no_finer_home(story: Story) -> None:
    assert story.homes("Huyện", REFORM, "PROVINCE") == {("Tỉnh Mới", "EXACT")}
    assert story.homes("Huyện", REFORM, "COMMUNE") == set()
    assert story.homes("Huyện", START, "COMMUNE") == set()


def test_ended_district_follows_wards_when_province_was_divided(story: Story) -> None:
    divide_the_province(story)
    assert story.homes("Huyện", REFORM, "PROVINCE") == {("Tỉnh Mới", "EXACT")}
    assert story.homes("Tỉnh Cũ", REFORM, "PROVINCE") == {("Tỉnh Khác", "ESTIMATED")}


def test_ended_district_follows_province_when_ward_is_unknown(story: Story) -> None:
    story.area("Phường F", "COMMUNE", "Huyện")
    assert story.homes("Huyện", REFORM, "PROVINCE") == {("Tỉnh Mới", "EXACT")}
    assert story.homes("Phường F", REFORM, "PROVINCE") == {("Tỉnh Mới", "EXACT")}
    assert story.homes("Phường F", REFORM, "COMMUNE") == set()
    divide_the_province(story)
    assert story.homes("Huyện", REFORM, "PROVINCE") == {("Tỉnh Khác", "ESTIMATED")}


def test_district_has_commune_as_home_when_it_became_one(story: Story) -> None:
    story.area("Huyện Đảo", "DISTRICT", "Tỉnh Cũ")
    story.area("Đặc khu Đảo", "COMMUNE", "Tỉnh Mới", new=True)
    story.became("Huyện Đảo", "Đặc khu Đảo")
    assert story.homes("Huyện Đảo", REFORM, "COMMUNE") == {("Đặc khu Đảo", "EXACT")}
    assert story.homes("Đặc khu Đảo", START, "DISTRICT") == {("Huyện Đảo", "EXACT")}
    assert story.homes("Đặc khu Đảo", START, "COMMUNE") == set()


def test_area_tree_is_refused_when_parents_form_circle(story: Story) -> None:
    huyen, phuong = story.areas["Huyện"], story.areas["Phường A"]
    story.areas["Huyện"] = replace(huyen, parent=phuong.id)
    with pytest.raises(ValueError, match="not wider"):
        story.reached("Huyện")


def test_area_is_refused_when_it_outlives_its_parent(story: Story) -> None:
    story.areas["Phường A"] = replace(story.areas["Phường A"], valid_to=None)
    with pytest.raises(ValueError, match="parent's life"):
        story.reached("Huyện")


def test_succession_is_refused_when_it_joins_no_end_and_start(story: Story) -> None:
    story.successions.append(Succession(story.areas["Xã C"].id, story.areas["Xã D"].id, True, REFORM))
    with pytest.raises(ValueError, match="must begin on the day"):
        story.reached("Huyện")


def test_whole_succession_is_refused_beside_another(story: Story) -> None:
    story.successions.append(Succession(story.areas["Phường A"].id, story.areas["Xã C"].id, False, REFORM))
    with pytest.raises(ValueError, match="wholly into one"):
        story.homes("Huyện", REFORM, "PROVINCE")


@pytest.mark.parametrize(
    ("name", "bare"),
    [
        ("Phường Sa Đéc", "Sa Đéc"),
        ("Thành phố Sa Đéc", "Sa Đéc"),
        ("Thị trấn Cái Tàu Hạ", "Cái Tàu Hạ"),
        ("Đặc khu Phú Quốc", "Phú Quốc"),
        ("Xãng", "Xãng"),
    ],
)
def test_bare_name_omits_area_kind(name: str, bare: str) -> None:
    assert strip_prefix(name) == bare
