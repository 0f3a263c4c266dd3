"""Handing an outline down to areas, groups and organisations, counted before it is sent."""

from typing import Final
from uuid import UUID

from starlette.responses import Response
from tortoise.queryset import QuerySet

from admin.kit.forms.fields import Choice, Form
from admin.kit.pages import redirect_with_flash, render
from admin.kit.request import PageRequest
from admin.kit.routing import page_at
from admin.nouns.outlines.actions import PATH, load
from records.areas import areas
from records.areas.scope import within
from records.core.dates import today
from records.core.errors import Conflict, ValidationFailed
from records.core.identifiers.codes import lookup_code
from records.core.identifiers.ids import digest_of
from records.core.language import gettext_noop as _
from records.core.rights import Right, check_right
from records.nouns import groups, hand_downs
from records.nouns.hand_downs import Plan, Recipients
from records.tables import Area, Outline

_MAX_CHOICES: Final = 500


async def show(request: PageRequest) -> Response:
    """The form in which the recipients are chosen.

    The sender is an organisation of one's own areas: that which issued the outline, if it is one.
    """
    check_right(request.actor, Right.OUTLINES_HAND_DOWN)
    outline = await load(request)
    own = hand_downs.senders(request.actor).filter(within(request.actor)).order_by("name_key")
    sender = await own.get_or_none(id=outline.organisation_id) or await own.first()
    return await _page(request, outline, Form({"sender": str(sender.id)} if sender else {}))


async def send(request: PageRequest) -> Response:
    """Says to how many the outline goes, and hands it down once that was confirmed."""
    check_right(request.actor, Right.OUTLINES_HAND_DOWN)
    outline, form, by = await load(request), Form(request.form), request.actor
    try:
        to = await _recipients(request, form)
        form.require("sender")
        sender_id = form.id("sender")
        form.raise_if_invalid()
        assert sender_id is not None  # noqa: S101 - it is required
        plan = await hand_downs.plan(outline.id, to, sender_id=sender_id, by=by)
        if not plan.size or form.text("confirmed") != _digest(plan):
            return await _page(request, outline, form, plan)
        await hand_downs.send(outline.id, to, sender_id=sender_id, by=by)
    except ValidationFailed as error:
        form.problems |= error.problems
        return await _page(request, outline, form, status=422)
    except Conflict as conflict:
        form.problems[""] = conflict.message
        return await _page(request, outline, form, status=409)
    return redirect_with_flash(request, f"{PATH}/{outline.id}", _("Handed down."))


async def _recipients(request: PageRequest, form: Form) -> Recipients:
    return Recipients(
        areas=_ids(form, "areas") + _ids(form, "parts"),
        groups=await _groups(request, form),
        organisations=_ids(form, "organisations"),
    )


def _ids(form: Form, name: str) -> list[UUID]:
    try:
        return [UUID(text) for text in form.texts(name)]
    except ValueError:
        form.add_problem(name, "Choose one.")
        return []


async def _groups(request: PageRequest, form: Form) -> list[UUID]:
    """The groups of the codes that were entered, one on each line."""
    lines = {lookup_code(line) for line in form.text("groups").splitlines() if line.strip()}
    codes = sorted(lines)[: hand_downs.MAX_RECIPIENTS]
    if len(lines) > len(codes):
        form.add_problem("groups", _("Enter at most {most} codes."), most=len(codes))
    found = {row.code: row.id for row in await groups.visible_to(request.actor).filter(code__in=codes)}
    unknown = [code for code in codes if code not in found]
    if unknown:
        form.add_problem("groups", _("No group visible to you has the code {code}."), code=unknown[0])
    return list(found.values())


def _digest(plan: Plan) -> str:
    """What stands for exactly these recipients."""
    return digest_of(one.id for one in (*plan.groups, *plan.organisations))


async def _page(
    request: PageRequest, outline: Outline, form: Form, plan: Plan | None = None, *, status: int = 200
) -> Response:
    back, current, mine = f"{PATH}/{outline.id}", areas.areas_on(today()), list(request.actor.areas or ())
    senders = await hand_downs.senders(request.actor).order_by("name_key").limit(_MAX_CHOICES)
    return render(
        request,
        "nouns/outlines/hand_down.html",
        status=status,
        form=form,
        plan=plan,
        confirmation=_digest(plan) if plan else "",
        back=back,
        back_title=outline.title,
        action=f"{back}/hand-down",
        title=request._("Hand the outline down"),
        senders=[Choice(str(one.id), one.name) for one in senders],
        areas=await _areas(current.filter(id__in=mine)),
        parts=await _areas(current.filter(parent_id__in=mine)),
        organisations=await _organisations(request),
    )


async def _areas(areas_here: QuerySet[Area]) -> list[Choice]:
    rows = await areas_here.order_by("name_key").limit(_MAX_CHOICES)
    return [Choice(str(area.id), area.name) for area in rows]


async def _organisations(request: PageRequest) -> list[Choice]:
    rows = hand_downs.receivers(request.actor).limit(_MAX_CHOICES)
    return [Choice(str(one.id), one.name) for one in await rows]


ROUTES: Final = page_at(f"{PATH}/{{id:uuid}}/hand-down", get=show, post=send)
