"""Make the area files of records/data out of the open data set `vietnamadminunits`.

Run by hand, when a new release of the data set is taken over:

    python -m venv scratch && scratch/bin/pip install --no-deps vietnamadminunits==1.0.4
    scratch/bin/python scripts/areas.py           # writes the files
    scratch/bin/python scripts/areas.py --check   # compares the files with what it would write

Only the data of the package is read, none of its code runs. What is corrected on the way
stands in the tables below; each correction is checked against the data and reported.
"""

import argparse
import csv
import io
import json
import math
import sqlite3
import sys
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from statistics import fmean

SOURCE = "vietnamadminunits"
VERSION = "1.0.4"
OUT = Path(__file__).resolve().parent.parent / "records" / "data"

EDITIONS = [("2004", "2004-07-08", "2025-07-01"), ("2025", "2025-07-01", "")]

PROVINCES_ACT = "202/2025/QH15"
# The Standing Committee's resolutions of 16 June 2025 stand in the alphabetical order of these provinces, but
# for a few; by the code of the new province.
COMMUNES_ACTS = {
    "01": 1656, "04": 1657, "08": 1684, "11": 1661, "12": 1670, "14": 1681, "15": 1673, "19": 1683, "20": 1672,
    "22": 1679, "24": 1658, "25": 1676, "31": 1669, "33": 1666, "37": 1674, "38": 1686, "40": 1678, "42": 1665,
    "44": 1680, "46": 1675, "48": 1659, "51": 1677, "52": 1664, "56": 1667, "66": 1660, "68": 1671, "75": 1662,
    "79": 1685, "80": 1682, "82": 1663, "86": 1687, "91": 1654, "92": 1668, "96": 1655,
}  # fmt: skip

# Old commune → new commune that the data set names although another commune of the same name went there.
FALSE_LINKS = {
    ("06079", "06184"),
    ("10798", "11911"),
    ("11890", "10804"),
    ("11890", "10843"),
    ("25462", "27694"),
    ("27691", "25459"),
    ("28252", "29869"),
    ("28270", "29869"),
    ("28437", "29869"),
    ("28439", "29869"),
    ("28924", "29734"),
    ("29623", "29182"),
    ("29734", "28921"),
    ("29902", "29869"),
    ("29908", "29869"),
    ("31246", "31726"),
    ("31268", "31666"),
    ("31378", "31654"),
    ("31379", "31582"),
    ("31438", "31741"),
    ("31474", "31741"),
    ("31480", "31639"),
    ("31483", "31591"),
    ("31582", "31378"),
    ("31606", "31495"),
    ("31657", "31378"),
    ("31666", "31288"),
    ("31669", "31480"),
    ("31714", "31246"),
    ("31741", "31408"),
    ("31744", "31473"),
}

# Pairs of new communes whose points and sizes the data set gives to each other.
SWAPPED = [("04924", "08296"), ("28615", "30130")]
# New communes whose point lies far off in another part of the country; their old units know better.
MISPLACED = ["04714", "06757", "06967", "29983"]
# Old units with the point of another place: a namesake, or the mainland seat of an island district.
PLACELESS = {
    "2004": {"31379", "498", "576", "22736", "22737", "22739"},
}
FAR_KM = 15
ASTRAY_KM = 40


@dataclass(frozen=True)
class Area:
    """A line of an area file."""

    code: str
    kind: str
    name: str
    parent: str
    lat: float | None
    lon: float | None
    km2: float | None = None


@dataclass
class Report:
    """What was corrected and what only looks odd, in words."""

    false_links: list[str] = field(default_factory=list)
    points: list[str] = field(default_factory=list)
    sizes: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    islands: list[str] = field(default_factory=list)
    marked_keys: list[str] = field(default_factory=list)


