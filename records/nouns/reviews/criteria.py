"""The criteria of a scorecard as entered, and what holds of them together."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from records.core.errors import ProblemCode
from records.core.language import gettext_noop as _
from records.core.text import normalize_text
from records.core.validation import Validator
from records.tables.reviews import Measure

MAX_CRITERIA: Final = 30
FULL_POINTS: Final = 100
_NAME_LENGTH: Final = 300
_PART_LENGTH: Final = 120


@dataclass(frozen=True)
class CriterionDraft:
    """A criterion as entered; those with the same `part` follow one another and are added up."""

    name: str
    max_points: Decimal | None
    measure: Measure | None = None
    part: str = ""


def check_criteria(check: Validator, criteria: Sequence[CriterionDraft]) -> None:
    """Adds the problems of each criterion, and of all together."""
    if not 1 <= len(criteria) <= MAX_CRITERIA:
        text = _("Enter from 1 to {most} criteria.")
        check.add("criteria", text, ProblemCode.OUT_OF_RANGE, most=MAX_CRITERIA)
    for index, one in enumerate(criteria):
        check.text(f"part-{index}", one.part, max_length=_PART_LENGTH)
        check.text(f"criterion-{index}", one.name, max_length=_NAME_LENGTH, required=True)
        if one.max_points is None or not is_score(one.max_points, Decimal(FULL_POINTS)) or not one.max_points:
            text = _("Enter points above 0, with at most two decimals.")
            check.add(f"max_points-{index}", text, ProblemCode.OUT_OF_RANGE)
    _check_parts(check, [normalize_text(one.part) for one in criteria])
    total = sum((one.max_points or Decimal(0) for one in criteria), Decimal(0))
    if total != FULL_POINTS:
        text = _("The maximum points add up to {total}; they must add up to {full}.")
        check.add(
            "criteria", text, ProblemCode.INCONSISTENT, total=f"{total.normalize():f}", full=FULL_POINTS
        )


def _check_parts(check: Validator, parts: Sequence[str]) -> None:
    for index, part in enumerate(parts):
        if part in parts[:index] and part != parts[index - 1]:
            text = _("The criteria of a part follow one another.")
            check.add(f"part-{index}", text, ProblemCode.INCONSISTENT)


def is_score(points: Decimal, most: Decimal) -> bool:
    """Whether `points` are from 0 to `most`, with at most two decimals."""
    return points.is_finite() and 0 <= points <= most and points == round(points, 2)
