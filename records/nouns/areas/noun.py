"""Areas: the declaration, who sees them, and who may reorganise what lies below a commune."""

from dataclasses import dataclass
from typing import Annotated, Final
from uuid import UUID

from tortoise.queryset import QuerySet

from records.areas.scope import actor_can_reach, areas_within
from records.changes.rows import find as find_row
from records.core.actor import Actor
from records.core.declarations.fields import Field, Kind, fields_of
from records.core.declarations.nouns import Noun
from records.core.language import gettext_noop as _
from records.core.rights import Right, check_right, has_right
from records.core.validation import Draft
from records.tables import Area
from records.tables.areas import AreaKind

LEGAL_BASIS: Final = Field(_("Legal basis"), required=True, max_length=200)
NAMES: Final = Field(
    _("New hamlets"),
    Kind.LIST,
    required=True,
    max_length=120,
    max_items=20,
    too_many=_("Enter at most {most} hamlets."),
)


@dataclass(frozen=True)
class AreaDraft(Draft):
    """A hamlet as entered. Without a code it gets the next one of its commune."""

    name: Annotated[str, Field(_("Name"), max_length=120, searchable=True)]
    code: Annotated[
        str,
        Field(
            _("Code"),
            Kind.CODE,
            max_length=16,
            constraints={"areas_code_valid_from_key": _("This code is already taken.")},
        ),
    ] = ""


def visible_to(actor: Actor) -> QuerySet[Area]:
    """The areas, past and present, that lie in those of `actor`. Raises `PermissionDenied`."""
    check_right(actor, Right.AREAS_READ)
    return Area.filter(areas_within(actor))


NOUN: Final = Noun(
    name="area",
    label=_("Area"),
    plural=_("Areas"),
    table=Area,
    right=Right.AREAS_READ,
    visible_to=visible_to,
    draft=AreaDraft,
    fields={
        **fields_of(AreaDraft),
        "kind": Field(_("Kind"), AreaKind),
        "parent_id": Field(_("Part of"), Area),
        "valid_from": Field(_("Exists since"), Kind.DAY),
        "valid_to": Field(_("Ceased to exist on"), Kind.DAY),
    },
    path="areas",
    missing=_("There is no such area."),
)


async def find(area_id: UUID, *, by: Actor) -> Area:
    """The area with those around it, for its page. Raises `PermissionDenied` or `NotFound`."""
    area = await find_row(NOUN, visible_to(by), area_id)
    await area.fetch_related("parent__parent__parent")
    area.manageable = await is_manageable(by, area)
    return area


async def is_manageable(actor: Actor, area: Area) -> bool:
    """Whether `actor` may reorganise what lies in `area`: an administrator of its province."""
    if not has_right(actor, Right.AREAS_MANAGE):
        return False
    while area.parent_id is not None:
        area = await Area.get(id=area.parent_id)
    return await actor_can_reach(actor, area.id)


def can_change(_actor: Actor, area: Area) -> bool:
    """Whether `area` is a hamlet that has not ended."""
    return area.kind is AreaKind.HAMLET and area.valid_to is None


def can_open_hamlet(_actor: Actor, area: Area) -> bool:
    """Whether `area` is a commune that has not ended."""
    return area.kind is AreaKind.COMMUNE and area.valid_to is None


def siblings_of(area: Area) -> QuerySet[Area]:
    """The other hamlets of the commune of `area` that have not ended, in alphabetical order."""
    rows = Area.filter(parent_id=area.parent_id, kind=AreaKind.HAMLET, valid_to__isnull=True)
    return rows.exclude(id=area.id).order_by("name_key", "id")
