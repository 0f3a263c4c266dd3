"""Province systems that call the API, and their keys."""

from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from tortoise import fields

from records.tables.areas import Area
from records.tables.base import Editable, Record, TableModel, check, foreign_key, index, unique

BUDGET_LIMIT: Final = 50_000
BUDGET_RESTORE: Final = 500


class Partner(Editable):
    """A system that may call the API, within its scopes and areas."""

    name = fields.CharField(max_length=120)
    contact = fields.CharField(max_length=200, default="")
    scopes: list[str] = fields.JSONField(default=list)
    # Its public keys (a JWK Set, RFC 7517), for those that sign instead of sending a secret.
    jwks: dict[str, Any] | None = fields.JSONField(null=True)
    active = fields.BooleanField(default=True)
    # Runs no GraphQL document but those that were registered for it.
    documents_only = fields.BooleanField(default=False)
    # In costs of requests: how much it may ask for at once, and its refill per second.
    budget_limit = fields.IntField(default=BUDGET_LIMIT)
    budget_restore = fields.IntField(default=BUDGET_RESTORE)

    class Meta:
        table = "partners"
        constraints = (
            unique("name"),
            check("scopes", "jsonb_typeof(scopes) = 'array'"),
            check("budget_limit", "budget_limit > 0"),
            check("budget_restore", "budget_restore > 0"),
        )


class PartnerArea(Record):
    """An area that a partner may see, with all that lies in it."""

    partner: fields.ForeignKeyRelation[Partner] = foreign_key("Partner", index=False)
    partner_id: UUID
    area: fields.ForeignKeyRelation[Area] = foreign_key("Area")
    area_id: UUID

    class Meta:
        table = "partner_areas"
        constraints = (unique("partner_id", "area_id"),)


class PartnerKey(Record):
    """A key: a prefix that may be seen, and a hash of the rest."""

    partner: fields.ForeignKeyRelation[Partner] = foreign_key("Partner")
    partner_id: UUID
    prefix = fields.CharField(max_length=16)
    secret_hash: bytes = fields.BinaryField()
    created_at = fields.DatetimeField(auto_now_add=True)
    expires_at: datetime | None = fields.DatetimeField(null=True)
    used_at: datetime | None = fields.DatetimeField(null=True)
    revoked_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "partner_keys"
        constraints = (unique("prefix"),)


class AccessToken(Record):
    """A short-lived token that a partner got for its credentials. Only a hash of it is kept."""

    partner: fields.ForeignKeyRelation[Partner] = foreign_key("Partner")
    partner_id: UUID
    # The key that it was got with; it ends with that key. None when the partner signed for it.
    key: fields.ForeignKeyNullableRelation[PartnerKey] = foreign_key("PartnerKey", null=True)
    key_id: UUID | None
    token_hash: bytes = fields.BinaryField()
    scopes: list[str] = fields.JSONField(default=list)
    created_at = fields.DatetimeField(auto_now_add=True)
    expires_at: datetime = fields.DatetimeField()
    revoked_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "access_tokens"
        constraints = (
            unique("token_hash"),
            check("scopes", "jsonb_typeof(scopes) = 'array'"),
        )


class UsedAssertion(TableModel):
    """A signed assertion that was used: it works once (RFC 7523, section 3)."""

    jti_hash = fields.CharField(max_length=64, primary_key=True)
    expires_at: datetime = fields.DatetimeField()

    class Meta:
        table = "used_assertions"


class IdempotencyKey(Record):
    """A request that was carried out, by the key that the partner gave it: it is carried out once."""

    partner: fields.ForeignKeyRelation[Partner] = foreign_key("Partner", index=False)
    partner_id: UUID
    # SHA-256 of both, in lower-case hexadecimal: what was sent stands in the record and nowhere else.
    key_sha256 = fields.CharField(max_length=64)
    request_sha256 = fields.CharField(max_length=64)
    # The record that came of it.
    row_id: UUID = fields.UUIDField()
    created_at: datetime = fields.DatetimeField(auto_now_add=True)

    class Meta:
        table = "idempotency_keys"
        indexes = (index("created_at", name="created"),)
        constraints = (
            unique("partner_id", "key_sha256"),
            check("key_sha256", "key_sha256 ~ '^[0-9a-f]{64}$'"),
            check("request_sha256", "request_sha256 ~ '^[0-9a-f]{64}$'"),
        )


class PartnerBudget(TableModel):
    """What was left of a partner's budget at a moment; full where there is no row. Lost in a crash."""

    partner_id = fields.UUIDField(primary_key=True)
    remaining = fields.FloatField()
    at: datetime = fields.DatetimeField()

    class Meta:
        table = "partner_budgets"


class PartnerUsage(Record):
    """How many requests a partner sent on a day in Viet Nam."""

    partner: fields.ForeignKeyRelation[Partner] = foreign_key("Partner", index=False)
    partner_id: UUID
    day: date = fields.DateField()
    requests = fields.BigIntField()

    class Meta:
        table = "partner_usage"
        constraints = (
            unique("partner_id", "day"),
            check("requests", "requests > 0"),
        )


class PartnerDeprecation(Record):
    """How many requests of a partner used a deprecated part of the API on a day in Viet Nam."""

    partner: fields.ForeignKeyRelation[Partner] = foreign_key("Partner", index=False)
    partner_id: UUID
    day: date = fields.DateField()
    # Which part: its coordinate in the schema, such as Tip.code or Query.tips(first:).
    coordinate = fields.CharField(max_length=200)
    requests = fields.BigIntField()

    class Meta:
        table = "partner_deprecations"
        constraints = (
            unique("partner_id", "day", "coordinate"),
            check("requests", "requests > 0"),
        )


class PartnerDocument(Record):
    """A GraphQL document that was registered for a partner, by the identifier that it asks with."""

    partner: fields.ForeignKeyRelation[Partner] = foreign_key("Partner", index=False)
    partner_id: UUID
    identifier = fields.CharField(max_length=128)
    # SHA-256 of the text, in lower-case hexadecimal: what asks with it need not know of another identifier.
    sha256 = fields.CharField(max_length=64)
    name = fields.CharField(max_length=200)
    text = fields.TextField()
    created_at = fields.DatetimeField(auto_now_add=True)

    class Meta:
        table = "partner_documents"
        indexes = (index("partner_id", "sha256", name="sha256"),)
        constraints = (
            unique("partner_id", "identifier"),
            check("sha256", "sha256 ~ '^[0-9a-f]{64}$'"),
        )
