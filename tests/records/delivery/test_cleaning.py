"""What is removed on a schedule, and what stays."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import pytest
from tortoise.models import Model
from tortoise.transactions import in_transaction

from records.access import partners
from records.changes import idempotency
from records.core.actor import Actor, Scope, system_actor
from records.core.dates import now, today
from records.core.identifiers.ids import uuid7
from records.delivery import cleaning, feed, webhooks
from records.security import throttling
from records.tables import (
    AccessToken,
    AuditEntry,
    Challenge,
    IdempotencyKey,
    Job,
    OutboxEvent,
    OutboxFloor,
    PartnerDeprecation,
    PartnerUsage,
    Session,
    Throttle,
    UsedAssertion,
    Webhook,
    WebhookDelivery,
)
from records.tables.changes.jobs import JobState
from records.tables.delivery import DeliveryState
from tests.conftest import area_ids

SECOND = timedelta(seconds=10)
DAY = timedelta(days=1)


async def partner() -> UUID:
    row = await partners.create(
        name="Đối tác mẫu", scopes=set(Scope), areas=await area_ids("82"), by=system_actor("test")
    )
    return row.id


async def event(age: timedelta) -> OutboxEvent:
    """An event of a transaction of its own."""
    return await OutboxEvent.create(
        at=now() - age, type="tips.submit", noun="tip", row_id=uuid7(), row_version=1
    )


async def _rows(of: UUID) -> list[tuple[type[Model], dict[str, object]]]:
    """For each table a row whose time is over, and one whose time is not."""
    moment = now()
    over, on = moment - SECOND, moment + SECOND
    shared = {"partner_id": of}
    token = {**shared, "scopes": []}
    key = {**shared, "request_sha256": "0" * 64, "row_id": uuid7()}
    use = {**shared, "requests": 1}
    job = {"kind": "x", "state": JobState.DONE, "due_at": moment}
    return [
        (AccessToken, {**token, "token_hash": b"1", "expires_at": over}),
        (AccessToken, {**token, "token_hash": b"2", "expires_at": on}),
        (Challenge, {"token_hash": b"1", "purpose": "form", "value": b"", "expires_at": over}),
        (Challenge, {"token_hash": b"2", "purpose": "form", "value": b"", "expires_at": on}),
        (IdempotencyKey, {**key, "key_sha256": "1" * 64, "created_at": over - idempotency.RETENTION}),
        (IdempotencyKey, {**key, "key_sha256": "2" * 64, "created_at": on - idempotency.RETENTION}),
        (Job, {**job, "finished_at": over - cleaning.JOB_RETENTION}),
        (Job, {**job, "finished_at": on - cleaning.JOB_RETENTION}),
        (PartnerDeprecation, {**use, "coordinate": "Tip.code", "day": today() - 33 * DAY}),
        (PartnerDeprecation, {**use, "coordinate": "Tip.code", "day": today() - 29 * DAY}),
        (PartnerUsage, {**use, "day": today() - 33 * DAY}),
        (PartnerUsage, {**use, "day": today() - 29 * DAY}),
        (Throttle, {"key": "1", "tries": 1, "since": over - throttling.FORGOTTEN}),
        (Throttle, {"key": "2", "tries": 1, "since": on - throttling.FORGOTTEN}),
        (UsedAssertion, {"jti_hash": "1", "expires_at": over}),
        (UsedAssertion, {"jti_hash": "2", "expires_at": on}),
    ]


@pytest.mark.parametrize("batch", [1, 1000])
async def test_rows_are_removed_when_their_time_is_over(
    database: str, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    monkeypatch.setattr(cleaning, "_BATCH", batch)
    pairs = await _rows(await partner())
    for table, values in pairs:
        await table(**values).save(force_create=True)
    removed = await cleaning.clean()
    assert removed == len(pairs) // 2
    for table in {table for table, _values in pairs}:
        assert await table.all().count() == 1, table
    assert await cleaning.clean() == 0


async def webhook() -> UUID:
    row = await Webhook.create(partner_id=await partner(), address="https://mau.example/", txid=0, seq=0)
    return row.id


async def test_deliveries_stay_when_they_still_wait(database: str) -> None:
    to = await webhook()
    for state in DeliveryState:
        await WebhookDelivery.create(webhook_id=to, state=state, due_at=now())
    await WebhookDelivery.all().update(created_at=now() - timedelta(days=webhooks.RETENTION_DAYS) + SECOND)
    await cleaning.clean()
    assert await WebhookDelivery.all().count() == len(DeliveryState)
    await WebhookDelivery.all().update(created_at=now() - timedelta(days=webhooks.RETENTION_DAYS) - SECOND)
    await cleaning.clean()
    assert [row.state for row in await WebhookDelivery.all()] == [DeliveryState.WAITING]


@pytest.mark.parametrize("batch", [1, 1000])
async def test_outbox_keeps_what_partners_are_promised(
    database: str, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    monkeypatch.setattr(cleaning, "_BATCH", batch)
    await OutboxEvent.all().delete()
    old = [await event(feed.RETENTION + DAY) for _ in range(3)]
    kept = [await event(age) for age in (feed.RETENTION - DAY, DAY, timedelta())]
    # A clock that was wrong: what is younger by its place is not older.
    kept.append(await event(feed.RETENTION + DAY))
    await cleaning.clean()
    assert await OutboxEvent.all().order_by("seq").values_list("seq", flat=True) == [row.seq for row in kept]
    floor = await OutboxFloor.get()
    assert floor.txid < (await OutboxEvent.get(seq=kept[0].seq)).txid
    assert await OutboxEvent.filter(seq__in=[row.seq for row in old]).count() == 0
    assert timedelta(days=webhooks.RETENTION_DAYS) < feed.RETENTION


async def test_outbox_is_removed_in_batches_when_one_writer_wrote_all(database: str) -> None:
    await OutboxEvent.all().delete()
    async with in_transaction("default"):
        for _ in range(5):
            await event(2 * feed.RETENTION)
    assert [await feed.remove_old(2) for _ in range(4)] == [2, 2, 1, 0]


async def test_outbox_keeps_events_when_the_floor_is_of_another_server(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await OutboxEvent.all().delete()
    await OutboxFloor.create(id=1, txid=2**62)
    young = await event(timedelta())
    await cleaning.clean()
    assert await OutboxEvent.exists(seq=young.seq)
    monkeypatch.setattr(feed, "RETENTION", timedelta())
    await cleaning.clean()
    assert (await OutboxFloor.get()).txid == young.txid


async def test_outbox_keeps_an_event_when_a_delivery_waits(database: str) -> None:
    to = await webhook()
    await OutboxEvent.all().delete()
    waiting, settled = await event(2 * feed.RETENTION), await event(2 * feed.RETENTION)
    await event(timedelta())
    await WebhookDelivery.create(webhook_id=to, event_id=waiting.seq, due_at=now())
    await cleaning.clean()
    assert not await OutboxEvent.exists(seq=settled.seq)
    await WebhookDelivery.all().delete()
    assert await OutboxEvent.exists(seq=waiting.seq)
    await cleaning.clean()
    assert not await OutboxEvent.exists(seq=waiting.seq)


async def test_sessions_are_removed_by_their_rule(
    database: str, staff_actor: Callable[..., Awaitable[Actor]]
) -> None:
    member = await staff_actor()
    for hash_, months in ((b"1", 7), (b"2", 5)):
        ended = now() - months * timedelta(days=31)
        await Session.create(
            staff_id=member.id, token_hash=hash_, proved_at=ended, seen_at=ended, expires_at=ended
        )
    await cleaning.clean()
    assert [row.token_hash for row in await Session.all()] == [b"2"]
    entry = await AuditEntry.get(noun="session")
    assert (entry.actor_name, entry.action, entry.after) == (
        "cleaning",
        "retention.manage",
        {"removed": True},
    )
