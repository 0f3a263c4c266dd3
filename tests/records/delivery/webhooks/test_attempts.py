"""What comes of an attempt, and that several processes and their deaths neither repeat nor lose anything."""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from records.access import partners
from records.changes.jobs import LEASE_SECONDS, Worker
from records.core.actor import system_actor
from records.core.dates import now
from records.core.errors import Conflict, ValidationFailed
from records.delivery import webhooks
from records.delivery.webhooks import payloads, requests
from records.tables import AuditEntry, Job, Partner, Webhook, WebhookDelivery, WebhookSecret
from records.tables.changes.jobs import JobState
from records.tables.delivery import DeliveryProblem, DeliveryState, WebhookState
from tests.admin.places import HERE, tip
from tests.background import end_waits, run_due, until
from tests.receiver import Receiver, receiving
from tests.records.delivery.webhooks.conftest import KINDS, later, others_done, sent

MakePartner = Callable[..., Awaitable[Partner]]
TASK = system_actor("test")
NO = "500 Internal Server Error"


async def seconds_to_wait() -> tuple[float, float]:
    """For how long the one delivery and its webhook rest from now on."""
    row, job = await WebhookDelivery.get(), await Job.get()
    return (row.due_at - now()).total_seconds(), (job.due_at - now()).total_seconds()


async def test_delivery_is_repeated_under_same_id_with_growing_delay(
    receiver: Receiver, some_partner: MakePartner
) -> None:
    await receiver.follow(await some_partner(HERE))
    receiver.answers = [NO] * 20
    await tip(HERE)
    waits = []
    for _ in range(10):
        await later()
        await sent()
        waits.append((await seconds_to_wait())[0])
    for wait, planned in zip(waits, webhooks.DELAYS, strict=False):
        assert planned * 0.9 - 30 < wait <= planned * 1.1
    row = await WebhookDelivery.get()
    assert (row.state, row.attempts, row.status, row.problem) == (
        DeliveryState.FAILED,
        10,
        500,
        DeliveryProblem.ANSWER,
    )
    await later()
    await sent()
    assert len(receiver.got) == 10
    assert len({one.id for one in receiver.got}) == 1
    assert len({one.body for one in receiver.got}) == 1
    assert len(receiver.told()) == 10


async def test_delivery_continues_while_another_waits(receiver: Receiver, some_partner: MakePartner) -> None:
    await receiver.follow(await some_partner(HERE))
    receiver.answers = [NO]
    await tip(HERE)
    await tip(HERE)
    await sent()
    assert (await Webhook.get()).failures == 1
    await end_waits()
    await sent()
    assert len(receiver.got) == 2
    assert receiver.got[0].id != receiver.got[1].id
    assert (await Webhook.get()).failing_since is None
    await later()
    await sent()
    assert receiver.got[2].id == receiver.got[0].id
    assert await WebhookDelivery.exclude(state=DeliveryState.DELIVERED).count() == 0


async def test_webhook_stops_until_resumed_when_receiver_is_gone(
    receiver: Receiver, some_partner: MakePartner
) -> None:
    await receiver.follow(await some_partner(HERE))
    receiver.answers = ["410 Gone"]
    await tip(HERE)
    await sent()
    to = await Webhook.get()
    assert to.state is WebhookState.GONE
    told = await AuditEntry.filter(actor_name="webhooks").first()
    assert told is not None
    assert (told.before, told.after) == (
        {"webhook_state": "ACTIVE"},
        {"webhook": receiver.address, "webhook_state": "GONE"},
    )
    await tip(HERE)
    await later()
    await sent()
    assert len(receiver.got) == 1
    with pytest.raises(Conflict):
        await webhooks.send_test(to.id, by=TASK)
    await webhooks.resume(to.id, expected_version=to.version, by=TASK)
    await later()
    await sent()
    assert [one["data"]["action"] for one in receiver.told()] == ["tips.submit"] * 3
    assert receiver.got[1].id == receiver.got[0].id


