import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from html import unescape
from uuid import uuid4

import httpx
import pytest
from starlette.requests import Request

from admin.access.audit.labels import action_label
from admin.kit.request import PageRequest
from records.changes.unit_of_work import audit
from records.core.actor import Role, system_actor
from records.core.dates import today
from records.core.language import Language
from records.core.rights import Right
from records.database.fetch import fetch
from records.nouns import tips
from records.registry.audit_counts import DAYS
from records.tables.privacy import RevealStep
from tests.admin.forms import some_tip

SignIn = Callable[..., Awaitable[httpx.AsyncClient]]


def found(page: str) -> str:
    total = re.search(r'class="total" role="status">\s*([0-9]+) found', page)
    assert total
    return total[1]


async def test_audit_finds_entries_by_record_and_action(staff_client: SignIn) -> None:
    tip = await some_tip("Nội dung khép kín (minh họa)")
    await some_tip("Tin khác (minh họa)")
    await tips.start_verifying(tip.id, expected_version=tip.version, by=system_actor("test"))
    client = await staff_client(Role.AUDITOR, "29905")
    assert found((await client.get("/admin/audit?noun=tip")).text) == "3"
    page = (await client.get(f"/admin/audit?row={tip.id}")).text
    assert found(page) == "2"
    assert "Nội dung khép kín" not in page
    assert found((await client.get(f"/admin/audit?row={tip.id}&action=tips.verify")).text) == "1"
    assert found((await client.get("/admin/audit?noun=tip&to=01/01/2020")).text) == "0"
    assert found((await client.get(f"/admin/audit?row={uuid4()}")).text) == "0"
    assert (await client.get(f"/admin/audit?row={tip.code}")).text.count(tip.code) >= 1
    assert "No record has this code" in (await client.get("/admin/audit?row=TB-1999-000001")).text


async def test_audit_finds_record_when_code_is_entered_as_person(staff_client: SignIn) -> None:
    tip, _other = await some_tip("Tin mẫu"), await some_tip("Tin khác (minh họa)")
    client = await staff_client(Role.AUDITOR, "29905")
    for text in (tip.code, f" {tip.code.lower()} ", str(tip.id)):
        page = (await client.get("/admin/audit", params={"q": text})).text
        assert found(page) == "1", text
    assert found((await client.get("/admin/audit?q=TB-1999-000001")).text) == "0"
    assert found((await client.get(f"/admin/audit?q=test&row={tip.code}")).text) == "1"


async def test_audit_has_column_of_reasons_when_one_was_given(staff_client: SignIn) -> None:
    tip = await some_tip("Tin mẫu")
    client = await staff_client(Role.AUDITOR, "29905")
    page = (await client.get(f"/admin/audit?row={tip.id}")).text
    assert re.search(rf'<th scope="row".*?\?row={tip.id}.*?{str(tip.id)[-12:]}.*?</th>', page, re.DOTALL)
    assert 'data-name="Reason"' not in page
    await tips.reject(tip.id, expected_version=1, reason="Không có thật", by=system_actor("test"))
    page = (await client.get(f"/admin/audit?row={tip.id}")).text
    assert 'data-name="Reason"' in page
    assert "Không có thật" in page


async def test_audit_hides_entries_of_other_areas(staff_client: SignIn) -> None:
    await some_tip("Nơi khác (minh họa)", area="30244")
    client = await staff_client(Role.AUDITOR, "29905")
    assert found((await client.get("/admin/audit?noun=tip")).text) == "0"


async def test_audit_finds_steps_of_reveals(staff_client: SignIn) -> None:
    tip = await some_tip("Tin mẫu")
    after = {"reveal": RevealStep.LOOKED.value, "reveal_id": str(uuid4())}
    await audit(
        "tip",
        tip.id,
        by=system_actor("test"),
        action=Right.REVEALS_ASK.value,
        before={},
        after=after,
        area_id=tip.area_id,
    )
    client = await staff_client(Role.AUDITOR, "29905")
    page = (await client.get("/admin/audit?reveal=LOOKED&week=1")).text
    assert found(page) == "1"
    assert "Viewed" in page
    assert found((await client.get("/admin/audit?reveal=REFUSED&week=1")).text) == "0"
    dashboard = (await client.get("/admin")).text
    assert re.search(r"<strong>1</strong> <span>Views of sealed data", dashboard)


@pytest.mark.parametrize(
    "action", [*Right, "staff.factors", "staff.identities", "staff.recovery-codes", "saved_views.save"]
)
def test_action_is_named_in_words(action: str) -> None:
    request = PageRequest(Request({"type": "http"}), Language.VI)
    assert "." not in action_label(request, action)


async def test_audit_pages_through_entries(staff_client: SignIn) -> None:
    for number in range(30):
        await some_tip(f"Tin mẫu {number}")
    client = await staff_client(Role.AUDITOR, "29905")
    seen: list[str] = []
    address = "/admin/audit?noun=tip"
    while address:
        page = (await client.get(address)).text
        assert ('class="glance"' in page) == (not seen), "counted once, for the first page"
        seen += re.findall(r"row=([0-9a-f-]{36})", page.partition("<tbody>")[2])
        following = re.search(r'rel="next"\s+href="([^"]+)"', page)
        address = unescape(following[1]) if following else ""
    assert len(seen) == len(set(seen)) == 30


