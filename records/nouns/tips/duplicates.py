"""Likely duplicates of a tip: the rule is in docs/reference/duplicates.md."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import Final

from tortoise.expressions import Q, Subquery

from records.core.actor import Actor
from records.core.dates import to_local_date
from records.core.text import normalize_for_search
from records.nouns.tips.noun import visible_to
from records.tables import AreaReach, Tip
from records.tables.tips import TipStatus

WITHIN: Final = timedelta(days=7)
MIN_SHARED_PAIRS: Final = 2
MIN_SHARE: Final = 0.4
MAX_SHOWN: Final = 3
# More than come from one commune in two weeks.
_MAX_COMPARED: Final = 500
_MAX_PHRASES: Final = 3
# Of a text; what matters stands at its beginning.
_MAX_LENGTH: Final = 2_000
_WORD: Final = re.compile(r"[^\W_]+")
_Pair = tuple[str, str]


@dataclass(frozen=True)
class LikelyDuplicate:
    """Another tip, the days between the two, and the words that both have."""

    tip: Tip
    days_apart: int
    phrases: tuple[str, ...]


async def likely_duplicates(actor: Actor, tip: Tip) -> list[LikelyDuplicate]:
    """The tips that may tell of the same as `tip`, the most alike first. Raises `PermissionDenied`."""
    inside = AreaReach.filter(ancestor_id=tip.area_id).values("area_id")
    around = AreaReach.filter(area_id=tip.area_id).values("ancestor_id")
    near = visible_to(actor).filter(
        Q(area_id__in=Subquery(inside)) | Q(area_id__in=Subquery(around)),
        received_at__gte=tip.received_at - WITHIN,
        received_at__lte=tip.received_at + WITHIN,
    )
    others = near.exclude(Q(id=tip.id) | Q(status=TipStatus.DUPLICATE))
    own = _pairs(tip)
    alike = []
    for other in await others.order_by("-received_at").limit(_MAX_COMPARED):
        theirs = _pairs(other)
        shared = own & theirs
        share = len(shared) / max(min(len(own), len(theirs)), 1)
        if len(shared) >= MIN_SHARED_PAIRS and share >= MIN_SHARE:
            alike.append((share, -abs(other.received_at - tip.received_at), other, shared))
    alike.sort(key=lambda one: one[:2], reverse=True)
    return [
        LikelyDuplicate(other, _days_apart(tip, other), _phrases(tip, shared))
        for _share, _nearness, other, shared in alike[:MAX_SHOWN]
    ]


def _days_apart(tip: Tip, other: Tip) -> int:
    return abs((to_local_date(other.received_at) - to_local_date(tip.received_at)).days)


def _words(tip: Tip) -> list[str]:
    return _WORD.findall(f"{tip.title}\n{tip.body[:_MAX_LENGTH]}")


def _folded_pairs(words: Iterable[str]) -> list[_Pair]:
    return list(pairwise(normalize_for_search(word) for word in words))


def _pairs(tip: Tip) -> set[_Pair]:
    """The pairs of neighbouring syllables: most words of Vietnamese have two."""
    return set(_folded_pairs(_words(tip)))


def _phrases(tip: Tip, shared: set[_Pair]) -> tuple[str, ...]:
    """The longest runs of words of `tip` that consist of shared pairs."""
    words, runs, run = _words(tip), list[list[str]](), list[str]()
    for index, pair in enumerate(_folded_pairs(words)):
        if pair not in shared:
            run = []
            continue
        if not run:
            run = [words[index]]
            runs.append(run)
        run.append(words[index + 1])
    phrases = dict.fromkeys(" ".join(one) for one in sorted(runs, key=len, reverse=True))
    return tuple(phrases)[:_MAX_PHRASES]
