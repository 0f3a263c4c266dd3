"""Enquiries in the tables of the tests."""

from typing import Any, Final
from uuid import UUID, uuid4

from records.core.actor import Role, system_actor
from records.core.rights import Right
from records.nouns import enquiries
from records.nouns.enquiries import EnquiryDraft
from records.tables.tips import Channel
from tests.conftest import area_ids
from tests.nouns import Tables

NO_ONE: Final = uuid4()
EMPTY: Final = EnquiryDraft(NO_ONE, Channel.BOX, "", "")
READERS: Final = {Role.COMMANDER, Role.OFFICER, Role.ANALYST}
KEEPERS: Final = {Role.COMMANDER, Role.OFFICER}


async def draft(area: str = "29905", **given: Any) -> EnquiryDraft:
    """A question that was asked in an area."""
    (area_id,) = await area_ids(area)
    values: dict[str, Any] = {
        "area_id": area_id,
        "channel": Channel.ZALO,
        "topic": "Cư trú",
        "question": "Đăng ký tạm trú ở đâu?",
    }
    return EnquiryDraft(**(values | given))


async def make(area: str) -> UUID:
    """The id of a question that was asked in an area."""
    return (await enquiries.ask(await draft(area), by=system_actor("test"))).id


async def make_removed(area: str) -> UUID:
    """The id of a removed question."""
    row_id = await make(area)
    await enquiries.remove(row_id, expected_version=1, reason="Mẫu", by=system_actor("test"))
    return row_id


TABLES: Final = Tables(
    name="enquiry",
    make=make,
    make_removed=make_removed,
    pages={
        "GET /admin/enquiries": (READERS, None),
        "POST /admin/enquiries": (KEEPERS, None),
        "GET /admin/enquiries/new": (KEEPERS, None),
        "GET /admin/enquiries/faq": (READERS, None),
        "GET /admin/enquiries/{id:uuid}": (READERS, "enquiry"),
        "POST /admin/enquiries/{id:uuid}": (KEEPERS, "enquiry"),
        "GET /admin/enquiries/{id:uuid}/edit": (KEEPERS, "enquiry"),
        "GET POST /admin/enquiries/{id:uuid}/reversal": (KEEPERS, "enquiry"),
        "GET POST /admin/enquiries/{id:uuid}/answer": (KEEPERS, "enquiry"),
        "GET POST /admin/enquiries/{id:uuid}/correction": (KEEPERS, "enquiry"),
        "GET POST /admin/enquiries/{id:uuid}/publication": (KEEPERS, "enquiry"),
        "GET POST /admin/enquiries/{id:uuid}/withdrawal": (KEEPERS, "enquiry"),
        "GET POST /admin/enquiries/{id:uuid}/removal": (KEEPERS, "enquiry"),
        "POST /admin/enquiries/{id:uuid}/restoration": (KEEPERS, "enquiry removed"),
    },
    verbs=[
        (Right.ENQUIRIES_READ, "see", lambda by: enquiries.visible_to(by).count()),
        (Right.ENQUIRIES_READ, "unanswered", lambda by: enquiries.unanswered(by).count()),
        (Right.ENQUIRIES_READ, "published", lambda by: enquiries.published(by).count()),
        (Right.ENQUIRIES_ASK, "ask", lambda by: enquiries.ask(EMPTY, by=by)),
        (
            Right.ENQUIRIES_ASK,
            "edit",
            lambda by: enquiries.edit(NO_ONE, EMPTY, expected_version=1, by=by),
        ),
        (
            Right.ENQUIRIES_ASK,
            "remove",
            lambda by: enquiries.remove(NO_ONE, expected_version=1, reason="Mẫu", by=by),
        ),
        (
            Right.ENQUIRIES_ASK,
            "restore",
            lambda by: enquiries.restore(NO_ONE, expected_version=1, by=by),
        ),
        (
            Right.ENQUIRIES_ANSWER,
            "answer",
            lambda by: enquiries.answer(NO_ONE, "Có", expected_version=1, by=by),
        ),
        (
            Right.ENQUIRIES_ANSWER,
            "publish",
            lambda by: enquiries.publish(NO_ONE, expected_version=1, published=True, by=by),
        ),
    ],
)
