"""Keys where there are several: of one partner and of others, and of partners that one does not manage."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import uuid4

import pytest

from records.access import partners
from records.access.partners.keys import authenticate_key
from records.core.actor import Actor, Role, Scope, system_actor
from records.core.dates import now
from records.core.errors import NotFound, PermissionDenied, ValidationFailed
from records.tables import AuditEntry, Partner, PartnerKey
from tests.conftest import area_ids
from tests.records.privacy.test_reveals import nothing_told_of

TASK = system_actor("test")
StaffActor = Callable[..., Awaitable[Actor]]


async def somebody(name: str = "Đối tác mẫu", *areas: str) -> Partner:
    ids = await area_ids(*(areas or ("29905",)))
    return await partners.create(name=name, scopes={Scope.GROUPS_READ}, areas=ids, by=TASK)


def prefix(key: str) -> str:
    return key.split("_")[1]


async def kept(key: str) -> PartnerKey:
    return await PartnerKey.get(prefix=prefix(key))


async def test_keys_identify_their_partner_and_its_areas(
    database: str,
) -> None:
    rows = [await somebody("Một", "29905"), await somebody("Hai", "30244", "30253")]
    keys = [await partners.issue_key(row.id, by=TASK) for row in rows]
    await partners.restrict(rows[1].id, expected_version=rows[1].version, by=TASK)
    one, two = [await partners.actor_of_key(key) for key in keys]
    assert one is not None
    assert two is not None
    assert (one.id, one.areas, one.documents_only) == (rows[0].id, frozenset(await area_ids("29905")), False)
    assert (two.id, two.areas) == (rows[1].id, frozenset(await area_ids("30244", "30253")))
    assert two.documents_only


async def test_key_use_is_noted_once_per_minute_for_that_key_only(database: str) -> None:
    row = await somebody()
    key, other = [await partners.issue_key(row.id, by=TASK) for _ in range(2)]
    for ago, noted in ((59, False), (61, True)):
        then = now() - timedelta(seconds=ago)
        await PartnerKey.filter(prefix=prefix(key)).update(used_at=then)
        assert await partners.actor_of_key(key) is not None
        assert ((await kept(key)).used_at != then) is noted
    assert (await kept(other)).used_at is None


async def test_key_list_holds_own_keys_newest_first(database: str) -> None:
    row, other = await somebody("Một"), await somebody("Hai")
    await partners.issue_key(other.id, by=TASK)
    first, second, third = [await partners.issue_key(row.id, by=TASK) for _ in range(3)]
    moment = now()
    await PartnerKey.filter(prefix=prefix(first)).update(created_at=moment)
    for key in (second, third):
        await PartnerKey.filter(prefix=prefix(key)).update(created_at=moment - timedelta(days=1))
    listed = await partners.keys_of(TASK, row.id)
    assert [key.prefix for key in listed] == [prefix(key) for key in (first, third, second)]
    with pytest.raises(NotFound):
        await partners.keys_of(TASK, uuid4())


async def test_key_is_loaded_with_partner_for_its_managers(database: str, staff_actor: StaffActor) -> None:
    here, there = await somebody("Một", "29905"), await somebody("Hai", "01")
    keys = [await kept(await partners.issue_key(row.id, by=TASK)) for row in (here, there)]
    administrator = await staff_actor(Role.ADMINISTRATOR, "82")
    for by in (administrator, TASK):
        key, partner = await partners.load_key(by, keys[0].id)
        assert (key.id, partner.id) == (keys[0].id, here.id)
    for id_ in (keys[1].id, uuid4()):
        with pytest.raises(NotFound):
            await partners.load_key(administrator, id_)
        with pytest.raises(PermissionDenied):
            await partners.load_key(await staff_actor(Role.COMMANDER), id_)


async def test_key_is_not_changed_by_managers_of_other_partners(
    database: str, staff_actor: StaffActor
) -> None:
    here, there = await somebody("Một", "29905"), await somebody("Hai", "01")
    own, foreign = [await partners.issue_key(row.id, by=TASK) for row in (here, there)]
    administrator = await staff_actor(Role.ADMINISTRATOR, "82")
    with pytest.raises(NotFound):
        await partners.revoke_key(prefix(foreign), by=administrator)
    with pytest.raises(NotFound):
        await partners.rotate_key(prefix(foreign), overlap_days=1, by=administrator)
    new = await partners.rotate_key(prefix(own), overlap_days=1, by=administrator)
    await partners.revoke_key(prefix(own), by=administrator)
    assert await partners.actor_of_key(own) is None
    for key in (new, foreign):
        assert await partners.actor_of_key(key) is not None
    assert (await kept(new)).partner_id == here.id
    last = await AuditEntry.all().order_by("-seq").first()
    assert last is not None
    assert (last.row_id, last.after) == (here.id, {"key_revoked": prefix(own)})


async def test_key_existence_is_hidden_when_right_is_missing(database: str, staff_actor: StaffActor) -> None:
    commander = await staff_actor(Role.COMMANDER)
    for given in (prefix(await partners.issue_key((await somebody()).id, by=TASK)), "khong-co"):
        with pytest.raises(PermissionDenied):
            await partners.revoke_key(given, by=commander)
        for days in (1, 91):
            with pytest.raises(PermissionDenied):
                await partners.rotate_key(given, overlap_days=days, by=commander)
    with pytest.raises(PermissionDenied):
        await partners.issue_key(uuid4(), by=commander)


async def test_expired_key_can_be_revoked_but_not_rotated(database: str) -> None:
    row = await somebody()
    key = await partners.issue_key(row.id, by=TASK)
    await PartnerKey.all().update(expires_at=now() - timedelta(seconds=1))
    with pytest.raises(NotFound):
        await partners.rotate_key(prefix(key), overlap_days=1, by=TASK)
    await partners.revoke_key(prefix(key), by=TASK)
    assert (await kept(key)).revoked_at is not None


async def test_key_overlap_bounds_are_reported(database: str) -> None:
    key = await partners.issue_key((await somebody()).id, by=TASK)
    with pytest.raises(ValidationFailed) as wrong:
        await partners.rotate_key(prefix(key), overlap_days=91, by=TASK)
    message = wrong.value.problems["overlap_days"]
    assert (message.text, message.values) == (
        "Enter a number from {least} to {most}.",
        {"least": 0, "most": 90},
    )


async def test_key_gets_one_successor_when_rotated_many_times_at_once(database: str) -> None:
    row = await somebody()
    key = await partners.issue_key(row.id, by=TASK)
    turns = [partners.rotate_key(prefix(key), overlap_days=0, by=TASK) for _ in range(5)]
    ended = await asyncio.gather(*turns, return_exceptions=True)
    assert sorted(type(end).__name__ for end in ended) == ["NotFound"] * 4 + ["str"]
    assert await PartnerKey.all().count() == 2


async def test_keys_stay_when_audit_entry_is_refused(database: str) -> None:
    row = await somebody()
    key = await partners.issue_key(row.id, by=TASK)
    async with nothing_told_of(database, "partners.manage"):
        with pytest.raises(ValidationFailed):
            await partners.issue_key(row.id, by=TASK)
        with pytest.raises(ValidationFailed):
            await partners.rotate_key(prefix(key), overlap_days=0, by=TASK)
        with pytest.raises(ValidationFailed):
            await partners.revoke_key(prefix(key), by=TASK)
    assert await PartnerKey.all().count() == 1
    assert await partners.actor_of_key(key) is not None


async def test_key_secret_is_refused_when_not_encodable(database: str) -> None:
    key = await partners.issue_key((await somebody()).id, by=TASK)
    assert await authenticate_key(prefix(key), "\ud800") is None
    assert (await kept(key)).used_at is None
