"""A change of hamlets from a day on: those that end, those that begin, and where the land went."""

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Final
from uuid import UUID

from tortoise.expressions import Q

from records.areas import areas
from records.changes.locks import advisory_lock
from records.changes.rows import lock
from records.changes.unit_of_work import create, transaction, update
from records.changes.versions import check_version
from records.core.actor import Actor
from records.core.dates import now, today
from records.core.errors import Conflict, PermissionDenied, ProblemCode, ValidationFailed
from records.core.identifiers.ids import area_id as id_of_version
from records.core.language import format_date
from records.core.language import gettext_noop as _
from records.core.rights import Right, check_right
from records.core.text import sort_key
from records.core.validation import Validator, checked_text
from records.nouns.areas.noun import (
    LEGAL_BASIS,
    NOUN,
    AreaDraft,
    can_change,
    can_open_hamlet,
    is_manageable,
    visible_to,
)
from records.tables import Area, AreaSuccession
from records.tables.areas import AreaKind

_CODE: Final = re.compile(r"[A-Z0-9.-]*")


@dataclass(frozen=True)
class Reorganisation:
    """A change of hamlets from a day on, within a transaction."""

    on: date
    legal_basis: str
    by: Actor
    changed: list[UUID] = field(default_factory=list)
    # Of the hamlets that end: a hamlet that follows may keep one of them.
    codes: set[str] = field(default_factory=set)

    async def lock(self, area_id: UUID) -> Area:
        """An area that the actor may reorganise, locked. Raises `NotFound` or `PermissionDenied`."""
        row = await lock(NOUN, visible_to(self.by), area_id)
        if not await is_manageable(self.by, row):
            raise PermissionDenied("Areas are changed by an administrator of their province.")
        return row

    async def commune(self, area_id: UUID) -> UUID:
        """The id of a commune in which a hamlet may begin. Raises `Conflict` or `ValidationFailed`."""
        row = await self.lock(area_id)
        if not can_open_hamlet(self.by, row):
            raise Conflict("Hamlets are opened in a commune that has not ended.")
        if not row.valid_from <= self.on <= today():
            raise _impossible_day(row.valid_from)
        return row.id

    async def end(self, area_id: UUID, expected_version: int) -> Area:
        """A hamlet, ended. Raises `Conflict` at another version, or where it has ended already."""
        row = await self.lock(area_id)
        check_version(row, expected_version)
        if not can_change(self.by, row):
            raise Conflict("Only a hamlet that has not ended can be changed.")
        if not row.valid_from < self.on <= today():
            raise _impossible_day(row.valid_from)
        self.changed.append(row.id)
        self.codes.add(row.code)
        return await update(
            NOUN,
            row,
            expected_version=expected_version,
            by=self.by,
            action=Right.AREAS_MANAGE,
            motive=self.legal_basis,
            fallback_area_id=row.id,
            valid_to=self.on,
        )

    async def begin(self, draft: AreaDraft, commune_id: UUID | None) -> Area:
        """A new hamlet. Raises `ValidationFailed`, also where its code is taken."""
        check = Validator()
        values = check.values(draft)
        code = values["code"] or await _next_code(commune_id)
        if not _CODE.fullmatch(code):
            check.add("code", "Use letters without accents, digits, hyphens and dots.", ProblemCode.MALFORMED)
        check.raise_if_invalid()
        # Any other code would lead to this hamlet from then on, whoever had it before.
        living = Q(valid_to__isnull=True) | Q(valid_to__gt=self.on)
        if await Area.filter(living if code in self.codes else Q(), code=code).exists():
            raise ValidationFailed.of("code", "This code is already taken.", ProblemCode.CONFLICT)
        row = Area(
            id=id_of_version(code, self.on),
            code=code,
            valid_from=self.on,
            name=values["name"],
            name_key=sort_key(values["name"]),
            folded=NOUN.search_text(values),
            kind=AreaKind.HAMLET,
            parent_id=commune_id,
            created_at=now(),
        )
        self.changed.append(row.id)
        return await create(
            NOUN,
            row,
            by=self.by,
            action=Right.AREAS_MANAGE,
            motive=self.legal_basis,
            fallback_area_id=row.id,
        )

    async def pass_on(self, olds: Sequence[Area], news: Sequence[Area]) -> None:
        """Records that the land of each of `olds` went to `news`."""
        await AreaSuccession.bulk_create(
            [
                AreaSuccession(
                    old_id=old.id,
                    new_id=new.id,
                    whole=len(news) == 1,
                    effective_on=self.on,
                    legal_basis=self.legal_basis,
                )
                for old in olds
                for new in news
            ]
        )


@asynccontextmanager
async def reorganisation(on: date, legal_basis: str, by: Actor) -> AsyncIterator[Reorganisation]:
    """A transaction that changes hamlets, after which what is derived from areas follows."""
    check_right(by, Right.AREAS_MANAGE)
    basis = checked_text("legal_basis", legal_basis, LEGAL_BASIS)
    async with transaction():
        # One after the other: two cannot take the same code.
        await advisory_lock("areas")
        change = Reorganisation(on, basis, by)
        yield change
        await areas.rebuild(around=change.changed)


async def _next_code(commune_id: UUID | None) -> str:
    """A code that no area has had: that of the commune and a number."""
    commune = await Area.get(id=commune_id)
    prefix = f"{commune.code}-"
    codes = await Area.filter(code__startswith=prefix).values_list("code", flat=True)
    endings = [str(code).removeprefix(prefix) for code in codes]
    return f"{prefix}{max([int(ending) for ending in endings if ending.isdecimal()], default=0) + 1}"


def _impossible_day(first: date) -> ValidationFailed:
    text = _("Enter a date after {first}, when this area began, that is not in the future.")
    return ValidationFailed.of("on", text, ProblemCode.OUT_OF_RANGE, first=format_date(first))