def main() -> int:
    """Write the files, or with --check say which of them differ. Gives the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing, compare with the files that are there")
    check = parser.parse_args().check
    files = make(package_data())
    stale = [name for name, text in files.items() if not _same(OUT / name, text)]
    for name in stale:
        if not check:
            (OUT / name).write_text(files[name], encoding="utf-8", newline="\n")
        print(f"{name}: {'differs' if check else 'written'}")
    print(f"{len(files) - len(stale)} of {len(files)} files were up to date")
    return 1 if check and stale else 0


def package_data() -> Path:
    """The folder with the data of the installed package. Exits when it is missing or another release."""
    spec = find_spec(SOURCE)
    if spec is None or spec.origin is None:
        sys.exit(f"{SOURCE} is not installed: see the top of this file")
    if version(SOURCE) != VERSION:
        sys.exit(f"the corrections are for {SOURCE} {VERSION}, not {version(SOURCE)}")
    return Path(spec.origin).parent / "data"


def make(data: Path) -> dict[str, str]:
    """The text of every file, by its name."""
    source = Source(data)
    report = Report(marked_keys=sorted(source.marked_keys()))
    links = without_false_links(source, report)
    old = {area.code: area for area in source.old}
    new = {area.code: area for area in source.new}
    correct_places(old, new, links, report)
    note_oddities(old, new, links, report)
    successions = [*province_lines(source), *commune_lines(links, new)]
    header = ["code", "kind", "name", "parent_code", "lat", "lon", "area_km2"]
    return {
        "editions.csv": _csv(["edition", "valid_from", "valid_to"], EDITIONS),
        "areas_2004.csv": _csv(header, map(_line, in_order(old.values()))),
        "areas_2025.csv": _csv(header, map(_line, in_order(new.values()))),
        "successions_2025.csv": _csv(["old_code", "new_code", "whole", "legal_basis"], successions),
        "CORRECTIONS.md": report_text(report, links),
    }


class Source:
    """The package's data, by code. `links` holds old and new codes of communes, `provinces` those of provinces."""

    def __init__(self, data: Path) -> None:
        database = sqlite3.connect(f"file:{data / 'dataset.db'}?mode=ro", uri=True)
        database.row_factory = sqlite3.Row
        old_rows = database.execute("SELECT * FROM admin_units_legacy").fetchall()
        new_rows = database.execute("SELECT * FROM admin_units").fetchall()
        database.close()
        converter = json.loads((data / "converter_2025.json").read_text(encoding="utf-8"))
        self.old = sorted({*_areas(old_rows, with_districts=True)}, key=lambda area: area.code)
        self.new = sorted({*_areas(new_rows, with_districts=False)}, key=lambda area: area.code)
        # An island district without communes stands in the table as a line without a commune: its own code then.
        self._old_codes = {_old_key(row): row["wardCode"] or row["districtCode"] for row in old_rows}
        self._new_codes = {(row["provinceKey"], row["wardKey"]): row["wardCode"] for row in new_rows}
        old_provinces = {row["provinceKey"]: row["provinceCode"] for row in old_rows}
        new_provinces = {row["provinceKey"]: row["provinceCode"] for row in new_rows}
        self.provinces = sorted(
            (old_provinces[old], new_provinces[new])
            for new, olds in converter["DICT_PROVINCE"].items()
            for old in olds
        )
        self.links = sorted(self._whole(converter) | self._parts(converter))

    def _whole(self, converter: dict[str, dict[str, dict[str, list[str]]]]) -> set[tuple[str, str]]:
        return {
            (self._old_codes[old], self._new_codes[province, new])
            for province, communes in converter["DICT_PROVINCE_WARD_NO_DIVIDED"].items()
            for new, olds in communes.items()
            for old in olds
        }

    def _parts(self, converter: dict[str, dict[str, dict[str, list[dict[str, str]]]]]) -> set[tuple[str, str]]:
        return {
            (self._old_codes[old], self._new_codes[province, part["newWardKey"]])
            for province, communes in converter["DICT_PROVINCE_WARD_DIVIDED"].items()
            for old, parts in communes.items()
            for part in parts
        }

    def marked_keys(self) -> set[str]:
        """The package's keys that kept their accents, because two names differ in nothing else."""
        keys = {*self._old_codes, *("_".join(key) for key in self._new_codes)}
        return {key for key in keys if not key.isascii()}


def _old_key(row: sqlite3.Row) -> str:
    return f"{row['provinceKey']}_{row['districtKey']}_{row['wardKey'] or ''}"


def _areas(rows: list[sqlite3.Row], *, with_districts: bool) -> Iterable[Area]:
    for row in rows:
        yield _area(row, "province", "PROVINCE", "")
        if with_districts:
            yield _area(row, "district", "DISTRICT", row["provinceCode"])
        if row["wardCode"]:
            parent = row["districtCode"] if with_districts else row["provinceCode"]
            yield _area(row, "ward", "COMMUNE", parent)


