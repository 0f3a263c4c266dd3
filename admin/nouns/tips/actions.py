"""Actions on a tip; docs/reference/tables.md has the diagram of its statuses."""

from typing import Final

from starlette.responses import Response

from admin.kit.forms.fields import Choice, Form, enum_choices
from admin.kit.forms.inputs import Input
from admin.kit.nouns.actions import Action, Actions
from admin.kit.pages import redirect_with_flash
from admin.kit.request import PageRequest
from records.core.errors import Conflict, Message, NotFound, ValidationFailed
from records.core.language import gettext_noop as _
from records.core.rights import Right, has_right
from records.nouns import groups, tips
from records.tables import Group, Tip
from records.tables.tips import OutcomeKind


async def load(request: PageRequest) -> Tip:
    """The tip of the path, with the names that it refers to. Raises `NotFound` or `PermissionDenied`."""
    tip = await tips.visible_to(request.actor).get_or_none(id=request.id)
    if tip is None:
        raise NotFound("There is no such tip.")
    await tip.fetch_related("category", "area__parent", "assignee", "partner")
    return tip


async def load_group(request: PageRequest, tip: Tip) -> Group | None:
    """The group through which the tip came; None where this person may not see it."""
    if tip.group_id is None or not has_right(request.actor, Right.GROUPS_READ):
        return None
    return await groups.visible_to(request.actor).get_or_none(id=tip.group_id)


async def load_original(request: PageRequest, tip: Tip) -> Tip | None:
    """The original of a duplicate; None if this user may not see it."""
    return await tips.visible_to(request.actor).get_or_none(id=tip.duplicate_of_id)


async def _verify(request: PageRequest, tip: Tip, form: Form) -> object:
    return await tips.start_verifying(tip.id, expected_version=form.expected_version(), by=request.actor)


async def _start_action(request: PageRequest, tip: Tip, form: Form) -> object:
    return await tips.start_action(
        tip.id, expected_version=form.expected_version(), note=form.text("note"), by=request.actor
    )


async def _assign(request: PageRequest, tip: Tip, form: Form) -> object:
    form.require("assignee")
    to = form.id("assignee")
    form.raise_if_invalid()
    if to is None:
        raise ValidationFailed({"assignee": Message("Choose one.")})
    return await tips.assign(tip.id, expected_version=form.expected_version(), to=to, by=request.actor)


async def _note(request: PageRequest, tip: Tip, form: Form) -> object:
    return await tips.add_note(tip.id, form.text("note"), by=request.actor)


async def _reject(request: PageRequest, tip: Tip, form: Form) -> object:
    return await tips.reject(
        tip.id, expected_version=form.expected_version(), reason=form.text("reason"), by=request.actor
    )


async def _reopen(request: PageRequest, tip: Tip, form: Form) -> object:
    return await tips.reopen(
        tip.id, expected_version=form.expected_version(), reason=form.text("reason"), by=request.actor
    )


async def _merge(request: PageRequest, tip: Tip, form: Form) -> object:
    form.require("into")
    form.raise_if_invalid()
    other = await tips.find(request.actor, form.text("into"))
    if other is None:
        raise ValidationFailed({"into": Message("No tip visible to you has this code.")})
    return await tips.merge(tip.id, expected_version=form.expected_version(), into=other.id, by=request.actor)


async def _extend(request: PageRequest, tip: Tip, form: Form) -> object:
    return await tips.extend(
        tip.id, expected_version=form.expected_version(), reason=form.text("reason"), by=request.actor
    )


async def _close(request: PageRequest, tip: Tip, form: Form) -> object:
    outcomes = _read_outcomes(form)
    form.raise_if_invalid()
    note = form.text("note")
    return await tips.close(
        tip.id, expected_version=form.expected_version(), outcomes=outcomes, note=note, by=request.actor
    )


async def _assignable_staff(request: PageRequest, tip: Tip) -> list[Choice]:
    return [Choice(str(row.id), row.name) for row in await tips.assignable(request.actor, tip)]


_REASON_INPUT: Final = Input("reason", _("Reason"), kind="long")

