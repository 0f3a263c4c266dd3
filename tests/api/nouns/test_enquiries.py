"""Open enquiries and the mutation answerEnquiry: for keys that answer, once, and without who asked."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest

from api.reads.node import global_id
from records.core.actor import Role, Scope
from records.core.dates import now
from records.database.connect import DatabaseRole
from records.nouns import enquiries
from records.tables import Enquiry
from tests.api.mutation_inputs import document
from tests.api.support import BA_DINH, TAN_NHUAN_DONG, Ask, add_enquiry, error
from tests.records.security.sealed_rows import as_role

MakeKey = Callable[..., Awaitable[str]]
ANSWER = document("answerEnquiry")
OPEN = """query($area: String, $order: OpenEnquiryOrder) {
  openEnquiries(filter: {area: $area}, orderBy: $order) { totalCount nodes { question } } }"""


def to(row: Enquiry, **fields: Any) -> dict[str, Any]:
    given = {"enquiryId": global_id("OpenEnquiry")(row.id), "version": row.version, "answer": "Tại phường"}
    return given | fields


async def asked(ask: Ask, **variables: Any) -> list[str]:
    found = (await ask(OPEN, **variables))["data"]["openEnquiries"]
    assert found["totalCount"] == len(found["nodes"])
    return [node["question"] for node in found["nodes"]]


async def test_open_enquiries_are_those_of_own_areas_oldest_first(ask: Ask) -> None:
    await add_enquiry("Sau", asked=datetime(2026, 2, 1, tzinfo=UTC))
    await add_enquiry("Trước", area=TAN_NHUAN_DONG, asked=datetime(2026, 1, 1, tzinfo=UTC))
    await add_enquiry("Nơi khác", area=BA_DINH)
    await add_enquiry("Đã trả lời", answer="Rồi", answered_at=now())
    await add_enquiry("Đã xoá", deleted_at=now())
    assert await asked(ask) == ["Trước", "Sau"]
    assert await asked(ask, order="ASKED_AT_DESC") == ["Sau", "Trước"]
    assert await asked(ask, area=TAN_NHUAN_DONG) == ["Trước"]


async def test_enquiry_leaves_list_when_answered(ask: Ask) -> None:
    row = await add_enquiry("Đăng ký tạm trú ở đâu?")
    payload = (await ask(ANSWER, input=to(row, answer=" Tại công an phường ")))["data"]["answerEnquiry"]
    assert payload == {"recordId": global_id("OpenEnquiry")(row.id), "problems": []}
    stored = await Enquiry.get()
    assert (stored.answer, stored.answered_by_id, stored.published) == ("Tại công an phường", None, False)
    assert (stored.version, stored.answered_at is not None) == (2, True)
    assert "tai cong an phuong" in stored.folded
    assert await asked(ask) == []
    assert (await ask(f'{{ node(id: "{payload["recordId"]}") {{ id }} }}'))["data"] == {"node": None}


async def test_reader_role_sees_open_enquiries_only(
    database: str,
) -> None:
    await add_enquiry("Chờ")
    await add_enquiry("Đã trả lời", answer="Rồi", answered_at=now())
    await add_enquiry("Đã xoá", deleted_at=now())
    reader = await as_role(database, DatabaseRole.READER)
    try:
        assert [row["question"] for row in await reader.fetch("SELECT * FROM open_enquiries")] == ["Chờ"]
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await reader.fetch("SELECT question FROM enquiries")
    finally:
        await reader.close()


async def test_answer_is_refused_when_enquiry_has_one(
    ask: Ask, staff_actor: Callable[..., Awaitable[Any]]
) -> None:
    row = await add_enquiry("Ở đâu?")
    officer = await staff_actor(Role.OFFICER, "82")
    await enquiries.answer(row.id, "Tại xã", expected_version=1, by=officer)
    for version in (1, 2):
        payload = (await ask(ANSWER, input=to(row, version=version)))["data"]["answerEnquiry"]
        assert [(p["field"], p["code"]) for p in payload["problems"]] == [("version", "CONFLICT")]
    assert (await Enquiry.get()).answer == "Tại xã"
    better = await enquiries.answer(row.id, "Tại ấp", expected_version=2, by=officer)
    assert better.answer == "Tại ấp"


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"answer": " "}, ("answer", "REQUIRED")),
        ({"answer": "x" * (20_001)}, ("answer", "TOO_LONG")),
        ({"version": 2}, ("version", "CONFLICT")),
    ],
)
async def test_answer_has_problem_when_invalid(
    ask: Ask, wrong: dict[str, Any], expected: tuple[str, str]
) -> None:
    row = await add_enquiry("Ở đâu?")
    payload = (await ask(ANSWER, input=to(row, **wrong)))["data"]["answerEnquiry"]
    assert [(p["field"], p["code"]) for p in payload["problems"]] == [expected]
    assert (await Enquiry.get()).answered_at is None


async def test_open_enquiry_needs_scope_to_answer(ask: Ask, partner_key: MakeKey) -> None:
    row = await add_enquiry("Ở đâu?")
    key = await partner_key(scopes=set(Scope) - {Scope.ENQUIRIES_WRITE})
    node = f'{{ node(id: "{global_id("OpenEnquiry")(row.id)}") {{ ... on OpenEnquiry {{ question }} }} }}'
    for query in ("{ openEnquiries { totalCount } }", node):
        refused = error(await ask(query, key=key))
        assert (refused["extensions"]["code"], refused["extensions"]["scopes"]) == (
            "FORBIDDEN",
            ["enquiries:write"],
        )
    assert (await ask(node))["data"]["node"] == {"question": "Ở đâu?"}
