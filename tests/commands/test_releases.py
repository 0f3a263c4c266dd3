"""Releases of the schema: what breaks callers is refused, everything else is told in the changelog."""

from datetime import date
from pathlib import Path

import pytest
from graphql import build_schema

from api.schema.assembly import text
from commands import _releases
from commands._releases import Release, changelog, changes, contract_errors, freeze, releases
from records.core.dates import today
from records.core.settings import OperatorError

DAY = date(2027, 6, 1)
OLD = '''
"""Things."""
type Query {
  """One."""
  tip(by: Order = CODE, code: String, old: Int): Tip
  """All."""
  tips(filter: Filter): [Tip!]!
  """Any."""
  found: Found
}
"""A tip."""
type Tip implements Node { id: ID!, text: String, body: String, made: Old }
interface Node { id: ID! }
type Old { was: Int }
type Area { code: String! }
union Found = Tip | Area
input Filter { code: String, first: Int = 1 }
enum Order { CODE, NAME }
directive @cost(weight: Int) on FIELD_DEFINITION | OBJECT
'''
DEPRECATED = OLD.replace(
    "made: Old", 'made: Old @deprecated(reason: "Use `Tip.body`. Since 2026-11-01, gone after 2027-05-31.")'
)


def test_changelog_matches_releases_and_breaks_no_client() -> None:
    released = releases()
    found = changes(released[-1].text, text(), today())
    assert found.breaking == []
    assert _releases.CHANGELOG.read_text(encoding="utf-8") == changelog(released, text(), today())
    # What is dangerous is listed there.
    assert all(f"- {line}\n" in changelog(released, text(), today()) for line in found.dangerous)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("text: String, ", ""),
        ("body: String", "body: Int"),
        (", code: String, old: Int", ", old: Int"),
        ("code: String, old: Int", "code: String!, old: Int"),
        ("tips(filter: Filter)", "tips(filter: Filter, area: String!)"),
        ("[Tip!]!", "[Tip!]"),
        ("CODE, NAME", "CODE"),
        ("Tip | Area", "Tip"),
        ("type Tip implements Node", "type Tip"),
        ("first: Int = 1", "first: Int! = 1, must: Int!"),
        ("input Filter", "input Filter @oneOf"),
        ("directive @cost(weight: Int)", "directive @cost"),
        (" | OBJECT", ""),
    ],
)
def test_change_is_breaking_when_queries_may_rely_on_part(old: str, new: str) -> None:
    assert old in OLD
    assert changes(OLD, OLD, DAY) == _releases.Changes()
    assert changes(OLD, OLD.replace(old, new), DAY).breaking


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("CODE, NAME", "CODE, NAME, AREA", "Enum value Order.AREA was added."),
        ("Order = CODE", "Order = NAME", "Query.tip(by:) has changed defaultValue from CODE to NAME."),
        ("first: Int = 1", "first: Int = 2", "Filter.first has changed defaultValue from 1 to 2."),
        ("Tip | Area", "Tip | Area | Old", "Old was added to union type Found."),
        ("type Old {", "type Old implements Node { id: ID!", "Node added to interfaces implemented by Old."),
        ("input Filter {", "input Filter { area: String,", "An optional field Filter.area was added."),
        ("old: Int)", "old: Int, area: Int)", "An optional argument Query.tip(area:) was added."),
        (
            "text: String",
            "text: String @cost(weight: 5)",
            "Tip.text said no directive and says @cost(weight: 5).",
        ),
        ("type Area {", "type Area @cost(weight: 0) {", "Area said no directive and says @cost(weight: 0)."),
    ],
)
def test_change_is_dangerous_when_clients_may_misread_it(old: str, new: str, told: str) -> None:
    found = changes(OLD, OLD.replace(old, new), DAY)
    assert (found.breaking, found.dangerous) == ([], [told])


