"""Tokens for partner systems: RFC 6749 (4.4), RFC 7523 (signed assertions) and RFC 7009 (revocation)."""

import time
from datetime import timedelta
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx
from authlib.integrations.httpx_client import AsyncOAuth2Client
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from joserfc import jwk
from starlette.applications import Starlette

from records.access import partners
from records.core.actor import Scope
from records.core.dates import now
from records.security.tokens import hash_token
from records.tables import AccessToken, Partner, PartnerKey
from tests.api.support import error_code, post
from tests.api.transport.oauth_support import ENDPOINT, TASK, MakeKey, ask, got, make_signer
from tests.conftest import area_ids

GROUPS = {"query": "{ groups { totalCount } }"}


TIPS = {"query": "{ tips { totalCount } }"}


async def queried(api: httpx.AsyncClient, token: str, query: dict[str, str] = GROUPS) -> httpx.Response:
    return await post(api, query, Authorization=f"Bearer {token}")


class BriefJWT(PrivateKeyJWT):  # type: ignore[misc]
    """The library's own way to sign; left to itself it asks for an hour."""

    def sign(self, auth: Any, token_endpoint: str) -> Any:
        self.claims = {"exp": int(time.time()) + 60}
        return super().sign(auth, token_endpoint)


async def test_oauth_library_gets_and_uses_tokens_with_each_method(
    app: Starlette, partner_key: MakeKey
) -> None:
    signer = await make_signer(jwk.generate_key("RSA", 2048), "RS256")
    _mark, prefix, secret = (await partner_key()).split("_", 2)
    signing = BriefJWT(ENDPOINT, alg="RS256")
    ways: list[tuple[str, Any, Any]] = [
        (prefix, secret, "client_secret_basic"),
        (prefix, secret, "client_secret_post"),
        (str(signer.partner.id), signer.key.as_dict(private=True), signing),
    ]
    for client_id, given, way in ways:
        async with AsyncOAuth2Client(
            client_id,
            given,
            token_endpoint_auth_method=way,
            revocation_endpoint_auth_method=way,
            transport=httpx.ASGITransport(app),
            base_url="http://127.0.0.1:8000",
        ) as client:
            token = await client.fetch_token(ENDPOINT, grant_type="client_credentials", scope="groups:read")
            assert (token["token_type"], token["expires_in"]) == ("Bearer", 900)
            answer = await client.post("/graphql", json=GROUPS)
            assert answer.json()["data"] == {"groups": {"totalCount": 0}}
            await client.revoke_token("http://127.0.0.1:8000/oauth/revoke", token["access_token"])
            assert (await client.post("/graphql", json=GROUPS)).status_code == 401


async def test_token_answer_follows_rfc_and_is_not_stored(
    api: httpx.AsyncClient, partner_key: MakeKey
) -> None:
    key = await partner_key(scopes={Scope.GROUPS_READ, Scope.TIPS_READ})
    answer = await ask(api, key)
    assert answer.status_code == 200
    assert set(answer.json()) == {"access_token", "token_type", "expires_in", "scope"}
    assert answer.json()["scope"] == "groups:read tips:read"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-type"] == "application/json"
    first, second = answer.json()["access_token"], await got(api, key)
    assert first != second
    assert len(first) >= 47
    assert key.split("_", 2)[2] not in answer.text


async def test_token_scopes_narrow_and_never_widen(api: httpx.AsyncClient, partner_key: MakeKey) -> None:
    key = await partner_key(scopes={Scope.GROUPS_READ, Scope.TIPS_READ})
    assert await got(api, key, scope="tips:read groups:read")
    token = await got(api, key, scope="groups:read")
    assert "errors" not in (await queried(api, token)).json()
    assert error_code(await queried(api, token, TIPS)) == "FORBIDDEN"
    assert "errors" not in (await queried(api, await got(api, key), TIPS)).json()
    for beyond in ("metrics:read", "groups:read metrics:read", "everything", "GROUPS:READ", " "):
        answer = await ask(api, key, scope=beyond)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope"), beyond


async def test_token_loses_scopes_and_areas_when_partner_does(
    api: httpx.AsyncClient, partner_key: MakeKey
) -> None:
    token = await got(api, await partner_key(scopes={Scope.GROUPS_READ, Scope.TIPS_READ}))
    row = await Partner.get()
    ids = await area_ids("30244")
    await partners.edit(
        row.id,
        expected_version=row.version,
        name=row.name,
        contact="",
        scopes={Scope.TIPS_READ},
        areas=ids,
        by=TASK,
    )
    assert error_code(await queried(api, token)) == "FORBIDDEN"
    actor = await partners.authenticate_bearer(token)
    assert actor is not None
    assert actor.scopes == {Scope.TIPS_READ}
    assert actor.areas == frozenset(ids)


async def test_token_ends_with_its_time_key_and_partner(api: httpx.AsyncClient, partner_key: MakeKey) -> None:
    key, other = await partner_key(), await partner_key()
    prefix = key.split("_")[1]
    over, of_key, of_partner = await got(api, key), await got(api, key), await got(api, other)
    await AccessToken.filter(token_hash=hash_token(over)).update(expires_at=now())
    assert (await queried(api, over)).status_code == 401
    assert (await queried(api, of_key)).status_code == 200
    await PartnerKey.filter(prefix=prefix).update(expires_at=now() - timedelta(seconds=1))
    assert (await queried(api, of_key)).status_code == 401
    await PartnerKey.filter(prefix=prefix).update(expires_at=None)
    assert (await queried(api, of_key)).status_code == 200
    await partners.revoke_key(prefix, by=TASK)
    assert (await queried(api, of_key)).status_code == 401
    assert (await queried(api, of_partner)).status_code == 200
    row = await Partner.get(id=(await PartnerKey.get(prefix=other.split("_")[1])).partner_id)
    await partners.deactivate(row.id, expected_version=row.version, by=TASK)
    answer = await queried(api, of_partner)
    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]


