"""What the tables share."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, TypeAlias

from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint
from tortoise.models import Model, ModelMeta

from records.core.identifiers.ids import uuid7
from records.core.labels import Labelled

_Constraint: TypeAlias = CheckConstraint | UniqueConstraint


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
    """A column that holds one of `values`, which the database checks."""
    return EnumField(values, default=default, null=null) if default else EnumField(values, null=null)


def foreign_key(table: str, *, null: bool = False, index: bool = True) -> Any:
    """A foreign key to `table` that keeps the row it points to from being deleted."""
    options: dict[str, Any] = {"null": null, "db_index": index, "related_name": False}
    return fields.ForeignKeyField(f"records.{table}", on_delete=fields.RESTRICT, **options)


def check(name: str, condition: str) -> CheckConstraint:
    """A check constraint, `{table}_{name}_check` in the database."""
    return CheckConstraint(check=condition, name=name)


def unique(*columns: str, name: str | None = None, where: str | None = None) -> UniqueConstraint:
    """A unique constraint, `{table}_{name}_key` in the database; one column lends it its name."""
    default = columns[0] if len(columns) == 1 else ""
    return UniqueConstraint(fields=columns, name=default if name is None else name, condition=where)


def index(*columns: str, name: str) -> Index:
    """An index, `{table}_{name}_idx` in the database."""
    return Index(fields=columns, name=name)


class _TableType(ModelMeta):
    """Checks the enum columns of a table, and names its constraints and indexes after it."""

    def __new__(cls, name: str, bases: tuple[type, ...], attrs: dict[str, Any]) -> ModelMeta:
        meta = attrs["Meta"]
        if table := getattr(meta, "table", None):
            declared = [*getattr(meta, "constraints", ()), *_enum_checks(attrs)]
            meta.constraints = tuple(_named(table, constraint) for constraint in declared)
            for one in getattr(meta, "indexes", ()):
                one.name = f"{table}_{one.name}_idx"
        return super().__new__(cls, name, bases, attrs)


def _enum_checks(attrs: dict[str, Any]) -> Iterator[CheckConstraint]:
    for column, field in attrs.items():
        if isinstance(field, EnumField):
            listed = ", ".join(f"'{value}'" for value in field.values)
            yield check(column, f"{column} IN ({listed})")


def _named(table: str, constraint: _Constraint) -> _Constraint:
    suffix = "check" if isinstance(constraint, CheckConstraint) else "key"
    return replace(constraint, name="_".join([table, *filter(None, [constraint.name]), suffix]))


class TableModel(Model, metaclass=_TableType):
    """A row, whatever its key."""

    class Meta:
        abstract = True


class Record(TableModel):
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
