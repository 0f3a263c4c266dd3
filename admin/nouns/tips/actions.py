"""Actions on a tip; docs/reference/tables.md has the diagram of its statuses."""

from typing import Final

from admin.kit.forms.fields import Choice
from admin.kit.forms.inputs import REASON_INPUT, Input
from admin.kit.nouns.actions import Action, Actions, Rule, Submission, Verb
from admin.kit.request import PageRequest
from admin.nouns.tips import closure
from records.changes.rows import find
from records.core.errors import Message, ValidationFailed
from records.core.language import gettext_noop as _
from records.core.rights import Right, has_right
from records.nouns import groups, tips
from records.tables import Group, Tip


async def load(request: PageRequest) -> Tip:
    """The tip of the path, with the names that it refers to. Raises `NotFound` or `PermissionDenied`."""
    tip = await find(tips.NOUN, tips.visible_to(request.actor), request.id)
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


async def _merge(submission: Submission[Tip]) -> object:
    code = (await submission.values())["into"]
    other = await tips.find(submission.actor, code)
    if other is None:
        raise ValidationFailed({"into": Message("No tip visible to you has this code.")})
    return await tips.merge(
        submission.row.id,
        expected_version=submission.form.expected_version(),
        into=other.id,
        by=submission.actor,
    )


async def _close(submission: Submission[Tip]) -> object:
    tip, form = submission.row, submission.form
    outcomes = closure.read_outcomes(form)
    form.raise_if_invalid()
    version, note = form.expected_version(), form.text("note")
    return await tips.close(
        tip.id, expected_version=version, outcomes=outcomes, note=note, by=submission.actor
    )


async def _assignable_staff(request: PageRequest, tip: Tip) -> list[Choice]:
    return [Choice(str(row.id), row.name) for row in await tips.assignable(request.actor, tip)]


_CLOSURE: Final = Action[Tip](
    "closure",
    tips.CLOSE,
    _close,
    flash=_("Tip closed."),
    template="nouns/tips/closure.html",
    context=closure.context,
    key="c",
)


async def _assign_to_me(submission: Submission[Tip]) -> object:
    version = submission.form.expected_version()
    me = submission.actor.id
    return await tips.assign(submission.row.id, expected_version=version, assignee=me, by=submission.actor)


ACTIONS: Final = Actions[Tip](
    path="/admin/tips",
    load=load,
    title=lambda tip: f"{tip.code}: {tip.title}",
    back=lambda tip: f"/admin/tips/{tip.id}",
    actions=(
        Action(
            "taking-on",
            Rule(_("Take on and verify"), Right.TIPS_VERIFY, tips.can_take_on),
            Verb(tips.take_on),
            flash=_("The tip is assigned to you and being verified."),
            key="a",
        ),
        Action(
            "verification",
            tips.VERIFY,
            Verb(tips.start_verifying),
            flash=_("Status changed to Being verified."),
            key="v",
        ),
        _CLOSURE,
        Action(
            "action",
            tips.ACT,
            Verb(tips.start_action),
            explanation=_("The tip is credible enough to act on."),
            flash=_("Status changed to In progress."),
            inputs=(Input("note", _("Note"), kind="long", required=False),),
            key="s",
        ),
        Action(
            "own-assignment",
            Rule(
                _("Assign to me"),
                Right.TIPS_ASSIGN,
                lambda actor, tip: tips.can_assign(actor, tip) and tip.assignee_id != actor.id,
            ),
            _assign_to_me,
            flash=_("The tip is assigned to you."),
            key="m",
        ),
        Action(
            "assignment",
            Rule(_("Assign"), Right.TIPS_ASSIGN, tips.can_assign),
            Verb(tips.assign),
            explanation=_("People who work in the area of the tip can be chosen."),
            flash=_("Tip assigned."),
            inputs=(Input("assignee", _("Assigned to"), kind="choices"),),
            choices=_assignable_staff,
            key="g",
        ),
        Action(
            "note",
            Rule(_("Add a note"), Right.TIPS_NOTE, tips.can_add_note),
            Verb(tips.add_note, versioned=False),
            explanation=_("A note stays in the timeline of the tip and cannot be changed later."),
            flash=_("Note added to the timeline of the tip."),
            inputs=(Input("note", _("Note"), kind="long"),),
            key="i",
        ),
        Action(
            "extension",
            Rule(_("Extend the deadline"), Right.TIPS_EXTEND, tips.can_extend),
            Verb(tips.extend),
            explanation=_(
                "Once only, to two months after the tip was received (Criminal Procedure Code, article 147)."
            ),
            flash=_("Deadline extended."),
            inputs=(REASON_INPUT,),
        ),
        Action(
            "duplicate",
            tips.MERGE,
            _merge,
            explanation=_("This tip is closed; the timelines of both tips refer to each other."),
            flash=_("Marked as a duplicate."),
            inputs=(
                Input(
                    "into", _("Code of the tip with the same content"), hint=_("For example TB-2026-000123")
                ),
            ),
        ),
        Action(
            "rejection",
            tips.REJECT,
            Verb(tips.reject),
            explanation=_("The tip ends without action. It can be reopened."),
            flash=_("Status changed to Rejected."),
            inputs=(REASON_INPUT,),
            needs_confirmation=True,
            key="r",
        ),
        Action(
            "reopening",
            tips.REOPEN,
            Verb(tips.reopen),
            explanation=_("The tip is verified again; its earlier outcomes stay in the timeline."),
            flash=_("Status changed to Being verified."),
            inputs=(REASON_INPUT,),
        ),
    ),
)
