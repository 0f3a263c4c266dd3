"""Reorganising hamlets: opening, renaming, merging, splitting and ending one.

A merger and a division are shown with all that they concern before they are carried out.
"""

from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from starlette.responses import Response

from admin.kit.forms.fields import Choice, Form
from admin.kit.forms.inputs import Input, day_input
from admin.kit.nouns.actions import Action, Actions, Rule, Submission, Verb
from admin.kit.request import PageRequest
from records.core.language import gettext_noop as _
from records.core.rights import Right
from records.nouns import areas
from records.nouns.areas import AreaDraft
from records.tables import Area

PATH: Final = f"/admin/{areas.NOUN.path}"

_NAME: Final = Input("name", _("Name"))
_DAY: Final = day_input(_("Holds from"))
_BASIS: Final = Input("legal_basis", _("Legal basis"), hint=_("The resolution, with its number and date"))
_SEEN: Final = ("others", "names", "name", "code", "on", "legal_basis")


async def load(request: PageRequest) -> Area:
    """The area of the path, with those around it. Raises `NotFound` or `PermissionDenied`."""
    return await areas.find(request.id, by=request.actor)


def _code(hint: str) -> Input:
    return Input("code", _("Code"), required=False, size="short", hint=hint)


async def _open(submission: Submission[Area]) -> None:
    values = await submission.values()
    draft = AreaDraft(values.pop("name"), values.pop("code"))
    await areas.open_hamlet(submission.row.id, draft, **values, by=submission.actor)


async def _merge(submission: Submission[Area]) -> Response | None:
    values, version = await submission.values(), submission.form.expected_version()
    others = _ids(submission.form, values.pop("others"))
    submission.form.raise_if_invalid()
    if not _is_seen(submission.form):
        return await _preview(submission)
    draft = AreaDraft(values.pop("name"), values.pop("code"))
    await areas.merge(
        submission.row.id, draft, others, **values, expected_version=version, by=submission.actor
    )
    return None


async def _split(submission: Submission[Area]) -> Response | None:
    form, row = submission.form, submission.row
    values, version = await submission.values(), form.expected_version()
    if not _is_seen(form):
        return await _preview(submission)
    places = {}
    for group in await areas.open_groups_in([row.id], by=submission.actor):
        form.require(name := f"group-{group.id}")
        places[group.id] = form.integer(name) or 0
    form.raise_if_invalid()
    await areas.split(
        row.id, values.pop("names"), places, **values, expected_version=version, by=submission.actor
    )
    return None


def _ids(form: Form, texts: list[str]) -> list[UUID]:
    try:
        return [UUID(text) for text in texts]
    except ValueError:
        form.add_problem("others", "Choose one.")
        return []


def _digest(form: Form) -> str:
    """What tells whether anything was changed since the form was shown."""
    return sha256(repr([form.texts(name) for name in _SEEN]).encode()).hexdigest()


def _is_seen(form: Form) -> bool:
    return form.text("seen") == _digest(form)


async def _preview(submission: Submission[Area]) -> Response:
    """The form once more, with what the change concerns."""
    request = submission.request
    action = next(one for one in ACTIONS.actions if one.name == request.action_name)
    return await ACTIONS.form(request, action, submission.row, submission.form)


def _context(request: PageRequest, form: Form) -> dict[str, Any]:
    names = [line.strip() for line in form.text("names").splitlines() if line.strip()]
    return {
        "seen": _digest(form),
        "previewed": request.http_request.method == "POST" and not form.problems,
        "parts": [Choice(str(index), name) for index, name in enumerate(names)],
    }


async def _concerned(request: PageRequest, area: Area) -> str:
    """How much a change concerns; a merger, in all hamlets that were chosen."""
    form = Form(request.form)
    near = {one.id for one in await areas.siblings_of(area)}
    chosen = {area.id, *near.intersection(_ids(form, form.texts("others")))}
    found = await areas.contents_of(chosen, by=request.actor)
    return request._(
        "This concerns hamlets: {hamlets}, open groups: {groups}, assignments: {assignments}, accounts that "
        "work there: {accounts}.",
        hamlets=found.hamlets,
        groups=found.groups,
        assignments=found.assignments,
        accounts=found.accounts,
    )


async def _siblings(_request: PageRequest, area: Area) -> list[Choice]:
    return [Choice(str(one.id), one.name, remark=one.code) for one in await areas.siblings_of(area)]


async def _groups(request: PageRequest, area: Area) -> list[Choice]:
    rows = areas.open_groups_in([area.id], by=request.actor).order_by("name_key", "id")
    return [Choice(str(one.id), one.name, remark=one.code) for one in await rows]


ACTIONS: Final = Actions[Area](
    path=PATH,
    load=load,
    back=lambda area: f"{PATH}/{area.id}",
    may=lambda _actor, area: area.manageable,
    actions=(
        Action(
            "hamlet",
            Rule(_("Open a hamlet"), Right.AREAS_MANAGE, areas.can_open_hamlet),
            _open,
            flash=_("Hamlet opened."),
            inputs=(_NAME, _code(_("Leave empty for the next one of the commune")), _DAY, _BASIS),
        ),
        Action(
            "name",
            Rule(_("Rename"), Right.AREAS_MANAGE, areas.can_change),
            Verb(areas.rename),
            explanation=_("The hamlet keeps its code; until that day it keeps the name that it had."),
            flash=_("Hamlet renamed."),
            inputs=(_NAME, _DAY, _BASIS),
            initial=lambda area: {"name": area.name},
        ),
        Action(
            "merger",
            Rule(_("Merge hamlets"), Right.AREAS_MANAGE, areas.can_change),
            _merge,
            explanation=_("Records stay where they were made and are found in the new hamlet from now on."),
            warning=_concerned,
            flash=_("Hamlets merged."),
            inputs=(
                Input("others", _("Hamlets to merge with it"), kind="ticks"),
                _NAME,
                _code(_("Leave empty to keep the code of this hamlet")),
                _DAY,
                _BASIS,
            ),
            initial=lambda area: {"name": area.name},
            choices=_siblings,
            template="nouns/areas/change.html",
            context=_context,
            needs_confirmation=True,
        ),
        Action(
            "division",
            Rule(_("Split the hamlet"), Right.AREAS_MANAGE, areas.can_change),
            _split,
            explanation=_("Each open group moves to one of the new hamlets; tips stay with the old one."),
            warning=_concerned,
            flash=_("Hamlet split."),
            inputs=(
                Input(
                    "names",
                    areas.NAMES.label,
                    kind="list",
                    hint=_("One on each line; the one that keeps the name keeps the code"),
                ),
                _DAY,
                _BASIS,
            ),
            choices=_groups,
            template="nouns/areas/change.html",
            context=_context,
            needs_confirmation=True,
        ),
        Action(
            "ending",
            Rule(_("End the hamlet"), Right.AREAS_MANAGE, areas.can_change),
            Verb(areas.end),
            explanation=_("No hamlet follows it: what lay in it lies in the commune alone."),
            warning=_concerned,
            flash=_("Hamlet ended."),
            inputs=(_DAY, _BASIS),
            needs_confirmation=True,
        ),
    ),
)

ROUTES: Final = ACTIONS.routes()
