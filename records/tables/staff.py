"""The people who keep the records, and their sign-in sessions."""

from datetime import datetime
from uuid import UUID

from tortoise import fields

from records.core.actor import Role
from records.core.labels import Labelled
from records.core.language import Language
from records.core.language import gettext_noop as _
from records.tables.areas import Area
from records.tables.base import Editable, Record, TableModel, check, enum_column, foreign_key, unique


class FactorKind(Labelled):
    """What a staff member shows besides, or instead of, a password."""

    TOTP = "TOTP", _("Authenticator app")
    PASSKEY = "PASSKEY", _("Passkey")


class AuthenticationStrength(Labelled):
    """How a session was begun: with one factor or with two (a passkey counts as two)."""

    ONE = "ONE", _("One factor")
    TWO = "TWO", _("Two factors")


class Staff(Editable):
    """A staff member: one role, one or more areas."""

    username = fields.CharField(max_length=60)
    name = fields.CharField(max_length=120)
    email = fields.CharField(max_length=200, default="")
    role: Role = enum_column(Role)
    language: Language = enum_column(Language, default=Language.VI)
    active = fields.BooleanField(default=True)
    password_hash = fields.CharField(max_length=200)
    # Whether they have to choose a new password before anything else.
    renew_password = fields.BooleanField(default=False)
    # Until when a password that somebody else handed over signs in; one's own has no end.
    password_expires_at: datetime | None = fields.DatetimeField(null=True)
    name_key = fields.TextField(default="")
    folded = fields.TextField(default="")

    class Meta:
        table = "staff"
        constraints = (unique("username"),)


class StaffArea(Record):
    """An area that a staff member works in, with all that lies in it."""

    staff: fields.ForeignKeyRelation[Staff] = foreign_key("Staff", index=False)
    staff_id: UUID
    area: fields.ForeignKeyRelation[Area] = foreign_key("Area")
    area_id: UUID

    class Meta:
        table = "staff_areas"
        constraints = (unique("staff_id", "area_id"),)


class SavedView(Record):
    """The filters, order and columns of a list that a staff member keeps under a name."""

    staff: fields.ForeignKeyRelation[Staff] = foreign_key("Staff", index=False)
    staff_id: UUID
    path = fields.CharField(max_length=80)
    name = fields.CharField(max_length=60)
    query = fields.CharField(max_length=1000, default="")

    class Meta:
        table = "saved_views"
        constraints = (unique("staff_id", "path", "name"),)


class Session(Record):
    """A sign-in. Only a hash of its token is kept."""

    staff: fields.ForeignKeyRelation[Staff] = foreign_key("Staff")
    staff_id: UUID
    token_hash: bytes = fields.BinaryField()
    # What people recognise a session by ("Chrome, Android"); never an address.
    device = fields.CharField(max_length=80, default="")
    strength: AuthenticationStrength = enum_column(AuthenticationStrength, default=AuthenticationStrength.ONE)
    created_at = fields.DatetimeField(auto_now_add=True)
    # When they last proved who they are; sensitive actions want it to be recent.
    proved_at: datetime = fields.DatetimeField()
    seen_at: datetime = fields.DatetimeField()
    expires_at: datetime = fields.DatetimeField()
    ended_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "sessions"
        constraints = (unique("token_hash"),)


class Factor(Record):
    """A second factor: an authenticator app (its secret sealed) or a passkey (its public key)."""

    staff: fields.ForeignKeyRelation[Staff] = foreign_key("Staff")
    staff_id: UUID
    kind: FactorKind = enum_column(FactorKind)
    name = fields.CharField(max_length=80)
    created_at = fields.DatetimeField(auto_now_add=True)
    used_at: datetime | None = fields.DatetimeField(null=True)
    data_key: bytes | None = fields.BinaryField(null=True)
    secret: bytes | None = fields.BinaryField(null=True)
    # The last time step that was used: a code works once (RFC 6238, section 5.2).
    last_step: int | None = fields.BigIntField(null=True)
    credential_id: bytes | None = fields.BinaryField(null=True)
    public_key: bytes | None = fields.BinaryField(null=True)
    sign_count = fields.BigIntField(default=0)

    class Meta:
        table = "factors"
        constraints = (
            unique("credential_id", name="credential"),
            check("totp", "(kind = 'TOTP') = (secret IS NOT NULL AND data_key IS NOT NULL)"),
            check(
                "passkey",
                "(kind = 'PASSKEY') = (credential_id IS NOT NULL AND public_key IS NOT NULL)",
            ),
        )


class RecoveryCode(Record):
    """A code for the day on which every other factor is lost; works once."""

    staff: fields.ForeignKeyRelation[Staff] = foreign_key("Staff", index=False)
    staff_id: UUID
    code_hash: bytes = fields.BinaryField()
    used_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "recovery_codes"
        constraints = (unique("staff_id", "code_hash"),)


class Identity(Record):
    """Who a staff member is at an OpenID Connect provider: the subject is theirs there for ever."""

    staff: fields.ForeignKeyRelation[Staff] = foreign_key("Staff", index=False)
    staff_id: UUID
    issuer = fields.CharField(max_length=255)
    subject = fields.CharField(max_length=255)
    created_at = fields.DatetimeField(auto_now_add=True)
    used_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "identities"
        constraints = (
            unique("issuer", "subject", name="subject"),
            unique("staff_id", "issuer", name="staff"),
        )


class Challenge(Record):
    """One step of a sign-in or registration that waits for its answer; found by a hash of its token."""

    token_hash: bytes = fields.BinaryField()
    purpose = fields.CharField(max_length=24)
    staff: fields.ForeignKeyNullableRelation[Staff] = foreign_key("Staff", null=True)
    staff_id: UUID | None
    value: bytes = fields.BinaryField()
    expires_at: datetime = fields.DatetimeField()

    class Meta:
        table = "challenges"
        constraints = (unique("token_hash"),)


class Throttle(TableModel):
    """How often something was tried of late, by a hash of what is counted."""

    key = fields.CharField(max_length=64, primary_key=True)
    tries = fields.IntField()
    since: datetime = fields.DatetimeField()

    class Meta:
        table = "throttles"
        constraints = (check("tries", "tries > 0"),)
