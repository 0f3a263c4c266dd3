"""Education cases at the staff door: opened, guided, ended, and seen only by those in charge."""

import re
from collections.abc import Awaitable, Callable

import httpx
import pytest

from records.core.actor import Role, system_actor
from records.core.language import Language
from records.nouns import groups
from records.nouns.groups import GroupDraft
from records.tables import EducationCase, EducationNote, Reveal, Staff
from records.tables.activities import EducationResult
from records.tables.groups import GroupKind
from tests.admin.forms import send
from tests.conftest import area_ids
from tests.records.security.sealed_rows import as_owner

SignIn = Callable[..., Awaitable[httpx.AsyncClient]]
NAME, STREET = "Người được giúp mẫu", "Số 1, đường mẫu"
LIST = "/admin/education-cases"


@pytest.fixture
async def group(database: str) -> str:
    (area,) = await area_ids("29905")
    draft = GroupDraft("TNT-GD", "Tổ giúp đỡ mẫu", GroupKind.SELF_GOVERNING, area)
    return (await groups.create(draft, by=system_actor("test"))).code


def typed(**changes: str) -> dict[str, str]:
    return {
        "group": "TNT-GD",
        "reason": "GAMBLING",
        "opened_on": "01/03/2025",
        "name": NAME,
        "birth_year": "1999",
        "address": STREET,
        **changes,
    }


async def opened(client: httpx.AsyncClient) -> EducationCase:
    answer = await send(client, LIST, typed(), at=f"{LIST}/new")
    assert answer.status_code == 303, answer.text
    return await EducationCase.get()


async def step(client: httpx.AsyncClient, case: EducationCase, noun: str, **fields: str) -> httpx.Response:
    return await send(client, f"{LIST}/{case.id}/{noun}", fields)


def shows_it(page: str) -> bool:
    return NAME in page or STREET in page or "1999" in page


async def test_education_case_goes_from_opening_to_end(staff_client: SignIn, group: str) -> None:
    officer = await staff_client(Role.OFFICER, "29905")
    case = await opened(officer)
    path = f"{LIST}/{case.id}"
    page = (await officer.get(path)).text
    assert case.code in page
    assert "Gambling" in page
    assert "Sealed" in page
    assert not shows_it(page)
    assert (await step(officer, case, "progress", note="Đã có việc làm", on="02/03/2025")).status_code == 303
    assert (await step(officer, case, "correction", reason="DISORDER", opened_on="")).status_code == 303
    assert (await step(officer, case, "closure", result="IMPROVED", on="01/06/2025")).status_code == 303
    page = (await officer.get(path)).text
    for said in ("Đã có việc làm", "02/03/2025", "Public disorder", "Improved", "01/06/2025"):
        assert said in page
    assert (await officer.get(f"{path}/progress")).status_code == 409
    assert (await officer.get(f"{path}/reopening")).status_code == 403
    case = await EducationCase.get()
    assert (case.result, case.version) == (EducationResult.IMPROVED, 3)
    page = (await officer.get(LIST)).text
    assert case.code in page
    assert case.code not in (await officer.get(f"{LIST}?status=open")).text


async def test_education_form_reports_problems_and_keeps_input(staff_client: SignIn, group: str) -> None:
    officer = await staff_client(Role.OFFICER, "29905")
    wrong = typed(opened_on="31/02/2025", birth_year="1800x", group="KHONG-CO")
    answer = await send(officer, LIST, wrong, at=f"{LIST}/new")
    assert answer.status_code == 422
    for name in ("opened_on", "birth_year", "group"):
        assert f'id="field-{name}-problem"' in answer.text
    assert NAME in answer.text
    assert '<a href="#field-group">Supervising group: ' in answer.text
    assert not await EducationCase.exists()
    case = await opened(officer)
    answer = await step(officer, case, "subject", name=NAME, birth_year="3000")
    assert answer.status_code == 422
    assert NAME in answer.text
    answer = await step(officer, case, "progress", note=" ", on="")
    assert answer.status_code == 422
    assert not await EducationNote.exists()


