"""The mutation `answerEnquiry`."""

from uuid import UUID

import strawberry

from api.mutations.base import (
    MutationInput,
    MutationPayload,
    ProblemFields,
    mutation,
    payload,
    required,
    row_id,
)
from records.core.actor import Actor
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


@payload("the enquiry's id")
class AnswerEnquiryPayload(MutationPayload):
    """The id only: an answered enquiry is no longer open, and cannot be read here."""


async def _answer(data: AnswerEnquiryInput, by: Actor) -> UUID:
    enquiry_id = row_id(data.enquiry_id, "OpenEnquiry")
    return (await enquiries.answer(enquiry_id, data.answer, expected_version=data.version, by=by)).id


@strawberry.type
class EnquiryMutations:
    """The root field `answerEnquiry`."""

    answer_enquiry: AnswerEnquiryPayload = mutation(
        _answer,
        AnswerEnquiryPayload,
        "Answers an enquiry that has no answer yet. Needs the scope enquiries:write.",
        right=Right.ENQUIRIES_ANSWER,
        changes="OpenEnquiry",
        argument="The answer.",
        problem_fields=ProblemFields(missing="enquiryId", conflict="version"),
    )
