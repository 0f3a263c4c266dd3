import hashlib
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from joserfc import jwk
from tortoise.exceptions import OperationalError

from records.access import partners
from records.core.actor import Actor, ActorKind, Role, Scope, system_actor
from records.core.dates import now, today
from records.core.errors import Conflict, NotFound, ValidationFailed
from records.tables import (
    AccessToken,
    AuditEntry,
    OutboxEvent,
    Partner,
    PartnerArea,
    PartnerDeprecation,
    PartnerKey,
    PartnerUsage,
)
from tests.conftest import area_ids

TASK = system_actor("test")


async def somebody(**given: Any) -> Partner:
    values: dict[str, Any] = {
        "name": "Đối tác mẫu",
        "scopes": {Scope.GROUPS_READ, Scope.METRICS_READ},
        "areas": await area_ids("29905", "30244"),
    }
    return await partners.create(**(values | given), by=TASK)


async def test_key_identifies_partner_with_scopes_and_areas(database: str) -> None:
    row = await somebody()
    key = await partners.issue_key(row.id, by=TASK)
    actor = await partners.actor_of_key(key)
    assert actor is not None
    assert (actor.kind, actor.id, actor.name, actor.role) == (ActorKind.PARTNER, row.id, row.name, None)
    assert actor.scopes == {Scope.GROUPS_READ, Scope.METRICS_READ}
    assert actor.areas == frozenset(await area_ids("29905", "30244"))
    assert (await PartnerKey.get()).used_at is not None


async def test_key_is_stored_as_prefix_and_hash(database: str) -> None:
    row = await somebody()
    mark, prefix, secret = (await partners.issue_key(row.id, by=TASK)).split("_", 2)
    kept = await PartnerKey.get(partner_id=row.id)
    assert (mark, prefix) == ("ktn", kept.prefix)
    assert kept.secret_hash == hashlib.sha256(secret.encode()).digest()
    told = str(await AuditEntry.all().values()) + str(await OutboxEvent.all().values())
    assert secret not in told
    assert prefix in told


async def test_key_is_refused_when_malformed(database: str) -> None:
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


async def test_key_ends_when_it_expires(database: str) -> None:
    row = await somebody()
    lasting = await partners.issue_key(row.id, by=TASK, expires_at=now() + timedelta(hours=1))
    with pytest.raises(ValidationFailed):
        await partners.issue_key(row.id, by=TASK, expires_at=now())
    assert await partners.actor_of_key(lasting) is not None
    await PartnerKey.filter(prefix=lasting.split("_")[1]).update(expires_at=now() - timedelta(seconds=1))
    assert await partners.actor_of_key(lasting) is None


async def test_revoked_key_is_refused_and_others_stay_valid(database: str) -> None:
    row = await somebody()
    one, other = [await partners.issue_key(row.id, by=TASK) for _ in range(2)]
    prefix = one.split("_")[1]
    await partners.revoke_key(prefix, by=TASK)
    assert await partners.actor_of_key(one) is None
    assert await partners.actor_of_key(other) is not None
    for gone in (prefix, "khong-co", "", "\x00"):
        with pytest.raises(NotFound):
            await partners.revoke_key(gone, by=TASK)


async def test_key_changes_are_in_partner_history(database: str) -> None:
    row = await somebody()
    prefix = (await partners.issue_key(row.id, by=TASK)).split("_")[1]
    await partners.revoke_key(prefix, by=TASK)
    entries = await AuditEntry.filter(row_id=row.id).order_by("seq")
    assert [entry.action for entry in entries] == ["partners.manage"] * 4
    assert [entry.after for entry in entries[2:]] == [{"key_issued": prefix}, {"key_revoked": prefix}]
    assert await OutboxEvent.filter(row_id=row.id).count() == 4


@pytest.mark.parametrize("column", ["active", "deleted_at"])
async def test_key_is_refused_when_partner_is_gone(database: str, column: str) -> None:
    row = await somebody()
    key = await partners.issue_key(row.id, by=TASK)
    await Partner.filter(id=row.id).update(**{column: False if column == "active" else now()})
    assert await partners.actor_of_key(key) is None
    if column == "deleted_at":
        with pytest.raises(NotFound):
            await partners.issue_key(row.id, by=TASK)


