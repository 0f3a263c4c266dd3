"""Signing in at an OpenID Connect provider: the certified oidc-provider, and what somebody may try."""

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import httpx
import pyotp
import pytest
from starlette.applications import Starlette

from admin.oidc import RETURN
from records import staff
from records.core.actor import Role, system
from records.core.days import now
from records.staff import identities, provider
from records.staff.provider import Provider
from records.tables import AuditEntry, Challenge, Identity, Session, Staff, Throttle
from records.tables.staff import Language, Strength
from tests.admin.forms import hidden, send
from tests.conftest import PASSWORD
from tests.node.provider import ACR, SUBJECT, Trial, query, running

SignIn = Callable[..., Awaitable[httpx.AsyncClient]]

HERE = "http://127.0.0.1:8000"
START, LINK = "/admin/sign-in/provider", "/admin/account/identity"
CONFIRM = f"{LINK}/confirmation"
COOKIE, STATE = "ketnoi_session", "ketnoi_provider"
STRANGE = "does not open this service"


@pytest.fixture(scope="session")
def trial() -> Iterator[Trial]:
    """The provider, which all tests share."""
    with running(HERE + RETURN) as started:
        yield started


@pytest.fixture
def used(trial: Trial) -> Iterator[Provider]:
    """The service with that provider."""
    made = trial.provider()
    provider.use(made)
    yield made
    provider.use(None)


@pytest.fixture
async def person(used: Provider, staff_client: SignIn) -> Staff:
    """Somebody who is linked with the account that signs in at the provider, and reads English."""
    await staff_client(Role.OFFICER)
    row = await Staff.all().get()
    await identities.link_for(row.username, used.settings.issuer, SUBJECT, by=system("test"))
    await Session.all().delete()
    return row


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


async def test_who_is_linked_signs_in_and_goes_on_to_the_page_that_was_wanted(
    app: Starlette, trial: Trial, person: Staff
) -> None:
    client = visitor(app)
    back = await trial.visit(await way(client, f"{START}?next=/admin/groups"))
    answer = await client.get(back)
    assert (answer.status_code, answer.headers["location"]) == (303, "/admin/groups")
    assert (await client.get("/admin/groups")).status_code == 200
    session = await Session.all().get()
    assert (session.staff_id, session.strength) == (person.id, Strength.ONE)
    assert (await Identity.all().get()).used_at is not None
    assert STATE not in client.cookies


async def test_what_is_sent_to_the_provider_is_all_that_a_safe_sign_in_takes(
    app: Starlette, trial: Trial, person: Staff
) -> None:
    sent = [query(await way(visitor(app))) for _ in range(2)]
    fixed = {"response_type": "code", "client_id": "ketnoi", "code_challenge_method": "S256"}
    assert sent[0].items() >= (fixed | {"redirect_uri": HERE + RETURN}).items()
    assert sent[0]["scope"].split()[0] == "openid"
    for name in ("state", "nonce", "code_challenge"):
        assert len(sent[0][name]) == 43
        assert sent[0][name] != sent[1][name]
    # Neither in the records nor in the cookie stands what would let somebody else finish it.
    for row in await Challenge.all():
        assert row.value == b""


async def test_the_way_back_is_ours_to_say_and_not_a_request_s(app: Starlette, person: Staff) -> None:
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://elsewhere.example")
    assert query(await way(client))["redirect_uri"] == HERE + RETURN


async def test_under_tls_the_cookie_of_a_sign_in_is_bound_to_this_host(app: Starlette, person: Staff) -> None:
    answer = await visitor(app, "https").get(START)
    cookie = next(
        line for line in answer.headers.get_list("set-cookie") if line.startswith("__Host-ketnoi_provider=")
    )
    for part in ("Secure", "HttpOnly", "SameSite=lax", "Path=/"):
        assert part in cookie
    assert "Domain" not in cookie


async def test_a_session_of_before_ends_and_another_begins(
    app: Starlette, trial: Trial, person: Staff
) -> None:
    client = visitor(app)
    # In one window the way to the provider is begun, in another the password is typed meanwhile.
    there = await way(client)
    await client.post("/admin/sign-in", data={"username": person.username, "password": PASSWORD})
    old = client.cookies[COOKIE]
    assert (await client.get(await trial.visit(there))).status_code == 303
    assert client.cookies[COOKIE] != old
    assert await sessions() == 1


