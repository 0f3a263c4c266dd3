"""Tokens for partner systems: RFC 6749 (4.4), RFC 7523 (signed assertions) and RFC 7009 (revocation)."""

import hmac
import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx
import pytest
from authlib.integrations.httpx_client import AsyncOAuth2Client  # type: ignore[import-untyped]
from authlib.oauth2.rfc7523 import PrivateKeyJWT  # type: ignore[import-untyped]
from joserfc import jwk, jwt
from joserfc.jwk import ECKey, RSAKey
from starlette.applications import Starlette

from records.access import partners
from records.core.actor import Scope, system
from records.core.days import now
from records.security import throttling
from records.tables import AccessToken, Partner, PartnerKey, Throttle, UsedAssertion
from tests.api.support import error_code, post
from tests.conftest import area_ids

TASK = system("test")
ENDPOINT = "http://127.0.0.1:8000/oauth/token"
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
GROUPS = {"query": "{ groups { totalCount } }"}
TIPS = {"query": "{ tips { totalCount } }"}

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


async def queried(api: httpx.AsyncClient, token: str, query: dict[str, str] = GROUPS) -> httpx.Response:
    return await post(api, query, Authorization=f"Bearer {token}")


class BriefJWT(PrivateKeyJWT):  # type: ignore[misc]
    """The library's own way to sign; left to itself it asks for an hour."""

    def sign(self, auth: Any, token_endpoint: str) -> Any:
        self.claims = {"exp": int(time.time()) + 60}
        return super().sign(auth, token_endpoint)


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


@pytest.fixture
async def signer(app: Starlette) -> Signer:
    return await make_signer(jwk.generate_key("EC", "P-256"), "ES256")


async def make_signer(key: Any, algorithm: str) -> Signer:
    row = await partners.create(
        name=f"Đối tác ký mẫu {uuid4().hex[:8]}",
        scopes={Scope.GROUPS_READ, Scope.TIPS_READ},
        areas=await area_ids("82"),
        by=TASK,
    )
    jwks = json.dumps({"keys": [key.as_dict(private=False)]})
    return Signer(await partners.set_signing_keys(row.id, jwks, seen=row.version, by=TASK), key, algorithm)


async def assert_with(api: httpx.AsyncClient, assertion: str, **fields: str) -> httpx.Response:
    given = {"client_assertion_type": ASSERTION, "client_assertion": assertion}
    return await api.post("/oauth/token", data={"grant_type": "client_credentials", **given, **fields})


