"""The menu: the pages that a person may open."""

from dataclasses import dataclass

from records.core.actor import Actor
from records.core.language import mark as _
from records.core.rights import Right, may
from records.registry.nouns import NOUNS


@dataclass(frozen=True)
class Entry:
    """A page in the menu, and the right that it takes."""

    path: str
    text: str
    right: Right | None = None


ENTRIES = (
    Entry("/admin", _("Overview")),
    Entry("/admin/tips", _("Tips"), Right.TIPS_READ),
    Entry("/admin/groups", _("Groups"), Right.GROUPS_READ),
    Entry("/admin/education-cases", _("Education cases"), Right.EDUCATION_READ),
    *(Entry(f"/admin/{noun.path}", noun.plural, noun.right) for noun in NOUNS if noun.path),
    Entry("/admin/approvals", _("Approvals"), Right.APPROVALS_READ),
    Entry("/admin/reveals", _("Sealed data"), Right.REVEALS_READ),
    Entry("/admin/data-requests", _("Data subjects' requests"), Right.RETENTION_MANAGE),
    Entry("/admin/staff", _("Staff"), Right.STAFF_READ),
    Entry("/admin/partners", _("Partner systems"), Right.PARTNERS_MANAGE),
)


def menu(actor: Actor) -> list[Entry]:
    """The entries that `actor` may open."""
    return [entry for entry in ENTRIES if entry.right is None or may(actor, entry.right)]
