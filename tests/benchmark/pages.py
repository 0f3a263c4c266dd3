"""The pages that are timed, who looks at them, and how soon each has to come."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from records.core.actor import Role


class Kind(Enum):
    """A kind of page."""

    LIST = "list"
    INBOX = "inbox"
    SEARCH = "search"
    # Without a target.
    OTHER = "other"

    @property
    def target(self) -> int | None:
        """The most milliseconds that its 95th percentile may be."""
        return _TARGETS.get(self)


_TARGETS: Final = {Kind.LIST: 40, Kind.INBOX: 60, Kind.SEARCH: 80}


@dataclass(frozen=True)
class Page:
    """A page and who looks at it; at the end of a path `*` stands for the first record of the list."""

    kind: Kind
    role: Role
    path: str


_INBOX: Final = (
    "",
    "?status=RECEIVED",
    "?mine=1&status=OPEN&sort=deadline",
    "?overdue=1&sort=deadline",
    "?status=OPEN",
    "?status=CLOSED",
    "?sort=deadline",
    "?sort=changed",
    "?sort=oldest",
    "?unassigned=1",
    "?soon=1",
    "?channel=ZALO",
    "?area=29905",
    "?from=01/01/2026&to=31/01/2026",
)
# Frequent, rare and missing words, with and without accents; a code.
_TIPS: Final = ("chợ lớn", "cho lon", "danh bac", "đánh bạc", "trom", "a", "TB-2025-001234", "khongcogi")
_MEMBERS: Final = ("nguyen", "Nguyễn", "Nguyễn Văn An", "Hồ Xuân Nam", "khongcogi")
_EVERYWHERE: Final = ("to", "an", "danh bac", "đánh bạc", "nguyen", "Nguyễn", "Sa Đéc", "khongcogi")
_COMMON: Final = (
    "groups",
    "groups?status=ACTIVE",
    "groups?sort=changed",
    "groups?unmet=1",
    "groups?unreviewed=1",
    "groups?vacant=1",
    "members",
    "members?current=1",
    "members?role=HEAD",
    "activities",
    "activities?kind=OUTREACH",
    "activities?area=29905",
    "activities/missing",
    "outlines",
    "hand-downs",
    "hand-downs?state=WAITING",
    "hand-downs?state=WAITING&reminded=1&sort=oldest",
    "reviews",
    "reviews?to_sign=1",
    "reviews/due",
    "enquiries",
    "enquiries?status=UNANSWERED",
    "education-cases",
    "assignments",
    "assignments?ended=1",
    "assignments/hamlets",
    "assignments/hamlets?vacant=1",
    "organisations",
    "figures",
    "programmes",
    "targets",
    "indicators",
    "areas",
)
_AUDIT: Final = (
    "audit",
    "audit?action=tips.close",
    "audit?action=tips.reject",
    "audit?noun=group",
    "audit?noun=approval",
    "audit?reveal=LOOKED",
    "audit?reveal=LOOKED&week=1",
    "audit?from=01/01/2026",
    "audit?to=01/01/2026",
)


def _searches(path: str, texts: Sequence[str]) -> list[str]:
    return [f"{path}?q={text.replace(' ', '+')}" for text in texts]


_SEARCHES: Final = [
    *_searches("search", _EVERYWHERE),
    *_searches("tips", _TIPS),
    *_searches("groups", ("to", "Sa Đéc", "MAU-000123")),
    *_searches("members", _MEMBERS),
    *_searches("enquiries", ("tam tru", "an")),
    *_searches("hand-downs", ("thang", "an")),
]
_FRONT: Final = (
    "groups",
    "groups?unmet=1",
    "members",
    "activities",
    "outlines",
    "hand-downs",
    "reviews",
    "reviews/due",
)
_PATHS: Final[Mapping[tuple[Kind, Role], Sequence[str]]] = {
    (Kind.LIST, Role.COMMANDER): _COMMON,
    (Kind.LIST, Role.OFFICER): _COMMON,
    (Kind.LIST, Role.FRONT): _FRONT,
    (Kind.LIST, Role.AUDITOR): (*_AUDIT, "staff", "reveals"),
    (Kind.LIST, Role.CUSTODIAN): ("reveals", "data-requests", "approvals", "retention"),
    (Kind.LIST, Role.ADMINISTRATOR): ("staff", "staff?unprotected=1", "partners", "jobs", "members"),
    (Kind.INBOX, Role.COMMANDER): [f"tips{query}" for query in _INBOX],
    (Kind.INBOX, Role.OFFICER): [f"tips{query}" for query in _INBOX],
    (Kind.SEARCH, Role.COMMANDER): _SEARCHES,
    (Kind.SEARCH, Role.OFFICER): _SEARCHES,
    (Kind.SEARCH, Role.FRONT): _searches("search", ("to", "Nguyễn")),
    (Kind.SEARCH, Role.AUDITOR): [*_searches("search", ("an",)), *_searches("audit", ("nguyen", "Nguyễn"))],
    (Kind.OTHER, Role.COMMANDER): ("", "tips/*", "groups/*", "outlines/*", "outlines?counted=1", "tips/new"),
    (Kind.OTHER, Role.OFFICER): ("", "tips/*", "groups/*", "outlines/*", "reviews/*", "tips/new"),
    **{
        (Kind.OTHER, role): ("",)
        for role in (Role.FRONT, Role.AUDITOR, Role.CUSTODIAN, Role.ADMINISTRATOR, Role.ANALYST)
    },
}
PAGES: Final = [
    Page(kind, role, f"/admin/{path}".rstrip("/")) for (kind, role), paths in _PATHS.items() for path in paths
]