def _area(row: sqlite3.Row, level: str, kind: str, parent: str) -> Area:
    return Area(
        code=row[f"{level}Code"],
        kind=kind,
        name=unicodedata.normalize("NFC", " ".join(row[level].split())).replace("Thị Trấn ", "Thị trấn "),
        parent=parent,
        lat=round(row[f"{level}Lat"], 5),
        lon=round(row[f"{level}Lon"], 5),
        km2=row["wardAreaKm2"] if kind == "COMMUNE" and "wardAreaKm2" in row.keys() else None,  # noqa: SIM118
    )


Links = dict[str, list[str]]


def without_false_links(source: Source, report: Report) -> Links:
    """Each old commune's new ones, without the false links. Exits when the data hold an unknown suspect."""
    old = {area.code: area for area in source.old}
    new = {area.code: area for area in source.new}
    if missing := FALSE_LINKS - set(source.links):
        sys.exit(f"no longer in the data: {sorted(missing)}")
    if unknown := set(suspects(source.links, old)) - FALSE_LINKS:
        sys.exit(f"look at these links, whose old commune has a namesake that went there too: {sorted(unknown)}")
    links: Links = defaultdict(list)
    for before, after in source.links:
        if (before, after) not in FALSE_LINKS:
            links[before].append(after)
    for before, after in sorted(FALSE_LINKS):
        remaining = ", ".join(_label(new[code]) for code in links[before])
        namesakes = _namesakes(before, after, source.links, old)
        report.false_links.append(
            f"{_label(old[before])}, {_upwards(old, before)} → {_label(new[after])}: not so; "
            f"meant was {'; '.join(_label(old[code]) + ', ' + _upwards(old, code) for code in namesakes)}. "
            f"It went to {remaining}."
        )
    report.islands = [
        f"{_label(old[code])} → {_label(new[links[code][0]])}" for code in sorted(links) if old[code].kind == "DISTRICT"
    ]
    return links


def suspects(links: list[tuple[str, str]], old: dict[str, Area]) -> Iterable[tuple[str, str]]:
    """Links of split communes to a far place that took a namesake, but nothing whole from the own district."""
    targets = Counter(before for before, _ in links)
    into: Links = defaultdict(list)
    for before, after in links:
        into[after].append(before)
    for before, after in links:
        namesakes = set(_namesakes(before, after, links, old)) if targets[before] > 1 else set()
        others = [code for code in into[after] if targets[code] == 1 and code not in namesakes]
        if not namesakes or any(old[code].parent == old[before].parent for code in others):
            continue
        if all(_distance(old[before], old[code]) > FAR_KM for code in others):
            yield before, after


def _namesakes(before: str, after: str, links: list[tuple[str, str]], old: dict[str, Area]) -> list[str]:
    """Old communes of the same name in other districts that went to the same new commune."""
    return [
        code
        for code, target in links
        if target == after
        and _folded(old[code].name) == _folded(old[before].name)
        and old[code].parent != old[before].parent
        and (code, target) not in FALSE_LINKS - {(before, after)}
    ]


def correct_places(old: dict[str, Area], new: dict[str, Area], links: Links, report: Report) -> None:
    """Put right the points and sizes that are known to be wrong."""
    for one, other in SWAPPED:
        a, b = new[one], new[other]
        new[one] = replace(a, lat=b.lat, lon=b.lon, km2=b.km2)
        new[other] = replace(b, lat=a.lat, lon=a.lon, km2=a.km2)
        report.points.append(f"{_label(a)} and {_label(b)} stood in each other's place: exchanged.")
    for code in sorted(PLACELESS["2004"]):
        old[code] = replace(old[code], lat=None, lon=None)
        report.points.append(f"{_label(old[code])}, {_upwards(old, code)}: the point of another place, left out.")
    into = _predecessors(links)
    for code in MISPLACED:
        lat, lon = _middle(old[before] for before in into[code])
        moved = _distance(new[code], replace(new[code], lat=lat, lon=lon))
        new[code] = replace(new[code], lat=lat, lon=lon)
        report.points.append(f"{_label(new[code])}: moved {moved:.0f} km to the middle of its old units.")
    for code, area in sorted(new.items()):
        if area.kind == "COMMUNE" and not area.km2:
            new[code] = replace(area, km2=None)
            report.sizes.append(f"{_label(area)}: no size in the data set, left out.")


