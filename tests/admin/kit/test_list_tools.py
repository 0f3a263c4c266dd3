"""What helps in lists: facets, chosen columns, sorted headings, links back, saved views."""

import re
import sys
from collections.abc import Awaitable, Callable

import httpx
import pytest

from admin.kit.nouns.lists import Sort
from records.access import saved_views
from records.access.saved_views import MAX_VIEWS, SavedViewDraft
from records.core.actor import Role, system_actor
from records.core.errors import PermissionDenied
from records.database.fetch import fetch
from records.nouns import tips
from records.tables import AuditEntry, Group, SavedView, Staff
from tests.admin.forms import HTMX, send, some_tip
from tests.admin.places import ELSEWHERE, HERE, group, tip

SignIn = Callable[..., Awaitable[httpx.AsyncClient]]


def facets(page: str) -> dict[str, int]:
    """The facets of a list: how many rows each choice has."""
    part = page.partition('class="facets"')[2].partition("</ul>")[0]
    return {text.strip(): int(count) for text, count in re.findall(r">([^<>]+) <strong>(\d+)</strong>", part)}


def headings(page: str) -> list[str]:
    """The headings of the table of a list."""
    head = page.partition("<thead>")[2].partition("</thead>")[0]
    return [re.sub(r"<[^>]+>|[↑↓]", "", one).strip() for one in re.findall(r"<th.*?</th>", head, re.DOTALL)]


async def test_facets_count_rows_within_scope_and_filters(staff_client: SignIn) -> None:
    client = await staff_client(Role.OFFICER, HERE)
    verifying = await tip(HERE)
    await some_tip("Người lạ (mẫu)", area=HERE)
    await tip(ELSEWHERE)
    await tips.start_verifying(verifying.id, expected_version=verifying.version, by=system_actor("test"))
    page = (await client.get("/admin/tips")).text
    # Those that ended are too many to count.
    assert facets(page) == {"All open tips": 2, "Received": 1, "Being verified": 1, "In progress": 0}
    narrowed = (await client.get("/admin/tips?q=nguoi+la&status=VERIFYING", headers=HTMX)).text
    assert {"All open tips": 1, "Received": 1, "Being verified": 0}.items() <= facets(narrowed).items()
    assert 'href="/admin/tips?q=nguoi+la&amp;status=RECEIVED"' in narrowed


async def test_columns_are_chosen_by_address(staff_client: SignIn) -> None:
    client = await staff_client(Role.OFFICER)
    await group(HERE)
    standard = headings((await client.get("/admin/groups")).text)
    page = (await client.get("/admin/groups?columns=founded_on&columns=status&columns=folded&columns=x")).text
    assert len(standard) == 6
    assert headings(page)[1:] == ["Founded on", "Status"] or headings(page)[1:] == ["Status", "Founded on"]
    # The filters keep the choice.
    assert page.count('type="hidden" name="columns"') == 4 or 'name="columns" value="founded_on"' in page


async def test_sealed_field_is_no_column(staff_client: SignIn) -> None:
    client = await staff_client(Role.OFFICER)
    page = (await client.get("/admin/groups?columns=search")).text
    assert headings(page) == headings((await client.get("/admin/groups")).text)


async def test_heading_sorts_where_list_has_order(staff_client: SignIn) -> None:
    client = await staff_client(Role.OFFICER)
    await group(HERE)
    page = (await client.get("/admin/groups?kind=SELF_GOVERNING&sort=name")).text
    assert 'aria-sort="ascending"' in page
    assert 'href="/admin/groups?kind=SELF_GOVERNING&amp;sort=name-back"' in page


async def test_link_back_keeps_filters(staff_client: SignIn) -> None:
    client, row = await staff_client(Role.OFFICER), await group(HERE)
    base = "http://127.0.0.1:8000"
    for referer, up in (
        (f"{base}/admin/groups?kind=SELF_GOVERNING", "/admin/groups?kind=SELF_GOVERNING"),
        (f"{base}/admin/tips?mine=1", "/admin/groups"),
        ("", "/admin/groups"),
    ):
        page = (await client.get(f"/admin/groups/{row.id}", headers={"Referer": referer})).text
        assert f'class="above"><a href="{up}"' in page


