"""The mutation `answerEnquiry`."""

from typing import Annotated
from uuid import UUID

import strawberry

from api.cost.directives import CHANGE, WRAPPER
from api.mutations.base import (
    MutationInput,
    MutationPayload,
    ProblemFields,
    requested_selection,
    required,
    row_id,
    run_mutation,
)
from api.reads.context import Info
from records.core.rights import Right
from records.nouns import enquiries


@strawberry.input(description="The answer to an enquiry.")
class AnswerEnquiryInput(MutationInput):
    """The fields of an answer."""

    enquiry_id: strawberry.ID = required(
        "The enquiry's id; it must lie in the caller's areas and have no answer yet."
    )
    version: int = required(
        "The enquiry's `version` as read by the caller; if it has changed since, nothing is stored."
    )
    answer: str = required(f"The answer, at most {enquiries.ANSWER.max_length} characters.")


@strawberry.type(
    description="The result of `answerEnquiry`: the enquiry's id, or the problems.", directives=[WRAPPER]
)
class AnswerEnquiryPayload(MutationPayload):
    """The id only: an answered enquiry is no longer open, and cannot be read here."""


async def _answer_enquiry(
    info: Info,
    *,
    input: Annotated[AnswerEnquiryInput, strawberry.argument(description="The answer.")],  # noqa: A002 - Relay's name
) -> AnswerEnquiryPayload:
    await requested_selection(info, Right.ENQUIRIES_ANSWER)

    async def answer() -> UUID:
        enquiry_id = row_id(input.enquiry_id, "OpenEnquiry")
        row = await enquiries.answer(
            enquiry_id, input.answer, expected_version=input.version, by=info.context.actor
        )
        return row.id

    result = await run_mutation(info, input, answer, ProblemFields(missing="enquiryId", conflict="version"))
    return AnswerEnquiryPayload(record_id=result.id("OpenEnquiry"), problems=result.problems)


@strawberry.type
class EnquiryMutations:
    """The root field `answerEnquiry`."""

    answer_enquiry: AnswerEnquiryPayload = strawberry.field(
        resolver=_answer_enquiry,
        directives=[CHANGE],
        description="Answers an enquiry that has no answer yet. Needs the scope enquiries:write.",
    )