_CLOSURE: Final = Action[Tip](
    name="closure",
    label=tips.CLOSE.label,
    right=tips.CLOSE.right,
    can=tips.CLOSE.can,
    run=_close,
    flash=_("Tip closed."),
    has_own_page=True,
)
ACTIONS: Final = Actions[Tip](
    path="/admin/tips",
    load=load,
    title=lambda tip: f"{tip.code}: {tip.title}",
    back=lambda tip: f"/admin/tips/{tip.id}",
    actions=(
        Action(
            name="verification",
            label=tips.VERIFY.label,
            right=tips.VERIFY.right,
            can=tips.VERIFY.can,
            run=_verify,
            flash=_("Status changed to Being verified."),
        ),
        Action(
            name="action",
            label=tips.ACT.label,
            explanation=_("The tip is credible enough to act on."),
            right=tips.ACT.right,
            can=tips.ACT.can,
            run=_start_action,
            flash=_("Status changed to In progress."),
            inputs=(Input("note", _("Note"), kind="long", required=False),),
        ),
        _CLOSURE,
        Action(
            name="assignment",
            label=_("Assign"),
            explanation=_("People who work in the area of the tip can be chosen."),
            right=Right.TIPS_ASSIGN,
            can=tips.can_assign,
            run=_assign,
            flash=_("Tip assigned."),
            inputs=(Input("assignee", _("Assigned to"), kind="choices"),),
            choices=_assignable_staff,
        ),
        Action(
            name="note",
            label=_("Add a note"),
            explanation=_("A note stays in the timeline of the tip and cannot be changed later."),
            right=Right.TIPS_NOTE,
            can=tips.can_add_note,
            run=_note,
            flash=_("Note added to the timeline of the tip."),
            inputs=(Input("note", _("Note"), kind="long"),),
        ),
        Action(
            name="extension",
            label=_("Extend the deadline"),
            explanation=_(
                "Once only, to two months after the tip was received (Criminal Procedure Code, article 147)."
            ),
            right=Right.TIPS_EXTEND,
            can=tips.can_extend,
            run=_extend,
            flash=_("Deadline extended."),
            inputs=(_REASON_INPUT,),
        ),
        Action(
            name="duplicate",
            label=tips.MERGE.label,
            explanation=_("This tip is closed; the timelines of both tips refer to each other."),
            right=tips.MERGE.right,
            can=tips.MERGE.can,
            run=_merge,
            flash=_("Marked as a duplicate."),
            inputs=(
                Input(
                    "into", _("Code of the tip with the same content"), hint=_("For example TB-2026-000123")
                ),
            ),
        ),
        Action(
            name="rejection",
            label=tips.REJECT.label,
            explanation=_("The tip ends without action. It can be reopened."),
            right=tips.REJECT.right,
            can=tips.REJECT.can,
            run=_reject,
            flash=_("Status changed to Rejected."),
            inputs=(_REASON_INPUT,),
            needs_confirmation=True,
        ),
        Action(
            name="reopening",
            label=tips.REOPEN.label,
            explanation=_("The tip is verified again; its earlier outcomes stay in the timeline."),
            right=tips.REOPEN.right,
            can=tips.REOPEN.can,
            run=_reopen,
            flash=_("Status changed to Being verified."),
            inputs=(_REASON_INPUT,),
        ),
    ),
)


async def show_closure_form(request: PageRequest) -> Response:
    """The form to close a tip: one row for each outcome."""
    _action, tip = await ACTIONS.load_action(request)
    return await _closure_form(request, tip, Form({}), rows=1)


async def close(request: PageRequest) -> Response:
    """Closes a tip; the button "one more outcome" adds a row to the form instead."""
    _action, tip = await ACTIONS.load_action(request)
    form = Form(request.form)
    rows = min(max(len(form.texts("kind")), 1), tips.MAX_OUTCOMES)
    if form.text("more"):
        return await _closure_form(request, tip, form, rows=min(rows + 1, tips.MAX_OUTCOMES))
    try:
        await _close(request, tip, form)
    except ValidationFailed as error:
        form.problems |= error.problems
        return await _closure_form(request, tip, form, rows=rows, status=422)
    except Conflict as conflict:
        _action, tip = await ACTIONS.load_action(request)
        return await _closure_form(request, tip, form, rows=rows, status=409, conflict=conflict.message)
    return redirect_with_flash(request, f"/admin/tips/{tip.id}", _CLOSURE.flash)


def _read_outcomes(form: Form) -> list[tips.OutcomeDraft]:
    """The rows with any input; problems are named by the number of the row."""
    columns = (form.texts(name) for name in ("kind", "count", "on_day", "outcome_note"))
    drafts = []
    for index, (kind, count, on_day, note) in enumerate(zip(*columns, strict=False)):
        if not kind and not note.strip():
            continue
        row = Form({"kind": kind, "count": count or "1", "on_day": on_day, "outcome_note": note})
        draft = tips.OutcomeDraft(
            kind=row.enum_value("kind", OutcomeKind, required=True),
            count=row.integer("count") or 0,
            on_day=row.day("on_day"),
            note=note,
        )
        for name, problem in tips.outcome_problems(draft).items():
            row.problems.setdefault("outcome_note" if name == "note" else name, problem)
        form.problems |= {f"{name}-{index}": message for name, message in row.problems.items()}
        drafts.append(draft)
    return drafts


async def _closure_form(
    request: PageRequest,
    tip: Tip,
    form: Form,
    *,
    rows: int,
    status: int = 200,
    conflict: Message | None = None,
) -> Response:
    names = ("kind", "count", "on_day", "outcome_note")
    submitted = {name: form.texts(name) for name in names}
    return await ACTIONS.form(
        request,
        _CLOSURE,
        tip,
        form,
        status=status,
        conflict=conflict,
        template="nouns/tips/closure.html",
        rows=[
            {name: texts[index] if index < len(texts) else "" for name, texts in submitted.items()}
            for index in range(rows)
        ],
        may_add=rows < tips.MAX_OUTCOMES,
        outcome_choices=enum_choices(request, OutcomeKind),
    )
