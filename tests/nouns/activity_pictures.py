"""Pictures of activities in the tables of the tests, and the verbs of the pictures of any kind of record."""

from typing import Final
from uuid import UUID, uuid4

from records.core.actor import system_actor
from records.core.rights import Right
from records.privacy import activity_pictures, attachments
from records.privacy.attachments import ACTIVITIES, Owner, Picture
from tests.admin.forms import a_picture
from tests.nouns import Attempt, Tables
from tests.nouns.activities import EMPTY, KEEPERS, READERS
from tests.nouns.activities import make as make_activity

NO_ONE, PICTURE = uuid4(), Picture("image/png", ".png", b"x")


def picture_verbs(owner: Owner) -> list[tuple[Right, str, Attempt]]:
    """The verbs of the pictures of one kind of record."""
    see = owner.noun.right
    return [
        (owner.add, "add", lambda by: attachments.add(owner, NO_ONE, b"", by=by)),
        (owner.add, "attach", lambda by: attachments.attach(owner, NO_ONE, PICTURE, by=by)),
        (see, "pictures", lambda by: attachments.of_record(owner, by, NO_ONE)),
        (see, "thumbnail", lambda by: attachments.thumbnail(owner, by, NO_ONE)),
        (see, "content", lambda by: attachments.content(owner, by, NO_ONE)),
        (see, "load", lambda by: attachments.load(owner, by, NO_ONE)),
        (owner.erase, "erase", lambda by: attachments.erase(owner, NO_ONE, reason="", by=by)),
    ]


async def make(area: str) -> UUID:
    """The id of a picture of a meeting of a group in an area."""
    activity_id, by = await make_activity(area), system_actor("test")
    return (await attachments.add(ACTIVITIES, activity_id, a_picture(), by=by)).id


TABLES: Final = Tables(
    name="activity picture",
    make=make,
    pages={
        "POST /admin/activities/{id:uuid}/attachments": (KEEPERS, "activity"),
        "GET /admin/activities/attachments/{id:uuid}": (READERS, "activity picture"),
        "GET /admin/activities/attachments/{id:uuid}/thumbnail": (READERS, "activity picture"),
        "GET POST /admin/activities/attachments/{id:uuid}/removal": (KEEPERS, "activity picture"),
    },
    verbs=[
        *picture_verbs(ACTIVITIES),
        (
            Right.ACTIVITIES_RECORD,
            "record",
            lambda by: activity_pictures.record(EMPTY, PICTURE, by=by),
        ),
    ],
)
