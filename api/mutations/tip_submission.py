"""The mutation `submitTip`: a partner's system passes on what people told it."""

from dataclasses import fields
from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

import orjson
import strawberry

from api.cost.directives import CHANGE
from api.mutations.base import (
    UNKNOWN_ID,
    MutationInput,
    MutationPayload,
    ProblemFields,
    area_id,
    optional,
    payload,
    requested_selection,
    required,
    row_id,
    run_mutation,
)
from api.nouns.areas.areas import REFERENCE
from api.nouns.tips import Tip
from api.reads.context import Info
from records.core.dates import LOCAL
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


@payload("the tip")
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
    actor, selection = info.context.actor, await requested_selection(info, Right.TIPS_SUBMIT, "tip")

    async def submit() -> UUID:
        return (await tips.submit(await _draft(input), request=_canonical_request(input), by=actor)).id

    problem_fields = ProblemFields(conflict="externalRef", names={"group": "groupId"})
    result = await run_mutation(info, input, submit, problem_fields, selection=selection)
    return SubmitTipPayload(
        record_id=result.id("Tip"),
        code=(await tips.submitted_count(actor).get(id=result.row_id)).reference if result.row_id else None,
        tip=result.record,
        problems=result.problems,
    )


@strawberry.type
class TipSubmissionMutations:
    """The root field `submitTip`."""

    submit_tip: SubmitTipPayload = strawberry.field(
        resolver=_submit_tip,
        directives=[CHANGE],
        description=(
            "Submits a tip. Safe to repeat with the same `idempotencyKey` or `externalRef`. Needs the "
            "scope tips:write."
        ),
    )


def _canonical_request(data: SubmitTipInput) -> bytes:
    """The canonical form of the input, to be compared when its `externalRef` is used again.

    It contains only values that differ from the defaults, so that fields added later do not change it.
    """
    values = {field.name: getattr(data, field.name) for field in fields(data) if field.name not in _NAMES}
    defaults = {field.name: field.default for field in fields(data)}
    changed_values = {name: value for name, value in values.items() if value != defaults[name]}
    return orjson.dumps(changed_values, option=orjson.OPT_SORT_KEYS)


async def _draft(data: SubmitTipInput) -> tips.TipDraft:
    category = next((row.id for row in await tips.categories() if row.code == data.category), UNKNOWN_ID)
    return tips.TipDraft(
        title=data.title,
        category_id=category,
        channel=data.channel,
        area_id=await area_id(data.area),
        body=data.body,
        legal_kind=data.legal_kind,
        group_id=row_id(data.group_id, "Group") if data.group_id is not None else None,
        place=data.place,
        lat=data.lat,
        lon=data.lon,
        occurred_at=_in_local_time(data.occurred_at),
        received_at=_in_local_time(data.received_at),
        priority=data.priority,
        external_ref=data.external_ref,
    )


def _in_local_time(moment: datetime | None) -> datetime | None:
    """`moment` with a time zone: that of Viet Nam if it has none."""
    return moment.replace(tzinfo=LOCAL) if moment is not None and moment.tzinfo is None else moment
