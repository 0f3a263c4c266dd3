"""Distributions of made-up tips: times, channels, categories and outcomes."""

from typing import Final

from records.demo.generator.phrases import TITLES
from records.demo.generator.randomness import Weighted
from records.tables.tips import Channel, LegalKind, OutcomeKind, Priority

_C, _O = Channel, OutcomeKind

# More before Tết and in the dry months, fewer in the floods.
MONTHS: Final = (1.35, 1.2, 1.05, 1.0, 0.95, 0.9, 0.9, 0.85, 0.8, 0.85, 1.0, 1.25)
WEEKDAYS: Final = (0.95, 0.9, 0.9, 0.95, 1.1, 1.25, 1.15)
HOURS: Final = Weighted(
    dict(enumerate((2, 1, 1, 1, 1, 2, 4, 6, 7, 7, 6, 5, 4, 4, 5, 5, 6, 7, 8, 9, 9, 8, 6, 4)))
)
CHANNELS_BEFORE: Final = Weighted(
    {_C.PHONE: 34, _C.IN_PERSON: 24, _C.ZALO: 20, _C.MEETING: 12, _C.BOX: 6, _C.FACEBOOK: 4}
)
CHANNELS_NOW: Final = Weighted(
    {_C.ZALO: 52, _C.PHONE: 19, _C.IN_PERSON: 11, _C.FACEBOOK: 9, _C.MEETING: 7, _C.BOX: 2}
)
LEGAL: Final = Weighted(
    {LegalKind.SOURCE: 95.0, LegalKind.REPORT: 3.2, LegalKind.DENUNCIATION: 1.5, LegalKind.PROPOSAL: 0.3}
)
CATEGORIES: Final = Weighted({code: weight for code, (weight, _) in TITLES.items()})
PRIORITIES: Final = Weighted(
    {Priority.NORMAL: 70.0, Priority.HIGH: 16.0, Priority.LOW: 10.0, Priority.URGENT: 4.0}
)
SPEED_BY_PRIORITY: Final = {Priority.LOW: 0.6, Priority.NORMAL: 1.0, Priority.HIGH: 2.0, Priority.URGENT: 6.0}

USUAL_OUTCOMES: Final = Weighted(
    {_O.WARNING: 34, _O.UNFOUNDED: 22, _O.FINE: 16, _O.REFERRED: 14, _O.OTHER: 14}
)
OUTCOMES: Final = {
    "ROBBERY": Weighted({_O.ARREST: 30, _O.CASE_SOLVED: 30, _O.REFERRED: 15, _O.UNFOUNDED: 25}),
    "THEFT": Weighted({_O.CASE_SOLVED: 28, _O.ARREST: 18, _O.WARNING: 14, _O.REFERRED: 10, _O.UNFOUNDED: 30}),
    "CONTRABAND": Weighted({_O.CASE_SOLVED: 25, _O.FINE: 25, _O.ARREST: 10, _O.UNFOUNDED: 40}),
    "GAMBLING": Weighted({_O.SPOT_CLEARED: 38, _O.FINE: 30, _O.WARNING: 17, _O.UNFOUNDED: 15}),
    "SOCIAL_EVILS": Weighted({_O.SPOT_CLEARED: 25, _O.FINE: 30, _O.WARNING: 20, _O.UNFOUNDED: 25}),
    "DRUGS": Weighted(
        {_O.ARREST: 25, _O.CASE_SOLVED: 15, _O.SPOT_CLEARED: 15, _O.REFERRED: 20, _O.UNFOUNDED: 25}
    ),
}
COUNTED_BY_HEAD: Final = frozenset({_O.ARREST, _O.FINE, _O.WARNING})
