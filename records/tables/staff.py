"""The people who keep the records, and their sign-in sessions."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from tortoise import fields
from tortoise.migrations.constraints import UniqueConstraint

from records.core.actor import Role
from records.tables.areas import Area
from records.tables.base import Kept, Record, choice, one_of, ref


class Language(StrEnum):
    """A language that the service speaks."""

    VI = "vi"
    EN = "en"


class Staff(Kept):
    """A staff member: one role, one or more areas."""

    username = fields.CharField(max_length=60)
    name = fields.CharField(max_length=120)
    email = fields.CharField(max_length=200, default="")
    role: Role = choice(Role)
    language: Language = choice(Language, default=Language.VI)
    active = fields.BooleanField(default=True)
    password_hash = fields.CharField(max_length=200)

    class Meta:
        table = "staff"
        constraints = (
            UniqueConstraint(fields=("username",), name="staff_username_key"),
            one_of("staff", "role", Role),
            one_of("staff", "language", Language),
        )


class StaffArea(Record):
    """An area that a staff member works in, with all that lies in it."""

    staff: fields.ForeignKeyRelation[Staff] = ref("Staff", index=False)
    staff_id: UUID
    area: fields.ForeignKeyRelation[Area] = ref("Area")
    area_id: UUID

    class Meta:
        table = "staff_areas"
        constraints = (UniqueConstraint(fields=("staff_id", "area_id"), name="staff_areas_key"),)


class Session(Record):
    """A sign-in. Only a hash of its token is kept."""

    staff: fields.ForeignKeyRelation[Staff] = ref("Staff")
    staff_id: UUID
    token_hash: bytes = fields.BinaryField()
    created_at = fields.DatetimeField(auto_now_add=True)
    seen_at: datetime = fields.DatetimeField()
    expires_at: datetime = fields.DatetimeField()
    ended_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "sessions"
        constraints = (UniqueConstraint(fields=("token_hash",), name="sessions_token_hash_key"),)