async def test_view_is_saved_shown_and_removed(staff_client: SignIn) -> None:
    client = await staff_client(Role.OFFICER)
    await group(HERE)
    path, fields = (
        "/admin/groups",
        {"path": "/admin/groups", "query": "kind=SELF_GOVERNING", "name": "Tổ của tôi"},
    )
    saved = await send(client, "/admin/saved-views", fields, at=path)
    assert saved.headers["location"] == "/admin/groups?kind=SELF_GOVERNING"
    page = (await client.get(saved.headers["location"])).text
    assert re.search(r'href="/admin/groups\?kind=SELF_GOVERNING" aria-current="page">Tổ của tôi', page)
    # The same name stands for the new query.
    await send(client, "/admin/saved-views", fields | {"query": "status=ACTIVE"}, at=path)
    view = await SavedView.get()
    assert view.query == "status=ACTIVE"
    other = await staff_client(Role.OFFICER)
    assert "Tổ của tôi" not in (await other.get(path)).text
    removal = f"/admin/saved-views/{view.id}/removal"
    assert (await send(other, removal, {}, at=path)).status_code == 404
    assert (await send(client, removal, {}, at=path)).headers["location"] == path
    assert await SavedView.all().count() == 0
    entries = await AuditEntry.filter(noun="saved_view").order_by("seq")
    assert [entry.action for entry in entries] == [
        "saved_views.save",
        "saved_views.save",
        "saved_views.remove",
    ]
    assert all("Tổ của tôi" not in str((entry.before, entry.after)) for entry in entries)


async def test_view_leads_nowhere_else(staff_client: SignIn) -> None:
    client = await staff_client(Role.OFFICER)
    for path in ("https://elsewhere.example", "//elsewhere.example", "/docs", "/admin/tips?q=0912345678"):
        fields = {"path": path, "query": "", "name": f"Mẫu {path}"}
        answer = await send(client, "/admin/saved-views", fields, at="/admin/groups")
        assert answer.status_code == 422
    assert not await SavedView.exists()


async def test_views_of_list_are_limited(staff_client: SignIn) -> None:
    client = await staff_client(Role.OFFICER)
    for index in range(MAX_VIEWS):
        await SavedView.create(staff_id=(await Staff.get()).id, path="/admin/groups", name=f"Mẫu {index}")
    fields = {"path": "/admin/groups", "query": "", "name": "Một nữa"}
    refused = await send(client, "/admin/saved-views", fields, at="/admin/groups")
    assert refused.status_code == 422
    assert "Remove one of your saved views first" in refused.text


async def test_views_are_for_staff_alone(database: str) -> None:
    with pytest.raises(PermissionDenied):
        await saved_views.save(SavedViewDraft("Mẫu", "/admin/groups"), by=system_actor("test"))


async def test_exact_accents_come_first_in_list(staff_client: SignIn) -> None:
    client = await staff_client(Role.OFFICER)
    for title in ("Đặng (mẫu)", "Dang (mẫu)"):
        await some_tip(title)
    page = (await client.get("/admin/tips?q=Đặng", headers=HTMX)).text
    assert page.index("Đặng (mẫu)") < page.index("Dang (mẫu)")
    # A chosen order is kept.
    page = (await client.get("/admin/tips?q=Đặng&sort=changed", headers=HTMX)).text
    assert page.index("Dang (mẫu)") < page.index("Đặng (mẫu)")


@pytest.mark.parametrize(("sort", "column"), [("name", "name_key"), ("name-back", "-name_key")])
async def test_first_page_has_order_of_database_when_rows_are_few(
    staff_client: SignIn, sort: str, column: str
) -> None:
    client = await staff_client(Role.OFFICER, HERE)
    for name_key in ("to 10", "to 2", "ap", "ap dong", "ap-dong", "đ", "to 2"):
        await Group.filter(id=(await group(HERE)).id).update(name_key=name_key)
    page = (await client.get(f"/admin/groups?sort={sort}")).text
    sign = "-" if column.startswith("-") else ""
    ids = await Group.all().order_by(column, f"{sign}id").values_list("id", flat=True)
    shown = dict.fromkeys(re.findall(r'href="/admin/groups/([0-9a-f-]{36})', page.partition("<tbody")[2]))
    assert list(shown) == [str(one) for one in ids]
    assert len(ids) == 7


def every_sort() -> list[Sort]:
    """The orders of all lists: each is a constant, in one, or of a list that is one."""
    pages = [module for name, module in sys.modules.items() if name.startswith("admin.")]
    constants = [value for module in pages for value in vars(module).values()]
    several = [getattr(one, "sorts", one) for one in constants]
    return [
        sort
        for one in several
        for sort in (one if isinstance(one, tuple) else (one,))
        if isinstance(sort, Sort)
    ]


async def test_text_orders_outside_of_database_are_of_bytes(database: str) -> None:
    """A first page may be ordered outside of the database, the next ones are ordered in it."""
    names = {one.column for one in every_sort() if not one.in_database}
    columns = await fetch(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
        " AND column_name = ANY($1) AND data_type IN ('text', 'character varying')"
        " AND collation_name IS DISTINCT FROM 'C'",
        [list(names)],
    )
    assert names >= {"name_key", "code", "created_at"}
    # No list is sorted by these.
    others = {("data_requests", "code"), ("education_cases", "code")}
    assert {tuple(row.values()) for row in columns} == others
