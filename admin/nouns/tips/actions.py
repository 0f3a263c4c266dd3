"""What is done with a tip, step by step; docs/reference/tables.md draws the way that a tip takes."""

from typing import Final

from starlette.responses import Response

from admin.kit.forms.fields import Choice, Form, choices
from admin.kit.forms.inputs import Input
from admin.kit.nouns.actions import Action, Actions
from admin.kit.pages import done
from admin.kit.request import Visit
from records.core.declarations.fields import max_lengths
from records.core.errors import Conflict, Invalid, Message, NotFound
from records.core.language import mark as _
from records.core.rights import Right, may
from records.nouns import groups, tips
from records.tables import Group, Tip
from records.tables.tips import OutcomeKind


async def load(visit: Visit) -> Tip:
    """The tip of the path, with the names that it refers to. Raises `NotFound` or `Denied`."""
    tip = await tips.visible_to(visit.actor).get_or_none(id=visit.id)
    if tip is None:
        raise NotFound("There is no such tip.")
    await tip.fetch_related("category", "area__parent", "assignee", "partner")
    return tip


async def group_of(visit: Visit, tip: Tip) -> Group | None:
    """The group through which the tip came; None where this person may not see it."""
    if tip.group_id is None or not may(visit.actor, Right.GROUPS_READ):
        return None
    return await groups.visible_to(visit.actor).get_or_none(id=tip.group_id)


async def original_of(visit: Visit, tip: Tip) -> Tip | None:
    """The tip that says the same; None where this person may not see it."""
    return await tips.visible_to(visit.actor).get_or_none(id=tip.duplicate_of_id)


async def _verify(visit: Visit, tip: Tip, form: Form) -> object:
    return await tips.start_verifying(tip.id, seen=form.seen(), by=visit.actor)


async def _act(visit: Visit, tip: Tip, form: Form) -> object:
    return await tips.act(tip.id, seen=form.seen(), note=form.text("note"), by=visit.actor)


async def _assign(visit: Visit, tip: Tip, form: Form) -> object:
    form.need("assignee")
    to = form.id("assignee")
    form.done()
    if to is None:
        raise Invalid({"assignee": Message("Choose one.")})
    return await tips.assign(tip.id, seen=form.seen(), to=to, by=visit.actor)


async def _note(visit: Visit, tip: Tip, form: Form) -> object:
    return await tips.add_note(tip.id, form.text("note"), by=visit.actor)


async def _reject(visit: Visit, tip: Tip, form: Form) -> object:
    return await tips.reject(tip.id, seen=form.seen(), reason=form.text("reason"), by=visit.actor)


async def _reopen(visit: Visit, tip: Tip, form: Form) -> object:
    return await tips.reopen(tip.id, seen=form.seen(), reason=form.text("reason"), by=visit.actor)


async def _merge(visit: Visit, tip: Tip, form: Form) -> object:
    form.need("into")
    form.done()
    other = await tips.find(visit.actor, form.text("into"))
    if other is None:
        raise Invalid({"into": Message("No tip visible to you has this code.")})
    return await tips.merge(tip.id, seen=form.seen(), into=other.id, by=visit.actor)


async def _extend(visit: Visit, tip: Tip, form: Form) -> object:
    return await tips.extend(tip.id, seen=form.seen(), reason=form.text("reason"), by=visit.actor)


async def _close(visit: Visit, tip: Tip, form: Form) -> object:
    outcomes = _read_outcomes(form)
    form.done()
    note = form.text("note")
    return await tips.close(tip.id, seen=form.seen(), outcomes=outcomes, note=note, by=visit.actor)


async def _workers(visit: Visit, tip: Tip) -> list[Choice]:
    return [Choice(str(row.id), row.name) for row in await tips.assignable(visit.actor, tip)]


_REASON: Final = Input("reason", _("Reason"), kind="long")

