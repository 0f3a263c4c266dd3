"""The points of a review as they are entered and shown: its criteria, total and class."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import Final

from admin.kit.forms.fields import Form
from admin.kit.request import PageRequest
from records.core.errors import Message
from records.core.language import format_number
from records.core.language import gettext_noop as _
from records.nouns.reviews import Evidence, classify
from records.nouns.reviews.reviews import Points
from records.tables import Criterion, Scorecard
from records.tables.reviews import Measure, ReviewClass

_EVIDENCE_TEXTS: Final = {
    Measure.MEETINGS: _("{done} of {of} quarters"),
    Measure.HOUSEHOLDS: _("{done} of {of} households on average"),
    Measure.OUTLINES: _("{done} of {of} outlines discussed"),
    Measure.TIPS: _("{of} tips, {done} proved true"),
    Measure.LEADERS: _("{done} of {of} roles filled"),
}


@dataclass(frozen=True)
class Part:
    """Criteria that belong together; the points given for them, and the most that they give."""

    name: str
    criteria: Sequence[Criterion]
    points: Decimal
    max_points: Decimal


@dataclass(frozen=True)
class Score:
    """The points given so far by a scorecard."""

    card: Scorecard
    criteria: Sequence[Criterion]
    points: Points

    @property
    def total(self) -> Decimal:
        """The sum of the points."""
        return sum((given for given in self.points.values() if given is not None), Decimal(0))

    @property
    def parts(self) -> list[Part]:
        """The parts of the scorecard in their order; one without a name where it has none."""
        grouped = [(name, list(found)) for name, found in groupby(self.criteria, key=lambda one: one.part)]
        return [
            Part(
                name,
                found,
                sum((self.points.get(one.id) or Decimal(0) for one in found), Decimal(0)),
                sum((one.max_points for one in found), Decimal(0)),
            )
            for name, found in grouped
        ]

    @property
    def scored(self) -> int:
        """How many criteria have points."""
        return sum(given is not None for given in self.points.values())

    @property
    def review_class(self) -> ReviewClass:
        """The class that the total gives."""
        return classify(self.total, self.card)

    @property
    def open_points(self) -> Decimal:
        """The most that the criteria without points can add."""
        return sum((one.max_points for one in self.criteria if self.points.get(one.id) is None), Decimal(0))

    @property
    def thresholds(self) -> list[tuple[ReviewClass, Decimal]]:
        """The classes from the lowest to the highest, and the total from which each counts."""
        card = self.card
        return [
            (ReviewClass.WEAK, Decimal(0)),
            (ReviewClass.FAIR, card.fair_from),
            (ReviewClass.GOOD, card.good_from),
            (ReviewClass.EXCELLENT, card.excellent_from),
        ]

    @property
    def bands(self) -> list[tuple[ReviewClass, Decimal, Decimal]]:
        """The classes with the totals at which each begins and ends."""
        ends = [start for _class, start in self.thresholds[1:]] + [Decimal(100)]
        return [(one, start, end) for (one, start), end in zip(self.thresholds, ends, strict=True)]

    @property
    def missing(self) -> tuple[ReviewClass, Decimal] | None:
        """The next better class, and the points that are missing for it."""
        better = [(one, start - self.total) for one, start in self.thresholds if start > self.total]
        return better[0] if better else None


@dataclass(frozen=True)
class Line:
    """A criterion with its points, and what the records say of it."""

    criterion: Criterion
    points: Decimal | None
    evidence: str

    @property
    def name(self) -> str:
        """The name of its input."""
        return f"points-{self.criterion.position}"


Known = Mapping[Measure, Evidence | None]
"""What the records say by measure, as `reviews.evidence` gives it."""


def lines(request: PageRequest, score: Score, known: Known) -> list[Line]:
    """The criteria of a score, with what the records say."""
    return [
        Line(one, score.points.get(one.id), _evidence_text(request, one.measure, known))
        for one in score.criteria
    ]


def _evidence_text(request: PageRequest, measure: Measure | None, known: Known) -> str:
    if measure is None:
        return ""
    if measure not in known:
        return request._("Not visible to you")
    if (found := known[measure]) is None:
        return request._("Not in the records")
    return request._(_EVIDENCE_TEXTS[measure], done=found.done, of=found.of)


def read_points(form: Form, criteria: Sequence[Criterion]) -> dict[str, Decimal | None]:
    """The points that were entered, by the name of the input; problems are added to the form."""
    points = {}
    for one in criteria:
        name = f"points-{one.position}"
        given = form.decimal(name)
        is_outside = given is not None and not 0 <= given <= one.max_points
        if is_outside or name in form.problems:
            most = f"{one.max_points.normalize():f}"
            form.problems[name] = Message(_("Enter points from 0 to {most}."), {"most": most})
        points[name] = None if is_outside else given
    return points


def read_score(form: Form, card: Scorecard, criteria: Sequence[Criterion]) -> Score:
    """The score of what was entered."""
    points = read_points(form, criteria)
    return Score(card, criteria, {one.id: points[f"points-{one.position}"] for one in criteria})


def points_text(request: PageRequest, points: Decimal | None) -> str:
    """Points as people write them; empty for none."""
    return "" if points is None else format_number(request.language, points, 2)
