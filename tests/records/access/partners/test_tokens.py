"""Access tokens where there are several: of one partner and of others, live and over."""

from datetime import timedelta

import pytest

from records.access import partners
from records.access.partners import Client, WrongClient
from records.core.actor import Scope, system_actor
from records.core.dates import now
from records.security.tokens import hash_token
from records.tables import AccessToken, Partner, PartnerKey
from tests.conftest import area_ids

TASK = system_actor("test")


async def somebody(name: str) -> Partner:
    scopes = {Scope.GROUPS_READ, Scope.TIPS_READ}
    return await partners.create(name=name, scopes=scopes, areas=await area_ids("29905"), by=TASK)


async def client(row: Partner) -> Client:
    _mark, prefix, secret = (await partners.issue_key(row.id, by=TASK)).split("_", 2)
    shown = await partners.authenticate_by_secret(prefix, secret, address="192.0.2.1")
    assert shown is not None
    assert shown.partner.id == row.id
    return shown


async def token(of: Client) -> str:
    return (await partners.grant(of)).token


async def kept(given: str) -> AccessToken:
    return await AccessToken.get(token_hash=hash_token(given))


async def test_token_belongs_to_partner_and_key_used_for_it(database: str) -> None:
    one, two = [await client(await somebody(name)) for name in ("Một", "Hai")]
    for of in (one, two):
        given = await token(of)
        actor = await partners.authenticate_bearer(given)
        assert actor is not None
        assert (actor.id, actor.scopes) == (of.partner.id, frozenset({Scope.GROUPS_READ, Scope.TIPS_READ}))
        row = await kept(given)
        assert of.key is not None
        assert (row.partner_id, row.key_id) == (of.partner.id, of.key.id)
        assert timedelta(minutes=14) < row.expires_at - now() <= timedelta(minutes=15)


async def test_older_token_lives_on_when_another_is_granted(database: str) -> None:
    one = await client(await somebody("Một"))
    living, another = await token(one), await token(one)
    assert await partners.authenticate_bearer(another) is not None
    assert await partners.authenticate_bearer(living) is not None


async def test_token_is_revoked_only_by_its_partner(database: str) -> None:
    one, two = [await client(await somebody(name)) for name in ("Một", "Hai")]
    first, second, foreign = await token(one), await token(one), await token(two)
    with pytest.raises(WrongClient):
        await partners.revoke_token(one, foreign)
    await partners.revoke_token(one, first)
    ended = (await kept(first)).revoked_at
    await partners.revoke_token(one, first)
    assert (await kept(first)).revoked_at == ended
    await partners.revoke_token(one, "kta_khong-co")
    assert await partners.authenticate_bearer(first) is None
    for given in (second, foreign):
        assert await partners.authenticate_bearer(given) is not None


async def test_live_tokens_are_counted_per_partner(database: str) -> None:
    one, two = [await client(await somebody(name)) for name in ("Một", "Hai")]
    given = [await token(one) for _ in range(4)]
    await token(two)
    await partners.revoke_token(one, given[0])
    await AccessToken.filter(token_hash=hash_token(given[1])).update(expires_at=now())
    assert await partners.live_tokens(one.partner.id) == 2
    assert await partners.live_tokens(two.partner.id) == 1


async def test_token_ends_when_its_key_ends(database: str) -> None:
    row = await somebody("Một")
    one, other = await client(row), await client(row)
    given = await token(one)
    assert one.key is not None
    assert other.key is not None
    for column, value in (("revoked_at", now()), ("expires_at", now() - timedelta(seconds=1))):
        await PartnerKey.filter(id=other.key.id).update(**{column: value})
        assert await partners.authenticate_bearer(given) is not None
    await PartnerKey.filter(id=one.key.id).update(expires_at=now() + timedelta(minutes=1))
    assert await partners.authenticate_bearer(given) is not None
    await PartnerKey.filter(id=one.key.id).update(expires_at=now() - timedelta(seconds=1))
    assert await partners.authenticate_bearer(given) is None


@pytest.mark.parametrize("column", ["active", "deleted_at"])
async def test_secret_and_token_are_refused_when_partner_is_gone(database: str, column: str) -> None:
    row = await somebody("Một")
    _mark, prefix, secret = (await partners.issue_key(row.id, by=TASK)).split("_", 2)
    given = await token(await client(row))
    await client(await somebody("Hai"))
    await Partner.filter(id=row.id).update(**{column: False if column == "active" else now()})
    assert await partners.authenticate_by_secret(prefix, secret, address="192.0.2.1") is None
    assert await partners.authenticate_bearer(given) is None
