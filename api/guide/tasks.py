"""The ten most common tasks of integrators: their GraphQL documents and kinds of program."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, Final

from records.core.actor import Scope
from records.core.language import _

_DOCUMENTS: Final = Path(__file__).parent / "documents"


class ProgramKind(StrEnum):
    """The kind of program. Each has a template for each programming language in api/guide/code."""

    IDEMPOTENCY = "idempotency"
    WALK = "walk"
    CHANGE = "change"
    REPORT = "report"
    FEED = "feed"
    STREAM = "stream"
    EXPORT = "export"


@dataclass(frozen=True, slots=True)
class Task:
    """A task; its document is api/guide/documents/<name>.graphql and selects the root field `root`."""

    name: str
    title: str
    text: str
    kind: ProgramKind
    scopes: tuple[Scope, ...]
    root: str
    variables: Mapping[str, Any] = field(default_factory=dict)

    @property
    def document(self) -> str:
        """The GraphQL document. It has no quotes, so that it can be embedded in any language."""
        return document(self.name)


@cache
def document(name: str) -> str:
    """The document with this name."""
    return (_DOCUMENTS / f"{name}.graphql").read_text(encoding="utf-8").strip()


TASKS: Final = (
    Task(
        "viewer",
        _("Find out who I am"),
        _(
            "What the key gives access to: its scopes and areas, its expiry and its budget. The "
            "first request of a new system. `areas:read` is needed only for the areas."
        ),
        ProgramKind.IDEMPOTENCY,
        (Scope.AREAS_READ,),
        "viewer",
    ),
    Task(
        "groups",
        _("Find groups"),
        _(
            "By area and by words of the name, ignoring accents and case. An area is given by its "
            "code and includes everything within it, past and present."
        ),
        ProgramKind.IDEMPOTENCY,
        (Scope.GROUPS_READ,),
        "groups",
        {"area": "82", "search": "tan phu"},
    ),
    Task(
        "tips",
        _("Page through all tips of an area"),
        _(
            "Page by page, newest first: for the next page, send `endCursor` as `after` while "
            "`hasNextPage` is true. No page skips or repeats a tip when others are added or removed "
            "in between."
        ),
        ProgramKind.WALK,
        (Scope.TIPS_READ,),
        "tips",
        {"area": "82"},
    ),
    Task(
        "areas",
        _("Translate old area codes into new ones"),
        _(
            "Codes are reused: 82 was Tiền Giang and is now Đồng Tháp. So each area has a date from "
            "which it has its code, and each line says which area became which: all of it (`whole`) "
            "or a part. In filters, `82@2024-12-31` means the area that had the code on that day."
        ),
        ProgramKind.WALK,
        (Scope.AREAS_READ,),
        "areaSuccessions",
        {"area": "82"},
    ),
    Task(
        "metrics",
        _("Counts by commune and quarter"),
        _(
            "Counts of records that you need not fetch. They are counted in the areas as of the day "
            "`geography`, also for the time before; `precision` says whether that is exact. "
            "`indicators` lists what can be counted."
        ),
        ProgramKind.IDEMPOTENCY,
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
        _("Submit a tip"),
        _(
            "Give each tip an `idempotencyKey` of your own, such as its number in your system, and "
            "send the same request again when there was no response: the tip is stored once. "
            "Problems with the input are returned as `problems`, and nothing is stored. Do not "
            "include the reporter: the API does not accept it."
        ),
        ProgramKind.CHANGE,
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
            "A number as a unit reported it, with the wording of its source. The unit is an "
            "organisation: look up its `id` first. To correct a figure, report it again with the "
            "`id` of the old one as `supersedes`."
        ),
        ProgramKind.REPORT,
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
        _("Maintain a copy with the change feed"),
        _(
            "The first run gets every record in its current state, later runs what has changed "
            "since. An entry with a `record` replaces what you have under its `recordId`; remove one "
            "that is `deleted`. Continue while `hasMore` is true, and keep the cursor with the copy. "
            "Run it every few minutes, or whenever you are notified of a change."
        ),
        ProgramKind.FEED,
        (Scope.CHANGES_READ, Scope.TIPS_READ, Scope.GROUPS_READ),
        "changes",
    ),
    Task(
        "live",
        _("Get notified at once"),
        _(
            "A subscription delivers the same feed as it grows, as server-sent events. Each message "
            "carries the cursor to continue from: after a lost connection, send it as `after`, and "
            "nothing is missed. Start with the cursor of your copy."
        ),
        ProgramKind.STREAM,
        (Scope.CHANGES_READ, Scope.TIPS_READ, Scope.GROUPS_READ),
        "changes",
    ),
    Task(
        "export",
        _("Export a whole list"),
        _(
            "The service writes the list to a file, as it is at one moment: one record per line, "
            "compressed. Poll every few seconds until it is done, download it with the same key, and "
            "compare its SHA-256 with the `digest`. The list is a query with `nodes` alone, without "
            "`first` and `after`."
        ),
        ProgramKind.EXPORT,
        (Scope.EXPORTS_RUN, Scope.TIPS_READ),
        "startExport",
        {"area": "82"},
    ),
)
