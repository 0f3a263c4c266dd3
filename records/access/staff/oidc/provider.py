"""The OpenID Connect provider at which staff may sign in: where they are sent, and who came back.

The code flow of OpenID Connect Core 1.0 with PKCE (RFC 7636), and what RFC 9700 asks of a client.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import quote_plus

import httpx
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwk, jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jws import JWSRegistry

from records.access.staff.oidc.errors import InvalidProviderResponse, ProviderUnavailable, SignInCancelled
from records.access.staff.oidc.http import DocumentCache, InvalidResponse, send_request
from records.access.staff.sessions import ABSOLUTE_TIMEOUT
from records.core import events
from records.core.dates import now
from records.core.events import Event
from records.core.settings import ProviderSettings, is_safe_address

# No "none", and no HMAC: with one, whoever knows the client's secret could say who anybody is.
ALGORITHMS: Final = (*("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"), *("ES256", "ES384", "ES512"))
LEEWAY: Final = timedelta(minutes=1)

_SUBJECT_LENGTH: Final = 255
# Methods of RFC 8176 by what they show: two kinds are two factors. A text message or a call is none.
_KINDS: Final = (
    frozenset({"pwd", "pin", "kba"}),
    frozenset({"hwk", "swk", "otp", "pop", "sc"}),
    frozenset({"face", "fpt", "iris", "retina", "vbm"}),
)

# What a token that is none makes the libraries raise.
_PROVIDER_ERRORS: Final = (
    *(JoseError, ValueError, TypeError, KeyError, AttributeError),
    *(OverflowError, OSError, RecursionError),
)


@dataclass(frozen=True)
class AuthorizationSecrets:
    """The values that tie one sign-in to the browser that began it."""

    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True)
class AuthorizationResponse:
    """The provider's response, as the browser brought it back."""

    code: str = ""
    state: str = ""
    issuer: str = ""
    error: str = ""


@dataclass(frozen=True)
class ProviderIdentity:
    """Somebody whom the provider vouches for."""

    issuer: str
    subject: str
    # By which they recognise their account there; shown to them once, and not kept.
    name: str
    two_factors: bool
    # When they last showed the provider who they are, where it says so.
    authenticated_at: datetime | None


