import hashlib
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from records import partners
from records.core.actor import ActorKind, Scope, system
from records.core.days import now
from records.core.errors import Invalid, NotFound
from records.tables import AuditEntry, OutboxEvent, Partner, PartnerArea, PartnerKey
from tests.conftest import area_ids

TASK = system("test")


async def somebody(**given: Any) -> Partner:
    values: dict[str, Any] = {
        "name": "Đối tác mẫu",
        "scopes": {Scope.GROUPS_READ, Scope.METRICS_READ},
        "areas": await area_ids("29905", "30244"),
    }
    return await partners.create(**(values | given), by=TASK)


async def test_whoever_calls_with_a_key_is_the_partner_with_its_scopes_and_areas(database: str) -> None:
    row = await somebody()
    key = await partners.issue_key(row.id, by=TASK)
    actor = await partners.actor_of_key(key)
    assert actor is not None
    assert (actor.kind, actor.id, actor.name, actor.role) == (ActorKind.PARTNER, row.id, row.name, None)
    assert actor.scopes == {Scope.GROUPS_READ, Scope.METRICS_READ}
    assert actor.areas == frozenset(await area_ids("29905", "30244"))
    assert (await PartnerKey.get()).used_at is not None


async def test_a_key_is_kept_as_a_prefix_and_a_hash(database: str) -> None:
    row = await somebody()
    mark, prefix, secret = (await partners.issue_key(row.id, by=TASK)).split("_", 2)
    kept = await PartnerKey.get(partner_id=row.id)
    assert (mark, prefix) == ("ktn", kept.prefix)
    assert kept.secret_hash == hashlib.sha256(secret.encode()).digest()
    told = str(await AuditEntry.all().values()) + str(await OutboxEvent.all().values())
    assert secret not in told
    assert prefix in told


async def test_what_is_not_exactly_a_key_is_nobody(database: str) -> None:
    row = await somebody()
    key = await partners.issue_key(row.id, by=TASK)
    other = await partners.issue_key(row.id, by=TASK)
    mark, prefix, secret = key.split("_", 2)
    other_prefix = other.split("_")[1]
    changed = ("A" if secret[0] != "A" else "B") + secret[1:]
    for wrong in (
        *("", "ktn", "ktn_", "ktn__", f"ktn_{prefix}", f"ktn_{prefix}_", f"{prefix}_{secret}"),
        *(f"KTN_{prefix}_{secret}", f"{mark}_{prefix.upper()}X_{secret}", f" {key}", f"{key} ", f"{key}x"),
        *(
            key[:-1],
            f"ktn_{prefix}_{changed}",
            f"ktn_{other_prefix}_{secret}",
            f"ktn_\x00_{secret}",
            key * 50,
        ),
        f"ktn_{prefix}_{hashlib.sha256(secret.encode()).hexdigest()}",
    ):
        assert await partners.actor_of_key(wrong) is None, wrong
    assert await partners.actor_of_key(key) is not None


async def test_a_key_ends_when_it_expires(database: str) -> None:
    row = await somebody()
    lasting = await partners.issue_key(row.id, by=TASK, expires_at=now() + timedelta(hours=1))
    ended = await partners.issue_key(row.id, by=TASK, expires_at=now())
    assert await partners.actor_of_key(lasting) is not None
    assert await partners.actor_of_key(ended) is None
    await PartnerKey.filter(prefix=lasting.split("_")[1]).update(expires_at=now() - timedelta(seconds=1))
    assert await partners.actor_of_key(lasting) is None


async def test_a_revoked_key_is_nobody_and_the_others_go_on(database: str) -> None:
    row = await somebody()
    one, other = [await partners.issue_key(row.id, by=TASK) for _ in range(2)]
    prefix = one.split("_")[1]
    await partners.revoke_key(prefix, by=TASK)
    assert await partners.actor_of_key(one) is None
    assert await partners.actor_of_key(other) is not None
    for gone in (prefix, "khong-co", "", "\x00"):
        with pytest.raises(NotFound):
            await partners.revoke_key(gone, by=TASK)


async def test_a_key_given_or_ended_is_told_in_the_history_of_the_partner(database: str) -> None:
    row = await somebody()
    prefix = (await partners.issue_key(row.id, by=TASK)).split("_")[1]
    await partners.revoke_key(prefix, by=TASK)
    entries = await AuditEntry.filter(row_id=row.id).order_by("seq")
    assert [entry.action for entry in entries] == ["partners.manage"] * 3
    assert [entry.after for entry in entries[1:]] == [{"key_issued": prefix}, {"key_revoked": prefix}]
    assert await OutboxEvent.filter(row_id=row.id).count() == 3


@pytest.mark.parametrize("column", ["active", "deleted_at"])
async def test_the_keys_of_a_partner_that_is_gone_are_nobodys(database: str, column: str) -> None:
    row = await somebody()
    key = await partners.issue_key(row.id, by=TASK)
    await Partner.filter(id=row.id).update(**{column: False if column == "active" else now()})
    assert await partners.actor_of_key(key) is None
    if column == "deleted_at":
        with pytest.raises(NotFound):
            await partners.issue_key(row.id, by=TASK)


async def test_every_problem_of_a_new_partner_is_told_at_once(database: str) -> None:
    with pytest.raises(Invalid) as wrong:
        await somebody(name=" ", contact="x" * 201, scopes=set(), areas=[])
    assert set(wrong.value.problems) == {"name", "contact", "scopes", "areas"}
    with pytest.raises(NotFound):
        await partners.issue_key(uuid4(), by=TASK)
    await somebody()
    with pytest.raises(Invalid) as wrong:
        await somebody()
    assert set(wrong.value.problems) == {"name"}
    with pytest.raises(Invalid):
        await somebody(name="Đối tác khác", areas=[uuid4()])
    assert await Partner.all().count() == 1
    assert await PartnerArea.all().count() == 2
