"""A partner, a receiver that may be called, and the passing of time."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from ipaddress import ip_network
from uuid import uuid4

import pytest
from tortoise.connection import get_connection

from records.access import partners
from records.core.actor import Scope, system_actor
from records.delivery import webhooks
from records.tables import Partner
from tests.background import end_waits, run_due
from tests.conftest import area_ids
from tests.receiver import SCOPES, Receiver, receiving
from tests.replaced import replaced_settings

KINDS = {webhooks.JOB: webhooks.KIND}
MakePartner = Callable[..., Awaitable[Partner]]


@pytest.fixture
def loopback() -> Iterator[None]:
    """The operator allows this machine itself."""
    with replaced_settings(webhook_networks=(ip_network("127.0.0.0/8"),)):
        yield


@pytest.fixture
async def receiver(loopback: None, database: str) -> AsyncIterator[Receiver]:
    """A receiver that nobody leads to yet."""
    async with receiving() as made:
        yield made


@pytest.fixture
def some_partner(database: str) -> MakePartner:
    """Makes a partner in areas (by code) that may follow everything."""

    async def make(*areas: str, scopes: set[Scope] | None = None) -> Partner:
        return await partners.create(
            name=f"Đối tác mẫu {uuid4().hex[:8]}",
            scopes=SCOPES if scopes is None else scopes,
            areas=await area_ids(*(areas or ("82",))),
            by=system_actor("test"),
        )

    return make


async def sent() -> int:
    """Serves every webhook that has something to do; how many had."""
    await others_done()
    return await run_due(KINDS)


async def later() -> None:
    """The times that webhooks and deliveries wait for are over."""
    await end_waits()
    connection = get_connection("default")
    await connection.execute_query("UPDATE webhook_deliveries SET due_at = now()")


async def others_done() -> None:
    """Waits for the writers of other databases on this server: the horizon is the server's."""
    connection = get_connection("default")
    ((mine,),) = (await connection.execute_query("SELECT pg_current_xact_id()::text::bigint"))[1]
    oldest = 0
    while oldest <= mine:
        ((oldest,),) = (
            await connection.execute_query("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        )[1]
        await asyncio.sleep(0.01 if oldest <= mine else 0)