async def test_a_client_library_gets_a_token_with_each_method_and_queries(
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


async def test_the_answer_is_that_of_the_rfc_and_is_never_stored(
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


async def test_a_token_can_be_narrowed_and_never_widened(
    api: httpx.AsyncClient, partner_key: MakeKey
) -> None:
    key = await partner_key(scopes={Scope.GROUPS_READ, Scope.TIPS_READ})
    assert await got(api, key, scope="tips:read groups:read")
    token = await got(api, key, scope="groups:read")
    assert "errors" not in (await queried(api, token)).json()
    assert error_code(await queried(api, token, TIPS)) == "FORBIDDEN"
    assert "errors" not in (await queried(api, await got(api, key), TIPS)).json()
    for beyond in ("metrics:read", "groups:read metrics:read", "everything", "GROUPS:READ", " "):
        answer = await ask(api, key, scope=beyond)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope"), beyond


async def test_a_token_loses_what_its_partner_loses(api: httpx.AsyncClient, partner_key: MakeKey) -> None:
    token = await got(api, await partner_key(scopes={Scope.GROUPS_READ, Scope.TIPS_READ}))
    row = await Partner.get()
    ids = await area_ids("30244")
    await partners.edit(
        row.id, seen=row.version, name=row.name, contact="", scopes={Scope.TIPS_READ}, areas=ids, by=TASK
    )
    assert error_code(await queried(api, token)) == "FORBIDDEN"
    actor = await partners.actor_of(token)
    assert actor is not None
    assert actor.scopes == {Scope.TIPS_READ}
    assert actor.areas == frozenset(ids)


async def test_a_token_ends_with_its_time_its_key_and_its_partner(
    api: httpx.AsyncClient, partner_key: MakeKey
) -> None:
    key, other = await partner_key(), await partner_key()
    prefix = key.split("_")[1]
    over, of_key, of_partner = await got(api, key), await got(api, key), await got(api, other)
    await AccessToken.filter(token_hash=partners.keys.hashed(over)).update(expires_at=now())
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
    await partners.deactivate(row.id, seen=row.version, by=TASK)
    answer = await queried(api, of_partner)
    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]


async def test_credentials_that_are_wrong_are_told_apart_by_nothing(
    api: httpx.AsyncClient, partner_key: MakeKey
) -> None:
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


async def test_a_basic_header_is_form_encoded(api: httpx.AsyncClient, partner_key: MakeKey) -> None:
    _mark, prefix, secret = (await partner_key()).split("_", 2)
    encoded = "".join(f"%{ord(letter):02X}" for letter in secret)
    answer = await api.post(
        "/oauth/token",
        data={"grant_type": "client_credentials"},
        auth=httpx.BasicAuth(quote(prefix), encoded),
    )
    assert answer.status_code == 200


async def test_requests_that_are_wrong_are_told_as_the_rfc_names_them(
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


async def test_a_token_stolen_before_it_was_revoked_is_good_for_nothing(
    api: httpx.AsyncClient, partner_key: MakeKey
) -> None:
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


async def test_nobody_ends_the_token_of_another(api: httpx.AsyncClient, partner_key: MakeKey) -> None:
    token = await got(api, await partner_key())
    answer = await ask(api, await partner_key(), "/oauth/revoke", token=token)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    assert (await queried(api, token)).status_code == 200


@pytest.mark.parametrize("algorithm", ["RS256", "PS256"])
async def test_an_assertion_may_be_signed_with_rsa(
    api: httpx.AsyncClient, app: Starlette, algorithm: str
) -> None:
    other = await make_signer(jwk.generate_key("RSA", 2048), algorithm)
    assert (await assert_with(api, other.signed(), client_id=str(other.partner.id))).status_code == 200


async def test_an_assertion_works_once(api: httpx.AsyncClient, signer: Signer) -> None:
    assertion = signer.signed()
    assert (await assert_with(api, assertion)).status_code == 200
    replayed = await assert_with(api, assertion)
    assert (replayed.status_code, replayed.json()["error"]) == (401, "invalid_client")
    assert (await assert_with(api, signer.signed(aud=["x", ENDPOINT]))).status_code == 200
    # Another partner's jti is its own.
    other = await make_signer(jwk.generate_key("EC", "P-256"), "ES256")
    for who in (signer, other):
        assert (await assert_with(api, who.signed(jti="the same"))).status_code == 200
    assert await UsedAssertion.all().count() == 4


async def test_used_assertions_are_forgotten_when_they_would_be_too_old_anyway(
    api: httpx.AsyncClient, signer: Signer
) -> None:
    await assert_with(api, signer.signed())
    await UsedAssertion.all().update(expires_at=now() - timedelta(seconds=1))
    await assert_with(api, signer.signed())
    assert await UsedAssertion.all().count() == 1


async def test_an_assertion_must_say_everything_and_be_for_us(api: httpx.AsyncClient, signer: Signer) -> None:
    moment = int(time.time())
    wrong: list[dict[str, Any]] = [
        {"aud": "http://127.0.0.1:8000/graphql"},
        {"aud": "https://elsewhere.example/oauth/token"},
        {"aud": []},
        {"aud": None},
        {"exp": None},
        {"exp": moment - 1},
        {"exp": moment + 3600},
        {"exp": "soon"},
        {"exp": 10**30},
        {"jti": None},
        {"jti": ""},
        {"jti": 7},
        {"iss": None},
        {"iss": "another"},
        {"sub": None},
        {"sub": 7},
        {"sub": str(uuid4())},
        {"nbf": moment + 60},
    ]
    for changes in wrong:
        answer = await assert_with(api, signer.signed(**changes))
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client"), changes
    assert (await assert_with(api, signer.signed(), client_id=str(uuid4()))).status_code == 401
    wrong_type = {"client_assertion_type": "urn:x", "client_assertion": signer.signed()}
    assert (await api.post("/oauth/token", data=wrong_type)).status_code == 401
    assert await AccessToken.all().count() == 0


def encoded(part: Any) -> str:
    return urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


async def test_an_assertion_that_nobody_signed_is_refused(api: httpx.AsyncClient, signer: Signer) -> None:
    other = jwk.generate_key("EC", "P-256")
    header, claims, signature = signer.signed().split(".")
    with_own_key = {"alg": "ES256", "jwk": other.as_dict(private=False)}
    for assertion in (
        *(f"{encoded({'alg': alg})}.{claims}." for alg in ("none", "None", "NONE", "")),
        f"{encoded({})}.{claims}.",
        f"{header}.{encoded(signer.claims(scope='all'))}.{signature}",
        f"{header}.{claims}.",
        jwt.encode({"alg": "ES256"}, signer.claims(), other),
        jwt.encode(with_own_key, signer.claims(), other),
        jwt.encode({"alg": "ES256", "kid": "another"}, signer.claims(), signer.key),
        *("", "x", "..", "a.b.c", f"{header}.{encoded([])}.x", f"{header}.{encoded('x')}.x"),
    ):
        assert (await assert_with(api, assertion)).status_code == 401, assertion


async def test_a_public_key_is_never_taken_for_an_hmac_secret(api: httpx.AsyncClient, app: Starlette) -> None:
    signer = await make_signer(jwk.generate_key("RSA", 2048), "RS256")
    public = signer.key.as_pem(private=False)
    jwks = json.dumps(signer.key.as_dict(private=False)).encode()
    for secret in (public, public.strip(), jwks, b""):
        for algorithm, digest in (("HS256", "sha256"), ("HS512", "sha512")):
            signed = f"{encoded({'alg': algorithm})}.{encoded(signer.claims())}"
            mac = hmac.new(secret, signed.encode(), digest).digest()
            forged = f"{signed}.{urlsafe_b64encode(mac).rstrip(b'=').decode()}"
            assert (await assert_with(api, forged)).status_code == 401


async def test_a_partner_without_signing_keys_or_shut_out_signs_for_nothing(
    api: httpx.AsyncClient, signer: Signer
) -> None:
    row = await partners.deactivate(signer.partner.id, seen=signer.partner.version, by=TASK)
    assert (await assert_with(api, signer.signed())).status_code == 401
    row = await partners.activate(row.id, seen=row.version, by=TASK)
    assert (await assert_with(api, signer.signed())).status_code == 200
    await partners.set_signing_keys(row.id, "", seen=row.version, by=TASK)
    assert (await assert_with(api, signer.signed())).status_code == 401


async def wrong(client: httpx.AsyncClient, prefix: str, path: str = "/oauth/token") -> int:
    return (await ask(client, f"ktn_{prefix}_wrong", path, token="kta_x")).status_code


def elsewhere(app: Starlette, address: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, client=(address, 1))
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000")


async def test_who_guesses_the_secret_of_a_client_has_to_wait_and_nobody_else(
    app: Starlette, api: httpx.AsyncClient, partner_key: MakeKey
) -> None:
    key = await partner_key()
    prefix = key.split("_")[1]
    for path in ("/oauth/token", "/oauth/revoke") * 10:
        assert await wrong(api, prefix, path) == 401
    answer = await ask(api, f"ktn_{prefix}_wrong")
    assert (answer.status_code, answer.json()["error"]) == (429, "temporarily_unavailable")
    assert answer.headers["cache-control"] == "no-store"
    assert await wrong(api, prefix, "/oauth/revoke") == 429
    # The client itself is where it always was, and another one asks from here.
    async with elsewhere(app, "10.1.1.1") as its_own:
        assert await got(its_own, key)
    assert await got(api, await partner_key())


async def test_who_guesses_clients_slows_down_no_client_that_was_there_before(
    api: httpx.AsyncClient, partner_key: MakeKey
) -> None:
    key, never_here = await partner_key(), await partner_key()
    await got(api, key)
    for number in range(49):
        assert await wrong(api, f"{number:012x}") == 401
    assert await wrong(api, "f" * 12) == 429
    assert (await ask(api, never_here)).status_code == 429
    assert await got(api, key)
    assert await got(api, key)


async def test_wrong_signatures_are_counted_for_the_partner_that_they_name(
    app: Starlette, api: httpx.AsyncClient, signer: Signer
) -> None:
    forged = signer.signed()[:-8] + "AAAAAAAA"
    for _ in range(20):
        assert (await assert_with(api, forged)).status_code == 401
    assert (await assert_with(api, forged)).status_code == 429
    async with elsewhere(app, "10.1.1.1") as its_own:
        assert (await assert_with(its_own, signer.signed())).status_code == 200


async def test_what_is_right_is_not_counted_and_no_address_is_kept(
    api: httpx.AsyncClient, partner_key: MakeKey
) -> None:
    key = await partner_key()
    for _ in range(25):
        await got(api, key)
    kept = await Throttle.all()
    assert {row.tries for row in kept} == {1}
    assert all(len(row.key) == 64 and int(row.key, 16) for row in kept)
    assert await wrong(api, key.split("_")[1]) == 401


async def test_a_signature_that_is_right_is_not_counted_either(
    api: httpx.AsyncClient, signer: Signer
) -> None:
    for _ in range(3):
        assert (await assert_with(api, signer.signed())).status_code == 200
    own, address = str(signer.partner.id), "127.0.0.1"
    assert await throttling.is_remembered(address, own)
    assert not await Throttle.exists(key=throttling.per_client(address, own).key)
    assert (await assert_with(api, signer.signed(aud="https://elsewhere.example"))).status_code == 401
    assert (await Throttle.get(key=throttling.per_client(address, own).key)).tries == 1


async def test_a_try_of_a_client_that_is_not_known_counts_for_it_and_for_its_address(
    api: httpx.AsyncClient, database: str
) -> None:
    assert await wrong(api, "0123456789ab") == 401
    for limit in (
        throttling.per_client("127.0.0.1", "0123456789ab"),
        throttling.per_client_address("127.0.0.1"),
    ):
        assert (await Throttle.get(key=limit.key)).tries == 1
