"""What a partner is told, how it is signed, and that it is all that it may know and nothing else."""

import json
import re
from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import asyncpg
import pytest
from standardwebhooks import Webhook as Checked
from standardwebhooks.webhooks import WebhookVerificationError

import api.schema.assembly  # noqa: F401 - declares every noun
from api.reads.declared import RECORD_TYPES
from api.reads.node import parse_id
from records.access import partners
from records.core.actor import Scope, system_actor
from records.core.dates import now
from records.core.identifiers.ids import uuid7
from records.database.connect import DatabaseRole, connection_arguments
from records.delivery import feed, webhooks
from records.delivery.webhooks import signing
from records.nouns import groups, tips
from records.nouns.groups import GroupDraft
from records.registry.nouns import NOUNS as DECLARED
from records.security import rotation, sealing
from records.tables import OutboxEvent, Partner, Webhook, WebhookDelivery, WebhookSecret
from records.tables.delivery import DeliveryState
from records.tables.groups import GroupKind
from tests.admin.places import ELSEWHERE, HERE, group, tip
from tests.background import run_due
from tests.conftest import area_ids
from tests.receiver import SCOPES, Receiver
from tests.records.delivery.webhooks.conftest import KINDS, later, others_done, sent
from tests.replaced import replaced_settings

MakePartner = Callable[..., Awaitable[Partner]]
TASK = system_actor("test")


def test_followed_nouns_need_right_of_api() -> None:
    for name, followed in feed.FOLLOWED_NOUNS.items():
        shown = RECORD_TYPES[followed.type]
        assert (DECLARED[name].right, followed.scoped) == (shown.right, shown.scoped), name


async def test_change_is_sent_signed_without_record_content(
    receiver: Receiver, some_partner: MakePartner
) -> None:
    await receiver.follow(await some_partner(HERE))
    row = await tip(HERE)
    assert await sent() == 1
    [got], [told] = receiver.got, receiver.told()
    event = await OutboxEvent.get(row_id=row.id)
    assert set(told) == {"type", "timestamp", "data"}
    assert told["type"] == "tip.changed"
    assert datetime.fromisoformat(told["timestamp"]) == event.at
    assert parse_id(told["data"].pop("id")) == ("Tip", row.id)
    assert told["data"] == {
        "action": "tips.submit",
        "gone": False,
        "sequence": f"{event.txid:016x}{event.seq:016x}",
    }
    for word in (row.title, row.code, "30244", "29905"):
        assert word not in json.dumps(told, ensure_ascii=False)
    assert got.line == "POST /hooks?of=ketnoi HTTP/1.1"
    assert got.headers["host"] == f"127.0.0.1:{receiver.port}"
    assert got.headers["content-type"] == "application/json"
    assert re.fullmatch(r"msg_[0-9a-f]{32}", got.id)
    assert abs(int(got.headers["webhook-timestamp"]) - now().timestamp()) < 60
    [kept] = await WebhookDelivery.all()
    assert (kept.state, kept.attempts, kept.status, kept.problem) == (DeliveryState.DELIVERED, 1, 204, None)
    assert await sent() == 0
    assert len(receiver.got) == 1


