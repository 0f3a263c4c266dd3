from collections.abc import Awaitable, Callable

import pytest

from records.core import rights
from records.core.actor import Actor, Role
from records.core.errors import Conflict, PermissionDenied
from records.metrics.catalogue import category_id
from records.nouns import tips
from records.nouns.tips import OutcomeDraft, TipDraft
from records.tables.tips import Channel, OutcomeKind
from tests.conftest import area_ids

MakeActor = Callable[..., Awaitable[Actor]]


async def draft() -> TipDraft:
    (area,) = await area_ids("29905")
    return TipDraft("Tin mẫu", category_id("THEFT"), Channel.ZALO, area)


async def test_assignable_stay_when_officers_may_not_close(
    staff_actor: MakeActor, monkeypatch: pytest.MonkeyPatch
) -> None:
    officer = await staff_actor(Role.OFFICER, "29905")
    tip = await tips.submit(await draft(), by=officer)
    monkeypatch.setitem(
        rights.ROLE_RIGHTS, Role.OFFICER, rights.ROLE_RIGHTS[Role.OFFICER] - {tips.CLOSE.right}
    )
    assert officer.id in {staff.id for staff in await tips.assignable(officer, tip)}


async def test_close_is_refused_when_its_right_is_taken(
    staff_actor: MakeActor, monkeypatch: pytest.MonkeyPatch
) -> None:
    officer = await staff_actor(Role.OFFICER, "29905")
    tip = await tips.submit(await draft(), by=officer)
    tip = await tips.start_verifying(tip.id, expected_version=1, by=officer)
    assert tips.CLOSE.can(officer, tip)
    monkeypatch.setitem(
        rights.ROLE_RIGHTS, Role.OFFICER, rights.ROLE_RIGHTS[Role.OFFICER] - {tips.CLOSE.right}
    )
    assert not tips.CLOSE.can(officer, tip), "its button is grey"
    with pytest.raises(PermissionDenied):
        await tips.close(tip.id, expected_version=2, outcomes=[OutcomeDraft(OutcomeKind.FINE)], by=officer)


async def test_rejected_tip_continues_only_by_reopening(staff_actor: MakeActor) -> None:
    officer, commander = await staff_actor(Role.OFFICER, "29905"), await staff_actor(Role.COMMANDER)
    tip = await tips.submit(await draft(), by=officer)
    tip = await tips.reject(tip.id, expected_version=1, reason="Không có", by=commander)
    with pytest.raises(Conflict):
        await tips.start_verifying(tip.id, expected_version=2, by=officer)
