"""Signing in at a provider: the way there and back, and what somebody may try on it."""

from datetime import timedelta
from urllib.parse import urlencode

import httpx
import pytest
from starlette.applications import Starlette

from admin.sign_in.oidc import CALLBACK_PATH
from records.access import staff
from records.access.staff.oidc.provider import Provider
from records.core.actor import system_actor
from records.core.dates import now
from records.core.language import Language
from records.tables import Challenge, Identity, Session, Staff, Throttle
from records.tables.staff import AuthenticationStrength
from tests.admin.conftest import (
    COOKIE,
    HERE,
    LINK,
    START,
    STATE,
    STRANGE,
    SignIn,
    offer,
    sessions,
    signed_in,
    visitor,
    way,
)
from tests.admin.forms import send
from tests.conftest import PASSWORD
from tests.node.provider import Trial, query

CONFIRM = f"{LINK}/confirmation"


async def test_linked_account_signs_in_and_goes_to_wanted_page(
    app: Starlette, trial: Trial, linked: Staff
) -> None:
    client = visitor(app)
    back = await trial.visit(await way(client, f"{START}?next=/admin/groups"))
    answer = await client.get(back)
    assert (answer.status_code, answer.headers["location"]) == (303, "/admin/groups")
    assert (await client.get("/admin/groups")).status_code == 200
    session = await Session.all().get()
    assert (session.staff_id, session.strength) == (linked.id, AuthenticationStrength.ONE)
    assert (await Identity.all().get()).used_at is not None
    assert STATE not in client.cookies


async def test_provider_request_holds_parameters_of_safe_sign_in(
    app: Starlette, trial: Trial, linked: Staff
) -> None:
    sent = [query(await way(visitor(app))) for _ in range(2)]
    fixed = {"response_type": "code", "client_id": "ketnoi", "code_challenge_method": "S256"}
    assert sent[0].items() >= (fixed | {"redirect_uri": HERE + CALLBACK_PATH}).items()
    assert sent[0]["scope"].split()[0] == "openid"
    for name in ("state", "nonce", "code_challenge"):
        assert len(sent[0][name]) == 43
        assert sent[0][name] != sent[1][name]
    # Neither in the records nor in the cookie stands what would let somebody else finish it.
    for row in await Challenge.all():
        assert row.value == b""


async def test_provider_return_address_is_not_taken_from_request(app: Starlette, linked: Staff) -> None:
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost")
    assert query(await way(client))["redirect_uri"] == HERE + CALLBACK_PATH


async def test_provider_cookie_is_bound_to_host_under_tls(app: Starlette, linked: Staff) -> None:
    answer = await visitor(app, "https").get(START)
    cookie = next(
        line for line in answer.headers.get_list("set-cookie") if line.startswith("__Host-ketnoi_provider=")
    )
    for part in ("Secure", "HttpOnly", "SameSite=lax", "Path=/"):
        assert part in cookie
    assert "Domain" not in cookie


async def test_provider_sign_in_replaces_former_session(app: Starlette, trial: Trial, linked: Staff) -> None:
    client = visitor(app)
    # In one window the way to the provider is begun, in another the password is typed meanwhile.
    there = await way(client)
    await client.post("/admin/sign-in", data={"username": linked.username, "password": PASSWORD})
    old = client.cookies[COOKIE]
    assert (await client.get(await trial.visit(there))).status_code == 303
    assert client.cookies[COOKIE] != old
    assert await sessions() == 1


async def test_provider_is_skipped_when_signed_in(app: Starlette, trial: Trial, linked: Staff) -> None:
    client = visitor(app)
    await signed_in(client, trial)
    assert await way(client) == "/admin"


async def test_unlinked_and_closed_accounts_get_same_answer(
    app: Starlette, trial: Trial, linked: Staff
) -> None:
    strange = await signed_in(visitor(app), trial, who={"accountId": "nguoi-la-mau"})
    await staff.deactivate(linked.username, by=system_actor("test"))
    closed = await signed_in(visitor(app), trial)
    for answer in (strange, closed):
        assert answer.status_code == 422
        assert STRANGE in answer.text
    assert strange.text == closed.text
    assert await Staff.all().count() == 1
    assert await sessions() == 0


async def test_provider_name_or_email_links_no_account(app: Starlette, trial: Trial, linked: Staff) -> None:
    claims = {"email": linked.email, "email_verified": True, "preferred_username": linked.username}
    answer = await signed_in(visitor(app), trial, who={"accountId": "nguoi-la-mau"}, token=claims)
    assert STRANGE in answer.text


# What is sent back with something changed, and what is said to it.
ANSWERS: dict[str, tuple[dict[str, str], str]] = {
    "another state": ({"state": "A" * 43}, "began in another window"),
    "a state that is no text": ({"state": "\udcff"}, "began in another window"),
    "no state": ({"state": ""}, "began in another window"),
    "another code": ({"code": "A" * 43}, "failed. Try again"),
    "no code": ({"code": ""}, "failed. Try again"),
    "another provider": ({"iss": "https://elsewhere.example"}, "failed. Try again"),
    "no provider, where it says that it names itself": ({"iss": ""}, "failed. Try again"),
    "an error that is none of the known": ({"error": "<b>x</b>"}, "failed. Try again"),
    "an error of its own": ({"error": "server_error"}, "is not responding"),
}


