"""The menu: the pages that a person may open."""

from dataclasses import dataclass
from typing import Final

from records.core.actor import Actor
from records.core.language import gettext_noop as _
from records.core.rights import Right, has_right
from records.registry.nouns import NOUNS


@dataclass(frozen=True)
class MenuItem:
    """A page in the menu: its icon in `icons.svg`, and the right that it takes."""

    path: str
    text: str
    icon: str
    right: Right | None = None


@dataclass(frozen=True)
class MenuSection:
    """Pages that belong together."""

    title: str
    items: tuple[MenuItem, ...]


# The icons of nouns that are no mere lists, by their path.
_ICONS: Final = {"tips": "tips", "groups": "groups", "education-cases": "care"}
MENU_SECTIONS: Final = (
    MenuSection(
        _("Daily work"),
        (
            MenuItem("/admin", _("Overview"), "home"),
            *(
                MenuItem(f"/admin/{noun.path}", noun.plural, _ICONS.get(noun.path, "list"), noun.right)
                for noun in NOUNS
                if noun.path and not noun.catalogue
            ),
        ),
    ),
    MenuSection(
        _("Catalogues"),
        tuple(
            MenuItem(f"/admin/{noun.path}", noun.plural, "list", noun.right)
            for noun in NOUNS
            if noun.path and noun.catalogue
        ),
    ),
    MenuSection(
        _("Protection"),
        (
            MenuItem("/admin/approvals", _("Approvals"), "check", Right.APPROVALS_READ),
            MenuItem("/admin/reveals", _("Sealed data"), "lock", Right.REVEALS_READ),
            MenuItem("/admin/data-requests", _("Data subjects' requests"), "letter", Right.RETENTION_MANAGE),
            MenuItem("/admin/retention", _("Retention and legal holds"), "lock", Right.RETENTION_MANAGE),
            MenuItem("/admin/audit", _("Audit"), "list", Right.AUDIT_READ),
        ),
    ),
    MenuSection(
        _("System"),
        (
            MenuItem("/admin/staff", _("Staff"), "staff", Right.STAFF_READ),
            MenuItem("/admin/partners", _("Partner systems"), "plug", Right.PARTNERS_MANAGE),
            MenuItem("/admin/jobs", _("Background jobs"), "list", Right.PARTNERS_MANAGE),
            MenuItem("/admin/components", _("Components"), "parts", Right.STAFF_MANAGE),
        ),
    ),
)


def menu(actor: Actor) -> list[MenuSection]:
    """The sections with the pages that `actor` may open."""
    sections = [
        MenuSection(
            section.title,
            tuple(item for item in section.items if item.right is None or has_right(actor, item.right)),
        )
        for section in MENU_SECTIONS
    ]
    return [section for section in sections if section.items]
