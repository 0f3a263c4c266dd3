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


async def test_of_several_partners_each_is_who_their_key_says_and_works_in_their_own_areas(
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


async def test_that_a_key_was_used_is_noted_once_a_minute_and_of_that_key_alone(database: str) -> None:
    row = await somebody()
    key, other = [await partners.issue_key(row.id, by=TASK) for _ in range(2)]
    for ago, noted in ((59, False), (61, True)):
        then = now() - timedelta(seconds=ago)
        await PartnerKey.filter(prefix=prefix(key)).update(used_at=then)
        assert await partners.actor_of_key(key) is not None
        assert ((await kept(key)).used_at != then) is noted
    assert (await kept(other)).used_at is None


async def test_the_keys_of_a_partner_are_listed_the_newest_first_and_nobody_elses(database: str) -> None:
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


async def test_a_key_is_loaded_with_its_own_partner_by_who_manages_that_partner(
    database: str, staff_actor: StaffActor
) -> None:
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


async def test_who_manages_one_partner_changes_the_keys_of_no_other(
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


async def test_who_may_not_manage_partners_learns_nothing_of_which_keys_there_are(
    database: str, staff_actor: StaffActor
) -> None:
    commander = await staff_actor(Role.COMMANDER)
    for given in (prefix(await partners.issue_key((await somebody()).id, by=TASK)), "khong-co"):
        with pytest.raises(PermissionDenied):
            await partners.revoke_key(given, by=commander)
        for days in (1, 91):
            with pytest.raises(PermissionDenied):
                await partners.rotate_key(given, overlap_days=days, by=commander)
    with pytest.raises(PermissionDenied):
        await partners.issue_key(uuid4(), by=commander)


async def test_a_key_that_is_over_can_still_be_revoked_and_not_rotated(database: str) -> None:
    row = await somebody()
    key = await partners.issue_key(row.id, by=TASK)
    await PartnerKey.all().update(expires_at=now() - timedelta(seconds=1))
    with pytest.raises(NotFound):
        await partners.rotate_key(prefix(key), overlap_days=1, by=TASK)
    await partners.revoke_key(prefix(key), by=TASK)
    assert (await kept(key)).revoked_at is not None


async def test_an_overlap_has_bounds_that_are_told(database: str) -> None:
    key = await partners.issue_key((await somebody()).id, by=TASK)
    with pytest.raises(ValidationFailed) as wrong:
        await partners.rotate_key(prefix(key), overlap_days=91, by=TASK)
    message = wrong.value.problems["overlap_days"]
    assert (message.text, message.values) == (
        "Enter a number from {least} to {most}.",
        {"least": 0, "most": 90},
    )


async def test_of_many_who_rotate_a_key_at_once_one_gets_its_successor(database: str) -> None:
    row = await somebody()
    key = await partners.issue_key(row.id, by=TASK)
    turns = [partners.rotate_key(prefix(key), overlap_days=0, by=TASK) for _ in range(5)]
    ended = await asyncio.gather(*turns, return_exceptions=True)
    assert sorted(type(end).__name__ for end in ended) == ["NotFound"] * 4 + ["str"]
    assert await PartnerKey.all().count() == 2


async def test_what_the_audit_does_not_take_gives_and_ends_no_key(database: str) -> None:
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


async def test_what_no_encoding_knows_is_no_secret(database: str) -> None:
    key = await partners.issue_key((await somebody()).id, by=TASK)
    assert await authenticate_key(prefix(key), "\ud800") is None
    assert (await kept(key)).used_at is None
