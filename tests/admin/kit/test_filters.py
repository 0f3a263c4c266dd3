"""Each filter of a list narrows the rows that it got, wherever it stands among the others."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import date
from importlib import import_module
from pkgutil import walk_packages
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

import admin
from admin.kit.nouns.filters import Filter, tick_filter
from admin.kit.nouns.index import Index
from records.core.actor import Role, system_actor
from records.nouns import assignments
from records.nouns.assignments import AssignmentDraft
from records.tables.groups import AssignmentKind
from tests.admin.places import group
from tests.conftest import area_ids
from tests.nouns import enquiries

BY, NO_ONE = system_actor("test"), uuid4()
SignIn = Callable[..., Awaitable[httpx.AsyncClient]]


def lists() -> dict[str, Index[Any]]:
    """Every list of the admin, by its path."""
    modules = (import_module(found.name) for found in walk_packages(admin.__path__, "admin."))
    return {one.path: one for module in modules for one in vars(module).values() if isinstance(one, Index)}


def ticks() -> Iterator[tuple[str, Index[Any], Filter]]:
    """Every checkbox that narrows a list."""
    for path, index in lists().items():
        for one in index.list_filters():
            if one.kind == "tick" and one.source is None:
                yield f"{path}?{one.name}", index, one


@pytest.mark.parametrize(("index", "tick"), [pytest.param(i, one, id=name) for name, i, one in ticks()])
async def test_tick_keeps_condition_of_rows_before(database: str, index: Index[Any], tick: Filter) -> None:
    request: Any = SimpleNamespace(actor=replace(BY, id=NO_ONE))
    assert tick.apply is not None
    rows = tick.apply(request, index.noun.table.filter(id=(other := uuid4())), True)
    assert str(other) in rows.sql(params_inline=True)


def test_filter_is_refused_when_it_changes_nothing() -> None:
    with pytest.raises(TypeError, match="the filter idle changes no list"):
        tick_filter("idle", "Idle")


async def _group(area: str) -> UUID:
    return (await group(area)).id


async def _ended(area: str) -> UUID:
    (area_id,) = await area_ids(area)
    draft = AssignmentDraft(
        AssignmentKind.AREA_OFFICER, date(2025, 8, 1), area_id=area_id, officer_name="Mẫu"
    )
    row = await assignments.assign(draft, by=BY)
    return (await assignments.end(row.id, expected_version=1, on=date(2025, 9, 1), by=BY)).id


@pytest.mark.parametrize(
    ("make", "path"),
    [
        (_group, "/admin/reviews/due?year=2025"),
        (_group, "/admin/activities/missing?quarter=2026-01-01"),
        (_ended, "/admin/assignments?ended=1"),
        (enquiries.make_removed, "/admin/enquiries?removed=1"),
    ],
)
async def test_filter_narrows_when_it_begins_from_other_rows(
    staff_client: SignIn,
    monkeypatch: pytest.MonkeyPatch,
    make: Callable[[str], Awaitable[UUID]],
    path: str,
) -> None:
    here, elsewhere = await make("29905"), await make("30244")
    client = await staff_client(Role.COMMANDER, "82")
    index = lists()[path.partition("?")[0]]
    in_order = index.list_filters()
    own, others = [[one for one in in_order if (one.source is not None) is own] for own in (True, False)]
    monkeypatch.setattr(type(index), "list_filters", lambda _self: [*others, *own])
    assert index.list_filters() != in_order
    page = (await client.get(f"{path}&area=29905")).text
    assert (str(here) in page, str(elsewhere) in page) == (True, False)
    assert str(elsewhere) in (await client.get(path)).text
