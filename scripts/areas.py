"""Make the area files of records/areas/data out of the open data set `vietnamadminunits`.

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
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from statistics import fmean

SOURCE = "vietnamadminunits"
VERSION = "1.0.4"
OUT = Path(__file__).resolve().parent.parent / "records" / "areas" / "data"

EDITIONS = [("2004", "2004-07-08", "2025-07-01"), ("2025", "2025-07-01", "")]

PROVINCES_ACT = "202/2025/QH15"
# The Standing Committee's resolution of 16 June 2025 on the communes of each new province.
COMMUNES_ACTS = {
    "01": 1656, "04": 1657, "08": 1684, "11": 1661, "12": 1670, "14": 1681, "15": 1673, "19": 1683,
    "20": 1672, "22": 1679, "24": 1658, "25": 1676, "31": 1669, "33": 1666, "37": 1674, "38": 1686,
    "40": 1678, "42": 1665, "44": 1680, "46": 1675, "48": 1659, "51": 1677, "52": 1664, "56": 1667,
    "66": 1660, "68": 1671, "75": 1662, "79": 1685, "80": 1682, "82": 1663, "86": 1687, "91": 1654,
    "92": 1668, "96": 1655,
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

# Pairs of new communes whose points the data set gives to each other.
SWAPPED_COORDINATES = [("04924", "08296"), ("28615", "30130")]
# New communes whose point lies in another part of the country; their old units know better.
MISPLACED = ["04714", "06757", "06967", "29983"]
# Old units with the point of another place: a namesake, or the mainland seat of an island district.
WITHOUT_COORDINATES = ["22736", "22737", "22739", "31379", "498", "576"]
# How a few names write their kind, and how the others do.
MISSPELLED = ("Thị Trấn ", "Thị trấn ")

FAR_KM = 15
ODD_KM = 20


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
    """The corrections made, and the values that only look odd, as lines of text."""

    false_links: list[str] = field(default_factory=list)
    islands: list[str] = field(default_factory=list)
    points: list[str] = field(default_factory=list)
    odd_points: list[str] = field(default_factory=list)


Links = dict[str, list[str]]


def main() -> int:
    """Write the files, or with --check say which of them differ. Gives the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing, compare with the files there")
    check = parser.parse_args().check
    files = make(package_data())
    stale = [name for name, text in files.items() if not _is_unchanged(OUT / name, text)]
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
    source, report = Source(data), Report()
    links = true_links(source, report)
    correct_points(source, links, report)
    header = ["code", "kind", "name", "parent_code", "lat", "lon", "area_km2"]
    return {
        "editions.csv": _csv(["edition", "valid_from", "valid_to"], EDITIONS),
        "areas_2004.csv": _csv(header, map(_line, in_order(source.old))),
        "areas_2025.csv": _csv(header, map(_line, in_order(source.new))),
        "successions_2025.csv": _csv(
            ["old_code", "new_code", "whole", "legal_basis"], succession_lines(source, links)
        ),
        "CORRECTIONS.md": report_text(source, links, report),
    }


class Source:
    """The package's data by code: the areas, and the old and new codes of provinces and of communes."""

    def __init__(self, data: Path) -> None:
        database = sqlite3.connect(f"file:{data / 'dataset.db'}?mode=ro", uri=True)
        database.row_factory = sqlite3.Row
        old = database.execute("SELECT * FROM admin_units_legacy").fetchall()
        new = database.execute("SELECT *, NULL AS districtCode FROM admin_units").fetchall()
        database.close()
        converter = json.loads((data / "converter_2025.json").read_text(encoding="utf-8"))
        self.old = {area.code: area for row in old for area in _areas(row)}
        self.new = {area.code: area for row in new for area in _areas(row)}
        # An island district without communes is a line without a commune: it goes by its own code.
        old_codes = {_old_key(row): row["wardCode"] or row["districtCode"] for row in old}
        new_codes = {(row["provinceKey"], row["wardKey"]): row["wardCode"] for row in new}
        whole, divided = converter["DICT_PROVINCE_WARD_NO_DIVIDED"], converter["DICT_PROVINCE_WARD_DIVIDED"]
        self.communes = {
            (old_codes[before], new_codes[province, after])
            for province, communes in whole.items()
            for after, origins in communes.items()
            for before in origins
        } | {
            (old_codes[before], new_codes[province, after["newWardKey"]])
            for province, communes in divided.items()
            for before, afters in communes.items()
            for after in afters
        }
        old_provinces = {row["provinceKey"]: row["provinceCode"] for row in old}
        new_provinces = {row["provinceKey"]: row["provinceCode"] for row in new}
        self.provinces = {
            (old_provinces[before], new_provinces[after])
            for after, origins in converter["DICT_PROVINCE"].items()
            for before in origins
        }
        names = {row["ward"] for row in [*old, *new] if row["ward"]}
        self.miswritten = sorted(name for name in names if name.startswith(MISSPELLED[0]))
        keys = {*old_codes, *("_".join(key) for key in new_codes)}
        self.accented_keys = sorted(key for key in keys if not key.isascii())