async def test_audit_refuses_invalid_filters_and_cursors(staff_client: SignIn) -> None:
    client = await staff_client(Role.AUDITOR, "29905")
    for query in ("row=x", "from=99/99/2020", "action=x", f"after={uuid4()}:x", f"after={uuid4()}:{2**70}"):
        assert (await client.get(f"/admin/audit?{query}")).status_code == 422, query


def facets(page: str, name: str) -> dict[str, str]:
    """The numbers of the facets with that name, by their texts."""
    nav = page.partition(f'<nav aria-label="{name}">')[2].partition("</nav>")[0]
    return dict(re.findall(r">([^<>]+) <strong>([0-9.,]+)</strong></a>", nav))


async def test_audit_counts_actions_and_nouns_as_their_lists(staff_client: SignIn) -> None:
    tip = await some_tip("Tin mẫu")
    await some_tip("Tin khác (minh họa)")
    await tips.start_verifying(tip.id, expected_version=tip.version, by=system_actor("test"))
    client = await staff_client(Role.AUDITOR, "29905")
    page = (await client.get("/admin/audit?noun=tip")).text
    assert facets(page, "Action") == {"All": "3", "Tips: Submit": "2", "Tips: Verify": "1"}
    assert facets(page, "Record type")["Tip"] == "3"
    chosen = (await client.get("/admin/audit?noun=tip&action=tips.verify")).text
    assert found(chosen) == "1"
    assert facets(chosen, "Action") == facets(page, "Action")
    assert facets(chosen, "Record type") == {"All": "1", "Tip": "1"}
    elsewhere = await staff_client(Role.AUDITOR, "30244")
    assert "Tip" not in facets((await elsewhere.get("/admin/audit")).text, "Record type")


async def test_audit_draws_entries_of_thirty_days(staff_client: SignIn) -> None:
    await some_tip("Tin mẫu")
    client = await staff_client(Role.AUDITOR, "29905")
    page = (await client.get("/admin/audit?noun=tip")).text
    chart = page.partition('<figure class="chart">')[2].partition("</figure>")[0]
    assert chart.count('class="bar-mark"') == DAYS
    assert re.search(rf'<th scope="row">{today():%d/%m/%Y}</th>\s*<td class="number">1</td>', chart)
    assert "Counted among" not in page
    short = (await client.get("/admin/audit?week=1")).text
    assert short.count('class="bar-mark"') == 7
    assert (await client.get("/admin/audit?from=01/01/2999")).text.count('class="bar-mark"') == 1


async def test_audit_says_so_when_only_latest_entries_are_counted(
    staff_client: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("records.registry.audit_counts", "admin.access.audit.overview"):
        monkeypatch.setattr(f"{module}.MAX_ENTRIES", 2)
    for number in range(4):
        await some_tip(f"Tin mẫu {number}")
    client = await staff_client(Role.AUDITOR, "29905")
    page = (await client.get("/admin/audit")).text
    assert "Counted among the latest 2 entries of all areas." in page
    assert facets(page, "Record type")["All"] == "2"


@pytest.mark.parametrize("length", [16, 17, 20, 21, 32, 33])
async def test_search_accepts_texts_of_every_length(staff_client: SignIn, length: int) -> None:
    client = await staff_client(Role.AUDITOR)
    for name in ("q", "row"):
        answer = await client.get("/admin/audit", params={name: "MAU-" + "X" * (length - 4)})
        assert answer.status_code in {200, 422}


async def test_search_refuses_noun_that_is_none(staff_client: SignIn) -> None:
    client = await staff_client(Role.AUDITOR)
    answer = await client.get("/admin/audit", params={"noun": "n" * 4_000})
    assert answer.status_code == 422


async def test_audit_counts_latest_entries_when_numbers_have_gaps(
    staff_client: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("records.registry.audit_counts.MAX_ENTRIES", 3)
    client = await staff_client(Role.AUDITOR, "29905")
    for number in range(3):
        await some_tip(f"Tin mẫu {number}")
        await fetch("SELECT nextval(pg_get_serial_sequence('audit_entries', 'seq'))", [])
    page = (await client.get("/admin/audit")).text
    assert facets(page, "Record type")["Tip"] == "3"


@pytest.mark.parametrize(("days", "number"), [(6, "1"), (7, "0")])
async def test_week_has_seven_days_when_today_is_included(
    staff_client: SignIn, monkeypatch: pytest.MonkeyPatch, days: int, number: str
) -> None:
    tip = await some_tip("Tin mẫu")
    await audit(
        "tip",
        tip.id,
        by=system_actor("test"),
        action=Right.REVEALS_ASK.value,
        before={},
        after={"reveal": RevealStep.LOOKED.value, "reveal_id": str(uuid4())},
        area_id=tip.area_id,
    )
    client = await staff_client(Role.AUDITOR, "29905")
    last = today() + timedelta(days=days)
    monkeypatch.setattr("records.core.dates.today", lambda: last)
    assert found((await client.get("/admin/audit?reveal=LOOKED&week=1")).text) == number
    assert (
        f"<strong>{number}</strong> <span>Views of sealed data in 7 days" in (await client.get("/admin")).text
    )
