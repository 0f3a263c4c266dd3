"""Every noun is declared whole, and what is derived from a declaration follows it."""

import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Final

import pytest
from tortoise.migrations.constraints import UniqueConstraint
from tortoise.queryset import QuerySet

import records
from api.schema.assembly import schema
from records.core.actor import Actor
from records.core.declarations.fields import Field, Kind, fields_of
from records.core.declarations.nouns import Followed, Noun, Registry
from records.core.rights import Right
from records.nouns import groups
from records.privacy.contacts import ContactDraft
from records.privacy.reporters import ReporterDraft
from records.registry.nouns import NOUNS
from records.tables import Programme
from scripts import messages, tables

# Criteria, and points by criterion, have forms of their own; meetings are confirmed in questions.
UNDECLARED: Final = {"points", "criteria", "known_meetings"}
TYPES: Final = schema._schema.type_map


def declared() -> Iterator[Noun]:
    """Every noun that a module of the records declares."""
    for module in pkgutil.walk_packages(records.__path__, "records."):
        if ".migrations" not in module.name:
            yield from (
                one for one in vars(importlib.import_module(module.name)).values() if isinstance(one, Noun)
            )


def missing_parts(noun: Noun) -> set[str]:
    """What the declaration of `noun` forgets."""
    return {*_missing_fields(noun), *_missing_texts(noun), *_missing_life(noun)}


def _missing_fields(noun: Noun) -> Iterator[str]:
    columns = noun.table._meta.fields_map
    inputs = {one.name for one in fields(noun.draft)} - UNDECLARED if noun.draft else set[str]()
    yield from (f"facts of {name}" for name in inputs - set(noun.inputs))
    yield from (f"column {name}" for name in noun.fields if name not in columns)
    yield from (f"field {name}" for name in noun.inputs if name not in noun.fields)
    for constraint in noun.table._meta.constraints:
        entered = isinstance(constraint, UniqueConstraint) and set(constraint.fields) <= set(noun.inputs)
        if entered and constraint.name not in noun.constraints:
            yield f"text of {constraint.name}"
    known = {constraint.name for constraint in noun.table._meta.constraints}
    yield from (f"constraint {name}" for name in noun.constraints if name not in known)


def _missing_texts(noun: Noun) -> Iterator[str]:
    labels = {noun.label, noun.plural}
    labels |= {one.label for one in {**noun.fields, **noun.inputs, **noun.history_only}.values()}
    known = {message.id for message in messages.read_catalogue()}
    yield from (f"translation of {text}" for text in labels - known)


def _missing_life(noun: Noun) -> Iterator[str]:
    status = noun.fields.get("status")
    if status is not None and isinstance(status.type, type) and issubclass(status.type, StrEnum):
        reached = {way.target for way in noun.transitions}.union(*(way.sources for way in noun.transitions))
        yield from (f"way to or from {one}" for one in status.type if one not in reached)
    if noun.feed is not None and noun.feed.type not in TYPES:
        yield f"type {noun.feed.type} of the API"


@dataclass(frozen=True)
class NoticeDraft:
    text: Annotated[str, Field("Nội dung mẫu", max_length=60, searchable=True)]
    shown_on: Annotated[date | None, Field("Ngày mẫu", past=True)] = None


def nobody(_actor: Actor) -> QuerySet[Any]:
    raise NotImplementedError


NOTICE: Final = Noun(
    name="notice",
    label="Thông báo mẫu",
    plural="Các thông báo mẫu",
    table=Programme,
    right=Right.PROGRAMMES_READ,
    visible_to=nobody,
    draft=NoticeDraft,
    fields={**fields_of(NoticeDraft), "code": Field("Mã mẫu")},
    feed=Followed(type="Notice", description="Thông báo mẫu."),
)


def test_registry_holds_all_declared_nouns() -> None:
    assert {noun.name for noun in declared()} == {noun.name for noun in NOUNS}
    assert all(noun is NOUNS[noun.name] for noun in declared())


@pytest.mark.parametrize("noun", list(NOUNS), ids=lambda noun: noun.name)
def test_noun_is_declared_whole(database: str, noun: Noun) -> None:
    assert missing_parts(noun) == set()


def test_missing_parts_are_named_when_noun_forgets_them(database: str) -> None:
    @dataclass(frozen=True)
    class Forgetful(groups.GroupDraft):
        colour: str = ""

    code = replace(groups.NOUN.fields["code"], constraints={"groups_colour_key": "Mẫu"})
    forgetful = replace(
        groups.NOUN,
        label="A label that nobody translated",
        draft=Forgetful,
        fields={name: one for name, one in groups.NOUN.fields.items() if name != "name"}
        | {"code": code, "shade": Field("Name")},
        transitions=groups.NOUN.transitions[:1],
        feed=Followed(type="Colour", description=""),
    )
    assert missing_parts(forgetful) == {
        "facts of colour",
        "column shade",
        "field name",
        "text of groups_code_key",
        "constraint groups_colour_key",
        "translation of A label that nobody translated",
        "way to or from MERGED",
        "way to or from DISSOLVED",
        "type Colour of the API",
    }


def test_registry_derives_parts_of_each_noun() -> None:
    registry = Registry([*NOUNS, NOTICE])
    assert registry["notice"] is registry.of(Programme) is NOTICE
    assert registry.followed == {**NOUNS.followed, "notice": NOTICE.feed}
    assert {name: (one.type, one.required) for name, one in NOTICE.inputs.items()} == {
        "text": (Kind.TEXT, True),
        "shown_on": (Kind.DAY, False),
    }
    assert {name: one.label for name, one in NOTICE.history.items()} == {
        "text": "Nội dung mẫu",
        "shown_on": "Ngày mẫu",
        "code": "Mã mẫu",
    }
    assert NOTICE.search_text({"text": "Họp tổ", "shown_on": None}) == "hop to"
    page = list(tables.noun_lines(NOTICE))
    assert "| text | Nội dung mẫu | text | required, at most 60 characters, searched |" in page
    assert (
        "Table `programmes`; read with `programmes.read`; followed as `Notice`, webhook `notice.changed`."
        in page
    )


def test_feed_order_is_that_of_names_in_any_registry() -> None:
    backwards = Registry(reversed(list(NOUNS)))
    assert list(backwards.followed) == list(NOUNS.followed) == sorted(NOUNS.followed)


def test_sealed_fields_stand_in_no_history() -> None:
    sealed = {name for draft in (ReporterDraft, ContactDraft) for name in fields_of(draft)}
    assert all(one.sealed for draft in (ReporterDraft, ContactDraft) for one in fields_of(draft).values())
    for name in ("tip", "member"):
        assert not sealed & set(NOUNS[name].history), name
    secret = replace(NOTICE, fields={"text": Field("Nội dung mẫu", sealed=True)})
    assert secret.audited == ()
