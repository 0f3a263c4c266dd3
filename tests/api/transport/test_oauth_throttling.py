"""Guesses at the token endpoint are counted and slowed down."""

import httpx
from starlette.applications import Starlette

from records.security import throttling
from records.tables import Throttle
from tests.api.transport.oauth_support import MakeKey, Signer, ask, assert_with, elsewhere, got, wrong


async def test_client_is_throttled_alone_when_its_secret_is_guessed(
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


async def test_known_client_is_not_throttled_when_ids_are_guessed(
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


async def test_wrong_signatures_are_counted_for_named_partner(
    app: Starlette, api: httpx.AsyncClient, signer: Signer
) -> None:
    forged = signer.signed()[:-8] + "AAAAAAAA"
    for _ in range(20):
        assert (await assert_with(api, forged)).status_code == 401
    assert (await assert_with(api, forged)).status_code == 429
    async with elsewhere(app, "10.1.1.1") as its_own:
        assert (await assert_with(its_own, signer.signed())).status_code == 200


async def test_right_secrets_are_not_counted_and_no_address_is_stored(
    api: httpx.AsyncClient, partner_key: MakeKey
) -> None:
    key = await partner_key()
    for _ in range(25):
        await got(api, key)
    kept = await Throttle.all()
    assert {row.tries for row in kept} == {1}
    assert all(len(row.key) == 64 and int(row.key, 16) for row in kept)
    assert await wrong(api, key.split("_")[1]) == 401


async def test_right_signatures_are_not_counted(api: httpx.AsyncClient, signer: Signer) -> None:
    for _ in range(3):
        assert (await assert_with(api, signer.signed())).status_code == 200
    own, address = str(signer.partner.id), "127.0.0.1"
    assert await throttling.is_remembered(address, own)
    assert not await Throttle.exists(key=throttling.per_client(address, own).key)
    assert (await assert_with(api, signer.signed(aud="https://elsewhere.example"))).status_code == 401
    assert (await Throttle.get(key=throttling.per_client(address, own).key)).tries == 1


async def test_unknown_client_is_counted_for_itself_and_its_address(
    api: httpx.AsyncClient, database: str
) -> None:
    assert await wrong(api, "0123456789ab") == 401
    for limit in (
        throttling.per_client("127.0.0.1", "0123456789ab"),
        throttling.per_client_address("127.0.0.1"),
    ):
        assert (await Throttle.get(key=limit.key)).tries == 1
