"""What partners call a tip tells nothing of the tips of others."""

import re
from collections.abc import Awaitable, Callable

import asyncpg
import httpx
import pytest

from api.reads.declared import RECORD_TYPES
from records.core.actor import Actor, Role, Scope
from records.core.identifiers.references import parse_reference
from records.database.connect import DatabaseRole, connection_arguments
from records.metrics.catalogue import category_id
from records.nouns import tips
from records.nouns.tips import TipDraft
from records.tables import Tip
from records.tables.tips import Channel
from tests.api.support import PHU_HUU, Ask, add_tip
from tests.conftest import area_ids

SUBMIT = "mutation($input: SubmitTipInput!) { submitTip(input: $input) { code problems { code } } }"
INPUT = {"title": "Người lạ mặt ở đầu khóm", "category": "STRANGERS", "area": PHU_HUU}
COUNTING = re.compile(r"TB-\d{4}-\d{6}")


async def test_submit_tip_hides_number_of_other_tips(
    ask: Ask,
    partner_key: Callable[..., Awaitable[str]],
    staff_actor: Callable[..., Awaitable[Actor]],
) -> None:
    key, officer = await partner_key(scopes={Scope.TIPS_WRITE}), await staff_actor(Role.OFFICER, "29905")
    (area,) = await area_ids("29905")
    codes = []
    for _ in range(2):
        codes.append((await ask(SUBMIT, key=key, input=INPUT))["data"]["submitTip"]["code"])
        await tips.submit(TipDraft("Tin mẫu", category_id("THEFT"), Channel.ZALO, area), by=officer)
    assert [parse_reference(code) for code in codes] == codes
    assert not {tip.code for tip in await Tip.all()} & set(codes)


async def test_tips_show_their_reference_in_every_place(ask: Ask) -> None:
    tip, twin = await add_tip("TB-2026-000041"), await add_tip("TB-2026-000042")
    await Tip.filter(id=tip.id).update(reference="7K3M-9QXP-TR49")
    await Tip.filter(id=twin.id).update(reference="0000-0000-0011")
    asked = """query($code: String!, $codes: [String!]) { tip(code: $code) { id code version }
      tips(filter: {code: $codes}, orderBy: CODE) { nodes { code } pageInfo { endCursor } } }"""
    for named in ("7K3M-9QXP-TR49", "TB-2026-000041"):
        answer = await ask(asked, code=named, codes=[named, "0000-0000-0011"])
        assert ([] if named.startswith("TB") else [named]) == [
            node["code"] for node in answer["data"]["tips"]["nodes"] if node["code"] != "0000-0000-0011"
        ]
        assert (answer["data"]["tip"] is None) == named.startswith("TB")
        assert not COUNTING.search(str(answer))


async def test_reader_role_cannot_select_counting_code(database: str) -> None:
    connection = await asyncpg.connect(**connection_arguments(database, DatabaseRole.READER))
    try:
        for column in ("code", "external_ref", "partner_id"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.fetch(f"SELECT {column} FROM tips")
    finally:
        await connection.close()


def test_counting_code_is_no_key_of_list() -> None:
    assert set(RECORD_TYPES["Tip"].keys) == {"received_at", "due_at", "updated_at", "reference"}
    assert RECORD_TYPES["Tip"].code == "reference"


@pytest.mark.parametrize("typed", ["{}", " {} ", "lower", "spaced"])
async def test_staff_finds_tip_by_its_reference(
    staff_client: Callable[..., Awaitable[httpx.AsyncClient]], typed: str
) -> None:
    client, tip = await staff_client(Role.OFFICER, "29905"), await add_tip("TB-2026-000041", area="29905")
    await add_tip("TB-2026-000042", area="29905")
    await Tip.filter(id=tip.id).update(reference="7K3M-9QXP-TR49")
    known = {"lower": "7k3m9qxptr49", "spaced": "7K3M 9QXP TR49"}
    text = known.get(typed, typed.format("7K3M-9QXP-TR49"))
    page = (await client.get("/admin/tips", params={"q": text})).text
    assert "TB-2026-000041" in page
    assert "TB-2026-000042" not in page
    assert "7K3M-9QXP-TR49" in (await client.get(f"/admin/tips/{tip.id}")).text
