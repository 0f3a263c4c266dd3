"""Webhooks as administrators keep them: a secret shown once, what came of each delivery, telling it again."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from html import unescape
from ipaddress import ip_network

import httpx
import pytest

from records.access import partners
from records.core.actor import Role, system_actor
from records.core.dates import LOCAL, now
from records.tables import AuditEntry, Partner, Session, Webhook, WebhookDelivery, WebhookSecret
from records.tables.delivery import DeliveryState, WebhookState
from tests.admin.forms import HTMX, hidden, send
from tests.admin.places import HERE, group
from tests.conftest import area_ids
from tests.receiver import SCOPES, Receiver, receiving
from tests.records.delivery.webhooks.conftest import later, sent
from tests.replaced import replaced_settings

SignIn = Callable[..., Awaitable[httpx.AsyncClient]]
Given = dict[str, str | list[str]]
TASK = system_actor("test")


@pytest.fixture
async def receiver(database: str) -> AsyncIterator[Receiver]:
    """A receiver that may be called, followed by a partner here."""
    with replaced_settings(webhook_networks=(ip_network("127.0.0.0/8"),)):
        async with receiving() as made:
            areas = await area_ids(HERE)
            row = await partners.create(name="Đối tác mẫu", scopes=SCOPES, areas=areas, by=TASK)
            await made.follow(row)
            yield made


async def the_partner() -> Partner:
    return await Partner.get()


def at(receiver: Receiver) -> str:
    return f"/admin/webhooks/{receiver.id}"


async def test_webhook_is_added_and_its_secret_shown_once(staff_client: SignIn, receiver: Receiver) -> None:
    client = await staff_client(Role.ADMINISTRATOR)
    path = f"/admin/partners/{(await the_partner()).id}"
    assert "Registered: 1" in (await client.get(path)).text
    form = (await client.get(f"{path}/webhooks/new")).text
    assert form.count(" checked") == 3
    given: Given = {
        "address": "https://system.example/hooks",
        "types": ["tip"],
        "description": "Hệ thống mẫu",
    }
    shown = await send(client, f"{path}/webhooks", given, at=f"{path}/webhooks/new")
    assert shown.status_code == 200
    assert shown.headers["cache-control"] == "no-store"
    found = re.search(r"<code>(whsec_[A-Za-z0-9+/]{43}=)</code>", unescape(shown.text))
    assert found
    listed = (await client.get(f"{path}/webhooks")).text
    assert "https://system.example/hooks" in listed
    made = await Webhook.get(description="Hệ thống mẫu")
    for page in (
        listed,
        (await client.get(f"/admin/webhooks/{made.id}")).text,
        (await client.get(path)).text,
    ):
        assert "whsec_" not in page
    told = await AuditEntry.filter(noun="partner").order_by("-seq").first()
    assert told is not None
    assert told.after == {
        "webhook": "https://system.example/hooks",
        "webhook_address": "https://system.example/hooks",
        "webhook_description": "Hệ thống mẫu",
        "webhook_types": ["tip"],
    }
    assert "Address of the webhook" in (await client.get(path)).text


async def test_webhook_form_reports_all_problems_and_keeps_input(
    staff_client: SignIn, receiver: Receiver
) -> None:
    client = await staff_client(Role.ADMINISTRATOR)
    path = f"/admin/partners/{(await the_partner()).id}/webhooks"
    given = {"address": "https://127.0.0.1:x/", "description": "Còn đây"}
    answer = await send(client, path, given, at=f"{path}/new")
    assert answer.status_code == 422
    for name in ("address", "types"):
        assert f'href="#field-{name}"' in answer.text
    assert "Còn đây" in answer.text


async def test_webhook_is_edited_and_conflicts_when_changed_before(
    staff_client: SignIn, receiver: Receiver
) -> None:
    client = await staff_client(Role.ADMINISTRATOR)
    given: Given = {
        "address": receiver.address,
        "types": ["tip"],
        "description": "Khác",
        "expected_version": "1",
    }
    assert (await send(client, at(receiver), given, at=f"{at(receiver)}/edit")).status_code == 303
    assert (await Webhook.get()).types == ["tip"]
    again = await send(client, at(receiver), given | {"types": ["group"]}, at=f"{at(receiver)}/edit")
    assert again.status_code == 409
    assert (await Webhook.get()).types == ["tip"]


async def test_webhook_and_secret_changes_need_fresh_proof(staff_client: SignIn, receiver: Receiver) -> None:
    client = await staff_client(Role.ADMINISTRATOR)
    path = f"/admin/partners/{(await the_partner()).id}/webhooks"
    token = hidden((await client.get(path)).text, "csrf")
    await Session.all().update(proved_at=now() - timedelta(hours=1))
    for address in (f"{path}/new", f"{at(receiver)}/edit", f"{at(receiver)}/secret"):
        assert (await client.get(address)).headers["location"].startswith("/admin/proof")
    for address in (path, at(receiver), f"{at(receiver)}/secret"):
        answer = await client.post(address, data={"csrf": token, "overlap_days": "0"})
        assert answer.headers["location"].startswith("/admin/proof")
    assert await WebhookSecret.all().count() == 1
    assert (await send(client, f"{at(receiver)}/pause", {})).status_code == 303


async def test_webhook_secret_changes_while_former_one_still_signs(
    staff_client: SignIn, receiver: Receiver
) -> None:
    client = await staff_client(Role.ADMINISTRATOR)
    shown = await send(client, f"{at(receiver)}/secret", {"overlap_days": "7"})
    assert "whsec_" in shown.text
    assert "also signs until" in (await client.get(at(receiver))).text
    for wrong in ("", "91", "x"):
        assert (await send(client, f"{at(receiver)}/secret", {"overlap_days": wrong})).status_code == 422


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["whole", "partial"])
async def test_deliveries_are_listed_and_sent_again(
    staff_client: SignIn, receiver: Receiver, headers: dict[str, str]
) -> None:
    client = await staff_client(Role.ADMINISTRATOR)
    receiver.answers = ["404 Not Found"]
    await group(HERE)
    await sent()
    page = (await client.get(at(receiver))).text
    assert "groups.create" in page
    assert "404" in page
    assert "No delivery accepted since" in page
    assert "Send again" not in page, "it waits for its turn"
    await later()
    await sent()
    page = (await client.get(at(receiver), headers=headers)).text
    assert "Delivered" in page
    row = await WebhookDelivery.get()
    path = f"/admin/webhook-deliveries/{row.id}/repetition"
    answer = await send(client, path, {}, at=at(receiver), headers=headers)
    assert (answer.status_code, answer.headers["location"]) == (303, at(receiver))
    await later()
    await sent()
    assert len({one.id for one in receiver.got}) == 1
    assert len(receiver.told()) == 3


async def test_webhook_test_is_sent(staff_client: SignIn, receiver: Receiver) -> None:
    client = await staff_client(Role.ADMINISTRATOR)
    assert (await send(client, f"{at(receiver)}/test", {}, at=at(receiver))).status_code == 303
    await sent()
    [told] = receiver.told()
    assert (told["type"], told["data"]) == ("webhook.test", {})
    assert ">Test<" in re.sub(r"\s", "", (await client.get(at(receiver))).text)


async def test_replay_repeats_changes_since_moment(staff_client: SignIn, receiver: Receiver) -> None:
    client = await staff_client(Role.ADMINISTRATOR)
    await group(HERE)
    await sent()
    since = (now() - timedelta(hours=1)).astimezone(LOCAL)
    path = f"{at(receiver)}/replay"
    assert (await send(client, path, {"since": f"{since:%d/%m/%Y %H:%M}"})).status_code == 303
    await later()
    await sent()
    assert len(receiver.got) == 2
    assert len({one.id for one in receiver.got}) == 1
    for wrong in ("", "hôm qua", "01/01/2020 00:00", "01/01/2999 00:00"):
        assert (await send(client, path, {"since": wrong})).status_code == 422


async def test_webhook_stop_reason_is_shown_on_partner_page(staff_client: SignIn, receiver: Receiver) -> None:
    client = await staff_client(Role.ADMINISTRATOR)
    receiver.answers = ["410 Gone"]
    await group(HERE)
    await sent()
    assert "answered 410 (Gone)" in (await client.get(at(receiver))).text
    partner = f"/admin/partners/{(await the_partner()).id}"
    assert "the receiver unsubscribed" in (await client.get(partner)).text
    assert (await send(client, f"{at(receiver)}/test", {}, at=partner)).status_code == 409
    assert (await send(client, f"{at(receiver)}/resumption", {}, at=at(receiver))).status_code == 303
    assert (await Webhook.get()).state is WebhookState.ACTIVE


async def test_removed_webhook_is_gone(staff_client: SignIn, receiver: Receiver) -> None:
    client = await staff_client(Role.ADMINISTRATOR)
    gone = await send(client, f"{at(receiver)}/removal", {})
    assert gone.status_code == 303
    assert (await client.get(at(receiver))).status_code == 404
    assert "This partner has no webhook yet." in (await client.get(gone.headers["location"])).text
    assert await WebhookDelivery.filter(state=DeliveryState.WAITING).count() == 0
