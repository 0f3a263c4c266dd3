"""A form names all that is wrong at once: single fields, and rules between those that are right."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest

from records.core.actor import Role
from records.nouns import tips
from records.tables import Group, TipCategory
from records.tables.groups import GroupKind
from tests.admin.forms import send
from tests.nouns.activities import group
from tests.nouns.figures import draft as figure_draft

SignIn = Callable[..., Awaitable[httpx.AsyncClient]]
TIP = {"channel": "PHONE", "legal_kind": "SOURCE", "priority": "NORMAL", "area": "29905", "title": "Mẫu"}


async def problems(client: httpx.AsyncClient, path: str, typed: dict[str, str]) -> set[str]:
    """The fields that the form names after it was sent."""
    answer = await send(client, path, typed, at=f"{path}/new")
    assert answer.status_code == 422
    return set(re.findall(r'href="#field-([a-z_]+)"', answer.text))


@pytest.mark.parametrize(
    ("typed", "named"),
    [
        ({"place": "x" * 301, "lat": "10,29"}, {"place", "lat"}),
        (
            {"place": "x" * 301, "occurred_at": "06/03/2026", "received_at": "05/03/2026"},
            {"place", "occurred_at"},
        ),
        ({"place": "x" * 301, "area": "00001"}, {"place", "area"}),
        # What cannot be known is not said.
        ({"lat": "10,29", "lon": "east"}, {"lon"}),
        ({"occurred_at": "06/03/2026", "received_at": "31/02/2026"}, {"received_at"}),
    ],
)
async def test_tip_form_names_fields_and_rules_at_once(
    staff_client: SignIn, typed: dict[str, str], named: set[str]
) -> None:
    category = str((await tips.categories())[0].id)
    client = await staff_client(Role.OFFICER, "29905")
    assert await problems(client, "/admin/tips", TIP | {"category": category} | typed) == named


@pytest.fixture
async def formal(database: str) -> AsyncIterator[TipCategory]:
    """A category whose tips have a legal deadline; other tests share the categories."""
    category = (await tips.categories())[0]
    await TipCategory.filter(id=category.id).update(formal=True)
    yield category
    await TipCategory.filter(id=category.id).update(formal=False)


async def test_tip_form_names_wrong_legal_kind_beside_other_problem(
    staff_client: SignIn, formal: TipCategory
) -> None:
    client = await staff_client(Role.OFFICER, "29905")
    typed = TIP | {"category": str(formal.id), "place": "x" * 301}
    assert await problems(client, "/admin/tips", typed) == {"legal_kind", "place"}


async def test_figure_form_names_fields_and_rules_at_once(staff_client: SignIn) -> None:
    given = await figure_draft()
    client = await staff_client(Role.COMMANDER, "29905")
    typed = {
        "indicator": str(given.indicator_id),
        "organisation": str(given.organisation_id),
        "qualifier": "OVER",
        "period_from": "01/07/2026",
    }
    named = {"value", "period_to", "period_text", "source_text", "source_name"}
    assert await problems(client, "/admin/figures", typed) == named


async def test_group_form_names_fields_and_rules_at_once(staff_client: SignIn) -> None:
    client = await staff_client(Role.OFFICER, "29905")
    typed = {"name": "Tổ mẫu", "kind": "SELF_GOVERNING", "area": "82", "stated_on": "01/07/2026"}
    named = {"code", "area", "external_url", "stated_members"}
    assert await problems(client, "/admin/groups", typed | {"external_url": "http://zalo.me"}) == named


async def test_activity_form_names_fields_and_rules_at_once(staff_client: SignIn) -> None:
    client = await staff_client(Role.OFFICER, "29905")
    typed = {"kind": "TRAINING", "area": "29905", "attendance": "many", "held_on": "01/07/2026"}
    assert await problems(client, "/admin/activities", typed) == {"attendance", "group"}


async def test_activity_form_names_kind_of_group_beside_other_problem(staff_client: SignIn) -> None:
    row = await group()
    await Group.filter(id=row.id).update(kind=GroupKind.ZALO)
    client = await staff_client(Role.OFFICER, "29905")
    typed = {"kind": "QUARTERLY_MEETING", "group": row.code, "attendance": "many", "held_on": "01/07/2026"}
    assert await problems(client, "/admin/activities", typed) == {"attendance", "kind"}


@pytest.mark.parametrize(
    ("typed", "named"),
    [
        ({"area": "29905", "group": "MAU-X", "starts_on": "31/02/2026"}, {"group", "staff", "starts_on"}),
        ({"area": "82", "starts_on": ""}, {"area", "staff", "starts_on"}),
        ({"area": "29905", "staff": "nobody"}, {"staff"}),
    ],
)
async def test_assignment_form_names_fields_and_rules_at_once(
    staff_client: SignIn, typed: dict[str, str], named: set[str]
) -> None:
    await group(code="MAU-X")
    client = await staff_client(Role.COMMANDER)
    fields = {"kind": "FRONT_CONTACT", "officer_name": "", "starts_on": "01/08/2025"} | typed
    assert await problems(client, "/admin/assignments", fields) == named