async def test_wrong_credentials_get_one_answer(api: httpx.AsyncClient, partner_key: MakeKey) -> None:
    key, revoked, expired = await partner_key(), await partner_key(), await partner_key()
    await partners.revoke_key(revoked.split("_")[1], by=TASK)
    await PartnerKey.filter(prefix=expired.split("_")[1]).update(expires_at=now())
    _mark, prefix, secret = key.split("_", 2)
    nobody = f"ktn_{'0' * 12}_{secret}"
    answers = [await ask(api, one) for one in (revoked, expired, nobody, f"{key}x")]
    answers += [await ask(api, key, client_id=name) for name in ("x", "\0", "0" * 12, str(uuid4()), "é")]
    answers += [
        await ask(api, key, client_secret="\udcff".encode(errors="replace").decode()),
        await api.post("/oauth/token", data={"grant_type": "client_credentials", "client_id": prefix}),
        await api.post("/oauth/token", data={"grant_type": "client_credentials"}),
    ]
    for header in (
        "Basic",
        "Basic x",
        "Basic eA==",
        "Basic /w==",
        f"Bearer {key}",
        "Basic w6k=",
    ):
        answers.append(
            await api.post(
                "/oauth/token", data={"grant_type": "client_credentials"}, headers={"Authorization": header}
            )
        )
    answers.append(
        await api.post(
            "/oauth/token",
            data={"grant_type": "client_credentials", "client_id": "another"},
            auth=httpx.BasicAuth(prefix, secret),
        )
    )
    for answer in answers:
        assert answer.status_code == 401
        assert answer.json() == {
            "error": "invalid_client",
            "error_description": "client authentication failed",
        }
        assert answer.headers["www-authenticate"] == 'Basic realm="ketnoi"'
        assert answer.headers["cache-control"] == "no-store"


async def test_basic_header_is_form_encoded(api: httpx.AsyncClient, partner_key: MakeKey) -> None:
    _mark, prefix, secret = (await partner_key()).split("_", 2)
    encoded = "".join(f"%{ord(letter):02X}" for letter in secret)
    answer = await api.post(
        "/oauth/token",
        data={"grant_type": "client_credentials"},
        auth=httpx.BasicAuth(quote(prefix), encoded),
    )
    assert answer.status_code == 200


async def test_token_request_gets_error_of_rfc_when_wrong(
    api: httpx.AsyncClient, partner_key: MakeKey
) -> None:
    key = await partner_key()
    _mark, prefix, secret = key.split("_", 2)
    own = f"client_id={prefix}&client_secret={secret}"
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for body, expected in (
        (own, "invalid_request"),
        (f"{own}&grant_type=", "invalid_request"),
        (f"{own}&grant_type=password&username=a&password=b", "unsupported_grant_type"),
        (f"{own}&grant_type=authorization_code", "unsupported_grant_type"),
        (f"{own}&grant_type=client_credentials&grant_type=client_credentials", "invalid_request"),
        (f"{own}&client_assertion=x&grant_type=client_credentials", "invalid_request"),
        ("&".join(f"a{index}=1" for index in range(30)), "invalid_request"),
        ("%ff=1", "invalid_request"),
    ):
        answer = await api.post("/oauth/token", content=body, headers=form)
        assert (answer.status_code, answer.json()["error"]) == (400, expected), body
        assert answer.headers["cache-control"] == "no-store"
    twice = await api.post(
        "/oauth/token",
        data={"grant_type": "client_credentials", "client_secret": secret},
        auth=httpx.BasicAuth(prefix, secret),
    )
    assert twice.json()["error"] == "invalid_request"
    large = await api.post("/oauth/token", content="a=" + "a" * 20_000, headers=form)
    assert (large.status_code, large.json()["error"]) == (413, "invalid_request")
    assert (await api.post("/oauth/token", json={"grant_type": "client_credentials"})).status_code == 400
    for path in ("/oauth/token", "/oauth/revoke"):
        assert (await api.get(path)).status_code == 405


async def test_token_is_refused_when_revoked(api: httpx.AsyncClient, partner_key: MakeKey) -> None:
    key = await partner_key()
    stolen, kept = await got(api, key), await got(api, key)
    answer = await ask(api, key, "/oauth/revoke", token=stolen, token_type_hint="access_token")
    assert (answer.status_code, answer.content) == (200, b"")
    assert (await queried(api, stolen)).status_code == 401
    assert (await queried(api, kept)).status_code == 200
    again = await ask(api, key, "/oauth/revoke", token=stolen, token_type_hint="nonsense")
    unknown = await ask(api, key, "/oauth/revoke", token="kta_" + "x" * 43)
    assert (again.status_code, unknown.status_code) == (200, 200)
    # A token is no way to get or to end another.
    assert (await api.post("/oauth/revoke", data={"token": kept})).status_code == 401
    assert (
        await api.post(
            "/oauth/token",
            data={"grant_type": "client_credentials"},
            headers={"Authorization": f"Bearer {kept}"},
        )
    ).status_code == 401
    assert (await ask(api, key, "/oauth/revoke")).json()["error"] == "invalid_request"


async def test_token_is_not_revoked_when_it_belongs_to_another(
    api: httpx.AsyncClient, partner_key: MakeKey
) -> None:
    token = await got(api, await partner_key())
    answer = await ask(api, await partner_key(), "/oauth/revoke", token=token)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    assert (await queried(api, token)).status_code == 200
