"""A device that makes and shows passkeys (WebAuthn), in software: also wrongly, where a test says so."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from secrets import token_bytes
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from records.access.staff.passkeys import RelyingParty

PRESENT, VERIFIED, WITH_KEY = 0x01, 0x04, 0x40


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass
class Device:
    """One passkey, of a browser at `site`."""

    site: RelyingParty
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    id: bytes = field(default_factory=lambda: token_bytes(16))
    count: int = 0

    def make(self, options: str, *, site: RelyingParty | None = None, verified: bool = True) -> str:
        """The answer to a request for a new passkey."""
        at, point = site or self.site, self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32), -3: point.y.to_bytes(32)}
        held = bytes(16) + len(self.id).to_bytes(2) + self.id + cbor2.dumps(cose)
        data = self._data(at, WITH_KEY | (VERIFIED if verified else 0)) + held
        attested = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        return self._answer("create", options, at, attestationObject=_text(attested))

    def show(self, options: str, *, site: RelyingParty | None = None, verified: bool = True) -> str:
        """The answer to a request for a passkey."""
        at = site or self.site
        self.count += 1
        data = self._data(at, VERIFIED if verified else 0)
        signed = data + sha256(self._client("get", options, at)).digest()
        signature = self.key.sign(signed, ec.ECDSA(SHA256()))
        return self._answer(
            "get", options, at, authenticatorData=_text(data), signature=_text(signature), userHandle=None
        )

    def _data(self, at: RelyingParty, flags: int) -> bytes:
        return sha256(at.host.encode()).digest() + bytes([PRESENT | flags]) + self.count.to_bytes(4)

    def _client(self, kind: str, options: str, at: RelyingParty) -> bytes:
        given = {
            "type": f"webauthn.{kind}",
            "challenge": json.loads(options)["challenge"],
            "origin": at.origin,
        }
        return json.dumps(given).encode()

    def _answer(self, kind: str, options: str, at: RelyingParty, **response: Any) -> str:
        response |= {"clientDataJSON": _text(self._client(kind, options, at))}
        id_ = _text(self.id)
        return json.dumps(
            {
                "id": id_,
                "rawId": id_,
                "type": "public-key",
                "response": response,
                "clientExtensionResults": {},
            }
        )


def named(options: str, which: str) -> list[bytes]:
    """The passkeys that a request names, in `allowCredentials` or `excludeCredentials`."""
    found = json.loads(options).get(which, [])
    return [urlsafe_b64decode(f"{one['id']}==") for one in found]