def test_signature_matches_specification() -> None:
    # The example of the specification's own libraries.
    secret, id_, at = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330
    moment = datetime.fromtimestamp(at).astimezone()
    made = signing.headers(id_, moment, b'{"test": 2432232314}', [secret])
    assert made == {
        "webhook-id": id_,
        "webhook-timestamp": str(at),
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


async def test_signature_fails_when_delivery_was_changed(
    receiver: Receiver, some_partner: MakePartner
) -> None:
    await receiver.follow(await some_partner(HERE))
    await tip(HERE)
    await sent()
    [got] = receiver.got
    checked = Checked(receiver.secret)
    for headers, body in (
        (got.headers, got.body.replace(b"false", b"true ")),
        (got.headers | {"webhook-id": "msg_other"}, got.body),
        (got.headers | {"webhook-timestamp": str(int(now().timestamp()) - 1)}, got.body),
    ):
        with pytest.raises(WebhookVerificationError):
            checked.verify(body, headers)


async def test_events_follow_feed_order_and_followed_types(
    receiver: Receiver, some_partner: MakePartner
) -> None:
    await receiver.follow(await some_partner(HERE), "tip")
    first, _group, second = await tip(HERE), await group(HERE), await tip(HERE)
    await tips.start_verifying(first.id, expected_version=1, by=TASK)
    await sent()
    told = [one["data"] for one in receiver.told()]
    assert [one["action"] for one in told] == ["tips.submit", "tips.submit", "tips.verify"]
    assert [parse_id(one["id"]) for one in told] == [("Tip", one.id) for one in (first, second, first)]
    assert sorted(one["sequence"] for one in told) == [one["sequence"] for one in told]


async def test_events_are_limited_to_areas_and_moved_rows_are_gone(
    receiver: Receiver, some_partner: MakePartner
) -> None:
    await receiver.follow(await some_partner(HERE))
    row, _other = await tip(HERE), await tip(ELSEWHERE)
    (elsewhere,) = await area_ids(ELSEWHERE)
    await sent()
    draft = tips.TipDraft(row.title, row.category_id, row.channel, elsewhere)
    await tips.edit(row.id, draft, expected_version=1, by=TASK)
    await tips.start_verifying(row.id, expected_version=2, by=TASK)
    await later()
    await sent()
    told = [(one["data"]["action"], one["data"]["gone"]) for one in receiver.told()]
    assert told == [("tips.submit", False), ("tips.edit", True)]


async def test_removed_record_is_sent_as_gone(receiver: Receiver, some_partner: MakePartner) -> None:
    await receiver.follow(await some_partner(HERE))
    (here,) = await area_ids(HERE)
    row = await groups.create(GroupDraft("MAU-1", "Tổ mẫu", GroupKind.SELF_GOVERNING, here), by=TASK)
    await groups.remove(row.id, expected_version=1, reason="Nhập nhầm", by=TASK)
    await sent()
    # Both were sent when it was gone: what is told is how it is now.
    assert [one["data"]["gone"] for one in receiver.told()] == [True, True]


async def test_change_is_sent_when_committed_after_later_ones(
    receiver: Receiver, some_partner: MakePartner, database: str
) -> None:
    await receiver.follow(await some_partner(HERE))
    (here,) = await area_ids(HERE)
    slow = await asyncpg.connect(**connection_arguments(database, DatabaseRole.APP))
    writing = slow.transaction()
    await writing.start()
    await slow.execute(
        "INSERT INTO outbox_events (at, type, noun, row_id, row_version, area_id)"
        " VALUES (now(), 'tips.submit', 'tip', $1, 1, $2)",
        uuid7(),
        here,
    )
    await tip(HERE)
    await run_due(KINDS)
    assert receiver.got == [], "the older writer is not done: nothing may overtake it"
    await writing.commit()
    await slow.close()
    await later()
    await sent()
    assert [one["data"]["gone"] for one in receiver.told()] == [True, False]


@pytest.mark.parametrize("lost", ["scope", "feed", "area", "partner", "type"])
async def test_delivery_is_dropped_when_partner_lost_its_right(
    receiver: Receiver, some_partner: MakePartner, lost: str
) -> None:
    partner = await some_partner(HERE)
    await receiver.follow(partner)
    receiver.answers = ["500 Internal Server Error"]
    await tip(HERE)
    await sent()
    scopes, areas = set(SCOPES), [HERE]
    if lost == "partner":
        await partners.deactivate(partner.id, expected_version=1, by=TASK)
    elif lost == "type":
        draft = webhooks.WebhookDraft(receiver.address, ["group"])
        await webhooks.edit(receiver.id, draft, expected_version=1, by=TASK)
    else:
        scopes -= {"scope": {Scope.TIPS_READ}, "feed": {Scope.CHANGES_READ}}.get(lost, set())
        areas = [ELSEWHERE] if lost == "area" else areas
        await partners.edit(
            partner.id,
            expected_version=1,
            name=partner.name,
            contact="",
            scopes=scopes,
            areas=await area_ids(*areas),
            by=TASK,
        )
    await tip(HERE)
    await later()
    await sent()
    assert len(receiver.got) == 1, "the one before"
    state = DeliveryState.WAITING if lost == "partner" else DeliveryState.WITHHELD
    assert [row.state for row in await WebhookDelivery.all()] == [state]


async def test_secrets_are_sealed_and_both_sign_during_overlap(
    receiver: Receiver, some_partner: MakePartner
) -> None:
    await receiver.follow(await some_partner(HERE))
    before = receiver.secret
    [row] = await WebhookSecret.all()
    assert before.encode() not in bytes(row.secret)
    after = await webhooks.change_secret(receiver.id, overlap_days=7, by=TASK)
    assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=", after)
    await tip(HERE)
    await sent()
    assert receiver.got[0].headers["webhook-signature"].count("v1,") == 2
    for secret in (before, after):
        Checked(secret).verify(receiver.got[0].body, receiver.got[0].headers)
    await WebhookSecret.exclude(expires_at=None).update(expires_at=now() - timedelta(seconds=1))
    await tip(HERE)
    await later()
    await sent()
    Checked(after).verify(receiver.got[1].body, receiver.got[1].headers)
    with pytest.raises(WebhookVerificationError):
        Checked(before).verify(receiver.got[1].body, receiver.got[1].headers)
    newest = await webhooks.change_secret(receiver.id, overlap_days=0, by=TASK)
    assert [await signing.secrets_of(receiver.id), await WebhookSecret.all().count()] == [[newest], 1]


async def test_webhook_begins_at_end_of_feed(receiver: Receiver, some_partner: MakePartner) -> None:
    await tip(HERE)
    await others_done()
    await receiver.follow(await some_partner(HERE))
    await sent()
    assert receiver.got == []
    assert await Webhook.all().count() == 1


@pytest.fixture
def own_keys(key_file: Path, tmp_path: Path) -> Iterator[Path]:
    """A key file that only this test changes, with the same keys as the run's."""
    path = tmp_path / "keys.json"
    sealing.write_keyring(path, sealing.read_keyring(key_file))
    with replaced_settings(key_path=path):
        yield path


async def test_secrets_are_readable_after_key_rotation(
    receiver: Receiver, some_partner: MakePartner, database: str, own_keys: Path
) -> None:
    await receiver.follow(await some_partner(HERE))
    assert await rotation.rotate(database, own_keys) == 1
    [row] = await WebhookSecret.all()
    assert bytes(row.data_key).startswith(f"{sealing.keyring().current}:".encode())
    assert await signing.secrets_of(receiver.id) == [receiver.secret]
