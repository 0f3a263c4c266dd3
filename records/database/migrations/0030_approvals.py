"""What a second person approves; and the database itself looks at who decides, here and on reveals."""

from orjson import loads
from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise.indexes import Index
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

from records.core.identifiers.ids import uuid7
from records.database.operations import AddConstraints

_ACTS = (
    "'PHONE_LOOKUP', 'PARTNER_ADD', 'PARTNER_EDIT', 'PARTNER_OPEN', 'PARTNER_SIGNING_KEYS', 'PARTNER_KEY',"
    " 'PARTNER_KEY_ROTATION', 'STAFF_ADD', 'STAFF_EDIT', 'STAFF_OPEN', 'STAFF_PASSWORD', 'STAFF_FACTORS',"
    " 'STAFF_IDENTITY'"
)
# Beside `DECIDES` in records/core/rights.py.
_ROLES = {
    "PHONE_LOOKUP": "'CUSTODIAN', 'AUDITOR'",
    "PARTNER_ACCESS": "'COMMANDER'",
    "TIP_ACCOUNT": "'COMMANDER'",
    "DECIDER_ACCOUNT": "'CUSTODIAN', 'AUDITOR'",
}

_FUNCTIONS = [
    # Whether somebody can sign in, has one of these roles, and works where this area lies.
    (
        "CREATE FUNCTION decides_in(who uuid, roles text[], area uuid) RETURNS boolean LANGUAGE sql STABLE AS $$"
        " SELECT EXISTS (SELECT FROM public.staff s JOIN public.staff_areas a ON a.staff_id = s.id"
        " JOIN public.area_reach r ON r.ancestor_id = a.area_id"
        " WHERE s.id = who AND s.active AND s.deleted_at IS NULL AND s.role = ANY (roles) AND r.area_id = area)"
        " $$"
    ),
    "CREATE FUNCTION approval_roles(kind text) RETURNS text[] LANGUAGE sql IMMUTABLE AS $$ SELECT CASE kind"
    + "".join(f" WHEN '{kind}' THEN ARRAY[{roles}]" for kind, roles in _ROLES.items())
    + " ELSE ARRAY[]::text[] END $$",
    # Whether `who` may decide on an approval: everywhere that it reaches.
    (
        "CREATE FUNCTION approval_decides(approval uuid, kind text, who uuid) RETURNS boolean"
        " LANGUAGE sql STABLE AS $$ SELECT coalesce(bool_and("
        "public.decides_in(who, public.approval_roles(kind), a.area_id)), FALSE)"
        " FROM public.approval_areas a WHERE a.approval_id = approval $$"
    ),
    # A request stays what it was, is decided once by somebody who may, and an approval is used once in time.
    (
        "CREATE FUNCTION approvals_once() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " IF TG_OP = 'INSERT' THEN"
        " IF NEW.decided_at IS NOT NULL OR NEW.withdrawn_at IS NOT NULL OR NEW.used_at IS NOT NULL THEN"
        " RAISE EXCEPTION 'a request begins undecided' USING ERRCODE = 'check_violation'; END IF;"
        " RETURN NEW; END IF;"
        " IF (NEW.id, NEW.act, NEW.kind, NEW.subject_id, NEW.request, NEW.digest, NEW.asked_by_id, NEW.asked_at,"
        " NEW.motive) IS DISTINCT FROM (OLD.id, OLD.act, OLD.kind, OLD.subject_id, OLD.request, OLD.digest,"
        " OLD.asked_by_id, OLD.asked_at, OLD.motive)"
        " OR (OLD.decided_at IS NOT NULL AND (NEW.decided_by_id, NEW.decision, NEW.decided_at, NEW.expires_at)"
        " IS DISTINCT FROM (OLD.decided_by_id, OLD.decision, OLD.decided_at, OLD.expires_at))"
        " OR (OLD.decided_at IS NULL AND NEW.decided_at IS NULL AND NEW.expires_at <> OLD.expires_at)"
        " OR (OLD.withdrawn_at IS NOT NULL AND NEW.withdrawn_at IS DISTINCT FROM OLD.withdrawn_at)"
        " OR (OLD.used_at IS NOT NULL AND NEW.used_at IS DISTINCT FROM OLD.used_at) THEN"
        " RAISE EXCEPTION 'a request is decided and used once' USING ERRCODE = 'check_violation'; END IF;"
        " IF (OLD.decided_at IS NULL AND NEW.decided_at IS NOT NULL)"
        " OR (OLD.used_at IS NULL AND NEW.used_at IS NOT NULL) THEN"
        " IF OLD.expires_at <= now() OR NOT public.approval_decides(NEW.id, NEW.kind, NEW.decided_by_id) THEN"
        " RAISE EXCEPTION 'this person may not decide on it' USING ERRCODE = 'check_violation'; END IF; END IF;"
        " RETURN NEW; END $$"
    ),
    (
        "CREATE TRIGGER approvals_once BEFORE INSERT OR UPDATE ON approvals"
        " FOR EACH ROW EXECUTE FUNCTION approvals_once()"
    ),
    (
        "CREATE FUNCTION reveals_decider() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " IF NOT public.decides_in(NEW.decided_by_id, ARRAY['CUSTODIAN'], NEW.area_id) THEN"
        " RAISE EXCEPTION 'a custodian of the area decides' USING ERRCODE = 'check_violation'; END IF;"
        " RETURN NEW; END $$"
    ),
    (
        "CREATE TRIGGER reveals_decider BEFORE UPDATE ON reveals FOR EACH ROW"
        " WHEN (OLD.decided_at IS NULL AND NEW.decided_at IS NOT NULL) EXECUTE FUNCTION reveals_decider()"
    ),
]
_BACK = [
    "DROP TRIGGER reveals_decider ON reveals",
    "DROP TRIGGER approvals_once ON approvals",
    *(
        f"DROP FUNCTION {name}"
        for name in (
            *("reveals_decider()", "approvals_once()", "approval_decides(uuid, text, uuid)"),
            *("approval_roles(text)", "decides_in(uuid, text[], uuid)"),
        )
    ),
]