def note_oddities(old: dict[str, Area], new: dict[str, Area], links: Links, report: Report) -> None:
    """Report points that lie far from those of the old units and were kept: nothing says which of them is wrong."""
    for code, befores in sorted(_predecessors(links).items()):
        placed = [old[before] for before in befores if old[before].lat is not None]
        if placed:
            lat, lon = _middle(placed)
            away = _distance(new[code], replace(new[code], lat=lat, lon=lon))
            if away > ASTRAY_KM / 2:
                report.kept.append(f"{_label(new[code])}: {away:.0f} km from the middle of its old units.")


def province_lines(source: Source) -> list[list[str]]:
    """Each old province went wholly into one new province."""
    return [[before, after, "1", PROVINCES_ACT] for before, after in source.provinces]


def commune_lines(links: Links, new: dict[str, Area]) -> list[list[str]]:
    """Each old commune (and each district without communes) with its new ones."""
    return [
        [before, after, "1" if len(afters) == 1 else "0", f"{COMMUNES_ACTS[new[after].parent]}/NQ-UBTVQH15"]
        for before, afters in sorted(links.items())
        for after in sorted(afters)
    ]


def report_text(report: Report, links: Links) -> str:
    """The report as Markdown."""
    splits = sum(len(afters) > 1 for afters in links.values())
    sections = [
        (
            f"False links: {len(report.false_links)} removed",
            "An old commune was said to have gone, in part, into a new one far away, because a commune of the same "
            f"name did. {len(links) - splits} old units now have one successor, {splits} have several.",
            report.false_links,
        ),
        (
            "Districts without communes",
            "The data set lists them among the communes. They stay districts and have a commune as successor.",
            report.islands,
        ),
        ("Points", "", report.points),
        ("Sizes", "", report.sizes),
        (
            "Points that look odd and were kept",
            f"More than {ASTRAY_KM // 2} km from the middle of the old units; nothing says which of them is wrong.",
            report.kept,
        ),
        (
            f"Keys with accents: {len(report.marked_keys)}",
            "The data set's keys have no accents, but for these, whose names differ in nothing else. All keys were "
            "replaced by codes; none was lost or confused.",
            report.marked_keys,
        ),
    ]
    text = "# Corrections\n\nWritten by `scripts/areas.py`; do not edit.\n"
    for title, words, items in sections:
        text += f"\n## {title}\n" + (f"\n{words}\n" if words else "")
        text += "\n" + "".join(f"- {item}\n" for item in items)
    return text


def in_order(areas: Iterable[Area]) -> list[Area]:
    """The areas by kind, the widest first, then by code."""
    return sorted(areas, key=lambda area: (len(area.code), area.code))


def _predecessors(links: Links) -> Links:
    into: Links = defaultdict(list)
    for before, afters in links.items():
        for after in afters:
            into[after].append(before)
    return into


def _middle(areas: Iterable[Area]) -> tuple[float, float]:
    points = [(area.lat, area.lon) for area in areas if area.lat is not None and area.lon is not None]
    return round(fmean(lat for lat, _ in points), 5), round(fmean(lon for _, lon in points), 5)


def _distance(one: Area, other: Area) -> float:
    """Kilometres between the points of two areas; 0 when one has none."""
    if one.lat is None or one.lon is None or other.lat is None or other.lon is None:
        return 0.0
    lat1, lon1, lat2, lon2 = (math.radians(degrees) for degrees in (one.lat, one.lon, other.lat, other.lon))
    half = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * 6371 * math.asin(math.sqrt(half))


def _folded(text: str) -> str:
    letters = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def _label(area: Area) -> str:
    return f"{area.name} ({area.code})"


def _upwards(areas: dict[str, Area], code: str) -> str:
    names = []
    while code := areas[code].parent:
        names.append(areas[code].name)
    return ", ".join(names)


def _line(area: Area) -> list[str]:
    numbers = ["" if number is None else f"{number:g}" for number in (area.km2,)]
    point = ["" if degrees is None else f"{degrees:.5f}".rstrip("0").rstrip(".") for degrees in (area.lat, area.lon)]
    return [area.code, area.kind, area.name, area.parent, *point, *numbers]


def _csv(header: list[str], lines: Iterable[Iterable[str]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(lines)
    return out.getvalue()


def _same(path: Path, text: str) -> bool:
    return path.exists() and path.read_text(encoding="utf-8") == text


if __name__ == "__main__":
    sys.exit(main())
