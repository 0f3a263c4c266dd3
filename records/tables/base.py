"""What the tables share."""

from typing import Any

from tortoise import fields
from tortoise.migrations.constraints import CheckConstraint
from tortoise.models import Model

from records.core.identifiers.ids import uuid7
from records.core.labels import Labelled


class Record(Model):
    """A row with a UUIDv7 key."""

    id = fields.UUIDField(primary_key=True, default=uuid7)

    class Meta:
        abstract = True


class Editable(Record):
    """A row that people edit: with an optimistic lock, and removed only in name."""

    version = fields.IntField(default=1)
    created_at = fields.DatetimeField(auto_now_add=True)
    updated_at = fields.DatetimeField(auto_now=True)
    deleted_at = fields.DatetimeField(null=True)

    class Meta:
        abstract = True


def foreign_key(table: str, *, null: bool = False, index: bool = True) -> Any:
    """A foreign key to `table` that keeps the row it points to from being deleted."""
    options: dict[str, Any] = {"null": null, "db_index": index, "related_name": False}
    return fields.ForeignKeyField(f"records.{table}", on_delete=fields.RESTRICT, **options)


class EnumField(fields.CharField[str]):
    """A text column that holds one of `values`; `enum_constraint` makes the database agree.

    Migrations see a plain CharField, so none of them depends on what an enum holds today.
    """

    def __init__(self, values: type[Labelled], **kwargs: Any) -> None:
        super().__init__(max_length=24, **kwargs)
        self.values = values

    def to_python_value(self, value: Any) -> Any:
        return None if value is None else self.values(value)

    def to_db_value(self, value: Any, instance: type[Model] | Model) -> Any:
        return None if value is None else self.values(value).value

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        _, args, kwargs = super().deconstruct()
        del kwargs["values"]
        kwargs["max_length"] = self.max_length
        if self.default is not None:
            kwargs["default"] = str(self.default)
        return "tortoise.fields.CharField", args, kwargs

    def describe(self, serializable: bool) -> dict[str, Any]:
        return super().describe(serializable) | {"field_type": "CharField"}


def enum_column(values: type[Labelled], *, default: Labelled | None = None, null: bool = False) -> Any:
    """A column that holds one of `values`."""
    return EnumField(values, default=default, null=null) if default else EnumField(values, null=null)


def enum_constraint(table: str, column: str, values: type[Labelled]) -> CheckConstraint:
    """The check that `column` holds one of `values`."""
    listed = ", ".join(f"'{value}'" for value in values)
    return check(table, column, f"{column} IN ({listed})")


def check(table: str, name: str, condition: str) -> CheckConstraint:
    """A check constraint, named after its table."""
    return CheckConstraint(check=condition, name=f"{table}_{name}_check")
