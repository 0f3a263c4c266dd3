"""What is asked once more before an activity is saved, because it is rarely right."""

from typing import Final
from uuid import UUID

from admin.kit.forms.fields import Form
from admin.kit.request import PageRequest
from records.core.errors import Message, ValidationFailed
from records.core.language import format_date
from records.core.language import gettext_noop as _
from records.core.rights import Right, has_right
from records.nouns import activities, groups
from records.nouns.activities import ActivityDraft, quarter_of
from records.tables import Activity
from records.tables.activities import ActivityKind

_ALREADY_MET: Final = _("The group already met on {day}, in the same quarter.")
_TOO_MANY: Final = _("More households present ({present}) than the group has ({count}).")


async def check_plausible(
    request: PageRequest, draft: ActivityDraft, *, before: Activity | None = None
) -> None:
    """Raises `ValidationFailed` for what is rarely right of a meeting, unless the form confirms just that.

    The name of each question holds what it is about: once that changes, it is asked again.
    """
    if draft.kind is not ActivityKind.QUARTERLY_MEETING or draft.group_id is None:
        return
    questions = await _second_meeting(request, draft, draft.group_id, before)
    questions |= await _too_many_households(request, draft, before)
    for confirmed in Form(request.form).texts("certain"):
        questions.pop(f"certain-{confirmed}", None)
    if questions:
        raise ValidationFailed(questions)


async def _second_meeting(
    request: PageRequest, draft: ActivityDraft, group_id: UUID, before: Activity | None
) -> dict[str, Message]:
    """That the group has met in that quarter; not of a meeting that stays one of its group in its quarter."""
    other = await activities.other_meeting(group_id, draft.held_on, by=request.actor)
    if other is None or (before is not None and _is_same_meeting(before, draft)):
        return {}
    return {f"certain-second-{other.id}": Message(_ALREADY_MET, {"day": format_date(other.held_on)})}


async def _too_many_households(
    request: PageRequest, draft: ActivityDraft, before: Activity | None
) -> dict[str, Message]:
    """That more households came than the group has; not where that was saved before."""
    present = draft.households_present
    if present is None or not has_right(request.actor, Right.GROUPS_READ):
        return {}
    if before is not None and (before.group_id, before.households_present) == (draft.group_id, present):
        return {}
    group = await groups.visible_to(request.actor).get_or_none(id=draft.group_id)
    if group is None or group.households is None or present <= group.households:
        return {}
    question = Message(_TOO_MANY, {"present": present, "count": group.households})
    return {f"certain-households-{present}-{group.households}": question}


def _is_same_meeting(row: Activity, draft: ActivityDraft) -> bool:
    """Whether a meeting stays one of its group in its quarter."""
    kept = row.kind is draft.kind and row.group_id == draft.group_id
    return kept and quarter_of(row.held_on) == quarter_of(draft.held_on)