async def test_new_partner_reports_all_problems_at_once(database: str) -> None:
    with pytest.raises(ValidationFailed) as wrong:
        await somebody(name=" ", contact="x" * 201, scopes=set(), areas=[])
    assert set(wrong.value.problems) == {"name", "contact", "scopes", "areas"}
    with pytest.raises(NotFound):
        await partners.issue_key(uuid4(), by=TASK)
    await somebody()
    with pytest.raises(ValidationFailed) as wrong:
        await somebody()
    assert set(wrong.value.problems) == {"name"}
    with pytest.raises(ValidationFailed):
        await somebody(name="Đối tác khác", areas=[uuid4()])
    assert await Partner.all().count() == 1
    assert await PartnerArea.all().count() == 2


async def test_rotated_key_works_beside_successor_during_overlap(database: str) -> None:
    row = await somebody()
    old = await partners.issue_key(row.id, by=TASK, expires_at=now() + timedelta(days=365))
    prefix = old.split("_")[1]
    new = await partners.rotate_key(prefix, overlap_days=3, by=TASK)
    assert await partners.actor_of_key(old) is not None
    assert await partners.actor_of_key(new) is not None
    kept = await PartnerKey.get(prefix=prefix)
    assert kept.expires_at is not None
    assert timedelta(days=2) < kept.expires_at - now() <= timedelta(days=3)
    successor = await PartnerKey.get(prefix=new.split("_")[1])
    assert successor.expires_at is not None
    assert timedelta(days=364) < successor.expires_at - now() <= timedelta(days=365)
    told = await AuditEntry.filter(row_id=row.id).order_by("-seq").limit(2)
    assert {name for entry in told for name in entry.after or {}} == {"key_rotated", "key_issued"}


async def test_key_rotation_ends_key_at_once_without_overlap(
    database: str,
) -> None:
    row = await somebody()
    old = await partners.issue_key(row.id, by=TASK)
    await partners.rotate_key(old.split("_")[1], overlap_days=0, by=TASK)
    assert await partners.actor_of_key(old) is None
    with pytest.raises(NotFound):
        await partners.rotate_key(old.split("_")[1], overlap_days=90, by=TASK)
    brief = await partners.issue_key(row.id, by=TASK, expires_at=now() + timedelta(hours=1))
    ends = (await PartnerKey.get(prefix=brief.split("_")[1])).expires_at
    await partners.rotate_key(brief.split("_")[1], overlap_days=90, by=TASK)
    assert (await PartnerKey.get(prefix=brief.split("_")[1])).expires_at == ends
    for days in (-1, 91):
        with pytest.raises(ValidationFailed):
            await partners.rotate_key(brief.split("_")[1], overlap_days=days, by=TASK)


async def test_scope_and_area_changes_apply_at_once_and_are_audited(database: str) -> None:
    row = await somebody()
    key = await partners.issue_key(row.id, by=TASK)
    changed = await partners.edit(
        row.id,
        expected_version=row.version,
        name="Đối tác đổi tên",
        contact="",
        scopes={Scope.TIPS_READ},
        areas=await area_ids("29905"),
        by=TASK,
    )
    actor = await partners.actor_of_key(key)
    assert actor is not None
    assert actor.name == "Đối tác đổi tên"
    assert actor.scopes == {Scope.TIPS_READ}
    assert actor.areas == frozenset(await area_ids("29905"))
    columns, areas = await AuditEntry.filter(row_id=row.id).order_by("-seq").limit(2)
    columns, areas = (columns, areas) if columns.seq < areas.seq else (areas, columns)
    assert columns.before == {"name": "Đối tác mẫu", "scopes": ["groups:read", "metrics:read"]}
    assert columns.after == {"name": "Đối tác đổi tên", "scopes": ["tips:read"]}
    assert areas.before == {"areas": ["29905@2025-07-01", "30244@2025-07-01"]}
    assert areas.after == {"areas": ["29905@2025-07-01"]}
    with pytest.raises(Conflict):
        await partners.deactivate(row.id, expected_version=row.version, by=TASK)
    assert changed.version == (await Partner.get(id=row.id)).version


