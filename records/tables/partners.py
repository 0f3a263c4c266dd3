"""Province systems that call the API, and their keys."""

from datetime import datetime
from uuid import UUID

from tortoise import fields
from tortoise.migrations.constraints import UniqueConstraint

from records.tables.areas import Area
from records.tables.base import Kept, Record, check, ref


class Partner(Kept):
    """A system that may call the API, within its scopes and areas."""

    name = fields.CharField(max_length=120)
    contact = fields.CharField(max_length=200, default="")
    scopes: list[str] = fields.JSONField(default=list)
    active = fields.BooleanField(default=True)

    class Meta:
        table = "partners"
        constraints = (
            UniqueConstraint(fields=("name",), name="partners_name_key"),
            check("partners", "scopes", "jsonb_typeof(scopes) = 'array'"),
        )


class PartnerArea(Record):
    """An area that a partner may see, with all that lies in it."""

    partner: fields.ForeignKeyRelation[Partner] = ref("Partner", index=False)
    partner_id: UUID
    area: fields.ForeignKeyRelation[Area] = ref("Area")
    area_id: UUID

    class Meta:
        table = "partner_areas"
        constraints = (UniqueConstraint(fields=("partner_id", "area_id"), name="partner_areas_key"),)


class PartnerKey(Record):
    """A key: a prefix that may be seen, and a hash of the rest."""

    partner: fields.ForeignKeyRelation[Partner] = ref("Partner")
    partner_id: UUID
    prefix = fields.CharField(max_length=16)
    secret_hash: bytes = fields.BinaryField()
    created_at = fields.DatetimeField(auto_now_add=True)
    expires_at: datetime | None = fields.DatetimeField(null=True)
    used_at: datetime | None = fields.DatetimeField(null=True)
    revoked_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "partner_keys"
        constraints = (UniqueConstraint(fields=("prefix",), name="partner_keys_prefix_key"),)
