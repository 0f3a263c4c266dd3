"""Looking up a data subject's records takes two people, and the database sees to it."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import asyncpg
import pytest

from records.access.approvals import requests as approvals
from records.core.actor import Actor, Role
from records.core.dates import to_local_date
from records.core.errors import Conflict, PermissionDenied
from records.database.connect import DatabaseRole
from records.privacy import data_requests
from records.privacy.reporters import ReporterDraft
from records.security.throttling import TooManyAttempts
from records.tables import DataRequest, Staff
from tests.conftest import area_ids
from tests.records.privacy.data_request_support import (
    NAME,
    StaffActor,
    a_tip,
    approved,
    handle,
    handles,
    ready,
    received,
    sealed_rows,
)
from tests.records.security.sealed_rows import as_owner, as_role


async def test_phone_look_up_is_throttled(database: str, staff_actor: StaffActor) -> None:
    custodian, other = await staff_actor(Role.CUSTODIAN, "29905"), await staff_actor(Role.CUSTODIAN)
    taken = await tries(lambda number: received(custodian, phone=number))
    assert taken < 40
    assert await DataRequest.all().count() == taken
    # It is this person who has to wait, and nobody else.
    await received(other)


async def tries(look: Callable[[str], Awaitable[object]]) -> int:
    """How many numbers one may try, one after the other."""
    for number in range(200):
        try:
            await look(f"0912 345 {number:03}")
        except TooManyAttempts:
            return number
    return 200


async def test_look_up_shows_nothing_when_one_person_acts_alone(
    database: str, staff_actor: StaffActor
) -> None:
    custodian, colleague = await staff_actor(Role.CUSTODIAN, "29905"), await staff_actor(Role.CUSTODIAN)
    tip = await a_tip()
    request = await received(custodian)
    own = [handle(request, tip.id)]
    attempts: list[Callable[[Actor], Awaitable[object]]] = [
        lambda by: data_requests.find(request.id, by=by),
        lambda by: data_requests.erase(request.id, own, motive="Vì", expected_version=1, by=by),
        lambda by: data_requests.correct(
            request.id, own[0], ReporterDraft(name=NAME), motive="Vì", expected_version=1, by=by
        ),
    ]
    for attempt in attempts:
        with pytest.raises(Conflict):
            await attempt(custodian)
    look_up = await data_requests.approval_of(request.id, by=custodian)
    assert look_up is not None
    with pytest.raises(PermissionDenied):
        await approvals.approve(look_up.id, by=custodian)
    await approvals.approve(look_up.id, by=colleague)
    assert await handles(request, custodian) == own
    # Whoever approved it sees no more than before.
    for attempt in attempts:
        with pytest.raises(Conflict):
            await attempt(colleague)
    assert await sealed_rows(database) == 1


async def test_look_up_does_not_identify_tip(database: str, staff_actor: StaffActor) -> None:
    custodian = await staff_actor(Role.CUSTODIAN, "29905")
    tip = await a_tip()
    shown = str(await data_requests.find((await ready(custodian)).id, by=custodian))
    for secret in (tip.code, tip.code.rpartition("-")[2], str(tip.id), tip.title, str(tip.area_id)):
        assert secret not in shown
    assert str(to_local_date(tip.received_at)) not in shown
    # Another request has other handles, so that two of them cannot be laid side by side.
    first, second = await ready(custodian), await ready(custodian)
    assert set(await handles(first, custodian)).isdisjoint(await handles(second, custodian))


async def test_look_up_ends_when_its_day_is_over(database: str, staff_actor: StaffActor) -> None:
    custodian = await staff_actor(Role.CUSTODIAN, "29905")
    await a_tip()
    request = await ready(custodian)
    await as_owner(database, "ALTER TABLE approvals DISABLE TRIGGER approvals_once; SELECT")
    await as_owner(database, "UPDATE approvals SET expires_at = now()")
    await as_owner(database, "ALTER TABLE approvals ENABLE TRIGGER approvals_once; SELECT")
    with pytest.raises(Conflict):
        await data_requests.find(request.id, by=custodian)
    await data_requests.request_look_up(request.id, by=custodian)
    with pytest.raises(Conflict):
        await data_requests.request_look_up(request.id, by=custodian)


FOUND = "SELECT sealed_of_request('tip_reporters', $1) AS record"


async def test_database_finds_no_phone_without_approval(database: str, staff_actor: StaffActor) -> None:
    custodian, other = await staff_actor(Role.CUSTODIAN, "29905"), await staff_actor(Role.CUSTODIAN)
    tip = await a_tip()
    request = await received(custodian)
    connection = await as_role(database, DatabaseRole.APP)

    async def found(by: Actor) -> list[UUID]:
        async with connection.transaction():
            await connection.execute("SELECT set_config('ketnoi.actor', $1, TRUE)", str(by.id))
            return [row["record"] for row in await connection.fetch(FOUND, request.id)]

    assert await found(custodian) == []
    await approved(request, custodian)
    assert await found(custodian) == [tip.id]
    assert await found(other) == []
    assert await connection.fetch(FOUND, request.id) == []
    # The tables themselves show nothing, whatever is asked, and no function takes a phone to try out.
    index = (await DataRequest.get()).phone_index
    for table in ("tip_reporters", "member_contacts"):
        assert await connection.fetch(f"SELECT * FROM {table} WHERE phone_index = $1", index) == []
    with pytest.raises(asyncpg.UndefinedFunctionError):
        await connection.fetch("SELECT sealed_by_phone('tip_reporters', $1)", index)
    # Whoever approved it loses the role: so does the approval its use.
    await Staff.filter(username__startswith="duyet-").update(role=Role.FRONT)
    assert await found(custodian) == []
    await connection.close()


async def test_database_keeps_phone_and_area_of_request(database: str, staff_actor: StaffActor) -> None:
    request = await received(await staff_actor(Role.CUSTODIAN, "29905"))
    connection = await as_role(database, DatabaseRole.APP)
    (elsewhere,) = await area_ids("28249")
    for column, value in (("phone_index", b"x" * 32), ("area_id", elsewhere)):
        with pytest.raises(asyncpg.CheckViolationError):
            await connection.execute(
                f"UPDATE data_requests SET {column} = $2 WHERE id = $1", request.id, value
            )
    await connection.close()
