"""Who calls: `viewer` tells it to whoever sends a key or a token, and to nobody else."""

from datetime import timedelta
from typing import Any

import httpx

from records.access import partners
from records.core.actor import Scope, system_actor
from records.core.dates import now
from tests.api.support import PHU_HUU, Ask, Counting, PartnerKey, error, post
from tests.conftest import area_ids

VIEWER = "{ viewer { name scopes documentsOnly credential { kind prefix expiresAt } areas { code name } } }"


async def test_viewer_shows_partner_and_key(ask: Ask) -> None:
    by, end = system_actor("test"), now() + timedelta(days=30)
    scopes = {Scope.TIPS_READ, Scope.GROUPS_READ}
    row = await partners.create(name="Sở mẫu", scopes=scopes, areas=await area_ids("82", PHU_HUU), by=by)
    key = await partners.issue_key(row.id, by=by, expires_at=end)
    found: dict[str, Any] = (await ask(VIEWER, key=key))["data"]["viewer"]
    assert sorted(found.pop("areas"), key=lambda area: str(area["code"])) == [
        {"code": PHU_HUU, "name": "Xã Phú Hựu"},
        {"code": "82", "name": "Tỉnh Đồng Tháp"},
    ]
    assert found == {
        "name": "Sở mẫu",
        "scopes": ["groups:read", "tips:read"],
        "documentsOnly": False,
        "credential": {"kind": "KEY", "prefix": key.split("_")[1], "expiresAt": end.isoformat()},
    }


async def test_viewer_shows_key_scopes_and_end_of_token(
    ask: Ask, api: httpx.AsyncClient, partner_key: PartnerKey
) -> None:
    key = await partner_key()
    _mark, prefix, secret = key.split("_", 2)
    asked = {"grant_type": "client_credentials", "client_id": prefix, "client_secret": secret}
    token = (await api.post("/oauth/token", data=asked | {"scope": "groups:read"})).json()["access_token"]
    found = (await ask(VIEWER, key=token))["data"]["viewer"]
    assert found["scopes"] == ["groups:read"]
    assert found["credential"]["kind"] == "TOKEN"
    assert found["credential"]["prefix"] == prefix
    assert found["credential"]["expiresAt"] > now().isoformat()


async def test_viewer_needs_key_and_scope_for_areas_only(
    ask: Ask, api: httpx.AsyncClient, partner_key: PartnerKey
) -> None:
    narrow = await partner_key(scopes={Scope.PROGRAMMES_READ})
    said = await ask("{ viewer { scopes } }", key=narrow)
    assert said["data"] == {"viewer": {"scopes": ["programmes:read"]}}
    refused = error(await ask("{ viewer { areas { code } } }", key=narrow))
    assert refused["extensions"]["field"] == "Viewer.areas"
    nobody = (await post(api, {"query": "{ viewer { name } }"})).json()
    assert error(nobody)["extensions"]["code"] == "UNAUTHENTICATED"


async def test_viewer_reads_nothing_from_database(ask: Ask, counting: Counting) -> None:
    await ask("{ __typename }")
    with counting() as statements:
        await ask("{ __typename }")
    known = len(statements)
    with counting() as statements:
        await ask("{ viewer { name scopes documentsOnly credential { prefix } } }")
    assert len(statements) == known
