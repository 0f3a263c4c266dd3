"""Catalogues whose entries lie below one another."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from records.changes.locks import advisory_lock
from records.changes.unit_of_work import transaction
from records.core.declarations.nouns import Noun
from records.core.errors import ProblemCode
from records.core.validation import Validator


@asynccontextmanager
async def moving(noun: Noun) -> AsyncIterator[None]:
    """A transaction in which nobody else moves an entry of this catalogue.

    It is locked before any entry is: two people who put two entries below each other would wait for ever.
    """
    async with transaction():
        await advisory_lock("tree", noun.name)
        yield


async def check_parent(check: Validator, noun: Noun, row_id: UUID, parent_id: UUID | None) -> None:
    """Adds a problem to the field `parent` if the row `row_id` would come to lie below itself."""
    above = parent_id
    while above is not None and above != row_id:
        found = await noun.table.filter(id=above).values("parent_id")
        above = found[0]["parent_id"] if found else None
    if above == row_id:
        check.add("parent", "Choose an entry that is not below this one.", ProblemCode.INCONSISTENT)
