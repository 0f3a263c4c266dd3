"""Several tips at once: a preview of what happens with each, then all of them or none."""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from starlette.responses import Response

from admin.kit.forms.fields import Choice, Form
from admin.kit.pages import redirect_with_flash, render
from admin.kit.request import PageRequest
from admin.kit.routing import page_at
from records.core.errors import Conflict, Message, ValidationFailed
from records.core.language import gettext_noop as _
from records.core.rights import Right, check_right
from records.nouns import tips
from records.tables import Staff, Tip

_TEMPLATE: Final = "nouns/tips/bulk.html"
_CHOOSE: Final = _("Choose a person from the list.")


@dataclass(frozen=True)
class Preview:
    """A chosen tip, and why it is skipped, if it is."""

    tip: Tip
    skipped: str = ""


async def show_assignment(request: PageRequest) -> Response:
    """Who can get the chosen tips; once somebody is chosen, what happens with each."""
    check_right(request.actor, Right.TIPS_ASSIGN)
    return await _assignment_page(request, Form(request.http_request.query_params))


async def assign(request: PageRequest) -> Response:
    """Assigns the tips of the preview."""
    check_right(request.actor, Right.TIPS_ASSIGN)
    form = Form(request.form)
    try:
        assignee = form.id("staff")
        if assignee is None:
            form.add_problem("staff", _CHOOSE)
        form.raise_if_invalid()
        await tips.assign_all(_versions(form), assignee=assignee or UUID(int=0), by=request.actor)
    except ValidationFailed as error:
        form.problems |= error.problems
        return await _assignment_page(request, form, status=422)
    except Conflict as conflict:
        form.problems[""] = conflict.message
        return await _assignment_page(request, form, status=409)
    return redirect_with_flash(request, _back(request), _("Tips assigned."))


async def show_note(request: PageRequest) -> Response:
    """The form of a note to all chosen tips."""
    check_right(request.actor, Right.TIPS_NOTE)
    return await _note_page(request, Form(request.http_request.query_params))


async def note(request: PageRequest) -> Response:
    """Adds the note to the tips of the form."""
    check_right(request.actor, Right.TIPS_NOTE)
    form = Form(request.form)
    try:
        await tips.note_all(_versions(form), form.text("note"), by=request.actor)
    except ValidationFailed as error:
        form.problems |= error.problems
        return await _note_page(request, form, status=422)
    except Conflict as conflict:
        form.problems[""] = conflict.message
        return await _note_page(request, form, status=409)
    return redirect_with_flash(request, _back(request), _("Note added to the timelines of the tips."))


async def _assignment_page(request: PageRequest, form: Form, *, status: int = 200) -> Response:
    rows = await _chosen(request, form)
    by_area: dict[UUID, list[Staff]] = {}
    for tip in rows:
        if tip.area_id not in by_area and tips.can_assign(request.actor, tip):
            by_area[tip.area_id] = await tips.assignable(request.actor, tip)
    staff = {member.id: member for members in by_area.values() for member in members}
    assignee = staff.get(form.id("staff") or UUID(int=0))
    if staff and assignee is None and "staff" in form.data:
        form.add_problem("staff", _CHOOSE)
        status = 422

    def skipped(tip: Tip) -> str:
        if not tips.can_assign(request.actor, tip):
            return request._("Work on it has ended")
        if assignee and tip.assignee_id == assignee.id:
            return request._("Assigned to this person already")
        if assignee and assignee not in by_area[tip.area_id]:
            return request._("This person does not work in that area")
        return ""

    members = sorted(staff.values(), key=lambda member: member.name_key)
    return _page(
        request,
        form,
        [Preview(tip, skipped(tip)) for tip in rows],
        status,
        title=request._("Assign several tips"),
        staff_choices=[Choice(str(member.id), member.name) for member in members],
        assignee=assignee,
        is_note=False,
    )


async def _note_page(request: PageRequest, form: Form, *, status: int = 200) -> Response:
    rows = [Preview(tip) for tip in await _chosen(request, form)]
    return _page(request, form, rows, status, title=request._("Add a note to several tips"), is_note=True)


def _page(request: PageRequest, form: Form, rows: list[Preview], status: int, **context: Any) -> Response:
    return render(
        request,
        _TEMPLATE,
        status=status,
        form=form,
        rows=rows,
        # Those that no longer are there, or never were visible.
        missing=len(_ids(form)) - len(rows),
        count=sum(not row.skipped for row in rows),
        back=_back(request),
        **context,
    )


def _ids(form: Form) -> dict[UUID, str]:
    """The ids of the chosen tips, each with its version where the form has it."""
    result = {}
    for text in form.texts("tip")[: tips.MAX_AT_ONCE + 1]:
        row_id, _colon, version = text.partition(":")
        try:
            result[UUID(row_id)] = version
        except ValueError:
            form.problems[""] = Message("This form is incomplete. Reload the page.")
    return result


async def _chosen(request: PageRequest, form: Form) -> list[Tip]:
    """The chosen tips that this person may see, the oldest first; problems are added to the form."""
    ids = list(_ids(form))
    if not ids:
        form.add_problem("tip", "Choose at least one tip.")
    if len(ids) > tips.MAX_AT_ONCE:
        form.add_problem("tip", "Choose at most {most} tips.", most=tips.MAX_AT_ONCE)
        return []
    rows = await tips.visible_to(request.actor).filter(id__in=ids).order_by("received_at", "id")
    await Tip.fetch_for_list(rows, "area", "assignee")
    return rows


def _versions(form: Form) -> dict[UUID, int]:
    """The tips of a submitted form with the versions that were seen. Raises `ValidationFailed`."""
    versions = _ids(form)
    form.raise_if_invalid()
    if not all(version.isdecimal() and len(version) < 10 for version in versions.values()):
        raise ValidationFailed({"": Message("This form is incomplete. Reload the page.")})
    return {row_id: int(version) for row_id, version in versions.items()}


def _back(request: PageRequest) -> str:
    """The list from which the tips were chosen."""
    query = request.url_with(tip=None, staff=None).removeprefix(request.http_request.url.path)
    return f"/admin/tips{query}"


ROUTES: Final = (
    *page_at("/admin/tips/assignments", get=show_assignment, post=assign),
    *page_at("/admin/tips/notes", get=show_note, post=note),
)
