"""The mutation `submitTip`: a partner's system passes on what people told it."""

from dataclasses import fields
from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

import orjson
import strawberry

from api.cost.sizes import CHANGE, WRAPPER
from api.mutations.base import (
    NOTHING,
    MutationInput,
    MutationPayload,
    Refusals,
    area_id,
    asked_back,
    changed,
    optional,
    required,
    row_id,
)
from api.nouns.areas.areas import REFERENCE
from api.nouns.tips import Tip
from api.reads.context import Info
from records.core.days import LOCAL
from records.core.declarations.fields import max_lengths
from records.core.rights import Right
from records.nouns import tips
from records.tables.tips import Channel, LegalKind, Priority

_LIMITS: Final = max_lengths(tips.TipDraft)
# By what a request is known when it comes again.
_NAMES: Final = {"external_ref", "idempotency_key"}


@strawberry.input(description="A tip to submit.")
class SubmitTipInput(MutationInput):
    """The fields of a new tip."""

    title: str = required(f"The subject, in one line; at most {_LIMITS['title']} characters.")
    category: str = required("The code of its category, from `tipCategories`.")
    area: str = required(f"Where: {REFERENCE}. It must lie in the caller's areas.")
    body: str = optional(
        f"The content of the tip; at most {_LIMITS['body']} characters. Do not identify the reporter.", ""
    )
    channel: Channel = optional("The channel through which it arrived.", Channel.API)
    legal_kind: LegalKind = optional("The legal kind of the tip.", LegalKind.SOURCE)
    priority: Priority = optional("How soon a tip should be looked at.", Priority.NORMAL)
    group_id: strawberry.ID | None = optional(
        "The id of the group through which it came; needs the scope groups:read."
    )
    place: str = optional(f"The place in words; at most {_LIMITS['place']} characters.", "")
    lat: float | None = optional("Latitude in degrees, from -90 to 90; only with `lon`.")
    lon: float | None = optional("Longitude in degrees, from -180 to 180; only with `lat`.")
    occurred_at: datetime | None = optional("When it happened; not in the future.")
    received_at: datetime | None = optional("When it was received; not in the future. Now by default.")
    external_ref: str | None = optional(
        f"The sender's own reference, at most {_LIMITS['external_ref']} characters. "
        "Repeating the same input returns the existing tip and stores nothing; a "
        "different input with the same reference is refused."
    )


@strawberry.type(description="The result of `submitTip`: the tip, or the problems.", directives=[WRAPPER])
class SubmitTipPayload(MutationPayload):
    """The tip's id and code can be read without the scope tips:read."""

    code: str | None = strawberry.field(
        description="The tip's reference, for enquiries; null if there were problems."
    )
    tip: Tip | None = strawberry.field(
        description="The tip; null if there were problems. Needs the scope tips:read."
    )


async def _submit_tip(
    info: Info,
    *,
    input: Annotated[SubmitTipInput, strawberry.argument(description="The tip.")],  # noqa: A002 - Relay's name
) -> SubmitTipPayload:
    actor, asked = info.context.actor, await asked_back(info, Right.TIPS_SUBMIT, "tip")

    async def submit() -> UUID:
        return (await tips.submit(await _draft(input), request=_request(input), by=actor)).id

    refusals = Refusals(conflict="externalRef", names={"group": "groupId"})
    done = await changed(info, input, submit, refusals, asked=asked)
    return SubmitTipPayload(
        record_id=done.id("Tip"),
        code=(await tips.submitted_by(actor).get(id=done.row_id)).reference if done.row_id else None,
        tip=done.record,
        problems=done.problems,
    )


@strawberry.type
class TipMutations:
    """The root field `submitTip`."""

    submit_tip: SubmitTipPayload = strawberry.field(
        resolver=_submit_tip,
        directives=[CHANGE],
        description=(
            "Submits a tip. Safe to repeat with the same `idempotencyKey` or `externalRef`. Needs the "
            "scope tips:write."
        ),
    )


def _request(given: SubmitTipInput) -> bytes:
    """What is asked for under its `externalRef`, as text.

    Only what differs from the defaults, so that a field of a later release leaves it as it is.
    """
    asked = {field.name: getattr(given, field.name) for field in fields(given) if field.name not in _NAMES}
    defaults = {field.name: field.default for field in fields(given)}
    said = {name: value for name, value in asked.items() if value != defaults[name]}
    return orjson.dumps(said, option=orjson.OPT_SORT_KEYS)


async def _draft(given: SubmitTipInput) -> tips.TipDraft:
    category = next((row.id for row in await tips.categories() if row.code == given.category), NOTHING)
    return tips.TipDraft(
        title=given.title,
        category_id=category,
        channel=given.channel,
        area_id=await area_id(given.area),
        body=given.body,
        legal_kind=given.legal_kind,
        group_id=row_id(given.group_id, "Group") if given.group_id is not None else None,
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