@pytest.mark.parametrize(("weight", "told"), [(7, 1), (5, 0)])
def test_changes_list_weight_when_it_differs(weight: int, told: int) -> None:
    before, after = (OLD.replace("text: String", f"text: String @cost(weight: {one})") for one in (5, weight))
    found = changes(before, after, DAY)
    assert found.dangerous == ["Tip.text said @cost(weight: 5) and says @cost(weight: 7)."][:told]


def test_deprecated_part_is_removed_only_when_its_day_has_passed() -> None:
    reason = "Use `Tip.body`. Since 2026-11-01, gone after 2027-05-31."
    assert changes(OLD, DEPRECATED, date(2026, 11, 1)).deprecated == [f"`Tip.made`: {reason}"]
    gone = OLD.replace(", made: Old", "").replace("type Old { was: Int }", "")
    early = changes(DEPRECATED, gone, date(2027, 5, 31))
    assert early.breaking == ["Old was removed.", "Field Tip.made was removed."]
    # With it goes the type to which nothing else leads.
    in_time = changes(DEPRECATED, gone, DAY)
    assert (in_time.breaking, in_time.removed) == ([], ["`Tip.made` (use `Tip.body`)"])
    # Nothing was said of this one.
    assert changes(DEPRECATED, gone.replace("text: String, ", ""), DAY).breaking == [
        "Field Tip.text was removed."
    ]
    sooner = DEPRECATED.replace("2027-05-31", "2027-05-01")
    assert changes(DEPRECATED, sooner, DAY).breaking == [
        "The last day of Tip.made was 2027-05-31 and has become 2027-05-01."
    ]


def test_deprecation_is_faulty_when_short_or_without_replacement() -> None:
    said = [line for line in contract_errors(build_schema(DEPRECATED)) if "description" not in line]
    assert said == []
    for old, new, told in (
        ("gone after 2027-05-31", "gone after 2027-04-29", "Tip.made goes less than 180 days after"),
        ("Tip.body", "Tip.nothing", "Tip.made names Tip.nothing instead"),
        ("Tip.body", "Tip.made", "Tip.made names Tip.made instead"),
    ):
        said = [
            line
            for line in contract_errors(build_schema(DEPRECATED.replace(old, new)))
            if "description" not in line
        ]
        assert len(said) == 1
        assert said[0].startswith(told)


def test_changelog_lists_releases_newest_first() -> None:
    described = OLD.replace('"""One."""', '"""The one."""').replace("was: Int", "was: Int, is: Int")
    released = [
        Release("0.1.0", date(2026, 11, 1), OLD),
        Release("0.2.0", date(2026, 12, 1), described),
        Release("0.10.0", date(2027, 1, 1), described),
    ]
    page = changelog(released, described.replace("CODE, NAME", "CODE, NAME, AREA"), DAY)
    assert page.partition("\n## ")[2].splitlines() == [
        "Not released yet",
        *("", "### Dangerous", "", "- Enum value Order.AREA was added."),
        *("", "## 0.10.0, 2027-01-01", "", "Nothing that callers see."),
        *("", "## 0.2.0, 2026-12-01"),
        *("", "### Added or widened", "", "- Field Old.is was added."),
        *("", "### Described anew", "", "- field Query.tip"),
        *("", "## 0.1.0, 2026-11-01", "", "The first."),
    ]
    assert "Not released yet" not in changelog(released, described, DAY)


def test_release_is_frozen_unchanged_and_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_releases, "FOLDER", tmp_path / "schema")
    freeze("0.9.0", OLD, DAY)
    freeze("0.10.0", DEPRECATED, DAY)
    assert releases() == [Release("0.9.0", DAY, OLD), Release("0.10.0", DAY, DEPRECATED)]
    for name in ("0.10.0", "0.9.1", "1", "../1.0.0", "v1.0.0"):
        with pytest.raises(OperatorError, match=r"after 0\.10\.0"):
            freeze(name, DEPRECATED, DAY)
    with pytest.raises(OperatorError, match=r"Enum value Order\.NAME was removed"):
        freeze("0.11.0", DEPRECATED.replace("CODE, NAME", "CODE"), DAY)
    assert len(releases()) == 2
