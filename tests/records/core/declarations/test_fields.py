from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from records.core.declarations.fields import Field, Kind, fields_of, input_name, max_lengths
from records.tables import Area
from records.tables.groups import GroupKind


@dataclass(frozen=True)
class Draft:
    code: Annotated[str, Field("Code", Kind.CODE, max_length=8)]
    kind: Annotated[GroupKind, Field("Kind")]
    area_id: Annotated[UUID, Field("Area", Area)]
    since: Annotated[date | None, Field("Since")]
    seen_at: Annotated[datetime | None, Field("Seen at")] = None
    share: Annotated[Decimal | None, Field("Share")] = None
    topics: Annotated[Sequence[str], Field("Topics", max_length=20)] = ()
    external_id: Annotated[str | None, Field("Group ID")] = None
    kept: bool = False


def test_fields_of_takes_types_from_annotations() -> None:
    assert {name: field.type for name, field in fields_of(Draft).items()} == {
        "code": Kind.CODE,
        "kind": GroupKind,
        "area_id": Area,
        "since": Kind.DAY,
        "seen_at": Kind.MOMENT,
        "share": Kind.NUMBER,
        "topics": Kind.LIST,
        "external_id": Kind.TEXT,
    }


def test_field_is_required_when_it_has_no_default_nor_none() -> None:
    found = fields_of(Draft)
    assert {name for name, field in found.items() if field.required} == {"code", "kind", "area_id"}
    assert {name for name, field in found.items() if field.nullable} == {
        *("since", "seen_at", "share", "external_id")
    }


def test_max_lengths_are_those_of_texts_and_lists() -> None:
    assert max_lengths(Draft) == {"code": 8, "topics": 20}


def test_input_name_loses_ending_when_field_is_reference() -> None:
    names = {name: input_name(name, field) for name, field in fields_of(Draft).items()}
    assert (names["area_id"], names["external_id"]) == ("area", "external_id")
