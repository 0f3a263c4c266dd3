"""The menu: the pages that a person may open."""

from dataclasses import dataclass
from typing import Final

from records.core.actor import Actor, Role
from records.core.language import gettext_noop as _
from records.core.rights import Right, has_right
from records.registry.nouns import NOUNS


@dataclass(frozen=True)
class MenuItem:
    """A page in the menu, and the right that it takes."""

    path: str
    text: str
    right: Right | None = None

    @property
    def icon(self) -> str:
        """Its icon in `icons.svg`, where each page has its own."""
        return self.path.removeprefix("/admin").removeprefix("/") or "home"


@dataclass(frozen=True)
class MenuSection:
    """Pages that belong together."""

    title: str
    items: tuple[MenuItem, ...]


MENU_SECTIONS: Final = (
    MenuSection(
        _("Daily work"),
        (
            MenuItem("/admin", _("Dashboard")),
            *(
                MenuItem(f"/admin/{noun.path}", noun.plural, noun.right)
                for noun in NOUNS
                if noun.path and not noun.catalogue
            ),
        ),
    ),
    MenuSection(
        _("Catalogues"),
        tuple(
            MenuItem(f"/admin/{noun.path}", noun.plural, noun.right)
            for noun in NOUNS
            if noun.path and noun.catalogue
        ),
    ),
    MenuSection(
        _("Protection"),
        (
            MenuItem("/admin/approvals", _("Approvals"), Right.APPROVALS_READ),
            MenuItem("/admin/reveals", _("Sealed data"), Right.REVEALS_READ),
            MenuItem("/admin/data-requests", _("Data subjects' requests"), Right.RETENTION_MANAGE),
            MenuItem("/admin/retention", _("Retention and legal holds"), Right.RETENTION_MANAGE),
            MenuItem("/admin/audit", _("Audit"), Right.AUDIT_READ),
        ),
    ),
    MenuSection(
        _("System"),
        (
            MenuItem("/admin/staff", _("Staff"), Right.STAFF_READ),
            MenuItem("/admin/partners", _("Partner systems"), Right.PARTNERS_MANAGE),
            MenuItem("/admin/jobs", _("Background jobs"), Right.PARTNERS_MANAGE),
            MenuItem("/admin/components", _("Components"), Right.STAFF_MANAGE),
        ),
    ),
)


# What a role does most, where that is not what its menu begins with.
_DOCKS: Final = {
    Role.FRONT: ("/admin", "/admin/groups", "/admin/outlines"),
    Role.CUSTODIAN: ("/admin", "/admin/approvals", "/admin/reveals"),
    Role.AUDITOR: ("/admin", "/admin/audit", "/admin/approvals"),
}
_DOCK_PLACES: Final = 3


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


def dock(actor: Actor) -> list[MenuItem]:
    """The pages of the menu that stand at the bottom of a phone."""
    items = [item for section in menu(actor) for item in section.items]
    paths = _DOCKS.get(actor.role) if actor.role else None
    return [item for item in items if item.path in paths] if paths else items[:_DOCK_PLACES]