@pytest.mark.parametrize("what", ANSWERS)
async def test_provider_answer_is_refused_when_changed(
    app: Starlette, trial: Trial, linked: Staff, what: str
) -> None:
    changed, said = ANSWERS[what]
    client = visitor(app)
    back = query(await trial.visit(await way(client))) | changed
    sent = {name: value for name, value in back.items() if value}
    answer = await client.get(f"{CALLBACK_PATH}?{urlencode(sent, errors='surrogateescape')}")
    assert answer.status_code in {422, 503}
    assert said in answer.text
    assert "<b>x" not in answer.text
    assert COOKIE not in client.cookies
    assert await sessions() == 0


async def test_provider_answer_works_once(app: Starlette, trial: Trial, linked: Staff) -> None:
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


async def test_provider_answer_is_refused_in_another_browser(
    app: Starlette, trial: Trial, linked: Staff
) -> None:
    owner, thief = visitor(app), visitor(app)
    back = await trial.visit(await way(owner))
    assert "began in another window" in (await thief.get(back)).text
    # Nor when that browser has a sign-in of its own under way: state, nonce and verifier are another's.
    state = query(await way(thief))["state"]
    stolen = query(back) | {"state": state}
    assert "failed. Try again" in (await thief.get(CALLBACK_PATH, params=stolen)).text
    assert await sessions() == 0


async def test_sign_in_continues_when_another_site_opens_return_page(
    app: Starlette, trial: Trial, linked: Staff
) -> None:
    client = visitor(app)
    there = await way(client)
    assert (await client.get(CALLBACK_PATH, params={"code": "x", "state": "y"})).status_code == 422
    assert (await client.get(await trial.visit(there))).status_code == 303


async def test_provider_answer_is_refused_when_late(app: Starlette, trial: Trial, linked: Staff) -> None:
    client = visitor(app)
    back = await trial.visit(await way(client))
    await Challenge.all().update(expires_at=now() - timedelta(seconds=1))
    assert "took too long" in (await client.get(back)).text


async def test_provider_token_is_refused_when_challenge_was_changed(
    app: Starlette, trial: Trial, linked: Staff
) -> None:
    client = visitor(app)
    there = await way(client)
    changed = there.replace(query(there)["code_challenge"], "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")
    answer = await client.get(await trial.visit(changed))
    assert answer.status_code == 422
    assert "failed. Try again" in answer.text


async def test_sign_in_explains_when_person_declines(app: Starlette, trial: Trial, linked: Staff) -> None:
    answer = await signed_in(visitor(app), trial, refuse=True)
    assert answer.status_code == 422
    assert "was cancelled" in answer.text
    assert "/admin/sign-in/provider" in answer.text


async def test_password_signs_in_when_provider_is_down(app: Starlette, trial: Trial, linked: Staff) -> None:
    # Nothing listens on port 1.
    offer(app, trial.provider(issuer="http://127.0.0.1:1"))
    client = visitor(app)
    answer = await client.get(f"{START}?next=/admin/groups")
    assert answer.status_code == 503
    assert "is not responding" in answer.text
    assert '<input type="hidden" name="next" value="/admin/groups">' in answer.text
    sent = {"username": linked.username, "password": PASSWORD, "next": "/admin/groups"}
    signed = await client.post("/admin/sign-in", data=sent)
    assert signed.headers["location"] == "/admin/groups"
    await send(client, "/admin/proof", {"password": PASSWORD})
    told = await client.get(LINK)
    assert told.status_code == 409
    assert "is not responding" in told.text


async def test_provider_attempts_are_counted_unless_successful(
    app: Starlette, trial: Trial, linked: Staff
) -> None:
    await Throttle.all().delete()
    for _ in range(3):
        await signed_in(visitor(app), trial)
    assert [row.tries for row in await Throttle.all()] == [1]
    await Throttle.all().delete()
    client = visitor(app)
    back = await trial.visit(await way(client))
    wrong = query(back) | {"code": "x"}
    await client.get(CALLBACK_PATH, params=wrong)
    await Throttle.all().update(tries=1000, since=now())
    last = await client.get(await trial.visit(await way(client)))
    assert last.status_code == 429
    assert await sessions() == 3


@pytest.mark.parametrize(
    ("language", "said"), [(Language.VI, "Đăng nhập bằng Cổng mẫu"), (Language.EN, "Sign in with Cổng mẫu")]
)
async def test_provider_link_is_plain_on_sign_in_page(
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


async def test_provider_link_is_absent_without_provider(app: Starlette, staff_client: SignIn) -> None:
    client = await staff_client()
    assert START not in (await visitor(app).get("/admin/sign-in")).text
    assert LINK not in (await client.get("/admin/account")).text
    for path in (START, CALLBACK_PATH):
        assert (await visitor(app).get(path)).status_code == 404
    for path in (LINK, CONFIRM):
        assert (await client.get(path)).status_code in {404, 422}