async def test_deactivated_partner_can_be_activated_again(database: str) -> None:
    row = await somebody()
    key = await partners.issue_key(row.id, by=TASK)
    row = await partners.deactivate(row.id, expected_version=row.version, by=TASK)
    assert await partners.authenticate_bearer(key) is None
    await partners.activate(row.id, expected_version=row.version, by=TASK)
    assert await partners.authenticate_bearer(key) is not None


async def test_partner_is_not_managed_when_it_sees_more_than_manager(
    database: str, staff_actor: Callable[..., Awaitable[Actor]]
) -> None:
    row = await somebody(areas=await area_ids("29905", "01"))
    prefix = (await partners.issue_key(row.id, by=TASK)).split("_")[1]
    administrator = await staff_actor(Role.ADMINISTRATOR, "82")
    assert not await partners.visible_to(administrator).exists()
    with pytest.raises(NotFound):
        await partners.issue_key(row.id, by=administrator)
    with pytest.raises(NotFound):
        await partners.revoke_key(prefix, by=administrator)
    with pytest.raises(NotFound):
        await partners.rotate_key(prefix, overlap_days=1, by=administrator)
    with pytest.raises(NotFound):
        await partners.keys_of(administrator, row.id)
    with pytest.raises(NotFound):
        await partners.deactivate(row.id, expected_version=row.version, by=administrator)
    with pytest.raises(ValidationFailed) as wrong:
        await partners.create(
            name="Khác", scopes={Scope.GROUPS_READ}, areas=await area_ids("82", "01"), by=administrator
        )
    assert set(wrong.value.problems) == {"areas"}
    own = await partners.create(
        name="Trong tỉnh", scopes={Scope.GROUPS_READ}, areas=await area_ids("30244"), by=administrator
    )
    assert [found.id for found in await partners.visible_to(administrator)] == [own.id]


async def test_signing_keys_must_be_public_and_strong_enough(database: str) -> None:
    row = await somebody()
    strong, curve = jwk.generate_key("RSA", 2048), jwk.generate_key("EC", "P-256")
    good = [
        strong.as_dict(private=False) | {"kid": "a"},
        curve.as_dict(private=False) | {"kid": "b", "use": "sig"},
    ]
    row = await partners.set_signing_keys(
        row.id, json.dumps({"keys": good}), expected_version=row.version, by=TASK
    )
    assert row.jwks is not None
    assert [set(key) for key in row.jwks["keys"]] == [
        {"kty", "n", "e", "kid"},
        {"kty", "crv", "x", "y", "kid"},
    ]
    off_curve = curve.as_dict(private=False) | {"x": "A" * 43}
    weak = strong.as_dict(private=False) | {"n": "AQAB" * 40}
    for wrong in (
        *("x", "[]", "{}", '{"keys": []}', '{"keys": [1]}', "[" * 5000, '{"keys": {"kty": "RSA"}}'),
        *(
            json.dumps({"keys": [key]})
            for key in (
                strong.as_dict(private=True),
                curve.as_dict(private=True),
                {"kty": "oct", "k": "c2VjcmV0"},
                off_curve,
                weak,
            )
        ),
        json.dumps({"keys": [{**key, "kid": "same"} for key in good]}),
        json.dumps({"keys": [good[0]] * 6}),
    ):
        with pytest.raises(ValidationFailed) as problem:
            await partners.set_signing_keys(row.id, wrong, expected_version=row.version, by=TASK)
        assert set(problem.value.problems) == {"jwks"}
    assert (await partners.set_signing_keys(row.id, " ", expected_version=row.version, by=TASK)).jwks is None