async def test_education_case_is_hidden_from_colleagues(staff_client: SignIn, group: str) -> None:
    officer, colleague = await staff_client(Role.OFFICER, "29905"), await staff_client(Role.OFFICER, "29905")
    case = await opened(officer)
    assert case.code not in (await colleague.get(LIST)).text
    for noun in (
        "",
        "/progress",
        "/subject",
        "/closure",
        "/correction",
        "/supervisor",
        "/release",
        "/reveal",
    ):
        assert (await colleague.get(f"{LIST}/{case.id}{noun}")).status_code == 404, noun
    commander = await staff_client(Role.COMMANDER, "29905")
    them = await Staff.filter(role=Role.OFFICER).order_by("-created_at").first()
    assert them is not None
    assert (await step(commander, case, "supervisor", staff=str(them.id))).status_code == 303
    assert case.code in (await colleague.get(LIST)).text
    assert (await step(commander, case, "release", staff=str(them.id))).status_code == 303
    assert (await colleague.get(f"{LIST}/{case.id}")).status_code == 404
    assert (await step(commander, case, "supervisor", staff="")).status_code == 422
    for role in (Role.FRONT, Role.ANALYST, Role.ADMINISTRATOR, Role.CUSTODIAN, Role.AUDITOR):
        client = await staff_client(role)
        assert (await client.get(LIST)).status_code == 403
        assert "Education cases" not in (await client.get("/admin")).text


async def test_education_subject_is_seen_under_approval(
    staff_client: SignIn, group: str, database: str
) -> None:
    officer, custodian = await staff_client(Role.OFFICER, "29905"), await staff_client(Role.CUSTODIAN)
    case = await opened(officer)
    assert (await step(officer, case, "reveal", motive=" ")).status_code == 422
    assert (await step(officer, case, "reveal", motive="Lập hồ sơ")).status_code == 303
    reveal = await Reveal.get()
    assert case.code in (await custodian.get("/admin/reveals")).text
    decided = {"decision": "approve", "minutes": "30"}
    assert (await send(custodian, f"/admin/reveals/{reveal.id}/decision", decided)).status_code == 303
    path = f"/admin/reveals/{reveal.id}"
    page = (await officer.get(path)).text
    assert f"{LIST}/{case.id}" in page
    looked = (await send(officer, f"{path}/look", {}, at=path)).text
    assert all(value in looked for value in (NAME, "1999", STREET))
    assert not shows_it((await officer.get(f"{LIST}/{case.id}")).text)
    # Nothing sealed, nothing to ask for.
    assert (await step(officer, case, "subject", name="", birth_year="", address="")).status_code == 303
    assert await as_owner(database, "SELECT * FROM education_subjects") == []
    page = (await officer.get(f"{LIST}/{case.id}")).text
    assert "Not recorded" in page
    assert (await officer.get(f"{LIST}/{case.id}/reveal")).status_code == 409


async def test_education_case_end_conflicts_when_changed_before(staff_client: SignIn, group: str) -> None:
    officer, commander = await staff_client(Role.OFFICER, "29905"), await staff_client(Role.COMMANDER)
    case = await opened(officer)
    page = (await officer.get(f"{LIST}/{case.id}/closure")).text
    assert (await step(commander, case, "correction", reason="DRUG_USE")).status_code == 303
    token = re.search(r'name="csrf"\s+value="([^"]*)"', page)
    assert token
    answer = await officer.post(
        f"{LIST}/{case.id}/closure",
        data={"csrf": token[1], "expected_version": "1", "result": "IMPROVED", "on": ""},
    )
    assert answer.status_code == 409
    assert (await EducationCase.get()).result is None


async def test_education_pages_are_in_vietnamese(staff_client: SignIn, group: str) -> None:
    client = await staff_client(Role.OFFICER, "29905", language=Language.VI)
    case = await opened(client)
    for path in (LIST, f"{LIST}/new", f"{LIST}/{case.id}", f"{LIST}/{case.id}/subject"):
        page = (await client.get(path)).text
        assert "iáo dục" in page
        assert "Education" not in page


async def test_subject_form_warns_only_when_subject_is_sealed(staff_client: SignIn, group: str) -> None:
    officer = await staff_client(Role.OFFICER, "29905")
    await send(officer, LIST, typed(name="", birth_year="", address=""), at=f"{LIST}/new")
    form = f"{LIST}/{(await EducationCase.get()).id}/subject"
    assert "This replaces everything sealed before." not in (await officer.get(form)).text
    await send(officer, form, {"name": NAME})
    assert "This replaces everything sealed before." in (await officer.get(form)).text