_CLOSURE: Final = Action[Tip](
    name="closure",
    label=tips.CLOSE.label,
    right=tips.CLOSE.right,
    can=tips.CLOSE.can,
    do=_close,
    said="tip-closed",
    own_form=True,
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
            do=_verify,
            said="tip-verifying",
        ),
        Action(
            name="action",
            label=tips.ACT.label,
            explanation=_("The tip is credible enough to act on."),
            right=tips.ACT.right,
            can=tips.ACT.can,
            do=_act,
            said="tip-acting",
            inputs=(Input("note", _("Note"), kind="long", required=False),),
        ),
        _CLOSURE,
        Action(
            name="assignment",
            label=_("Assign"),
            explanation=_("People who work in the area of the tip can be chosen."),
            right=Right.TIPS_ASSIGN,
            can=tips.can_assign,
            do=_assign,
            said="tip-assigned",
            inputs=(Input("assignee", _("Assigned to"), kind="choices"),),
            choices=_workers,
        ),
        Action(
            name="note",
            label=_("Add a note"),
            explanation=_("A note stays in the timeline of the tip and cannot be changed later."),
            right=Right.TIPS_NOTE,
            can=tips.can_add_note,
            do=_note,
            said="note-added",
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
            do=_extend,
            said="tip-extended",
            inputs=(_REASON,),
        ),
        Action(
            name="duplicate",
            label=tips.MERGE.label,
            explanation=_("This tip is closed; the timelines of both tips refer to each other."),
            right=tips.MERGE.right,
            can=tips.MERGE.can,
            do=_merge,
            said="tip-merged",
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
            do=_reject,
            said="tip-rejected",
            inputs=(_REASON,),
            grave=True,
        ),
        Action(
            name="reopening",
            label=tips.REOPEN.label,
            explanation=_("The tip is verified again; its earlier outcomes stay in the timeline."),
            right=tips.REOPEN.right,
            can=tips.REOPEN.can,
            do=_reopen,
            said="tip-verifying",
            inputs=(_REASON,),
        ),
    ),
)


async def ask_outcomes(visit: Visit) -> Response:
    """The form to close a tip: one row for each outcome."""
    _action, tip = await ACTIONS.loaded(visit)
    return await _outcome_form(visit, tip, Form({}), rows=1)


async def close(visit: Visit) -> Response:
    """Closes a tip; with the button "one more outcome", gives the form one more row instead."""
    _action, tip = await ACTIONS.loaded(visit)
    form = Form(visit.form)
    rows = min(max(len(form.texts("kind")), 1), tips.MAX_OUTCOMES)
    if form.text("more"):
        return await _outcome_form(visit, tip, form, rows=min(rows + 1, tips.MAX_OUTCOMES))
    try:
        await _close(visit, tip, form)
    except Invalid as error:
        form.problems |= error.problems
        return await _outcome_form(visit, tip, form, rows=rows, status=422)
    except Conflict as conflict:
        _action, tip = await ACTIONS.loaded(visit)
        return await _outcome_form(visit, tip, form, rows=rows, status=409, conflict=conflict.message)
    return done(visit, f"/admin/tips/{tip.id}", _CLOSURE.said)


def _read_outcomes(form: Form) -> list[tips.OutcomeDraft]:
    """The rows in which anything was chosen or typed; the problems of a row are named by its number."""
    columns = (form.texts(name) for name in ("kind", "count", "on_day", "outcome_note"))
    drafts = []
    for index, (kind, count, on_day, note) in enumerate(zip(*columns, strict=False)):
        if not kind and not note.strip():
            continue
        row = Form({"kind": kind, "count": count or "1", "on_day": on_day, "outcome_note": note})
        row.limit({"outcome_note": max_lengths(tips.OutcomeDraft)["note"]})
        draft = tips.OutcomeDraft(
            kind=row.one_of("kind", OutcomeKind, needed=True),
            count=row.whole("count") or 0,
            on_day=row.day("on_day"),
            note=note,
        )
        if not 1 <= draft.count <= 100_000:
            row.note("count", "Enter a number from {least} to {most}.", least=1, most=100_000)
        form.problems |= {f"{name}-{index}": message for name, message in row.problems.items()}
        drafts.append(draft)
    return drafts


async def _outcome_form(
    visit: Visit,
    tip: Tip,
    form: Form,
    *,
    rows: int,
    status: int = 200,
    conflict: Message | None = None,
) -> Response:
    names = ("kind", "count", "on_day", "outcome_note")
    typed = {name: form.texts(name) for name in names}
    return await ACTIONS.form(
        visit,
        _CLOSURE,
        tip,
        form,
        status=status,
        conflict=conflict,
        template="nouns/tips/closure.html",
        rows=[
            {name: texts[index] if index < len(texts) else "" for name, texts in typed.items()}
            for index in range(rows)
        ],
        may_add=rows < tips.MAX_OUTCOMES,
        outcome_choices=choices(visit, OutcomeKind),
    )