async def test_who_is_signed_in_is_not_sent_away_again(app: Starlette, trial: Trial, person: Staff) -> None:
    client = visitor(app)
    await signed_in(client, trial)
    assert await way(client) == "/admin"


async def test_an_account_that_nobody_linked_and_one_that_was_closed_get_the_same_answer(
    app: Starlette, trial: Trial, person: Staff
) -> None:
    strange = await signed_in(visitor(app), trial, who={"accountId": "nguoi-la-mau"})
    await staff.deactivate(person.username, by=system("test"))
    closed = await signed_in(visitor(app), trial)
    for answer in (strange, closed):
        assert answer.status_code == 422
        assert STRANGE in answer.text
    assert strange.text == closed.text
    assert await Staff.all().count() == 1
    assert await sessions() == 0


async def test_a_name_or_address_at_the_provider_links_nobody(
    app: Starlette, trial: Trial, person: Staff
) -> None:
    claims = {"email": person.email, "email_verified": True, "preferred_username": person.username}
    answer = await signed_in(visitor(app), trial, who={"accountId": "nguoi-la-mau"}, token=claims)
    assert STRANGE in answer.text


# What is sent back with something changed, and what is said to it.
ANSWERS: dict[str, tuple[dict[str, str], str]] = {
    "another state": ({"state": "A" * 43}, "began in another window"),
    "a state that is no text": ({"state": "\udcff"}, "began in another window"),
    "no state": ({"state": ""}, "began in another window"),
    "another code": ({"code": "A" * 43}, "did not work"),
    "no code": ({"code": ""}, "did not work"),
    "another provider": ({"iss": "https://elsewhere.example"}, "did not work"),
    "no provider, where it says that it names itself": ({"iss": ""}, "did not work"),
    "an error that is none of the known": ({"error": "<b>x</b>"}, "did not work"),
    "an error of its own": ({"error": "server_error"}, "does not answer"),
}


@pytest.mark.parametrize("what", ANSWERS)
async def test_an_answer_that_was_changed_signs_nobody_in(
    app: Starlette, trial: Trial, person: Staff, what: str
) -> None:
    changed, said = ANSWERS[what]
    client = visitor(app)
    back = query(await trial.visit(await way(client))) | changed
    sent = {name: value for name, value in back.items() if value}
    answer = await client.get(f"{RETURN}?{urlencode(sent, errors='surrogateescape')}")
    assert answer.status_code in {422, 503}
    assert said in answer.text
    assert "<b>x" not in answer.text
    assert COOKIE not in client.cookies
    assert await sessions() == 0


async def test_an_answer_is_taken_once(app: Starlette, trial: Trial, person: Staff) -> None:
    client = visitor(app)
    there = await way(client)
    token = client.cookies[STATE]
    back = await trial.visit(there)
    assert (await client.get(back)).status_code == 303
    await send(client, "/admin/sign-out", {}, at="/admin")
    client.cookies.set(STATE, token)
    again = await client.get(back)
    assert again.status_code == 422
    assert "began in another window" in again.text
    assert await sessions() == 0


async def test_an_answer_is_of_no_use_in_another_browser(app: Starlette, trial: Trial, person: Staff) -> None:
    owner, thief = visitor(app), visitor(app)
    back = await trial.visit(await way(owner))
    assert "began in another window" in (await thief.get(back)).text
    # Nor when that browser has a sign-in of its own under way: state, nonce and verifier are another's.
    state = query(await way(thief))["state"]
    stolen = query(back) | {"state": state}
    assert "did not work" in (await thief.get(RETURN, params=stolen)).text
    assert await sessions() == 0


async def test_what_another_site_makes_the_browser_open_does_not_end_a_sign_in_under_way(
    app: Starlette, trial: Trial, person: Staff
) -> None:
    client = visitor(app)
    there = await way(client)
    assert (await client.get(RETURN, params={"code": "x", "state": "y"})).status_code == 422
    assert (await client.get(await trial.visit(there))).status_code == 303


