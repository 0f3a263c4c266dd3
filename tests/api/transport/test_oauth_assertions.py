"""Assertions that a client signs with its own key (private_key_jwt)."""

import hmac
import json
import time
from base64 import urlsafe_b64encode
from typing import Any
from uuid import uuid4

import httpx
import pytest
from joserfc import jwk, jwt
from starlette.applications import Starlette

from records.access import partners
from records.tables import AccessToken, UsedAssertion
from tests.api.transport.oauth_support import (
    ENDPOINT,
    TASK,
    Signer,
    assert_with,
    encoded,
    make_signer,
)


@pytest.mark.parametrize("algorithm", ["RS256", "PS256"])
async def test_assertion_is_accepted_when_signed_with_rsa(
    api: httpx.AsyncClient, app: Starlette, algorithm: str
) -> None:
    other = await make_signer(jwk.generate_key("RSA", 2048), algorithm)
    assert (await assert_with(api, other.signed(), client_id=str(other.partner.id))).status_code == 200


async def test_assertion_is_refused_when_replayed(api: httpx.AsyncClient, signer: Signer) -> None:
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


async def test_assertion_is_refused_when_claim_is_wrong_or_missing(
    api: httpx.AsyncClient, signer: Signer
) -> None:
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


async def test_assertion_is_refused_when_not_signed(api: httpx.AsyncClient, signer: Signer) -> None:
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


async def test_assertion_is_refused_when_public_key_is_used_for_hmac(
    api: httpx.AsyncClient, app: Starlette
) -> None:
    signer = await make_signer(jwk.generate_key("RSA", 2048), "RS256")
    public = signer.key.as_pem(private=False)
    jwks = json.dumps(signer.key.as_dict(private=False)).encode()
    for secret in (public, public.strip(), jwks, b""):
        for algorithm, digest in (("HS256", "sha256"), ("HS512", "sha512")):
            signed = f"{encoded({'alg': algorithm})}.{encoded(signer.claims())}"
            mac = hmac.new(secret, signed.encode(), digest).digest()
            forged = f"{signed}.{urlsafe_b64encode(mac).rstrip(b'=').decode()}"
            assert (await assert_with(api, forged)).status_code == 401


async def test_assertion_is_refused_when_partner_is_inactive(api: httpx.AsyncClient, signer: Signer) -> None:
    row = await partners.deactivate(signer.partner.id, expected_version=signer.partner.version, by=TASK)
    assert (await assert_with(api, signer.signed())).status_code == 401
    row = await partners.activate(row.id, expected_version=row.version, by=TASK)
    assert (await assert_with(api, signer.signed())).status_code == 200
    await partners.set_signing_keys(row.id, "", expected_version=row.version, by=TASK)
    assert (await assert_with(api, signer.signed())).status_code == 401
