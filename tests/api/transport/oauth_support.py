"""What the tests of tokens share: clients, signers and their requests."""

import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import httpx
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey
from starlette.applications import Starlette

from records.access import partners
from records.core.actor import Scope, system_actor
from records.tables import Partner
from tests.conftest import area_ids

TASK = system_actor("test")


ENDPOINT = "http://127.0.0.1:8000/oauth/token"


ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


MakeKey = Callable[..., Awaitable[str]]


async def ask(api: httpx.AsyncClient, key: str, path: str = "/oauth/token", **fields: str) -> httpx.Response:
    """Asks with the secret in the form."""
    _mark, prefix, secret = key.split("_", 2)
    given = {"grant_type": "client_credentials"} if path == "/oauth/token" else {}
    return await api.post(path, data={**given, "client_id": prefix, "client_secret": secret, **fields})


async def got(api: httpx.AsyncClient, key: str, **fields: str) -> str:
    answer = await ask(api, key, **fields)
    assert answer.status_code == 200, answer.text
    token: str = answer.json()["access_token"]
    return token


class Signer:
    """A partner that signs, with a key of its own."""

    def __init__(self, partner: Partner, key: RSAKey | ECKey, algorithm: str) -> None:
        self.partner, self.key, self.algorithm = partner, key, algorithm

    def claims(self, **changes: Any) -> dict[str, Any]:
        own = str(self.partner.id)
        moment = int(time.time())
        claims = {"iss": own, "sub": own, "aud": ENDPOINT, "exp": moment + 60, "jti": uuid4().hex, **changes}
        return {name: value for name, value in claims.items() if value is not None}

    def signed(self, **changes: Any) -> str:
        return jwt.encode(
            {"alg": self.algorithm}, self.claims(**changes), self.key, algorithms=[self.algorithm]
        )


async def make_signer(key: Any, algorithm: str) -> Signer:
    row = await partners.create(
        name=f"Đối tác ký mẫu {uuid4().hex[:8]}",
        scopes={Scope.GROUPS_READ, Scope.TIPS_READ},
        areas=await area_ids("82"),
        by=TASK,
    )
    jwks = json.dumps({"keys": [key.as_dict(private=False)]})
    return Signer(
        await partners.set_signing_keys(row.id, jwks, expected_version=row.version, by=TASK), key, algorithm
    )


async def assert_with(api: httpx.AsyncClient, assertion: str, **fields: str) -> httpx.Response:
    given = {"client_assertion_type": ASSERTION, "client_assertion": assertion}
    return await api.post("/oauth/token", data={"grant_type": "client_credentials", **given, **fields})


def encoded(part: Any) -> str:
    return urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


async def wrong(client: httpx.AsyncClient, prefix: str, path: str = "/oauth/token") -> int:
    return (await ask(client, f"ktn_{prefix}_wrong", path, token="kta_x")).status_code


def elsewhere(app: Starlette, address: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, client=(address, 1))
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000")