async def test_signing_key_change_ends_tokens_from_former_keys(database: str) -> None:
    row = await somebody()
    key = await partners.issue_key(row.id, by=TASK)
    client = await partners.authenticate_by_secret(*key.split("_", 2)[1:], address="127.0.0.1")
    assert client is not None
    by_key = await partners.grant(client)
    signed = await partners.grant(partners.Client(row, None))
    jwks = json.dumps({"keys": [jwk.generate_key("EC", "P-256").as_dict(private=False)]})
    await partners.set_signing_keys(row.id, jwks, expected_version=row.version, by=TASK)
    assert await partners.authenticate_bearer(signed.token) is None
    assert await partners.authenticate_bearer(by_key.token) is not None


async def test_token_is_stored_as_hash_and_lasts_fifteen_minutes(database: str) -> None:
    row = await somebody()
    granted = await partners.grant(partners.Client(row, None))
    kept = await AccessToken.get()
    assert kept.token_hash == hashlib.sha256(granted.token.encode()).digest()
    assert timedelta(minutes=14) < kept.expires_at - now() <= timedelta(minutes=15)
    assert await partners.live_tokens(row.id) == 1
    await AccessToken.all().update(expires_at=now() - timedelta(seconds=1))
    assert await partners.authenticate_bearer(granted.token) is None
    assert await partners.live_tokens(row.id) == 0


async def test_requests_are_counted_per_partner_and_day(database: str) -> None:
    one, other = await somebody(), await somebody(name="Đối tác khác")
    actors = [Actor(ActorKind.PARTNER, row.id, row.name) for row in (one, other)]
    for by, times in zip(actors, (3, 1), strict=True):
        for _ in range(times):
            partners.count_request(by)
    # Nobody's: the service itself, and a partner that is not there any more.
    partners.count_request(TASK)
    partners.count_request(Actor(ActorKind.PARTNER, uuid4(), "Không còn"))
    await partners.store_requests()
    await partners.store_requests()
    partners.count_request(actors[0])
    await partners.store_requests()
    assert [(row.day, row.requests) for row in await partners.requests_by_day(TASK, one.id)] == [(today(), 4)]
    assert [row.requests for row in await partners.requests_by_day(TASK, other.id)] == [1]


async def test_request_counts_are_stored_next_time_when_storing_fails(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = await somebody()
    by = Actor(ActorKind.PARTNER, row.id, row.name)
    partners.count_request(by)
    with monkeypatch.context() as patch:
        patch.setattr(partners.requests._REQUESTS, "statement", "SELECT no_such_thing")
        with pytest.raises(OperationalError):
            await partners.store_requests()
    partners.count_request(by)
    await partners.store_requests()
    assert [day.requests for day in await partners.requests_by_day(TASK, row.id)] == [2]


async def test_request_counts_cover_thirty_days(database: str) -> None:
    row = await somebody()
    for ago in (0, 29, 30):
        await PartnerUsage.create(partner_id=row.id, day=today() - timedelta(days=ago), requests=ago + 1)
    assert [day.requests for day in await partners.requests_by_day(TASK, row.id)] == [1, 30]


async def test_deprecated_uses_are_counted_per_partner_day_and_part(database: str) -> None:
    one, other = await somebody(), await somebody(name="Đối tác khác")
    by = Actor(ActorKind.PARTNER, one.id, one.name)
    partners.count_deprecated(by, ["Tip.text", "Query.tips(limit:)"])
    partners.count_deprecated(by, ["Tip.text"])
    partners.count_deprecated(None, ["Tip.text"])
    await partners.store_requests()
    partners.count_deprecated(by, ["Tip.text"])
    await partners.store_requests()
    for ago in (29, 30):
        day = today() - timedelta(days=ago)
        await PartnerDeprecation.create(partner_id=one.id, day=day, coordinate="Tip.text", requests=10)
    uses = await partners.deprecated_uses(TASK, one.id)
    assert [(use.coordinate, use.requests, use.last_on) for use in uses] == [
        ("Query.tips(limit:)", 1, today()),
        ("Tip.text", 13, today()),
    ]
    assert await partners.deprecated_uses(TASK, other.id) == []
