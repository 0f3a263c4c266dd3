"""A noun: the kind of record that people work with, and everything that is true of it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Generic, Protocol, TypeVar

from tortoise.expressions import Q
from tortoise.models import Model
from tortoise.queryset import QuerySet

from records.core.actor import Actor
from records.core.declarations.fields import Field, fields_of, input_name
from records.core.language import gettext_noop as _
from records.core.rights import Right, has_right
from records.core.text import normalize_for_search

S = TypeVar("S", bound=StrEnum)
S_co = TypeVar("S_co", bound=StrEnum, covariant=True)


class HasStatus(Protocol[S_co]):
    """A record that has a status."""

    @property
    def status(self) -> S_co:
        """Where it stands."""


@dataclass(frozen=True)
class Transition(Generic[S]):
    """A way from one status to another, and the right to take it."""

    label: str
    right: Right
    sources: frozenset[S]
    target: S

    def can(self, actor: Actor, row: HasStatus[S]) -> bool:
        """Whether `actor` may take it with `row` now."""
        return has_right(actor, self.right) and row.status in self.sources


@dataclass(frozen=True, kw_only=True)
class Followed:
    """How partners follow a noun: its type in the API, and what the API says of following it.

    Records that are not `scoped` are followed wherever they lie. `hidden` is what is done to a record before
    partners may see it; `condition` is the SQL of what must hold for one that counts, of the row `{t}`.
    """

    type: str
    description: str
    scoped: bool = True
    hidden: frozenset[Right] = frozenset()
    condition: str = ""


@dataclass(frozen=True, kw_only=True)
class Noun:
    """The declaration of a noun.

    `fields` are its columns as people read them, in the order of its history; `history_only` is what the
    history says of it besides. `draft` is what people enter to make one. `areas` is where it works, if in
    several: the table, and the column there that names it. `path` is the last word of the address of its
    ordinary pages for staff, to which the menu leads. `linkable` is what holds for those that others may be
    linked to anew; all of them without it. `missing` is the text for whoever asks for one that is not there.
    A `catalogue` is what others choose from: all who may read it see it wherever it lies.
    `confined` is one that not all see who may read it where it lies. `naming` are the actions whose motive is
    the code of another record of the noun. `title` are the fields by which a record without a name is called.
    """

    name: str
    label: str
    plural: str
    table: type[Model]
    right: Right
    visible_to: Callable[[Actor], QuerySet[Any]]
    fields: Mapping[str, Field]
    draft: type[Any] | None = None
    areas: tuple[type[Model], str] | None = None
    history_only: Mapping[str, Field] = field(default_factory=dict)
    transitions: tuple[Transition[Any], ...] = ()
    feed: Followed | None = None
    path: str = ""
    linkable: Q | None = None
    missing: str = _("There is no such record.")
    catalogue: bool = False
    confined: bool = False
    naming: frozenset[Right] = frozenset()
    title: tuple[str, ...] = ()

    @property
    def audited(self) -> tuple[str, ...]:
        """The columns whose values stand in the history."""
        return tuple(name for name, one in self.fields.items() if one.audited and not one.sealed)

    @property
    def history(self) -> dict[str, Field]:
        """What the history of a record shows, by its name there."""
        return {name: self.fields[name] for name in self.audited} | dict(self.history_only)

    @property
    def inputs(self) -> Mapping[str, Field]:
        """The fields of its draft."""
        return fields_of(self.draft) if self.draft else {}

    @property
    def constraints(self) -> dict[str, tuple[str, str]]:
        """The constraints of the database that have a text: the input that it is about, and the text."""
        return {
            constraint: (input_name(name, one), text)
            for name, one in self.fields.items()
            for constraint, text in one.constraints.items()
        }

    def search_text(self, values: Mapping[str, Any]) -> str:
        """The text by which a record with these values is found."""
        return normalize_for_search(
            " ".join(str(values[name]) for name, one in self.fields.items() if one.searchable)
        )

    def following(self, status: StrEnum) -> frozenset[StrEnum]:
        """The statuses to which a record may go from `status`."""
        return frozenset(one.target for one in self.transitions if status in one.sources)


class Registry:
    """The nouns of a service, by name and by table."""

    def __init__(self, nouns: Iterable[Noun]) -> None:
        self._nouns = {noun.name: noun for noun in nouns}
        self._of_table = {noun.table: noun for noun in self._nouns.values()}

    def __iter__(self) -> Iterator[Noun]:
        return iter(self._nouns.values())

    def __getitem__(self, name: str) -> Noun:
        return self._nouns[name]

    @property
    def followed(self) -> dict[str, Followed]:
        """How partners follow the nouns that they may follow, by name, in the order of the names."""
        return {name: noun.feed for name, noun in sorted(self._nouns.items()) if noun.feed is not None}

    def get(self, name: str) -> Noun | None:
        """The noun of that name, if there is one."""
        return self._nouns.get(name)

    def of(self, table: type[Model]) -> Noun | None:
        """The noun whose records stand in `table`, if there is one."""
        return self._of_table.get(table)
