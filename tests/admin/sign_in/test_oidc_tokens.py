"""What a provider says of somebody: what is taken, what is not, and how strong a session it makes."""

import logging
import time
from typing import Any

import httpx
import pyotp
import pytest
from starlette.applications import Starlette

from records.tables import Session, Staff
from records.tables.staff import AuthenticationStrength
from tests.admin.conftest import COOKIE, offer, sessions, signed_in, visitor, way
from tests.admin.forms import hidden, send
from tests.conftest import PASSWORD
from tests.node.provider import ACR, SUBJECT, Trial, query

AN_HOUR_AGO, TOMORROW = int(time.time()) - 3600, int(time.time()) + 86400

# What is put into (or, with None, taken out of) an ID token that the provider signs.
TOKENS: dict[str, dict[str, Any]] = {
    "another nonce": {"nonce": "A" * 43},
    "no nonce": {"nonce": None},
    "another issuer": {"iss": "https://elsewhere.example"},
    "no issuer": {"iss": None},
    "another client": {"aud": "another"},
    "another client, but through this one": {"aud": "another", "azp": "ketnoi"},
    "no client": {"aud": None},
    "two clients and nobody it is for": {"aud": ["ketnoi", "another"]},
    "another client that it is for": {"azp": "another"},
    "expired": {"exp": AN_HOUR_AGO},
    "no end": {"exp": None},
    "no beginning": {"iat": None},
    "from tomorrow": {"iat": TOMORROW, "exp": TOMORROW + 60},
    "not yet good": {"nbf": TOMORROW},
    "no subject": {"sub": None},
    "an empty subject": {"sub": ""},
    "a subject that is too long": {"sub": "a" * 256},
    "a subject that is no text": {"sub": {"id": SUBJECT}},
    "a subject with a zero": {"sub": f"{SUBJECT}\0"},
    "another access token": {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"},
    "shown too long ago": {"auth_time": int(time.time()) - 13 * 3600},
    "shown tomorrow": {"auth_time": TOMORROW},
    "shown at no time": {"auth_time": "hôm qua"},
    "methods that are none": {"amr": "mfa"},
    "methods that are no texts": {"amr": [{"mfa": 1}]},
}
HEADERS: dict[str, dict[str, Any]] = {
    "no signature": {"alg": "none", "kid": None},
    "no signature, written otherwise": {"alg": "NONE"},
    "signed with the client's secret": {"alg": "HS256"},
    "signed with the client's secret, without a key": {"alg": "HS256", "kid": None},
    "a key that nobody has": {"kid": "unknown"},
}


@pytest.mark.parametrize("what", [*TOKENS, *HEADERS])
async def test_token_is_refused_when_invalid(
    app: Starlette, trial: Trial, linked: Staff, caplog: pytest.LogCaptureFixture, what: str
) -> None:
    client = visitor(app)
    with caplog.at_level(logging.DEBUG, logger="ketnoi"):
        answer = await signed_in(
            client, trial, token=TOKENS.get(what, {}), header=HEADERS.get(what, {"alg": "RS256"})
        )
    assert answer.status_code == 422
    assert "failed. Try again" in answer.text
    assert COOKIE not in client.cookies
    assert await sessions() == 0
    # Whoever runs the service learns why, and nothing about whom.
    told = [record.__dict__["told"] for record in caplog.records if record.name == "ketnoi"]
    failed = [line for line in told if line["event"] == "provider.failed"]
    assert len(failed) == 1
    assert failed[0]["reason"] not in {"", "?"}
    assert SUBJECT not in str(told)


@pytest.mark.parametrize(
    "token",
    [
        {"aud": ["ketnoi"]},
        {"aud": ["ketnoi", "another"], "azp": "ketnoi"},
        {"at_hash": None},
        {"auth_time": None},
    ],
)
async def test_token_may_hold_optional_claims(
    app: Starlette, trial: Trial, linked: Staff, token: dict[str, Any]
) -> None:
    answer = await signed_in(visitor(app), trial, token=token, header={"x-mau": "1", "kid": None})
    assert answer.status_code == 303


async def test_token_expiry_tolerates_clock_difference(app: Starlette, trial: Trial, linked: Staff) -> None:
    for seconds, status in ((-30, 303), (-90, 422)):
        token = {"exp": int(time.time()) + seconds}
        assert (await signed_in(visitor(app), trial, token=token)).status_code == status


# What the provider says of how somebody showed who they are, and how strong the session is then.
METHODS: list[tuple[dict[str, Any], AuthenticationStrength]] = [
    ({}, AuthenticationStrength.ONE),
    ({"amr": ["pwd"]}, AuthenticationStrength.ONE),
    ({"amr": ["pwd", "kba"]}, AuthenticationStrength.ONE),
    ({"amr": ["pwd", "sms"]}, AuthenticationStrength.ONE),
    ({"amr": ["hwk"]}, AuthenticationStrength.ONE),
    ({"amr": ["mfa"]}, AuthenticationStrength.TWO),
    ({"amr": ["pwd", "otp"]}, AuthenticationStrength.TWO),
    ({"amr": ["hwk", "fpt"]}, AuthenticationStrength.TWO),
    ({"acr": ACR}, AuthenticationStrength.TWO),
    ({"acr": "urn:mau:mot-buoc"}, AuthenticationStrength.ONE),
]


@pytest.mark.parametrize(("who", "strength"), METHODS)
async def test_provider_factors_count_and_single_one_needs_another(
    app: Starlette, trial: Trial, linked: Staff, who: dict[str, Any], strength: AuthenticationStrength
) -> None:
    offer(app, trial.provider(acr=(ACR,)))
    client = visitor(app)
    assert query(await way(client))["acr_values"] == ACR
    await signed_in(client, trial, who=who)
    assert (await Session.all().get()).strength is strength
    secret = await enrolled(client)

    other = visitor(app)
    answer = await signed_in(other, trial, who=who)
    if strength is AuthenticationStrength.TWO:
        assert answer.headers["location"] == "/admin"
        return
    assert answer.headers["location"] == "/admin/sign-in/factor"
    assert COOKIE not in other.cookies
    assert (await other.get("/admin")).status_code == 303
    answer = await other.post(
        "/admin/sign-in/factor", data={"one_time_code": pyotp.TOTP(secret).at(time.time())}
    )
    assert answer.headers["location"] == "/admin"
    assert (await Session.all().order_by("-id").first()).strength is AuthenticationStrength.TWO  # type: ignore[union-attr]


async def enrolled(client: httpx.AsyncClient) -> str:
    """Adds an authenticator app as a person does."""
    from records.tables import Factor

    page = (await client.get("/admin/account/app")).text
    secret = hidden(page, "secret")
    sent = {"secret": secret, "one_time_code": pyotp.TOTP(secret).at(time.time()), "name": "Điện thoại"}
    assert (await send(client, "/admin/account/app", sent)).status_code == 200
    # So that the same step can sign in: in life half a minute has passed.
    await Factor.all().update(last_step=0)
    return secret


@pytest.mark.parametrize("auth_time", [None, int(time.time()) - 3600], ids=["unsaid", "an-hour-ago"])
async def test_provider_sign_in_proves_nothing_when_it_may_be_old(
    app: Starlette, trial: Trial, linked: Staff, auth_time: int | None
) -> None:
    client = visitor(app)
    await signed_in(client, trial, token={"auth_time": auth_time})
    asked = await client.get("/admin/account/app")
    assert asked.headers["location"].startswith("/admin/proof")
    await send(client, "/admin/proof", {"password": PASSWORD})
    assert (await client.get("/admin/account/app")).status_code == 200
