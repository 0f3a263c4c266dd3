"""Adds targets of indicators, descriptions of indicators, and which tip categories are formal."""

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

from records.core.identifiers.ids import uuid7
from records.database.operations import CreateConstraints


class Migration(migrations.Migration):
    dependencies = [("records", "0004_area_versions")]

    initial = False

    operations = [
        ops.CreateModel(
            name="IndicatorTarget",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                ("version", fields.IntField(default=1)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ("updated_at", fields.DatetimeField(auto_now=True, auto_now_add=False)),
                ("deleted_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                (
                    "indicator",
                    fields.ForeignKeyField(
                        "records.Indicator",
                        source_field="indicator_id",
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
                ("year", fields.SmallIntField()),
                ("value", fields.DecimalField(max_digits=18, decimal_places=4)),
                (
                    "set_by",
                    fields.ForeignKeyField(
                        "records.Staff",
                        source_field="set_by_id",
                        null=True,
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
            ],
            options={
                "table": "indicator_targets",
                "app": "records",
                "constraints": [
                    UniqueConstraint(
                        fields=("indicator_id", "area_id", "year"),
                        name="indicator_targets_place_key",
                        condition="deleted_at IS NULL",
                    ),
                    CheckConstraint(check="year BETWEEN 2000 AND 2100", name="indicator_targets_year_check"),
                ],
                "pk_attr": "id",
                "table_description": "The value that an indicator should reach in an area and year.",
            },
            bases=["Editable"],
        ),
        CreateConstraints("IndicatorTarget"),
        ops.AddField(
            model_name="Indicator",
            name="description_en",
            field=fields.TextField(default="", db_default="", unique=False),
        ),
        ops.AddField(
            model_name="Indicator",
            name="description_vi",
            field=fields.TextField(default="", db_default="", unique=False),
        ),
        ops.AddField(
            model_name="TipCategory",
            name="formal",
            field=fields.BooleanField(default=False, db_default=False),
        ),
    ]
