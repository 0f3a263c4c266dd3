"""Faults: nothing inside shows outside or in the log; a caller's mistake is told as one."""

import logging

import pytest
from starlette.applications import Starlette

from api.reads.declared import DECLARATION, Column
from api.schema.assembly import schema
from records.core.log import JsonFormatter
from tests.api.support import Ask, add_group, error
from tests.replaced import replaced_services


class _Broken:
    """A pool whose database fails with a text that nobody may see."""

    async def acquire(self) -> None:
        raise RuntimeError("duplicate key: Nguyễn Văn Mẫu 0912345678")


async def test_internal_error_is_masked_in_answer_and_log(
    app: Starlette, ask: Ask, caplog: pytest.LogCaptureFixture
) -> None:
    await ask("{ __typename }")
    with replaced_services(app, reader=_Broken()), caplog.at_level(logging.DEBUG, logger="ketnoi"):
        refused = error(await ask("{ groups { nodes { code } } }"))
    assert refused["message"] == "Internal error"
    assert set(refused["extensions"]) == {"code", "requestId"}
    assert refused["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    logged = "\n".join(map(JsonFormatter().format, caplog.records))
    assert refused["extensions"]["requestId"] in logged
    assert "RuntimeError" in logged
    assert "Mẫu" not in logged
    assert "0912345678" not in logged


async def test_internal_error_is_masked_when_value_misfits_its_type(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    field = next(f for f in schema.get_type_by_name("Group").fields if f.python_name == "households")  # type: ignore[union-attr]
    monkeypatch.setattr(field, "metadata", {DECLARATION: Column("{t}.name")})
    await add_group("Tên riêng", code="A1")
    answer = await ask("{ groups { nodes { code households } } }")
    assert error(answer)["message"] == "Internal error"
    assert "Tên riêng" not in str(answer)
    assert answer["data"]["groups"]["nodes"] == [{"code": "A1", "households": None}]


async def test_null_argument_is_bad_input_when_value_is_required(ask: Ask) -> None:
    refused = error(await ask("query($o: GroupOrder = NAME) { groups(orderBy: $o) { totalCount } }", o=None))
    assert refused["extensions"]["code"] == "BAD_USER_INPUT"
