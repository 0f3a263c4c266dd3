"""What is asked once more before an activity is saved, because it is rarely right."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final, TypeVar

from admin.kit.forms.fields import Form
from admin.kit.request import PageRequest
from records.core.errors import Message, ValidationFailed
from records.core.language import gettext_noop as _
from records.core.rights import Right, has_right
from records.nouns import activities, groups
from records.nouns.activities import ActivityDraft, AlreadyMet
from records.privacy import activity_pictures
from records.privacy.attachments import Picture
from records.tables import Activity
from records.tables.activities import ActivityKind

T = TypeVar("T")
_TOO_MANY: Final = _("More households present ({present}) than the group has ({count}).")
_CROWD: Final = _("{present} people are many for a group of {count} households.")
_LARGEST_HOUSEHOLD: Final = 10


async def record_confirmed(
    request: PageRequest,
    draft: ActivityDraft,
    picture: Picture | None,
    further: Mapping[str, Message] = MappingProxyType({}),
) -> Activity:
    """The new activity, with its picture if there is one. Raises as `save_confirmed`, and as the verb."""
    return await save_confirmed(
        request,
        draft,
        lambda confirmed: activity_pictures.record(confirmed, picture, by=request.actor),
        further=further,
    )


async def save_confirmed(
    request: PageRequest,
    draft: ActivityDraft,
    save: Callable[[ActivityDraft], Awaitable[T]],
    *,
    before: Activity | None = None,
    further: Mapping[str, Message] = MappingProxyType({}),
) -> T:
    """The result of `save`, which gets the draft with the other meetings of the quarter as known.

    Raises `ValidationFailed` with the questions, and `further` ones, that the form does not confirm. The name
    of a question holds what it is about: once that changes, it is asked again.
    """
    confirmed = {f"certain-{text}" for text in Form(request.form).texts("certain")}
    others = await activities.other_meetings(draft, before=before, by=request.actor)
    questions = {_question_name(one): AlreadyMet(one).message for one in others}
    questions |= await _too_many(request, draft, before)
    questions |= further
    if unconfirmed := {name: text for name, text in questions.items() if name not in confirmed}:
        raise ValidationFailed(unconfirmed)
    try:
        return await save(replace(draft, known_meetings=[one.id for one in others]))
    except AlreadyMet as error:
        # Recorded by somebody else meanwhile.
        raise ValidationFailed({_question_name(error.meeting): error.message}) from None


def _question_name(meeting: Activity) -> str:
    return f"certain-second-{meeting.id}"


async def _too_many(
    request: PageRequest, draft: ActivityDraft, before: Activity | None
) -> dict[str, Message]:
    """That more came than the group can send; not where that was saved before."""
    if draft.kind is not ActivityKind.QUARTERLY_MEETING or draft.group_id is None:
        return {}
    if not has_right(request.actor, Right.GROUPS_READ):
        return {}
    group = await groups.visible_to(request.actor).get_or_none(id=draft.group_id)
    if group is None or group.households is None:
        return {}
    count, same_group = group.households, before is not None and before.group_id == draft.group_id
    limits = (
        ("households", "households_present", count, _TOO_MANY),
        ("attendance", "attendance", count * _LARGEST_HOUSEHOLD, _CROWD),
    )
    return {
        f"certain-{name}-{present}-{count}": Message(text, {"present": present, "count": count})
        for name, field, most, text in limits
        if (present := getattr(draft, field)) is not None
        and present > most
        and not (same_group and getattr(before, field) == present)
    }
