"""The ten tasks that integrators have most often: what to ask for, and by which kind of program."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, Final

from records.core.actor import Scope
from records.core.language import _

_DOCUMENTS: Final = Path(__file__).parent / "documents"


class Kind(StrEnum):
    """How a program goes about it. Each kind has a template for each language, in api/guide/code."""

    ONCE = "once"
    WALK = "walk"
    CHANGE = "change"
    REPORT = "report"
    FEED = "feed"
    STREAM = "stream"
    EXPORT = "export"


@dataclass(frozen=True, slots=True)
class Task:
    """A task; its document is api/guide/documents/<name>.graphql, and asks for the root field `root`."""

    name: str
    title: str
    text: str
    kind: Kind
    scopes: tuple[Scope, ...]
    root: str
    variables: Mapping[str, Any] = field(default_factory=dict)

    @property
    def document(self) -> str:
        """The GraphQL document. It holds no quotes, so that it can stand in any language."""
        return document(self.name)


@cache
def document(name: str) -> str:
    """The document of that name."""
    return (_DOCUMENTS / f"{name}.graphql").read_text(encoding="utf-8").strip()


TASKS: Final = (
    Task(
        "viewer",
        _("Ask who I am"),
        _(
            "What the key is good for: its scopes and areas, when it ends, and its budget. The first call of"
            " a new system. It needs `areas:read` only for the areas."
        ),
        Kind.ONCE,
        (Scope.AREAS_READ,),
        "viewer",
    ),
    Task(
        "groups",
        _("Find groups"),
        _(
            "By area and by words of their names; accents and case do not matter. An area is its code, and"
            " stands for all that lies in it, then and now."
        ),
        Kind.ONCE,
        (Scope.GROUPS_READ,),
        "groups",
        {"area": "82", "search": "tan phu"},
    ),
    Task(
        "tips",
        _("Walk through all tips of an area"),
        _(
            "Page by page, the newest first: for the next page send `endCursor` as `after`, while"
            " `hasNextPage` is true. No page skips or repeats a tip when others come or go in between."
        ),
        Kind.WALK,
        (Scope.TIPS_READ,),
        "tips",
        {"area": "82"},
    ),
    Task(
        "areas",
        _("Translate old area codes into new ones"),
        _(
            "Codes are used again: 82 was Tiền Giang and is Đồng Tháp. So each area has the day from which it"
            " bears its code, and each line says what became of what: all of it (`whole`), or a part. In"
            " filters, `82@2024-12-31` means the area that bore the code on that day."
        ),
        Kind.WALK,
        (Scope.AREAS_READ,),
        "areaSuccessions",
        {"area": "82"},
    ),
    Task(
        "metrics",
        _("Count per commune and quarter"),
        _(
            "Numbers of records that you need not fetch. They are counted in the areas of the day"
            " `geography`, also for the time before; `precision` says whether that is exact. `indicators`"
            " lists what can be counted."
        ),
        Kind.ONCE,
        (Scope.METRICS_READ,),
        "metrics",
        {
            "indicators": ["tips.received", "groups.active"],
            "area": "82",
            "from": "2025-01",
            "to": "2025-12",
            "geography": "2025-07-01",
        },
    ),
    Task(
        "submit",
        _("Pass on a tip"),
        _(
            "Give each tip an `idempotencyKey` of your own, such as its number in your system, and send the"
            " same request again when no answer came: it is stored once. What is wrong with the input comes"
            " back as `problems`, and then nothing is stored. Leave out who passed it on: the API takes no"
            " such thing."
        ),
        Kind.CHANGE,
        (Scope.TIPS_WRITE,),
        "submitTip",
        {
            "input": {
                "title": "Thử nghiệm: người lạ mặt ở đầu khóm",
                "category": "STRANGERS",
                "area": "29905",
                "idempotencyKey": "mau-2026-000123",
            }
        },
    ),
    Task(
        "figure",
        _("Report a figure"),
        _(
            "A number as a unit reported it, with what its source says. The unit is an organisation: find its"
            " `id` first. To correct a figure, report it anew with the old one's `id` as `supersedes`."
        ),
        Kind.REPORT,
        (Scope.FIGURES_WRITE,),
        "reportFigure",
        {
            "find": {"area": "82", "search": "Công an tỉnh Đồng Tháp"},
            "input": {
                "indicator": "reported.tips",
                "area": "82",
                "value": 71,
                "period": "Quý 3 năm 2026",
                "periodFrom": "2026-07-01",
                "periodTo": "2026-09-30",
                "sourceText": "71 tin",
                "sourceName": "Báo cáo thử nghiệm quý 3",
                "idempotencyKey": "mau-2026-q3",
            },
        },
    ),
    Task(
        "copy",
        _("Keep a copy with the change feed"),
        _(
            "The first run gets every record as it stands, a later one what changed since. An entry with a"
            " `record` takes the place of what you have under its `recordId`; one that is `deleted` is to be"
            " forgotten. Go on while `hasMore` is true, and keep the cursor with the copy. Run it every few"
            " minutes, or whenever you are told of a change."
        ),
        Kind.FEED,
        (Scope.CHANGES_READ, Scope.TIPS_READ, Scope.GROUPS_READ),
        "changes",
    ),
    Task(
        "live",
        _("Be told at once"),
        _(
            "A subscription tells the same feed as it grows, as server-sent events. Each message carries the"
            " cursor to go on from: send it as `after` when the connection was lost, and nothing is missed."
            " Start with the cursor of your copy."
        ),
        Kind.STREAM,
        (Scope.CHANGES_READ, Scope.TIPS_READ, Scope.GROUPS_READ),
        "changes",
    ),
    Task(
        "export",
        _("Take away a whole list"),
        _(
            "The service writes the list into a file, as it is at one moment: one record a line, compressed."
            " Ask every few seconds whether it is done, fetch it with the same key, and compare its SHA-256"
            " with the `digest`. The list is a query with `nodes` alone, without `first` and `after`."
        ),
        Kind.EXPORT,
        (Scope.EXPORTS_RUN, Scope.TIPS_READ),
        "startExport",
        {"area": "82"},
    ),
)
