"""Targets: the list, one with its history, and the form to set or change one."""

from typing import Final

from admin.kit.nouns.drafts import DraftForm
from admin.kit.nouns.filters import year_filter
from admin.kit.nouns.pages import Pages
from admin.kit.nouns.removal import Removal
from admin.kit.nouns.tables import Column
from admin.kit.request import PageRequest
from admin.kit.values import display_value
from records.core.dates import today
from records.core.language import gettext_noop as _
from records.core.rights import Right
from records.nouns.catalogues import targets
from records.nouns.catalogues.targets import NOUN, TargetDraft
from records.tables import IndicatorTarget

_PATH: Final = f"/admin/{NOUN.path}"


def _initial(request: PageRequest) -> dict[str, str]:
    """This year, and the indicator in the address."""
    indicator = request.http_request.query_params.get("indicator", "")
    return {"year": str(today().year), "indicator": indicator}


def _value(request: PageRequest, target: IndicatorTarget) -> str:
    """The value with its unit; the indicator must be loaded."""
    unit = getattr(target.indicator, f"unit_{request.language}")
    return f"{display_value(request.language, target.value)} {unit}"


PAGES: Final = Pages[IndicatorTarget, TargetDraft](
    noun=NOUN,
    path=_PATH,
    columns=(Column(_("Target"), _value), "set_by_id"),
    references=("indicator", "area"),
    filters=(
        year_filter(_("Year"), lambda _request, rows, year: rows.filter(year=year)),
        "indicator_id",
        "area_id",
    ),
    empty=_(
        "No target is set here yet. A target is what an indicator should reach in an area within a year."
    ),
    form=DraftForm(
        draft=TargetDraft,
        create=lambda request, draft: targets.set_target(draft, by=request.actor),
        may_create=Right.TARGETS_SET,
        edit=lambda request, row, draft: targets.edit(
            row.id, draft, expected_version=row.version, by=request.actor
        ),
        can_edit=targets.can_set,
        heading=_("Set a target"),
        rows=(("indicator",), ("area",), ("year", "value")),
        initial=_initial,
    ),
    removal=Removal(
        right=Right.TARGETS_SET,
        removed=lambda actor: targets.visible_to(actor, removed=True),
        remove=targets.remove,
        restore=targets.restore,
    ),
)