def _old_key(row: sqlite3.Row) -> str:
    return f"{row['provinceKey']}_{row['districtKey']}_{row['wardKey'] or ''}"


def _areas(row: sqlite3.Row) -> Iterable[Area]:
    """The province, the district and the commune of a line, as far as it has them."""
    yield _area(row, "province", "PROVINCE", "")
    if row["districtCode"]:
        yield _area(row, "district", "DISTRICT", row["provinceCode"])
    if row["wardCode"]:
        yield _area(row, "ward", "COMMUNE", row["districtCode"] or row["provinceCode"])


def _area(row: sqlite3.Row, level: str, kind: str, parent: str) -> Area:
    return Area(
        code=row[f"{level}Code"],
        kind=kind,
        name=unicodedata.normalize("NFC", row[level]).replace(*MISSPELLED),
        parent=parent,
        lat=round(row[f"{level}Lat"], 5),
        lon=round(row[f"{level}Lon"], 5),
        # Only the new communes have a size; where it is unknown, some lines say nothing and some say 0.
        km2=(dict(row).get(f"{level}AreaKm2") or None),
    )


def true_links(source: Source, report: Report) -> Links:
    """The new communes of each old one, without the false links. Exits when there may be more of those."""
    if missing := FALSE_LINKS - source.communes:
        sys.exit(f"no longer in the data: {sorted(missing)}")
    if unknown := suspicious_links(source) - FALSE_LINKS:
        sys.exit(f"look at these, where a namesake of the old commune went: {sorted(unknown)}")
    old, new = source.old, source.new
    links = _grouped(source.communes - FALSE_LINKS)
    into = _grouped((after, before) for before, after in source.communes - FALSE_LINKS)
    for before, after in sorted(FALSE_LINKS):
        meant = [_place(old, code) for code in into[after] if old[code].name == old[before].name]
        went = [_label(new[code]) for code in links[before]]
        report.false_links.append(
            f"{_place(old, before)} → {_label(new[after])}: not so, that was {', '.join(meant)}. "
            f"It went to {', '.join(went)}."
        )
    report.islands = [
        f"{_label(old[before])} → {_label(new[after])}"
        for before, afters in links.items()
        for after in afters
        if old[before].kind == "DISTRICT"
    ]
    return links


def suspicious_links(source: Source) -> set[tuple[str, str]]:
    """Links of divided communes to a far place that took a namesake and nothing whole from their district."""
    old = source.old
    links = _grouped(source.communes)
    into = _grouped((after, before) for before, after in source.communes)
    found = set()
    for before, after in source.communes:
        whole = [old[code] for code in into[after] if len(links[code]) == 1]
        abroad = [old[code] for code in into[after] if old[code].parent != old[before].parent]
        if (
            len(links[before]) > 1
            and any(_normalize(each.name) == _normalize(old[before].name) for each in abroad)
            and not any(each.parent == old[before].parent for each in whole)
            and all(_distance(old[before], each) > FAR_KM for each in whole)
        ):
            found.add((before, after))
    return found


