"""Recording a quarterly meeting from the page of its group, in a few taps."""

from datetime import date, timedelta
from typing import Final

from starlette.responses import Response

from admin.kit.forms.fields import Choice, Form, parse_day
from admin.kit.nouns.drafts import read_draft
from admin.kit.nouns.references import reference_choices
from admin.kit.pages import redirect_with_flash, render
from admin.kit.pickers import area_code
from admin.kit.pictures import read_picture
from admin.kit.request import PageRequest
from admin.kit.routing import page_at
from admin.nouns.activities.pages import PATH
from admin.nouns.activities.quarters import meeting_text, numeral_and_year
from admin.nouns.activities.questions import record_confirmed
from records.changes.rows import find
from records.core.dates import to_local_date, today
from records.core.errors import Conflict, Message, ValidationFailed
from records.core.language import format_date
from records.core.language import gettext_noop as _
from records.core.rights import Right, check_right, has_right
from records.nouns import activities, groups, hand_downs
from records.nouns.activities import ActivityDraft, quarter_of
from records.tables import Group, Outline
from records.tables.activities import ActivityKind
from records.tables.groups import GroupKind

# Fields with choices to tap, and an input for another answer.
_QUICK: Final = ("held_on", "households_present", "outline")
_TWO_ANSWERS: Final = _(
    "There are two different answers. Save again to keep this one, or empty this field and choose above."
)
_OTHER_QUARTER: Final = _("This day is in quarter {other}, not in quarter {quarter}.")
_MAX_OUTLINES: Final = 4
_MAX_EARLIER: Final = 3


async def show(request: PageRequest) -> Response:
    """The form of a meeting: nothing but the day is set, and that only in the current quarter."""
    check_right(request.actor, Right.ACTIVITIES_RECORD)
    return await _page(request, await _load(request), Form(_preset(request)))


async def record(request: PageRequest) -> Response:
    """Records the meeting, and leads on to the next group without one."""
    check_right(request.actor, Right.ACTIVITIES_RECORD)
    group, form = await _load(request), Form(request.form)
    try:
        _check_single_answers(request, form)
        picture = await read_picture(request, form)
        draft = await read_draft(request, _answers(form, group), ActivityDraft)
        form.raise_if_invalid()
        row = await record_confirmed(request, draft, picture, _other_quarter(request, draft.held_on))
    except ValidationFailed as error:
        form.problems |= error.problems
        return await _page(request, group, form, status=422)
    except Conflict as conflict:
        form.problems[""] = conflict.message
        return await _page(request, group, form, status=409)
    flash, name = _("Meeting of quarter {name} recorded."), numeral_and_year(row.held_on)
    return redirect_with_flash(request, f"{PATH}/{row.id}?recorded=1", flash, name=name)


def _other_quarter(request: PageRequest, held_on: date) -> dict[str, Message]:
    """That the meeting was not held in the quarter of the form."""
    quarter = _quarter(request)
    if quarter_of(held_on)[0] == quarter:
        return {}
    names: dict[str, str | int] = {"other": numeral_and_year(held_on), "quarter": numeral_and_year(quarter)}
    return {f"certain-quarter-{held_on}": Message(_OTHER_QUARTER, names)}


async def _load(request: PageRequest) -> Group:
    rows = groups.visible_to(request.actor).filter(kind=GroupKind.SELF_GOVERNING)
    group = await find(groups.NOUN, rows, request.id)
    await group.fetch_related("area")
    return group


def _preset(request: PageRequest) -> dict[str, str]:
    """What the form holds when it is opened: today, in the current quarter."""
    return {"held_on_choice": format_date(today())} if _quarter(request) == quarter_of(today())[0] else {}


def _check_single_answers(request: PageRequest, form: Form) -> None:
    """Adds a problem where what was typed is not what was tapped: scripts keep only the later of the two.

    What was preset nobody has tapped: it yields.
    """
    preset = _preset(request)
    for name in _QUICK:
        typed, tapped = form.text(name).strip(), form.text(f"{name}_choice")
        if tapped == preset.get(f"{name}_choice"):
            continue
        if typed and tapped and (parse_day(typed) or typed) != (parse_day(tapped) or tapped):
            form.add_problem(name, _TWO_ANSWERS)


def _answers(form: Form, group: Group) -> Form:
    """The form as that of a draft: what was typed counts before what was tapped."""
    tapped = {name: form.text(name).strip() or form.text(f"{name}_choice") for name in _QUICK}
    known = {"kind": ActivityKind.QUARTERLY_MEETING.value, "group": group.code, "area": area_code(group.area)}
    return Form({**form.data, **tapped, **known})


def _quarter(request: PageRequest) -> date:
    """The first day of the quarter that the address names, else of this one."""
    return quarter_of(Form(request.http_request.query_params).day("quarter") or today())[0]


async def _page(request: PageRequest, group: Group, form: Form, *, status: int = 200) -> Response:
    quarter = _quarter(request)
    days = [(today(), request._("Today")), (today() - timedelta(days=1), request._("Yesterday"))]
    inside = [(day, text) for day, text in days if quarter_of(day)[0] == quarter]
    return render(
        request,
        "nouns/activities/meeting.html",
        status=status,
        form=form,
        files=True,
        back=f"/admin/groups/{group.id}",
        back_title=group.name,
        action=request.current_url,
        title=meeting_text(request, quarter, with_year=True),
        days=[Choice(format_date(day), text, f"{day:%d/%m}") for day, text in inside],
        households=await _households(request, group),
        outlines=await _received_outlines(request, group),
        other_outlines=await _other_outlines(request),
    )


async def _households(request: PageRequest, group: Group) -> list[Choice]:
    """How many households came to the last meetings, and how many there are."""
    earlier = activities.visible_to(request.actor).filter(
        group_id=group.id, kind=ActivityKind.QUARTERLY_MEETING, households_present__isnull=False
    )
    latest = await earlier.order_by("-held_on").limit(_MAX_EARLIER)
    counts = {row.households_present for row in latest if row.households_present is not None}
    choices = [Choice(str(count), str(count)) for count in sorted(counts)]
    if group.households and group.households not in counts:
        choices.append(Choice(str(group.households), request._("All {count}", count=group.households)))
    return choices


async def _received_outlines(request: PageRequest, group: Group) -> list[Choice]:
    """The outlines that were handed down to the group, the latest first."""
    if not has_right(request.actor, Right.OUTLINES_READ):
        return []
    rows = hand_downs.visible_to(request.actor).filter(group_id=group.id).order_by("-sent_at")
    latest = {
        row.outline_id: row for row in reversed(await rows.limit(_MAX_OUTLINES).prefetch_related("outline"))
    }
    return [
        Choice(
            str(row.outline_id),
            row.outline.title,
            request._("Handed down on {day}", day=format_date(to_local_date(row.sent_at))),
        )
        for row in reversed(latest.values())
    ]


async def _other_outlines(request: PageRequest) -> list[Choice]:
    if not has_right(request.actor, Right.OUTLINES_READ):
        return []
    return await reference_choices(request, Outline, to_link=True)


ROUTES: Final = page_at("/admin/groups/{id:uuid}/meeting", get=show, post=record)
