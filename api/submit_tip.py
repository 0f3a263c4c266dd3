"""The mutation `submitTip`: a partner's system passes on what people told it."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final
from uuid import UUID

import strawberry

from api.areas import REFERENCE
from api.context import Info
from api.enums import describe
from api.errors import camel, check_scope
from api.node import global_id, parse_id
from api.reads.run import read_by_id
from api.reads.selection import selection_of
from api.sizes import CHANGE, WRAPPER
from api.tips import Tip
from records import areas, tips
from records.core.days import LOCAL
from records.core.errors import Invalid, Message
from records.core.fetch import fetch
from records.core.language import _, say
from records.core.rights import Right
from records.tables.staff import Language
from records.tables.tips import Channel, LegalKind, Priority

_UNKNOWN_CATEGORY: Final = _("Please choose a category from the list.")
_UNKNOWN_GROUP: Final = _("Please choose a group that you can see.")
_LIMITS: Final = tips.LIMITS


class ProblemCode(StrEnum):
    """Codes of problems."""

    REQUIRED = "REQUIRED"
    TOO_LONG = "TOO_LONG"
    INVALID = "INVALID"


describe(
    ProblemCode,
    "What is wrong with an input.",
    REQUIRED="It must not be empty.",
    TOO_LONG="It is longer than its limit.",
    INVALID="It breaks another rule; the message says which.",
)

_CODES: Final = {
    "Please fill this in.": ProblemCode.REQUIRED,
    "Please use at most {most} characters.": ProblemCode.TOO_LONG,
}


@strawberry.type(description="Why an input was not taken.", directives=[WRAPPER])
class InputProblem:
    """A problem as data."""

    field: str = strawberry.field(description="The input's field.")
    code: ProblemCode = strawberry.field(description="What is wrong, for programs.")
    message: str = strawberry.field(description="What is wrong, for people, in the caller's language.")


@strawberry.input(description="A tip to pass on.")
class SubmitTipInput:
    """The fields of a new tip."""

    title: str = strawberry.field(
        description=f"What it is about, in a line; at most {_LIMITS['title']} characters."
    )
    category: str = strawberry.field(description="The code of its category, from `tipCategories`.")
    area: str = strawberry.field(description=f"Where: {REFERENCE}. It must lie in the caller's areas.")
    body: str = strawberry.field(
        default="", description=f"What was said; at most {_LIMITS['body']} characters. Leave out who said it."
    )
    channel: Channel = strawberry.field(default=Channel.API, description="The way by which it came in.")
    legal_kind: LegalKind = strawberry.field(default=LegalKind.SOURCE, description="What it is in law.")
    priority: Priority = strawberry.field(
        default=Priority.NORMAL, description="How soon somebody should look."
    )
    group_id: strawberry.ID | None = strawberry.field(
        default=None, description="The id of the group through which it came; needs the scope groups:read."
    )
    place: str = strawberry.field(
        default="", description=f"The place in words; at most {_LIMITS['place']} characters."
    )
    lat: float | None = strawberry.field(
        default=None, description="Latitude from -90 to 90; only with `lon`."
    )
    lon: float | None = strawberry.field(
        default=None, description="Longitude from -180 to 180; only with `lat`."
    )
    occurred_at: datetime | None = strawberry.field(
        default=None, description="When it happened; not in the future."
    )
    received_at: datetime | None = strawberry.field(
        default=None, description="When it was passed on; not in the future. Now, when not given."
    )
    external_ref: str | None = strawberry.field(
        default=None,
        description=f"The sender's own reference, at most {_LIMITS['external_ref']} characters. "
        "The same reference again gives the tip that is there, and stores nothing.",
    )


@strawberry.type(description="The answer to `submitTip`: the tip, or the problems.", directives=[WRAPPER])
class SubmitTipPayload:
    """The tip's id and code can be read without the scope tips:read."""

    id: strawberry.ID | None = strawberry.field(description="The tip's id; null when there were problems.")
    code: str | None = strawberry.field(description="The tip's number; null when there were problems.")
    tip: Tip | None = strawberry.field(
        description="The tip; null when there were problems. Needs the scope tips:read."
    )
    problems: list[InputProblem] = strawberry.field(
        description="What is wrong with the input; empty when it was taken."
    )


async def _submit_tip(
    info: Info,
    *,
    input: Annotated[SubmitTipInput, strawberry.argument(description="The tip.")],  # noqa: A002 - Relay's name
) -> SubmitTipPayload:
    actor, asked = info.context.actor, selection_of(info).below("tip")
    check_scope(actor, Right.TIPS_SUBMIT, field="Mutation.submitTip")
    if asked is not None:
        check_scope(actor, Right.TIPS_READ, field="SubmitTipPayload.tip")
    try:
        stored = await tips.submit(await _draft(input), by=actor)
    except Invalid as refused:
        problems = _problems(refused.problems, info.context.language)
        return SubmitTipPayload(id=None, code=None, tip=None, problems=problems)
    # Read where it was written: a replica may not have the tip yet.
    found: dict[UUID, Tip] = await read_by_id(info, asked, [stored.id], fetch=fetch) if asked else {}
    id_ = strawberry.ID(global_id("Tip")(stored.id))
    return SubmitTipPayload(id=id_, code=stored.code, tip=found.get(stored.id), problems=[])


@strawberry.type
class TipMutations:
    """The root field `submitTip`."""

    submit_tip: SubmitTipPayload = strawberry.field(
        resolver=_submit_tip,
        directives=[CHANGE],
        description="Passes on a tip. Safe to repeat with the same `externalRef`.",
    )


async def _draft(given: SubmitTipInput) -> tips.TipDraft:
    """The input with its references looked up. Raises `Invalid` with every one that names nothing."""
    problems: dict[str, Message] = {}
    category = next((row for row in await tips.categories() if row.code == given.category), None)
    if category is None:
        problems["category"] = Message(_UNKNOWN_CATEGORY)
    group = parse_id(given.group_id, "Group") if given.group_id is not None else None
    if given.group_id is not None and group is None:
        problems["group_id"] = Message(_UNKNOWN_GROUP)
    try:
        area = await areas.resolve(given.area)
    except Invalid as refused:
        raise Invalid(problems | refused.problems) from None
    if problems or category is None:
        raise Invalid(problems)
    return tips.TipDraft(
        title=given.title,
        category_id=category.id,
        channel=given.channel,
        area_id=area.id,
        body=given.body,
        legal_kind=given.legal_kind,
        group_id=group[1] if group else None,
        place=given.place,
        lat=given.lat,
        lon=given.lon,
        occurred_at=_in_time(given.occurred_at),
        received_at=_in_time(given.received_at),
        priority=given.priority,
        external_ref=given.external_ref,
    )


def _in_time(moment: datetime | None) -> datetime | None:
    """A moment without a time zone is one in Viet Nam."""
    return moment.replace(tzinfo=LOCAL) if moment is not None and moment.tzinfo is None else moment


def _problems(problems: dict[str, Message], language: Language) -> list[InputProblem]:
    names = {"group": "group_id"}
    return [
        InputProblem(
            field=camel(names.get(field, field)),
            code=_CODES.get(message.text, ProblemCode.INVALID),
            message=say(language, message),
        )
        for field, message in problems.items()
    ]