def correct_points(source: Source, links: Links, report: Report) -> None:
    """Put right the points that are known to be wrong, and list the odd ones."""
    old, new = source.old, source.new
    for code, other in SWAPPED_COORDINATES:
        a, b = new[code], new[other]
        new[code], new[other] = replace(a, lat=b.lat, lon=b.lon), replace(b, lat=a.lat, lon=a.lon)
        report.points.append(f"{_label(a)} and {_label(b)} stood in each other's place: exchanged.")
    for code in WITHOUT_COORDINATES:
        old[code] = replace(old[code], lat=None, lon=None)
        report.points.append(f"{_place(old, code)}: the point of another place, left out.")
    into = _grouped((after, before) for before, afters in links.items() for after in afters)
    for code, origins in into.items():
        placed = [(area.lat, area.lon) for area in map(old.get, origins) if area and area.lat and area.lon]
        if not placed:
            continue
        lat, lon = (round(fmean(degrees), 5) for degrees in zip(*placed, strict=True))
        middle = replace(new[code], lat=lat, lon=lon)
        away = f"{_label(new[code])}: {_distance(new[code], middle):.0f} km from the middle of its old units"
        if code in MISPLACED:
            new[code] = middle
            report.points.append(f"{away}, moved there.")
        elif _distance(new[code], middle) > ODD_KM:
            report.odd_points.append(f"{away}.")


def succession_lines(source: Source, links: Links) -> list[list[str]]:
    """Each old province, commune and district without communes with what it became."""
    provinces = [[before, after, "1", PROVINCES_ACT] for before, after in sorted(source.provinces)]
    communes = [
        [before, after, str(int(len(afters) == 1)), f"{COMMUNES_ACTS[source.new[after].parent]}/NQ-UBTVQH15"]
        for before, afters in sorted(links.items(), key=lambda link: (len(link[0]), link[0]))
        for after in afters
    ]
    return provinces + communes


def report_text(source: Source, links: Links, report: Report) -> str:
    """The report as Markdown."""
    divided = sum(len(afters) > 1 for afters in links.values())
    unsized = [_label(area) for area in in_order(source.new) if area.kind == "COMMUNE" and not area.km2]
    sections = {
        f"""False links: {len(report.false_links)} removed

An old commune was said to have gone, in part, to a new one far away, because a commune of the same name did.
Now {len(links) - divided} old units have one successor and {divided} have several.""": report.false_links,
        """Districts without communes

The data set lists them among the communes. They stay districts; a commune succeeds them.""": report.islands,
        "Points": report.points,
        f"""Points that look odd and were kept

They are more than {ODD_KM} km off the middle of the old units; nothing says which of them is wrong.""": (
            report.odd_points
        ),
        "Communes whose size the data set does not know": unsized,
        f"{MISSPELLED[0].strip()} written as {MISSPELLED[1].strip()}": source.miswritten,
        f"""Keys with accents: {len(source.accented_keys)}

The keys by which the data set joins its tables have no accents, but for these, where two names differ in
nothing else. Codes took the place of all keys; none was lost.""": source.accented_keys,
    }
    text = "# Corrections\n\nWritten by `scripts/areas.py`; do not edit.\n"
    for heading, items in sections.items():
        text += f"\n## {heading}\n\n" + "".join(f"- {item}\n" for item in items)
    return text


def in_order(areas: dict[str, Area]) -> list[Area]:
    """The areas by kind, the widest first, then by code."""
    return sorted(areas.values(), key=lambda area: (len(area.code), area.code))


def _grouped(pairs: Iterable[tuple[str, str]]) -> Links:
    links: Links = defaultdict(list)
    for key, value in sorted(pairs):
        links[key].append(value)
    return links


def _distance(one: Area, other: Area) -> float:
    """Kilometres between the points of two areas."""
    points = (one.lat or 0.0, one.lon or 0.0, other.lat or 0.0, other.lon or 0.0)
    lat1, lon1, lat2, lon2 = (math.radians(degrees) for degrees in points)
    across = math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * 6371 * math.asin(math.sqrt(math.sin((lat2 - lat1) / 2) ** 2 + across))


def _normalize(text: str) -> str:
    letters = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def _label(area: Area) -> str:
    return f"{area.name} ({area.code})"


def _place(areas: dict[str, Area], code: str) -> str:
    """The area's label and the names of those above it."""
    label = _label(areas[code])
    while code := areas[code].parent:
        label += f", {areas[code].name}"
    return label


def _line(area: Area) -> list[str]:
    numbers = ["" if number is None else f"{number:.8g}" for number in (area.lat, area.lon, area.km2)]
    return [area.code, area.kind, area.name, area.parent, *numbers]


def _csv(header: list[str], lines: Iterable[Iterable[str]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(lines)
    return out.getvalue()


def _is_unchanged(path: Path, text: str) -> bool:
    return path.exists() and path.read_text(encoding="utf-8") == text


if __name__ == "__main__":
    sys.exit(main())