class Provider:
    """A provider, and what was last read of its metadata and keys."""

    def __init__(self, settings: ProviderSettings, redirect_uri: str) -> None:
        """`redirect_uri` is the one address, registered with the provider, to which it sends people back."""
        self.settings = settings
        self.redirect_uri = redirect_uri
        self._documents = DocumentCache()

    async def authorization_url(self, secrets: AuthorizationSecrets) -> str:
        """The address to which the browser goes to sign in. Raises `ProviderUnavailable`."""
        metadata = await self._metadata()
        address: str = prepare_grant_uri(
            metadata["authorization_endpoint"],
            self.settings.client_id,
            "code",
            redirect_uri=self.redirect_uri,
            scope="openid profile",
            state=secrets.state,
            nonce=secrets.nonce,
            code_challenge=create_s256_code_challenge(secrets.verifier),
            code_challenge_method="S256",
            max_age=int(ABSOLUTE_TIMEOUT.total_seconds()),
            acr_values=" ".join(self.settings.acr) or None,
        )
        return address

    async def authenticate(
        self, response: AuthorizationResponse, secrets: AuthorizationSecrets
    ) -> ProviderIdentity:
        """The person who came back.

        Raises `ProviderUnavailable`, `InvalidProviderResponse` or `SignInCancelled`.
        """
        metadata = await self._metadata()
        # RFC 9207: an answer that another provider gave is for that one alone.
        sends_issuer = metadata.get("authorization_response_iss_parameter_supported") is True
        if response.issuer != self.settings.issuer and (sends_issuer or response.issuer):
            raise self._invalid_response("the answer came from another issuer")
        if response.error == "access_denied":
            raise SignInCancelled(self.settings.name)
        if response.error in {"server_error", "temporarily_unavailable"}:
            raise self._unavailable("it has a problem of its own")
        if response.error or not response.code:
            raise self._invalid_response("it sent no code")
        tokens = await self._redeem(metadata, response.code, secrets.verifier)
        try:
            claims = await self._claims(metadata, tokens, secrets.nonce)
            return self._person(claims)
        except _PROVIDER_ERRORS as error:
            # Its kind alone: what stands in a token is about a person.
            raise self._invalid_response(f"its token does not hold: {type(error).__name__}") from None

    async def _redeem(self, metadata: Mapping[str, Any], code: str, verifier: str) -> dict[str, Any]:
        """The tokens for `code` (RFC 6749, sections 2.3.1 and 4.1.3)."""
        client_id, secret = self.settings.client_id, self.settings.secret
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri,
            "code_verifier": verifier,
        }
        ways = metadata.get("token_endpoint_auth_methods_supported")
        auth = None
        if secret is None:
            form["client_id"] = client_id
        elif not isinstance(ways, list) or "client_secret_basic" in ways:
            auth = httpx.BasicAuth(quote_plus(client_id), quote_plus(secret))
        else:
            form |= {"client_id": client_id, "client_secret": secret}
        try:
            status, tokens = await send_request("POST", metadata["token_endpoint"], data=form, auth=auth)
        except InvalidResponse as error:
            raise self._unavailable(str(error)) from None
        if status != 200:
            raise self._invalid_response("it gives nothing for the code")
        return tokens

    async def _claims(
        self, metadata: Mapping[str, Any], tokens: Mapping[str, Any], nonce: str
    ) -> CodeIDToken:
        """The claims of the ID token, checked as section 3.1.3.7 of OpenID Connect Core says."""
        # A header that is not known is no reason to refuse (RFC 7515, section 4).
        registry = JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
        try:
            token = jwt.decode(tokens["id_token"], await self._keys(metadata), registry=registry)
        except InvalidKeyIdError:
            # The provider may have changed its keys since they were read.
            token = jwt.decode(
                tokens["id_token"], await self._keys(metadata, refresh=True), registry=registry
            )
        claims = CodeIDToken(
            token.claims,
            token.header,
            options={
                "iss": {"essential": True, "value": self.settings.issuer},
                "aud": {"essential": True, "value": self.settings.client_id},
            },
            params={
                "nonce": nonce,
                "client_id": self.settings.client_id,
                "access_token": tokens.get("access_token"),
            },
        )
        claims.validate(leeway=int(LEEWAY.total_seconds()))
        return claims

    def _person(self, claims: Mapping[str, Any]) -> ProviderIdentity:
        subject = claims["sub"]
        if not 0 < len(subject) <= _SUBJECT_LENGTH or not subject.isprintable():
            raise ValueError
        shown_at = datetime.fromtimestamp(claims["auth_time"], UTC) if "auth_time" in claims else None
        if shown_at is not None and not now() - ABSOLUTE_TIMEOUT - LEEWAY <= shown_at <= now() + LEEWAY:
            raise ValueError
        two = is_two_factors(claims.get("amr") or []) or claims.get("acr") in self.settings.acr
        name = claims.get("preferred_username")
        # What turns the direction of text, or is not seen at all, could show another name than there is.
        if not isinstance(name, str) or not name.strip() or not name.isprintable():
            name = subject
        return ProviderIdentity(self.settings.issuer, subject, name[:_SUBJECT_LENGTH], two, shown_at)

    async def _metadata(self) -> dict[str, Any]:
        issuer = self.settings.issuer
        metadata = await self._read(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        if metadata.get("issuer") != issuer:
            raise self._unavailable("its metadata name another issuer")
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
            if not isinstance(metadata.get(name), str) or not is_safe_address(metadata[name]):
                raise self._unavailable(f"its metadata have no {name} that is safe to use")
        return metadata

    async def _keys(self, metadata: Mapping[str, Any], *, refresh: bool = False) -> jwk.KeySet:
        keys: Any = await self._read(metadata["jwks_uri"], refresh=refresh)
        return jwk.KeySet.import_key_set(keys)

    async def _read(self, address: str, *, refresh: bool = False) -> dict[str, Any]:
        try:
            return await self._documents.read(address, refresh=refresh)
        except InvalidResponse as error:
            raise self._unavailable(str(error)) from None

    def _unavailable(self, reason: str) -> ProviderUnavailable:
        events.log(Event.PROVIDER_FAILED, reason=reason)
        return ProviderUnavailable(self.settings.name)

    def _invalid_response(self, reason: str) -> InvalidProviderResponse:
        events.log(Event.PROVIDER_FAILED, reason=reason)
        events.log(Event.SIGN_IN_FAILED, step="provider")
        return InvalidProviderResponse(self.settings.name)


def is_two_factors(methods: Collection[str]) -> bool:
    """Whether methods of RFC 8176 say that somebody showed two factors of different kinds."""
    keys = set(methods)
    return "mfa" in keys or sum(bool(kind & keys) for kind in _KINDS) >= 2
