"""The menu: the pages that a person may open."""

from dataclasses import dataclass

from records.core.actor import Actor
from records.core.language import gettext_noop as _
from records.core.rights import Right, has_right
from records.registry.nouns import NOUNS


@dataclass(frozen=True)
class MenuItem:
    """A page in the menu, and the right that it takes."""

    path: str
    text: str
    right: Right | None = None


MENU_ITEMS = (
    MenuItem("/admin", _("Overview")),
    MenuItem("/admin/tips", _("Tips"), Right.TIPS_READ),
    MenuItem("/admin/groups", _("Groups"), Right.GROUPS_READ),
    MenuItem("/admin/education-cases", _("Education cases"), Right.EDUCATION_READ),
    *(MenuItem(f"/admin/{noun.path}", noun.plural, noun.right) for noun in NOUNS if noun.path),
    MenuItem("/admin/approvals", _("Approvals"), Right.APPROVALS_READ),
    MenuItem("/admin/reveals", _("Sealed data"), Right.REVEALS_READ),
    MenuItem("/admin/data-requests", _("Data subjects' requests"), Right.RETENTION_MANAGE),
    MenuItem("/admin/staff", _("Staff"), Right.STAFF_READ),
    MenuItem("/admin/partners", _("Partner systems"), Right.PARTNERS_MANAGE),
)


def menu(actor: Actor) -> list[MenuItem]:
    """The entries that `actor` may open."""
    return [entry for entry in MENU_ITEMS if entry.right is None or has_right(actor, entry.right)]