async def test_an_answer_that_comes_too_late_is_told_so(app: Starlette, trial: Trial, person: Staff) -> None:
    client = visitor(app)
    back = await trial.visit(await way(client))
    await Challenge.all().update(expires_at=now() - timedelta(seconds=1))
    assert "took too long" in (await client.get(back)).text


async def test_a_challenge_that_was_changed_on_the_way_gets_no_token(
    app: Starlette, trial: Trial, person: Staff
) -> None:
    client = visitor(app)
    there = await way(client)
    changed = there.replace(query(there)["code_challenge"], "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")
    answer = await client.get(await trial.visit(changed))
    assert answer.status_code == 422
    assert "did not work" in answer.text


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
async def test_a_token_that_does_not_hold_signs_nobody_in(
    app: Starlette, trial: Trial, person: Staff, caplog: pytest.LogCaptureFixture, what: str
) -> None:
    client = visitor(app)
    with caplog.at_level(logging.DEBUG, logger="ketnoi"):
        answer = await signed_in(
            client, trial, token=TOKENS.get(what, {}), header=HEADERS.get(what, {"alg": "RS256"})
        )
    assert answer.status_code == 422
    assert "did not work" in answer.text
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
async def test_what_a_token_may_hold_is_taken(
    app: Starlette, trial: Trial, person: Staff, token: dict[str, Any]
) -> None:
    answer = await signed_in(visitor(app), trial, token=token, header={"x-mau": "1", "kid": None})
    assert answer.status_code == 303


async def test_clocks_may_differ_a_little(app: Starlette, trial: Trial, person: Staff) -> None:
    for seconds, status in ((-30, 303), (-90, 422)):
        token = {"exp": int(time.time()) + seconds}
        assert (await signed_in(visitor(app), trial, token=token)).status_code == status


@pytest.mark.parametrize(
    "answer", [[200, {}], [200, {"id_token": 7}], [200, {"id_token": "a.b.c"}], [400, {}]]
)
async def test_what_is_no_token_signs_nobody_in(
    app: Starlette, trial: Trial, person: Staff, answer: list[Any]
) -> None:
    said = await signed_in(visitor(app), trial, answer=answer)
    assert said.status_code == 422
    assert "did not work" in said.text


@pytest.mark.parametrize("answer", [[500, {}], [200, "<html>"], [200, []], [200, {"a": "b" * 300_000}]])
async def test_an_answer_that_is_none_is_the_provider_being_down(
    app: Starlette, trial: Trial, person: Staff, answer: list[Any]
) -> None:
    said = await signed_in(visitor(app), trial, answer=answer)
    assert said.status_code == 503
    assert "does not answer" in said.text


async def test_who_declines_is_told_kindly(app: Starlette, trial: Trial, person: Staff) -> None:
    answer = await signed_in(visitor(app), trial, refuse=True)
    assert answer.status_code == 422
    assert "was cancelled" in answer.text
    assert "/admin/sign-in/provider" in answer.text


async def test_while_the_provider_is_down_the_password_still_opens(
    app: Starlette, trial: Trial, person: Staff
) -> None:
    # Nothing listens on port 1.
    provider.use(trial.provider(issuer="http://127.0.0.1:1"))
    client = visitor(app)
    answer = await client.get(f"{START}?next=/admin/groups")
    assert answer.status_code == 503
    assert "does not answer at the moment" in answer.text
    assert '<input type="hidden" name="next" value="/admin/groups">' in answer.text
    sent = {"username": person.username, "password": PASSWORD, "next": "/admin/groups"}
    signed = await client.post("/admin/sign-in", data=sent)
    assert signed.headers["location"] == "/admin/groups"
    await send(client, "/admin/proof", {"password": PASSWORD})
    told = await client.get(LINK)
    assert told.status_code == 409
    assert "does not answer at the moment" in told.text