async def test_webhook_stops_when_receiver_fails_for_five_days(
    receiver: Receiver, some_partner: MakePartner
) -> None:
    await receiver.follow(await some_partner(HERE))
    receiver.answers = [NO, NO]
    await tip(HERE)
    await sent()
    assert (await Webhook.get()).state is WebhookState.ACTIVE
    await Webhook.all().update(failing_since=now() - webhooks.FAILING)
    await later()
    await sent()
    assert (await Webhook.get()).state is WebhookState.FAILING


@pytest.mark.parametrize(
    ("answer", "least", "most"),
    [
        ("429 Too Many Requests\r\nRetry-After: 3600", 3500, 3601),
        ("503 Service Unavailable\r\nRetry-After: Fri, 31 Dec 2999 23:59:59 GMT", 86_000, 86_401),
        ("503 Service Unavailable\r\nRetry-After: soon", 0, 6),
    ],
)
async def test_webhook_waits_as_receiver_asks_up_to_one_day(
    receiver: Receiver, some_partner: MakePartner, answer: str, least: int, most: int
) -> None:
    await receiver.follow(await some_partner(HERE))
    receiver.answers = [answer]
    await tip(HERE)
    await sent()
    for wait in await seconds_to_wait():
        assert least - 5 < wait < most


async def test_redirect_fails_delivery_and_is_not_followed(
    receiver: Receiver, some_partner: MakePartner
) -> None:
    await receiver.follow(await some_partner(HERE))
    async with receiving() as other:
        receiver.answers = [f"307 Temporary Redirect\r\nLocation: {other.address}"]
        await tip(HERE)
        await sent()
        assert other.got == []
    row = await WebhookDelivery.get()
    assert (row.state, row.status) == (DeliveryState.WAITING, 307)


async def test_slow_receiver_times_out_and_delays_no_other(
    receiver: Receiver, some_partner: MakePartner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests, "_WHOLE_SECONDS", 1)
    await receiver.follow(await some_partner(HERE))
    receiver.answers = [30.0]
    async with receiving() as other:
        await other.follow(await some_partner(HERE))
        await tip(HERE)
        await others_done()
        working = asyncio.create_task(Worker(KINDS).run())
        await other.came()
        await receiver.came()
        assert receiver.now, "the slow one is still at it"
        await until(WebhookDelivery.filter(problem=DeliveryProblem.TIMEOUT).exists)
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)


async def test_delivery_is_repeated_when_receiver_is_unreachable(
    receiver: Receiver, some_partner: MakePartner
) -> None:
    async with receiving() as gone:
        await gone.follow(await some_partner(HERE))
    await asyncio.sleep(0)
    await tip(HERE)
    await sent()
    row = await WebhookDelivery.get()
    assert (row.state, row.problem, row.attempts) == (
        DeliveryState.WAITING,
        DeliveryProblem.CONNECTION,
        1,
    )


async def test_deliveries_are_sent_once_when_many_workers_run(
    receiver: Receiver, some_partner: MakePartner
) -> None:
    await receiver.follow(await some_partner(HERE))
    for _ in range(12):
        await tip(HERE)
    await others_done()
    receiver.open.clear()
    working = [asyncio.create_task(run_due(KINDS)) for _ in range(6)]
    await receiver.came()
    assert await Worker(KINDS).claim() is None, "its lease is held"
    receiver.open.set()
    await asyncio.gather(*working)
    assert len(receiver.got) == len({one.id for one in receiver.got}) == 12
    assert not receiver.twice


WORKER = """
import asyncio, sys
from dataclasses import replace
from ipaddress import ip_network
from records.core.settings import Settings, installation
from records.database.connect import connect_database
from records.delivery import webhooks
from tests.background import run_due

async def main():
    async with connect_database(sys.argv[1], max_size=2):
        await run_due({webhooks.JOB: webhooks.KIND})

installation.use(replace(Settings.from_environment(), webhook_networks=(ip_network("127.0.0.0/8"),)))
asyncio.run(main())
"""


