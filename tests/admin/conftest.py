"""Staff who sign in at an OpenID Connect provider: the certified oidc-provider, on a loopback port."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from admin.sign_in.oidc import CALLBACK_PATH
from records.access.staff import identities
from records.access.staff.oidc.provider import Provider
from records.core.actor import Role, system_actor
from records.tables import Session, Staff
from tests.node.provider import SUBJECT, Trial, running
from tests.replaced import replaced_services

SignIn = Callable[..., Awaitable[httpx.AsyncClient]]

HERE = "http://127.0.0.1:8000"
START, LINK = "/admin/sign-in/provider", "/admin/account/identity"
COOKIE, STATE = "ketnoi_session", "ketnoi_provider"
STRANGE = "is not linked to this service"


@pytest.fixture(scope="session")
def trial() -> Iterator[Trial]:
    """The provider, which all tests share."""
    with running(HERE + CALLBACK_PATH) as started:
        yield started


@pytest.fixture
def used(app: Starlette, trial: Trial) -> Iterator[Provider]:
    """The service with that provider."""
    made = trial.provider()
    with replaced_services(app, provider=made):
        yield made


@pytest.fixture
async def linked(used: Provider, staff_client: SignIn) -> Staff:
    """Somebody who is linked with the account that signs in at the provider, and reads English."""
    await staff_client(Role.OFFICER)
    row = await Staff.all().get()
    await identities.link_for(row.username, used.settings.issuer, SUBJECT, by=system_actor("test"))
    await Session.all().delete()
    return row


def offer(app: Starlette, provider: Provider) -> None:
    """Lets staff sign in at another provider, for the rest of a test that has `used`."""
    app.state.services = replace(app.state.services, provider=provider)


def visitor(app: Starlette, scheme: str = "http") -> httpx.AsyncClient:
    cookies = {"ketnoi_language": "en"}
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url=f"{scheme}://127.0.0.1:8000", cookies=cookies
    )


async def way(client: httpx.AsyncClient, start: str = START) -> str:
    """The address at the provider to which a browser is sent."""
    answer = await client.get(start)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


async def signed_in(client: httpx.AsyncClient, trial: Trial, **asked: Any) -> httpx.Response:
    """What the service answers to a browser that went to the provider, signed in, and came back."""
    return await client.get(await trial.visit(await way(client), **asked))


async def sessions() -> int:
    return await Session.filter(ended_at__isnull=True).count()