@asynccontextmanager
async def answering(text: str) -> AsyncIterator[str]:
    """The address of what answers to everything with `text`, in which {here} is that address."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(text.replace("{here}", here).encode())
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        here = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        yield here


OK = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
SAFE = dict.fromkeys(("authorization_endpoint", "token_endpoint", "jwks_uri"), "{here}/x")


@pytest.mark.parametrize(
    "text",
    [
        OK + json.dumps({"issuer": "https://elsewhere.example"} | SAFE),
        OK + json.dumps({"issuer": "{here}/"} | SAFE),
        OK + json.dumps({"issuer": "{here}"} | SAFE | {"token_endpoint": "http://elsewhere.example/token"}),
        OK + json.dumps({"issuer": "{here}"} | SAFE | {"authorization_endpoint": "javascript:alert(1)"}),
        OK + json.dumps({"issuer": "{here}"} | SAFE | {"jwks_uri": None}),
        OK + json.dumps({"issuer": "{here}", "x": "x" * 300_000} | SAFE),
        OK + "[" * 100_000,
        OK + "chào",
        "HTTP/1.1 302 Found\r\nConnection: close\r\nLocation: {here}/elsewhere\r\n\r\n{}",
        "HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n{}",
        "no HTTP at all\r\n\r\n",
    ],
)
async def test_nobody_is_sent_to_what_does_not_say_that_it_is_the_provider(
    app: Starlette, trial: Trial, person: Staff, text: str
) -> None:
    async with answering(text) as issuer:
        provider.use(trial.provider(issuer=issuer))
        answer = await visitor(app).get(START)
    assert answer.status_code == 503
    assert "does not answer at the moment" in answer.text


async def test_a_provider_that_never_finishes_is_given_up(
    app: Starlette, trial: Trial, person: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("records.staff.provider_http._WHOLE_SECONDS", 0.2)
    async with answering("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n") as issuer:
        provider.use(trial.provider(issuer=issuer))
        assert (await visitor(app).get(START)).status_code == 503


async def test_metadata_is_asked_for_once_and_new_keys_when_one_is_unknown(
    app: Starlette, trial: Trial, person: Staff
) -> None:
    with running(HERE + RETURN) as own:
        provider.use(own.provider())
        await identities.unlink_for(person.username, by=system("test"))
        await identities.link_for(person.username, own.issuer, SUBJECT, by=system("test"))
        assert (await signed_in(visitor(app), own)).status_code == 303
        assert (await signed_in(visitor(app), own, rotate=True)).status_code == 303
        there = await way(visitor(app))
    # It is gone; the way to it is still known.
    assert (await visitor(app).get(START)).status_code == 303
    assert there.startswith(own.issuer)


async def test_a_client_without_a_secret_signs_in_as_well(
    app: Starlette, trial: Trial, person: Staff
) -> None:
    provider.use(trial.provider(client_id="ketnoi:cong khai", secret=None))
    assert (await signed_in(visitor(app), trial)).status_code == 303


async def test_a_wrong_secret_signs_nobody_in(app: Starlette, trial: Trial, person: Staff) -> None:
    provider.use(trial.provider(secret="wrong"))
    assert "did not work" in (await signed_in(visitor(app), trial)).text


# What the provider says of how somebody showed who they are, and how strong the session is then.
METHODS: list[tuple[dict[str, Any], Strength]] = [
    ({}, Strength.ONE),
    ({"amr": ["pwd"]}, Strength.ONE),
    ({"amr": ["pwd", "kba"]}, Strength.ONE),
    ({"amr": ["pwd", "sms"]}, Strength.ONE),
    ({"amr": ["hwk"]}, Strength.ONE),
    ({"amr": ["mfa"]}, Strength.TWO),
    ({"amr": ["pwd", "otp"]}, Strength.TWO),
    ({"amr": ["hwk", "fpt"]}, Strength.TWO),
    ({"acr": ACR}, Strength.TWO),
    ({"acr": "urn:mau:mot-buoc"}, Strength.ONE),
]


@pytest.mark.parametrize(("who", "strength"), METHODS)
async def test_two_factors_over_there_are_two_here_and_one_is_asked_for_another(
    app: Starlette, trial: Trial, person: Staff, who: dict[str, Any], strength: Strength
) -> None:
    provider.use(trial.provider(acr=(ACR,)))
    client = visitor(app)
    assert query(await way(client))["acr_values"] == ACR
    await signed_in(client, trial, who=who)
    assert (await Session.all().get()).strength is strength
    secret = await enrolled(client)

    other = visitor(app)
    answer = await signed_in(other, trial, who=who)
    if strength is Strength.TWO:
        assert answer.headers["location"] == "/admin"
        return
    assert answer.headers["location"] == "/admin/sign-in/factor"
    assert COOKIE not in other.cookies
    assert (await other.get("/admin")).status_code == 303
    answer = await other.post("/admin/sign-in/factor", data={"code": pyotp.TOTP(secret).at(time.time())})
    assert answer.headers["location"] == "/admin"
    assert (await Session.all().order_by("-id").first()).strength is Strength.TWO  # type: ignore[union-attr]


async def enrolled(client: httpx.AsyncClient) -> str:
    """Adds an authenticator app as a person does."""
    from records.tables import Factor

    page = (await client.get("/admin/account/app")).text
    secret = hidden(page, "secret")
    sent = {"secret": secret, "code": pyotp.TOTP(secret).at(time.time()), "name": "Điện thoại"}
    assert (await send(client, "/admin/account/app", sent)).status_code == 200
    # So that the same step can sign in: in life half a minute has passed.
    await Factor.all().update(last_step=0)
    return secret


@pytest.mark.parametrize("auth_time", [None, int(time.time()) - 3600])
async def test_a_sign_in_over_there_that_may_be_old_proves_nothing_here(
    app: Starlette, trial: Trial, person: Staff, auth_time: int | None
) -> None:
    client = visitor(app)
    await signed_in(client, trial, token={"auth_time": auth_time})
    asked = await client.get("/admin/account/app")
    assert asked.headers["location"].startswith("/admin/proof")
    await send(client, "/admin/proof", {"password": PASSWORD})
    assert (await client.get("/admin/account/app")).status_code == 200


async def test_a_link_is_made_by_the_person_and_told_in_the_history(
    app: Starlette, trial: Trial, used: Provider, staff_client: SignIn
) -> None:
    client = await staff_client()
    page = (await client.get("/admin/account")).text
    assert f'href="{LINK}"' in page
    back = await client.get(await trial.visit(await way(client, LINK)))
    assert (back.status_code, back.headers["location"]) == (303, CONFIRM)
    asked = await client.get(CONFIRM)
    assert f"{SUBJECT}-mau" in asked.text
    # Coming back is not yet a yes.
    assert await Identity.all().count() == 0
    done = await send(client, CONFIRM, {})
    assert (done.status_code, done.headers["location"]) == (303, "/admin/account")
    row, who = await Identity.all().get(), await Staff.all().get()
    assert (row.staff_id, row.issuer, row.subject) == (who.id, trial.issuer, SUBJECT)
    assert (await signed_in(visitor(app), trial)).status_code == 303

    page = (await client.get("/admin/account")).text
    assert '<th scope="row">Cổng mẫu</th>' in page
    assert f'href="{LINK}"' not in page
    gone = await send(client, f"/admin/account/identities/{row.id}/removal", {}, at="/admin/account")
    assert gone.status_code == 303
    assert STRANGE in (await signed_in(visitor(app), trial)).text
    told = await AuditEntry.filter(action="staff.identities").order_by("seq")
    issuer = {"identity": trial.issuer}
    assert [(entry.before, entry.after) for entry in told] == [(None, issuer), (issuer, None)]
    assert {entry.actor_id for entry in told} == {who.id}
    assert SUBJECT not in json.dumps([[entry.before, entry.after] for entry in told])


async def test_only_who_left_to_link_can_link_what_came_back(
    app: Starlette, trial: Trial, used: Provider, staff_client: SignIn
) -> None:
    one, other = await staff_client(), await staff_client()
    back = await trial.visit(await way(one, LINK))
    # Somebody who has another's way back and even the cookie that belongs to it.
    other.cookies.set(STATE, one.cookies[STATE])
    assert (await other.get(back)).status_code == 422
    assert (await visitor(app).get(back)).status_code == 422

    await one.get(await trial.visit(await way(one, LINK)))
    other.cookies.set(STATE, one.cookies[STATE])
    assert (await other.get(CONFIRM)).status_code == 422
    csrf = hidden((await other.get("/admin")).text, "csrf")
    assert (await other.post(CONFIRM, data={"csrf": csrf})).status_code == 422
    assert (await one.post(CONFIRM, data={})).status_code == 403
    assert await Identity.all().count() == 0
    assert (await send(one, CONFIRM, {})).status_code == 303


async def test_a_way_back_from_linking_signs_nobody_in(app: Starlette, trial: Trial, person: Staff) -> None:
    client = visitor(app)
    await client.post("/admin/sign-in", data={"username": person.username, "password": PASSWORD})
    await identities.unlink_for(person.username, by=system("test"))
    await client.post("/admin/sign-in", data={"username": person.username, "password": PASSWORD})
    back = await trial.visit(await way(client, LINK))
    await send(client, "/admin/sign-out", {}, at="/admin")
    assert (await client.get(back)).status_code == 403
    assert COOKIE not in client.cookies


async def test_an_account_there_belongs_to_one_person_here(
    app: Starlette, trial: Trial, person: Staff, staff_client: SignIn
) -> None:
    other = await staff_client()
    await other.get(await trial.visit(await way(other, LINK)))
    answer = await send(other, CONFIRM, {})
    assert answer.status_code == 422
    assert "linked to somebody already" in answer.text
    assert (await Identity.all().get()).staff_id == person.id
    theirs = await Identity.all().get()
    path = f"/admin/account/identities/{theirs.id}/removal"
    assert (await send(other, path, {}, at="/admin/account")).status_code == 404


@pytest.mark.parametrize(("method", "path"), [("GET", LINK), ("GET", CONFIRM), ("POST", CONFIRM)])
async def test_linking_wants_a_fresh_proof(
    trial: Trial, used: Provider, staff_client: SignIn, method: str, path: str
) -> None:
    client = await staff_client()
    await Session.all().update(proved_at=now() - timedelta(minutes=11))
    csrf = hidden((await client.get("/admin")).text, "csrf")
    answer = await client.request(method, path, data={"csrf": csrf} if method == "POST" else None)
    assert answer.headers["location"].startswith("/admin/proof")


async def test_tries_from_an_address_are_counted_and_those_that_worked_are_not(
    app: Starlette, trial: Trial, person: Staff
) -> None:
    await Throttle.all().delete()
    await signed_in(visitor(app), trial)
    before = [row.tries for row in await Throttle.all()]
    assert sum(before) <= 1
    await Throttle.all().delete()
    client = visitor(app)
    back = await trial.visit(await way(client))
    wrong = query(back) | {"code": "x"}
    await client.get(RETURN, params=wrong)
    await Throttle.all().update(tries=1000, since=now())
    last = await client.get(await trial.visit(await way(client)))
    assert last.status_code == 429
    assert await sessions() == 1


@pytest.mark.parametrize(
    ("language", "said"), [(Language.VI, "Đăng nhập bằng Cổng mẫu"), (Language.EN, "Sign in at Cổng mẫu")]
)
async def test_the_way_to_the_provider_is_a_plain_link_where_there_is_one(
    app: Starlette, used: Provider, database: str, language: Language, said: str
) -> None:
    client = visitor(app)
    client.cookies.set("ketnoi_language", language.value)
    answer = await client.get("/admin/sign-in?next=/admin/tips?q=x")
    assert said in answer.text
    assert f'href="{START}?next=/admin/tips%3Fq%3Dx"' in answer.text
    # A link needs no change of the policy; a form that is sent on elsewhere would.
    assert "form-action 'self'" in answer.headers["content-security-policy"]
    assert f'action="{START}' not in answer.text


async def test_where_there_is_no_provider_there_is_no_way_to_one(
    app: Starlette, staff_client: SignIn
) -> None:
    client = await staff_client()
    assert START not in (await visitor(app).get("/admin/sign-in")).text
    assert LINK not in (await client.get("/admin/account")).text
    for path in (START, RETURN):
        assert (await visitor(app).get(path)).status_code == 404
    for path in (LINK, CONFIRM):
        assert (await client.get(path)).status_code in {404, 422}
