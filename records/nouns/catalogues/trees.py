"""Catalogues whose entries lie below one another."""

from uuid import UUID

from records.changes.locks import advisory_lock
from records.core.declarations.nouns import Noun
from records.core.errors import ProblemCode
from records.core.validation import Validator


async def check_parent(check: Validator, noun: Noun, row_id: UUID, parent_id: UUID | None) -> None:
    """Adds a problem to the field `parent` if the row `row_id` would come to lie below itself.

    Until the transaction ends, nobody else can move an entry of this catalogue.
    """
    await advisory_lock("tree", noun.name)
    above = parent_id
    while above is not None and above != row_id:
        found = await noun.table.filter(id=above).values("parent_id")
        above = found[0]["parent_id"] if found else None
    if above == row_id:
        check.add("parent", "Choose an entry that is not below this one.", ProblemCode.INCONSISTENT)