async def test_deliveries_go_on_under_their_ids_when_worker_dies(
    receiver: Receiver, some_partner: MakePartner, database: str
) -> None:
    await receiver.follow(await some_partner(HERE))
    for _ in range(3):
        await tip(HERE)
    await others_done()
    receiver.open.clear()
    killed = await asyncio.create_subprocess_exec(
        sys.executable, "-c", WORKER, database, cwd=Path(__file__).parents[4]
    )
    await receiver.came()
    os.kill(killed.pid, signal.SIGKILL)
    await killed.wait()
    receiver.open.set()
    job = await Job.get()
    assert job.state is JobState.RUNNING
    assert job.due_at - now() <= timedelta(seconds=LEASE_SECONDS)
    await end_waits()
    await run_due(KINDS)
    ids = [one.id for one in receiver.got]
    assert len(ids) == 4
    assert ids[0] == ids[1], "sent again under its id"
    assert len(set(ids)) == 3
    assert await WebhookDelivery.exclude(state=DeliveryState.DELIVERED).count() == 0


async def test_job_ends_until_inactive_partner_is_active_again(
    receiver: Receiver, some_partner: MakePartner
) -> None:
    partner = await some_partner(HERE)
    await receiver.follow(partner)
    receiver.answers = [NO]
    await tip(HERE)
    await sent()
    await partners.deactivate(partner.id, expected_version=1, by=TASK)
    await later()
    assert await sent() == 1
    assert (await Job.get()).state is JobState.DONE
    await later()
    assert await sent() == 0
    await partners.activate(partner.id, expected_version=2, by=TASK)
    assert await sent() == 1
    assert (await WebhookDelivery.get()).state is DeliveryState.DELIVERED


async def test_paused_webhook_keeps_its_place(receiver: Receiver, some_partner: MakePartner) -> None:
    await receiver.follow(await some_partner(HERE))
    await webhooks.pause(receiver.id, expected_version=1, by=TASK)
    await tip(HERE)
    await later()
    await sent()
    assert receiver.got == []
    with pytest.raises(Conflict):
        await webhooks.resume(receiver.id, expected_version=1, by=TASK)
    await webhooks.resume(receiver.id, expected_version=2, by=TASK)
    await sent()
    assert len(receiver.got) == 1


async def test_replay_repeats_changes_under_same_ids(receiver: Receiver, some_partner: MakePartner) -> None:
    await receiver.follow(await some_partner(HERE))
    for _ in range(3):
        await tip(HERE)
    await sent()
    # One of them was forgotten: it is made anew.
    await WebhookDelivery.filter(id=receiver.got[1].id.removeprefix("msg_")).delete()
    await webhooks.replay(receiver.id, now() - timedelta(hours=1), by=TASK)
    await end_waits()
    await sent()
    ids = [one.id for one in receiver.got]
    assert [ids[3], ids[5]] == [ids[0], ids[2]]
    sequences = [one["data"]["sequence"] for one in receiver.told()]
    assert sequences[:3] == sequences[3:]
    await later()
    await sent()
    assert len(receiver.got) == 6
    for since in (now() + timedelta(hours=1), now() - timedelta(days=31)):
        with pytest.raises(ValidationFailed):
            await webhooks.replay(receiver.id, since, by=TASK)


async def test_removed_webhook_leaves_no_secret_and_sends_nothing(
    receiver: Receiver, some_partner: MakePartner
) -> None:
    await receiver.follow(await some_partner(HERE))
    receiver.answers = [NO]
    await tip(HERE)
    await sent()
    await webhooks.remove(receiver.id, expected_version=1, by=TASK)
    await later()
    await sent()
    assert len(receiver.got) == 1
    assert await WebhookDelivery.all().count() == 0
    assert await WebhookSecret.all().count() == 0


async def test_long_backlog_stays_in_change_feed(
    receiver: Receiver, some_partner: MakePartner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(payloads, "MOST_WAITING", 2)
    monkeypatch.setattr(payloads, "_AT_ONCE", 2)
    await receiver.follow(await some_partner(HERE))
    receiver.answers = [NO]
    for _ in range(7):
        await tip(HERE)
    await sent()
    assert await WebhookDelivery.all().count() == 2
    for _ in range(8):
        await later()
        await sent()
    assert len({one.id for one in receiver.got}) == 7
