"""What programs and people look up about the service: how to get a token, whom to tell, what is new."""

from dataclasses import replace
from datetime import date, timedelta

import httpx
import pytest
from starlette.applications import Starlette

from api.guide.changelog import RELEASES
from records.access.partners import ALGORITHMS
from records.core.dates import today
from records.core.settings import OperatorError, Settings
from tests.replaced import replaced_services

CONTACT = "mailto:security@ketnoi.example"


async def test_oauth_metadata_names_what_endpoints_take(api: httpx.AsyncClient) -> None:
    answer = await api.get("/.well-known/oauth-authorization-server", headers={"Host": "localhost"})
    assert answer.headers["content-type"] == "application/json"
    told = answer.json()
    base = "http://127.0.0.1:8000"
    assert told["issuer"] == base
    assert told["token_endpoint"] == f"{base}/oauth/token"
    assert told["revocation_endpoint"] == f"{base}/oauth/revoke"
    assert told["grant_types_supported"] == ["client_credentials"]
    assert told["response_types_supported"] == []
    signing = told["token_endpoint_auth_signing_alg_values_supported"]
    assert signing == [name for names in ALGORITHMS.values() for name in names]
    assert "tips:read" in told["scopes_supported"]
    for endpoint in (told["token_endpoint"], told["revocation_endpoint"]):
        assert (await api.post(endpoint)).status_code == 400
    assert (await api.get(told["service_documentation"])).status_code == 200


async def test_security_contact_is_missing_when_not_set(api: httpx.AsyncClient) -> None:
    assert (await api.get("/.well-known/security.txt")).status_code == 404


async def test_security_contact_is_shown_when_set(app: Starlette, api: httpx.AsyncClient) -> None:
    settings = replace(app.state.services.settings, security_contact=CONTACT)
    with replaced_services(app, settings=settings):
        answer = await api.get("/.well-known/security.txt")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    fields = dict(line.split(": ", 1) for line in answer.text.splitlines())
    assert fields["Contact"] == CONTACT
    assert fields["Canonical"] == "http://127.0.0.1:8000/.well-known/security.txt"
    expires = date.fromisoformat(fields["Expires"].partition("T")[0])
    assert today() < expires < today() + timedelta(days=365)


@pytest.mark.parametrize("contact", ["security@ketnoi.example", "http://a", "mailto:a@b\nEvil: x", "tel:1"])
def test_security_contact_is_refused_when_malformed(contact: str) -> None:
    with pytest.raises(OperatorError, match="KETNOI_SECURITY_CONTACT"):
        Settings.from_environment({"KETNOI_SECURITY_CONTACT": contact})


def test_security_contact_is_passed_on_to_child() -> None:
    settings = Settings.from_environment({"KETNOI_SECURITY_CONTACT": CONTACT})
    assert Settings.from_environment(settings.environment()).security_contact == CONTACT


@pytest.mark.parametrize(("language", "title"), [("vi", "Có gì mới"), ("en", "Changelog")])
async def test_changelog_shows_releases_in_both_languages(
    api: httpx.AsyncClient, language: str, title: str
) -> None:
    page = await api.get("/docs/changelog", params={"language": language})
    assert page.headers["content-language"] == language
    assert f"<h1>{title}</h1>" in page.text
    for release in RELEASES:
        assert f'id="{release.version}"' in page.text
        assert page.text.count("<li>") >= len(release.changes)


def test_releases_are_listed_newest_first() -> None:
    days = [release.released for release in RELEASES]
    assert days == sorted(days, reverse=True)


async def test_guide_links_to_changelog(api: httpx.AsyncClient) -> None:
    assert '"/docs/changelog?language=en"' in (await api.get("/docs?language=en")).text
