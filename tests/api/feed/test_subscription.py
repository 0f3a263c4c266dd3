"""Subscriptions: what is told, in which order, where one goes on, and when it ends."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import asyncpg
import pytest
from starlette.applications import Starlette

from api.feed import subscription
from records.access import partners
from records.access.partners import DocumentDraft
from records.areas import areas
from records.core.actor import Actor, Role, Scope, system_actor
from records.core.identifiers.ids import uuid7
from records.database.notifications import APPLICATION_NAME, OutboxNotifications
from records.nouns import tips
from records.tables import Partner
from tests.api.feed.support import tip
from tests.api.feed.test_changes import as_app
from tests.api.streaming import FOLLOW, opened, streamed
from tests.api.support import BA_DINH, PHU_HUU
from tests.replaced import replaced_services

MakeKey = Callable[..., Awaitable[str]]
SYSTEM = system_actor("test")
END_LISTENERS = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
               WHERE application_name = $1 AND datname = current_database()"""
LONG = 3600.0


@pytest.fixture
async def officer(staff_actor: Callable[..., Awaitable[Actor]]) -> Actor:
    """A commander in both provinces."""
    return await staff_actor(Role.COMMANDER, "82", "01")


@pytest.fixture
def no_poll(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is looked at but for a ring."""
    monkeypatch.setattr(subscription, "_POLL_SECONDS", LONG)


@pytest.fixture
def quick_poll(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscription, "_POLL_SECONDS", 0.2)


@pytest.fixture
def deaf(app: Starlette) -> Iterator[OutboxNotifications]:
    """Notifications that never arrive."""
    with replaced_services(app, notifications=OutboxNotifications()) as services:
        yield services.notifications


def told(feed: dict[str, Any]) -> list[tuple[str | None, str]]:
    return [(change["action"], change["record"]["code"]) for change in feed["changes"]]


async def test_socket_sends_current_records_and_then_changes(
    served: str, partner_key: MakeKey, officer: Actor, no_poll: None
) -> None:
    first = await tip(officer)
    async with opened(served, await partner_key()) as socket:
        await socket.subscribe()
        assert told(await socket.feed()) == [(None, first.reference)]
        second = await tip(officer)
        assert told(await socket.feed()) == [("tips.submit", second.reference)]
        await tips.start_verifying(first.id, expected_version=1, by=officer)
        assert told(await socket.feed()) == [("tips.verify", first.reference)]


async def test_event_stream_sends_current_records_and_then_changes(
    served: str, partner_key: MakeKey, officer: Actor, no_poll: None
) -> None:
    first = await tip(officer)
    async with streamed(served, await partner_key()) as events:
        assert told(await events.feed()) == [(None, first.reference)]
        second = await tip(officer)
        assert told(await events.feed()) == [("tips.submit", second.reference)]


async def test_subscription_resumes_when_given_its_cursor(
    served: str, partner_key: MakeKey, officer: Actor
) -> None:
    key, codes = await partner_key(), []
    async with opened(served, key) as socket:
        await socket.subscribe()
        feed = await socket.feed()
    for _ in range(3):
        missed = [(await tip(officer)).reference for _ in range(3)]
        codes += missed
        async with opened(served, key) as socket:
            await socket.subscribe(after=feed["cursor"], first=2)
            feed = await socket.feed()
            assert told(feed) == [("tips.submit", code) for code in missed[:2]]
            assert feed["hasMore"]
        # The rest by an event stream, where the id of the event before counts for more than the argument.
        headers = {"Last-Event-ID": feed["cursor"]}
        async with streamed(served, key, headers=headers, after="nothing") as events:
            feed = await events.feed()
            assert told(feed) == [("tips.submit", missed[2])]
    async with opened(served, key) as socket:
        await socket.subscribe(after=feed["cursor"])
        assert (await socket.feed())["changes"] == []


async def test_subscription_sends_cursor_at_start(served: str, partner_key: MakeKey, no_poll: None) -> None:
    async with opened(served, await partner_key()) as socket:
        await socket.subscribe()
        feed = await socket.feed()
        assert (feed["changes"], bool(feed["cursor"])) == ([], True)


async def test_subscription_sends_only_changes_in_areas_of_partner(
    served: str, partner_key: MakeKey, officer: Actor
) -> None:
    async with opened(served, await partner_key(areas=(PHU_HUU,))) as socket:
        await socket.subscribe("all")
        await socket.subscribe("groups", types=["GROUP"])
        assert {(await socket.receive())["id"] for _ in range(2)} == {"all", "groups"}
        await tip(officer, BA_DINH)
        here = await tip(officer, PHU_HUU)
        assert told(await socket.feed("all")) == [("tips.submit", here.reference)]


async def test_event_is_sent_when_its_notification_is_missing(
    served: str, partner_key: MakeKey, officer: Actor, deaf: OutboxNotifications, quick_poll: None
) -> None:
    async with opened(served, await partner_key()) as socket:
        await socket.subscribe()
        await socket.feed()
        row = await tip(officer)
        assert told(await socket.feed()) == [("tips.submit", row.reference)]


async def test_event_is_sent_when_older_writer_rolls_back(
    served: str, partner_key: MakeKey, officer: Actor, database: str, no_poll: None
) -> None:
    async with opened(served, await partner_key()) as socket, as_app(database) as slow:
        await socket.subscribe()
        await socket.feed()
        writing = slow.transaction()
        await writing.start()
        await slow.execute("SELECT pg_current_xact_id()")
        row = await tip(officer)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(socket.connection.recv(), 0.6)
        # It rings for nobody: it never wrote an event.
        await writing.rollback()
        assert told(await socket.feed()) == [("tips.submit", row.reference)]


async def test_listener_reconnects_when_its_connection_is_lost(
    served: str, partner_key: MakeKey, officer: Actor, database: str, no_poll: None
) -> None:
    key = await partner_key()
    async with opened(served, key) as socket:
        await socket.subscribe()
        await socket.feed()
        connection = await asyncpg.connect(database)
        ended = await connection.fetch(END_LISTENERS, APPLICATION_NAME)
        await connection.close()
        assert len(ended) == 1
        rows = [await tip(officer) for _ in range(2)]
        seen: list[tuple[str | None, str]] = []
        while len(seen) < 2:
            seen += told(await socket.feed())
        assert seen == [("tips.submit", row.reference) for row in rows]
        row = await tip(officer)
        assert told(await socket.feed()) == [("tips.submit", row.reference)]


async def test_cursor_advances_when_changes_are_elsewhere(
    served: str, partner_key: MakeKey, officer: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscription, "_CURSOR_REFRESH_SECONDS", 0.0)
    async with opened(served, await partner_key(areas=(PHU_HUU,))) as socket:
        await socket.subscribe()
        before = (await socket.feed())["cursor"]
        await tip(officer, BA_DINH)
        after = await socket.feed()
        assert after["changes"] == []
        assert after["cursor"] != before


async def test_followers_get_all_events_when_many_write(
    served: str, partner_key: MakeKey, officer: Actor
) -> None:
    key = await partner_key()
    async with opened(served, key) as one, streamed(served, key) as other:
        await one.subscribe()
        await one.feed()
        await other.feed()
        codes = {row.reference for row in await asyncio.gather(*(tip(officer) for _ in range(10)))}
        for client in (one, other):
            seen: list[str] = []
            while len(seen) < 10:
                seen += [code for _action, code in told(await client.feed())]
            assert sorted(seen) == sorted(codes)


# What ends a subscription: each leaves the key valid or not, and its cursor as it was.
async def _revoke(key: str, _partner: Partner) -> None:
    await partners.revoke_key(key.split("_")[1], by=SYSTEM)


async def _shut_out(_key: str, partner: Partner) -> None:
    await partners.deactivate(partner.id, expected_version=partner.version, by=SYSTEM)


async def _take_scope(_key: str, partner: Partner) -> None:
    scopes = {Scope(scope) for scope in partner.scopes} - {Scope.TIPS_WRITE}
    ids = [(await areas.resolve_reference("82")).id]
    await partners.edit(
        partner.id,
        expected_version=partner.version,
        name=partner.name,
        contact="",
        scopes=scopes,
        areas=ids,
        by=SYSTEM,
    )


async def _take_area(_key: str, partner: Partner) -> None:
    ids = [(await areas.resolve_reference(PHU_HUU)).id]
    scopes = {Scope(scope) for scope in partner.scopes}
    await partners.edit(
        partner.id,
        expected_version=partner.version,
        name=partner.name,
        contact="",
        scopes=scopes,
        areas=ids,
        by=SYSTEM,
    )


async def _restrict(_key: str, partner: Partner) -> None:
    await partners.restrict(partner.id, expected_version=partner.version, by=SYSTEM)


ENDINGS = [_revoke, _shut_out, _take_scope, _take_area, _restrict]
End = Callable[[str, Partner], Awaitable[None]]


@pytest.mark.parametrize("end", ENDINGS)
async def test_subscription_ends_when_partner_loses_rights(
    served: str, partner_key: MakeKey, officer: Actor, end: End, no_poll: None
) -> None:
    key = await partner_key()
    (partner,) = await Partner.all()
    async with opened(served, key) as socket, streamed(served, key) as events:
        await socket.subscribe()
        await socket.feed()
        await events.feed()
        await end(key, partner)
        await tip(officer)
        assert await socket.closed() == (4403, "Forbidden")
        event = await events.next()
        assert event is not None
        assert "RIGHTS_CHANGED" in event["data"]
        assert "TB-" not in event["data"]
        assert await events.next() == {"event": "complete", "data": ""}
        assert await events.next() is None


async def test_subscription_ends_when_rights_are_lost_and_feed_is_idle(
    served: str, partner_key: MakeKey, quick_poll: None
) -> None:
    key = await partner_key()
    (partner,) = await Partner.all()
    async with opened(served, key) as socket:
        await socket.subscribe()
        await socket.feed()
        await _revoke(key, partner)
        assert await socket.closed() == (4403, "Forbidden")


async def test_subscription_continues_when_partner_is_renamed(
    served: str, partner_key: MakeKey, officer: Actor
) -> None:
    key = await partner_key()
    (partner,) = await Partner.all()
    async with opened(served, key) as socket:
        await socket.subscribe()
        await socket.feed()
        await partners.edit(
            partner.id,
            expected_version=partner.version,
            name="Đối tác tên mới",
            contact="",
            scopes=set(Scope),
            areas=[(await areas.resolve_reference("82")).id],
            by=SYSTEM,
        )
        row = await tip(officer)
        assert told(await socket.feed()) == [("tips.submit", row.reference)]


async def test_subscription_runs_registered_documents_when_restricted(
    served: str, partner_key: MakeKey, officer: Actor, no_poll: None
) -> None:
    key = await partner_key()
    (partner,) = await Partner.all()
    documents = [DocumentDraft(FOLLOW, "follow")]
    await partners.register_documents(partner.id, documents, names=lambda _text: "", by=SYSTEM)
    (document,) = await (await partners.documents_of(SYSTEM, partner.id))
    await partners.restrict(partner.id, expected_version=partner.version, by=SYSTEM)
    other = "subscription { changes { cursor } }"
    async with opened(served, key) as socket:
        await socket.subscribe(query=other)
        assert (await socket.error())["extensions"]["code"] == "DOCUMENT_NOT_ALLOWED"
        await socket.send(type="subscribe", id="1", payload={"documentId": "follow"})
        await socket.feed()
        row = await tip(officer)
        assert told(await socket.feed()) == [("tips.submit", row.reference)]
        await partners.remove_document(document.id, by=SYSTEM)
        await tip(officer)
        assert await socket.closed() == (4403, "Forbidden")
    async with streamed(served, key, query=other) as events:
        event = await events.next()
        assert event is not None
        assert "DOCUMENT_NOT_ALLOWED" in event["data"]


REFUSED = [
    ('subscription { changes(after: "x") { cursor } }', "MALFORMED"),
    ("subscription { changes(first: 0) { cursor } }", "OUT_OF_RANGE"),
    ('subscription { changes(area: "none") { cursor } }', "UNKNOWN_CODE"),
    ("subscription { nothing }", "GRAPHQL_VALIDATION_FAILED"),
    ("subscription { changes { cursor } again: changes { cursor } }", "GRAPHQL_VALIDATION_FAILED"),
    ("subscription {", "GRAPHQL_PARSE_FAILED"),
    ("subscription A { changes { cursor } } subscription B { changes { cursor } }", "BAD_USER_INPUT"),
    ("", "BAD_REQUEST"),
    ("subscription {" + " ".join(f"a{n}: changes {{ cursor }}" for n in range(40)) + "}", "QUERY_TOO_LARGE"),
    ("subscription { changes {" + " cursor" * 1600 + "} }", "QUERY_TOO_LARGE"),
]


@pytest.mark.parametrize(("query", "code"), REFUSED)
async def test_subscription_names_reason_when_it_cannot_run(
    served: str, partner_key: MakeKey, query: str, code: str
) -> None:
    key = await partner_key()
    async with opened(served, key) as socket:
        await socket.send(type="subscribe", id="1", payload={"query": query})
        message = await socket.receive()
        assert message["type"] == "error", message
        assert code in {error["extensions"]["code"] for error in message["payload"]}
        # The id is free again, and the socket goes on.
        await socket.subscribe()
        await socket.feed()
    async with streamed(served, key, query=query) as events:
        assert events.answer.status_code == 200
        event = await events.next()
        assert event is not None
        assert f'"{code}"' in event["data"]
        assert '"data"' not in event["data"]
        assert await events.next() == {"event": "complete", "data": ""}


async def test_subscription_ends_with_masked_error_when_it_fails(
    served: str, partner_key: MakeKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("Nguyễn Thị Canary")

    monkeypatch.setattr(subscription, "read_feed", broken)
    async with opened(served, await partner_key()) as socket:
        await socket.subscribe()
        error = await socket.error()
        assert error["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
        assert error["extensions"]["requestId"] == socket.connection.response.headers["X-Request-Id"]  # type: ignore[union-attr]
        assert "Canary" not in str(error)


async def test_notification_carries_its_transaction_number(database: str, officer: Actor) -> None:
    notifications = OutboxNotifications()
    listening = asyncio.create_task(notifications.listen(database))
    notified = notifications.next_notification()
    await asyncio.wait_for(notified.wait(), 10)
    notified = notifications.next_notification()
    async with as_app(database) as connection, connection.transaction():
        txid = await connection.fetchval("SELECT pg_current_xact_id()::text::bigint")
        for _ in range(3):
            await connection.execute(
                "INSERT INTO outbox_events (at, type, noun, row_id, row_version)"
                " VALUES (now(), 'tips.submit', 'tip', $1, 1)",
                uuid7(),
            )
        assert not notified.is_set(), "a transaction notifies when it commits"
    await asyncio.wait_for(notified.wait(), 10)
    assert notifications.last_txid == txid
    listening.cancel()
