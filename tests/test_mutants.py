"""The mistakes that `make mutants` makes, and the reasons for those that no test notices."""

import tomllib
from pathlib import Path

from scripts.mutation import Position, mutants

ROOT = Path(__file__).parents[1]
TABLE = tomllib.loads((ROOT / "tests" / "mutants.toml").read_text(encoding="utf-8"))
REASONS = TABLE.get("survivors", [])
SOURCE = '''"""A module."""
MOST: int = 3
NAMES = {"a", "b"}


@property
def held(given: str, *, most: int = MOST) -> bool:
    """Whether it is."""
    if given < "x" and not most:
        events.log(given)
        raise ValueError("a text for people")
    with LOCK:
        given.filter(most, of=1)
    return given.first().second() - 1
'''


def test_mutants_are_single_common_mistakes() -> None:
    assert [(mutant.number, mutant.change) for mutant in mutants(SOURCE)] == [
        (2, "3 → 4"),
        (3, "without 'a'"),
        (3, "without 'b'"),
        (3, "'a' → 'ax'"),
        (3, "'b' → 'bx'"),
        (6, "without property"),
        (9, "given < 'x' and (not most) → not (given < 'x' and (not most))"),
        (9, "without given < 'x'"),
        (9, "without not most"),
        (9, "given < 'x' and (not most) → given < 'x' or not most"),
        (9, "given < 'x' → given <= 'x'"),
        (9, "given < 'x' → given >= 'x'"),
        (9, "'x' → 'xx'"),
        (9, "not most → most"),
        (11, "raise ValueError('a text for people') → pass"),
        (12, "with LOCK: → if True:"),
        (13, "given.filter(most, of=1) → pass"),
        (13, "without of=1"),
        (13, "without most"),
        (13, "1 → 2"),
        (14, "return given.first().second() - 1 → return None"),
        (14, "given.first().second() - 1 → given.first().second() + 1"),
        (14, "1 → 2"),
    ]


def test_mutant_is_whole_module_and_knows_its_place() -> None:
    found = mutants(SOURCE)
    assert [mutant.position for mutant in found[:6]] == [*[Position.CONSTANT] * 5, Position.REST]
    assert {mutant.position for mutant in found[6:]} == {Position.BODY}
    assert "MOST: int = 4" in found[0].source
    assert found[0].line == "MOST: int = 3"
    assert len({mutant.source for mutant in found}) == len(found)


def test_reasons_match_possible_mutants() -> None:
    for module in {reason["module"] for reason in REASONS}:
        assert module in TABLE["modules"]
        there = {
            (mutant.line, mutant.change) for mutant in mutants((ROOT / module).read_text(encoding="utf-8"))
        }
        for reason in REASONS:
            if reason["module"] == module:
                assert (reason["line"], reason["change"]) in there
                assert len(reason["reason"]) > 20, reason


def test_modules_and_their_tests_exist() -> None:
    for module, tests in TABLE["modules"].items():
        assert all((ROOT / path).is_file() for path in (module, *tests))