class Migration(migrations.Migration):
    dependencies = [("records", "0029_readiness")]

    initial = False

    operations = [
        ops.CreateModel(
            name="Approval",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                ("act", fields.CharField(max_length=24)),
                ("kind", fields.CharField(max_length=24)),
                ("subject_id", fields.UUIDField(null=True)),
                ("request", fields.JSONField(default=dict, encoder=JSON_DUMPS, decoder=loads)),
                ("digest", fields.CharField(max_length=64)),
                (
                    "asked_by",
                    fields.ForeignKeyField(
                        "records.Staff",
                        source_field="asked_by_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("asked_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("motive", fields.TextField(unique=False)),
                (
                    "decided_by",
                    fields.ForeignKeyField(
                        "records.Staff",
                        source_field="decided_by_id",
                        null=True,
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("decision", fields.CharField(null=True, max_length=24)),
                ("decided_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("expires_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("withdrawn_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("used_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "approvals",
                "app": "records",
                "indexes": [
                    Index(fields=["asked_by_id", "digest"], name="approvals_digest_idx"),
                    Index(fields=["subject_id", "asked_at"], name="approvals_subject_idx"),
                ],
                "pk_attr": "id",
                "table_description": "A request to do exactly one thing, and what another person decided. "
                "Never holds a secret.",
            },
            bases=["Record"],
        ),
        ops.CreateModel(
            name="ApprovalArea",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                (
                    "approval",
                    fields.ForeignKeyField(
                        "records.Approval",
                        source_field="approval_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "area",
                    fields.ForeignKeyField(
                        "records.Area",
                        source_field="area_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
            ],
            options={
                "table": "approval_areas",
                "app": "records",
                "pk_attr": "id",
                "table_description": "An area that what is asked for reaches; whoever decides has to reach every "
                "one of them.",
            },
            bases=["Record"],
        ),
        AddConstraints(
            {
                "Approval": [
                    CheckConstraint(check=f"act IN ({_ACTS})", name="approvals_act_check"),
                    CheckConstraint(
                        check="kind IN ('PHONE_LOOKUP', 'PARTNER_ACCESS', 'TIP_ACCOUNT', 'DECIDER_ACCOUNT')",
                        name="approvals_kind_check",
                    ),
                    CheckConstraint(
                        check="decision IN ('APPROVED', 'REFUSED')", name="approvals_decision_check"
                    ),
                    CheckConstraint(
                        check="(act = 'PHONE_LOOKUP') = (kind = 'PHONE_LOOKUP')",
                        name="approvals_lookup_check",
                    ),
                    CheckConstraint(check="digest ~ '^[0-9a-f]{64}$'", name="approvals_digest_check"),
                    CheckConstraint(check="motive <> ''", name="approvals_motive_check"),
                    CheckConstraint(check="decided_by_id <> asked_by_id", name="approvals_another_check"),
                    CheckConstraint(
                        check="(decision IS NULL) = (decided_at IS NULL)", name="approvals_decided_check"
                    ),
                    CheckConstraint(
                        check="(decision IS NULL) = (decided_by_id IS NULL)", name="approvals_decider_check"
                    ),
                    CheckConstraint(
                        check="withdrawn_at IS NULL OR decided_at IS NULL", name="approvals_withdrawn_check"
                    ),
                    CheckConstraint(
                        check="used_at IS NULL OR coalesce(decision = 'APPROVED', FALSE)",
                        name="approvals_used_check",
                    ),
                    CheckConstraint(
                        check="expires_at <= coalesce(decided_at + INTERVAL '1 day',"
                        " asked_at + INTERVAL '7 days')",
                        name="approvals_expires_check",
                    ),
                ],
                "ApprovalArea": [
                    UniqueConstraint(fields=("approval_id", "area_id"), name="approval_areas_key")
                ],
            }
        ),
        ops.RunSQL(_FUNCTIONS, _BACK),
    ]
