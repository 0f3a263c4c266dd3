"""A noun of which there is nothing but its declaration has a list, a form, a page and a history."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import asdict, dataclass
from datetime import date
from typing import Annotated, Any, Final
from uuid import UUID

import httpx
import pytest
from starlette.applications import Starlette
from tortoise.queryset import QuerySet

from admin.kit.nouns.drafts import DraftForm
from admin.kit.nouns.pages import Pages
from admin.kit.request import PageRequest
from records.areas.scope import within
from records.changes.unit_of_work import create as create_row
from records.changes.unit_of_work import transaction, update
from records.core.actor import Actor, Role
from records.core.dates import now, today
from records.core.declarations.fields import Field, fields_of
from records.core.declarations.nouns import Noun, Registry
from records.core.rights import Right, has_right
from records.core.validation import Draft
from records.nouns import groups
from records.nouns.groups import GroupDraft
from records.registry.nouns import NOUNS
from records.tables import Area, Group, Organisation
from records.tables.groups import GroupStatus
from records.tables.organisations import OrganisationKind
from tests.admin.forms import hidden, send
from tests.admin.places import ELSEWHERE, HERE, group

SignIn = Callable[..., Awaitable[httpx.AsyncClient]]
PATH: Final = "/admin/test-organisations"


@dataclass(frozen=True)
class OrganisationDraft(Draft):
    """What people enter for an organisation."""

    name: Annotated[str, Field("Name", max_length=200, searchable=True)]
    kind: Annotated[OrganisationKind, Field("Kind")]
    area_id: Annotated[UUID, Field("Area", Area)]
    active_from: Annotated[date | None, Field("Founded on", past=True)] = None


def visible_to(actor: Actor) -> QuerySet[Organisation]:
    return Organisation.filter(within(actor), deleted_at__isnull=True)


ORGANISATION: Final = Noun(
    name="test_organisation",
    label="Organisation",
    plural="Organisations",
    table=Organisation,
    right=Right.GROUPS_READ,
    visible_to=visible_to,
    draft=OrganisationDraft,
    fields=fields_of(OrganisationDraft),
)


def columns(draft: OrganisationDraft) -> dict[str, Any]:
    values = asdict(draft)
    return values | {"folded": ORGANISATION.search_text(values)}


async def create(request: PageRequest, draft: OrganisationDraft) -> Organisation:
    async with transaction():
        row = Organisation(**columns(draft), created_at=now())
        return await create_row(ORGANISATION, row, by=request.actor, action=Right.GROUPS_CREATE)


async def edit(request: PageRequest, row: Organisation, draft: OrganisationDraft) -> Organisation:
    async with transaction():
        return await update(
            ORGANISATION,
            row,
            expected_version=row.version,
            by=request.actor,
            action=Right.GROUPS_EDIT,
            **columns(draft),
        )


PAGES: Final = Pages[Organisation, OrganisationDraft](
    noun=ORGANISATION,
    path=PATH,
    search="Name",
    form=DraftForm(
        draft=OrganisationDraft,
        create=create,
        may_create=Right.GROUPS_CREATE,
        edit=edit,
        can_edit=lambda actor, _row: has_right(actor, Right.GROUPS_EDIT),
        heading="Record an organisation",
    ),
)


@pytest.fixture
async def client(
    app: Starlette, staff_client: SignIn, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[httpx.AsyncClient]:
    """A commander of a ward, where the service knows one more noun."""
    nouns = Registry([*NOUNS, ORGANISATION])
    for module in ("admin.kit.history", "records.registry.history", "records.registry.reversals"):
        monkeypatch.setattr(f"{module}.NOUNS", nouns)
    routes = PAGES.routes()
    app.router.routes[:0] = routes
    yield await staff_client(Role.COMMANDER, "29905")
    del app.router.routes[: len(routes)]


def typed(**changes: str) -> dict[str, str]:
    fields = {"name": "Hội mẫu", "kind": "FRONT", "area": "29905", "active_from": "05/03/2020"}
    return fields | changes


async def recorded(client: httpx.AsyncClient) -> str:
    """The address of a new record."""
    answer = await send(client, PATH, typed(), at=f"{PATH}/new")
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


async def test_list_shows_declared_fields(client: httpx.AsyncClient) -> None:
    path = await recorded(client)
    page = (await client.get(PATH)).text
    for text in ("Organisations", f'href="{path}"', "Fatherland Front committee", "05/03/2020"):
        assert text in page


@pytest.mark.parametrize(("query", "there"), [("kind=FRONT", True), ("kind=POLICE", False), ("q=mau", True)])
async def test_list_is_filtered_by_declared_fields(
    client: httpx.AsyncClient, query: str, there: bool
) -> None:
    await recorded(client)
    assert ("Hội mẫu" in (await client.get(f"{PATH}?{query}")).text) is there


async def test_detail_shows_fields_and_history(client: httpx.AsyncClient) -> None:
    page = (await client.get(await recorded(client))).text
    for text in ("<h1", "Hội mẫu", "Founded on", "05/03/2020", "Created", "History"):
        assert text in page


async def test_form_checks_declared_fields(client: httpx.AsyncClient) -> None:
    wrong = typed(name="", kind="X", active_from="31/02/2020")
    answer = await send(client, PATH, wrong, at=f"{PATH}/new")
    assert answer.status_code == 422
    for text in ("Enter a value.", "Choose one.", "Enter a date that exists.", 'value="31/02/2020"'):
        assert text in answer.text


async def test_edit_merges_what_others_saved(client: httpx.AsyncClient) -> None:
    path = await recorded(client)
    form = (await client.get(f"{path}/edit")).text
    await send(client, path, typed(kind="POLICE"), at=f"{path}/edit")
    carried = {name: hidden(form, name) for name in ("csrf", "idempotency_key", "expected_version", "opened")}
    answer = await client.post(path, data=carried | typed(name="Hội khác"))
    assert answer.status_code == 303, answer.text
    row = await Organisation.get(id=UUID(path.rpartition("/")[2]))
    assert (row.name, row.kind) == ("Hội khác", OrganisationKind.POLICE)


async def test_edit_asks_when_two_changed_one_field(client: httpx.AsyncClient) -> None:
    path = await recorded(client)
    form = (await client.get(f"{path}/edit")).text
    carried = {name: hidden(form, name) for name in ("csrf", "idempotency_key", "expected_version", "opened")}
    await send(client, path, typed(name="Hội một"), at=f"{path}/edit")
    answer = await client.post(path, data=carried | typed(name="Hội hai"))
    assert answer.status_code == 409
    for text in ("Two people changed this", "Hội một", "Hội hai"):
        assert text in answer.text


async def test_page_is_missing_when_record_lies_elsewhere(
    client: httpx.AsyncClient, staff_client: SignIn
) -> None:
    path = await recorded(client)
    elsewhere = await staff_client(Role.COMMANDER, "30244")
    assert (await elsewhere.get(path)).status_code == 404
    assert "Hội mẫu" not in (await elsewhere.get(PATH)).text


GROUPS: Final = Pages[Group, GroupDraft](
    noun=groups.NOUN, path="/admin/test-groups", columns=("merged_into_id",)
)


@pytest.mark.parametrize(("area", "named"), [(HERE, True), (ELSEWHERE, False)])
async def test_pages_name_references_within_areas_only(
    app: Starlette, staff_client: SignIn, monkeypatch: pytest.MonkeyPatch, area: str, named: bool
) -> None:
    monkeypatch.setattr(app.router, "routes", [*GROUPS.routes(), *app.router.routes])
    merged, other = await group(HERE), await group(area)
    await Group.filter(id=other.id).update(name="Tổ đích mẫu")
    await Group.filter(id=merged.id).update(
        status=GroupStatus.MERGED, inactive_on=today(), ended_on=today(), merged_into_id=other.id
    )
    client = await staff_client(Role.COMMANDER, HERE)
    for path in (GROUPS.path, f"{GROUPS.path}/{merged.id}"):
        page = (await client.get(path)).text
        assert merged.name in page
        assert ("Tổ đích mẫu" in page) is named
        assert (">…<" in re.sub(r"\s", "", page)) is not named


async def test_noun_without_form_has_list_and_detail() -> None:
    routes = Pages[Organisation, OrganisationDraft](noun=ORGANISATION, path=PATH).routes()
    assert [(route.path, sorted(route.methods or ())) for route in routes] == [
        (PATH, ["GET", "HEAD"]),
        (f"{PATH}/{{id:uuid}}", ["GET", "HEAD"]),
    ]
