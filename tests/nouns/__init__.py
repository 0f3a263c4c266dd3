"""What a noun adds to the tables of the tests: a module for each, with its `TABLES`."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules
from uuid import UUID

from records.core.actor import Actor, Role
from records.core.rights import Right

Attempt = Callable[[Actor], Awaitable[object]]


@dataclass(frozen=True, kw_only=True)
class Tables:
    """The entries of a noun: one for each page and each verb, and what makes a record of it in an area."""

    name: str
    # As in tests/admin/matrix.py.
    pages: Mapping[str, tuple[Collection[Role], str | None]]
    # As in tests/records/core/verbs.py.
    verbs: Sequence[tuple[Right, str, Attempt]]
    make: Callable[[str], Awaitable[UUID]]
    # Of the noun "<name> removed", if records are removed and restored.
    make_removed: Callable[[str], Awaitable[UUID]] | None = None
    # Whether those of other areas may be seen too.
    catalogue: bool = False


def all_tables() -> list[Tables]:
    """The entries of every noun that has a module here."""
    return [import_module(one.name).TABLES for one in iter_modules(__path__, f"{__name__}.")]
