"""A real OpenID Connect provider (provider.mjs) for as long as a test needs it, and who signs in there."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import httpx

from records.access.staff.oidc.provider import Provider
from records.core.settings import ProviderSettings
from records.security.trust import trusted_certificates
from scripts.node_packages import PACKAGES, node

SECRET: Final = "chi dung trong thu nghiem :+&%"
ACR: Final = "urn:mau:hai-buoc"
SUBJECT: Final = "canbo-mau-01"


@dataclass(frozen=True)
class Trial:
    """The provider that runs, and the address to which it sends people back."""

    issuer: str
    returns: str

    def settings(self, **changed: Any) -> ProviderSettings:
        """How the service knows it."""
        given = {"issuer": self.issuer, "client_id": "ketnoi", "name": "Cổng mẫu", "secret": SECRET}
        return ProviderSettings(**given | changed)

    def provider(self, **changed: Any) -> Provider:
        """The provider as the service uses it, with nothing read yet."""
        return Provider(self.settings(**changed), self.returns)

    async def expect(self, **trial: Any) -> None:
        """Says who signs in next and what is to go wrong: see provider.mjs."""
        who = {"accountId": SUBJECT} | trial.pop("who", {})
        async with httpx.AsyncClient(verify=trusted_certificates()) as client:
            await client.post(f"{self.issuer}/trial", content=json.dumps({"who": who} | trial))

    async def visit(self, address: str, **trial: Any) -> str:
        """Where a browser is led that goes to `address` and signs in as `trial` says."""
        await self.expect(**trial)
        async with httpx.AsyncClient(verify=trusted_certificates()) as browser:
            while not address.startswith(self.returns):
                answer = await browser.get(address)
                assert answer.is_redirect, answer.text
                address = str(answer.next_request.url if answer.next_request else "")
        return address


def query(address: str) -> dict[str, str]:
    """What an address carries."""
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


@contextmanager
def running(returns: str, authentication: str = "client_secret_basic") -> Iterator[Trial]:
    """The provider on a free port, until this ends; `authentication` is how a client shows who it is."""
    command = [node(), str(PACKAGES / "provider.mjs"), returns, authentication]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, cwd=PACKAGES, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        issuer = process.stdout.readline().strip()
        assert issuer, "the provider did not start: run `make setup`"
        yield Trial(issuer, returns)
        process.communicate("")
