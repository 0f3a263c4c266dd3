"""Hand-downs of outlines in the tables of the tests."""

from typing import Final
from uuid import UUID, uuid4

from records.core.actor import Role, system_actor
from records.core.dates import now
from records.core.rights import Right
from records.nouns import hand_downs
from records.nouns.hand_downs import Recipients
from records.tables import HandDown
from tests.nouns import Tables
from tests.nouns.activities import group
from tests.nouns.outlines import READERS, office, published

NO_ONE: Final = uuid4()
RECEIVERS: Final = {Role.COMMANDER, Role.OFFICER, Role.FRONT}


async def make(area: str) -> UUID:
    """The id of a hand-down to a group of an area."""
    outline, to = await published(area), Recipients(groups=[(await group(area)).id])
    (row,) = await hand_downs.send(outline.id, to, sender_id=await office(area), by=system_actor("test"))
    return row.id


TABLES: Final = Tables(
    name="hand_down",
    make=make,
    pages={
        "GET /admin/hand-downs": (READERS, None),
        "GET /admin/hand-downs/{id:uuid}": (READERS, "hand_down"),
        "GET POST /admin/hand-downs/{id:uuid}/receipt": (RECEIVERS, "hand_down"),
        "GET POST /admin/hand-downs/{id:uuid}/discussion": (RECEIVERS, "hand_down"),
        "GET POST /admin/hand-downs/{id:uuid}/withdrawal": (RECEIVERS, "hand_down"),
        "GET POST /admin/hand-downs/{id:uuid}/reopening": (RECEIVERS, "hand_down"),
    },
    verbs=[
        (Right.OUTLINES_READ, "see", lambda by: hand_downs.visible_to(by).count()),
        (Right.OUTLINES_READ, "unreceived", lambda by: hand_downs.unreceived(by).count()),
        (Right.OUTLINES_READ, "reminded", lambda by: hand_downs.reminded(by).count()),
        (Right.OUTLINES_READ, "by_outline", lambda by: hand_downs.by_outline([NO_ONE], by=by)),
        (Right.OUTLINES_READ, "by_area", lambda by: hand_downs.by_area(NO_ONE, by=by)),
        (
            Right.OUTLINES_READ,
            "of_recipients",
            lambda by: hand_downs.of_recipients(NO_ONE, organisations=False, by=by),
        ),
        (Right.OUTLINES_HAND_DOWN, "senders", lambda by: hand_downs.senders(by).count()),
        (Right.OUTLINES_HAND_DOWN, "receivers", lambda by: hand_downs.receivers(by).count()),
        (
            Right.OUTLINES_HAND_DOWN,
            "plan",
            lambda by: hand_downs.plan(NO_ONE, Recipients(), sender_id=NO_ONE, by=by),
        ),
        (
            Right.OUTLINES_HAND_DOWN,
            "send",
            lambda by: hand_downs.send(NO_ONE, Recipients(), sender_id=NO_ONE, by=by),
        ),
        (Right.OUTLINES_HAND_DOWN, "remind", lambda by: hand_downs.remind(NO_ONE, by=by)),
        (Right.OUTLINES_RECEIVE, "receive_all", lambda by: hand_downs.receive_all(NO_ONE, by=by)),
        (Right.OUTLINES_RECEIVE, "receive", lambda by: hand_downs.receive(NO_ONE, expected_version=1, by=by)),
        (
            Right.OUTLINES_RECEIVE,
            "withdraw_receipt",
            lambda by: hand_downs.withdraw_receipt(NO_ONE, expected_version=1, by=by),
        ),
        (Right.OUTLINES_RECEIVE, "reopen", lambda by: hand_downs.reopen(NO_ONE, expected_version=1, by=by)),
        (
            Right.ACTIVITIES_READ,
            "discussable",
            lambda by: hand_downs.discussable(HandDown(id=NO_ONE, sent_at=now()), by).count(),
        ),
    ],
)
