"""What each person sees of the requests for reveals, and how requests end."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from records.core.actor import Actor, Role
from records.core.dates import now
from records.core.errors import Conflict, NotFound, PermissionDenied, ValidationFailed
from records.privacy import reveals
from records.tables import AuditEntry, Reveal
from records.tables.privacy import RevealState
from tests.conftest import area_ids
from tests.records.privacy.reveal_support import StaffActor, asked, ended, told
from tests.records.security.sealed_rows import as_owner


async def test_reveal_request_needs_motive_and_visible_record(database: str, staff_actor: StaffActor) -> None:
    officer = await staff_actor(Role.OFFICER, "29905")
    tip = await told(officer)
    for motive in ("", "  ", "a" * 1001):
        with pytest.raises(ValidationFailed):
            await reveals.request_reveal("tip_reporters", tip.id, motive, by=officer)
    elsewhere = await staff_actor(Role.OFFICER, "28249")
    for kind, record, by in (
        ("tip_reporters", tip.id, elsewhere),
        ("tip_reporters", uuid4(), officer),
        ("member_contacts", tip.id, officer),
        ("staff", tip.id, officer),
    ):
        with pytest.raises(NotFound):
            await reveals.request_reveal(kind, record, "Cần biết", by=by)
    await asked(tip, officer)
    with pytest.raises(Conflict):
        await asked(tip, officer)
    assert await Reveal.all().count() == 1


async def test_reveal_ends_when_time_is_over_or_tip_is_out_of_sight(
    database: str, staff_actor: StaffActor
) -> None:
    officer, custodian = await staff_actor(Role.OFFICER, "29905"), await staff_actor(Role.CUSTODIAN)
    reveal = await asked(await told(officer), officer)
    await reveals.decide(reveal.id, approve=True, by=custodian)
    moved = Actor(
        officer.kind, officer.id, officer.name, role=Role.OFFICER, areas=frozenset(await area_ids("28249"))
    )
    with pytest.raises(NotFound):
        await reveals.open_reveal(reveal.id, by=moved)
    demoted = Actor(officer.kind, officer.id, officer.name, role=Role.FRONT, areas=officer.areas)
    with pytest.raises(PermissionDenied):
        await reveals.open_reveal(reveal.id, by=demoted)
    await reveals.open_reveal(reveal.id, by=officer)
    await ended(database, reveal)
    with pytest.raises(Conflict):
        await reveals.open_reveal(reveal.id, by=officer)
    assert (await Reveal.get(id=reveal.id)).looks == 1


async def test_reveal_lists_show_each_person_their_own(database: str, staff_actor: StaffActor) -> None:
    officer, other = await staff_actor(Role.OFFICER, "29905"), await staff_actor(Role.OFFICER, "29905")
    tip = await told(officer)
    first, second = await asked(tip, officer), await asked(tip, other)
    here, away = await staff_actor(Role.CUSTODIAN, "29905"), await staff_actor(Role.CUSTODIAN, "28249")
    auditor = await staff_actor(Role.AUDITOR)
    assert [row.id for row in await reveals.requested_by(officer)] == [first.id]
    both = Actor(officer.kind, officer.id, officer.name, role=Role.CUSTODIAN, areas=officer.areas)
    assert [row.id for row in await reveals.pending_for(both)] == [second.id]
    assert [row.id for row in await reveals.pending_for(here)] == [second.id, first.id]
    assert await reveals.pending_for(away) == await reveals.log(away) == []
    await reveals.decide(first.id, approve=False, refusal="Không cần thiết", by=here)
    assert [row.id for row in await reveals.pending_for(here)] == [second.id]
    assert [row.id for row in await reveals.log(auditor)] == [second.id, first.id]
    assert await reveals.codes(auditor, await reveals.log(auditor)) == {tip.id: tip.code}
    # What was asked for at the same moment has an order too.
    await as_owner(database, "ALTER TABLE reveals DISABLE TRIGGER reveals_once; SELECT")
    await as_owner(database, "UPDATE reveals SET asked_at = now(), looks = 0")
    await as_owner(database, "ALTER TABLE reveals ENABLE TRIGGER reveals_once; SELECT")
    assert [row.id for row in await reveals.log(auditor)] == [second.id, first.id]
    await as_owner(database, "ALTER TABLE reveals DISABLE TRIGGER reveals_once; SELECT")
    later = now() + timedelta(minutes=1)
    await as_owner(database, "UPDATE reveals SET asked_at = $1 WHERE id = $2", later, first.id)
    await as_owner(database, "ALTER TABLE reveals ENABLE TRIGGER reveals_once; SELECT")
    assert [row.id for row in await reveals.log(auditor)] == [first.id, second.id]
    with pytest.raises(PermissionDenied):
        reveals.pending_for(auditor)
    with pytest.raises(PermissionDenied):
        reveals.log(officer)


async def test_reveal_request_is_withdrawn_by_requester_while_waiting(
    database: str, staff_actor: StaffActor
) -> None:
    officer, custodian = await staff_actor(Role.OFFICER, "29905"), await staff_actor(Role.CUSTODIAN)
    other = await staff_actor(Role.OFFICER, "29905")
    tip = await told(officer)
    reveal = await asked(tip, officer)
    elsewhere = replace(officer, areas=frozenset(await area_ids("28249")))
    for nobody in (other, elsewhere):
        with pytest.raises(NotFound):
            await reveals.withdraw(reveal.id, by=nobody)
    reveal = await reveals.withdraw(reveal.id, by=officer)
    assert reveals.state(reveal) is RevealState.WITHDRAWN
    assert await reveals.pending_for(custodian) == []
    for attempt in (
        reveals.withdraw(reveal.id, by=officer),
        reveals.decide(reveal.id, approve=True, by=custodian),
        reveals.open_reveal(reveal.id, by=officer),
    ):
        with pytest.raises(Conflict):
            await attempt
    last = await AuditEntry.filter(row_id=tip.id).order_by("-seq").first()
    assert last is not None
    assert last.after == {"reveal": "WITHDRAWN", "reveal_id": str(reveal.id)}
    again = await asked(tip, officer)
    await reveals.decide(again.id, approve=True, by=custodian)
    with pytest.raises(Conflict):
        await reveals.withdraw(again.id, by=officer)
