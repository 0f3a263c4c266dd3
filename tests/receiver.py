"""A receiver of webhooks on this machine, which checks what comes with the specification's own library."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from standardwebhooks import Webhook as Checked

from records.core.actor import Scope, system_actor
from records.delivery import webhooks
from records.delivery.webhooks import WebhookDraft
from records.tables import Partner, Webhook

ALL = ("group", "tip", "figure")


@dataclass
class Got:
    """A delivery as it came."""

    headers: dict[str, str]
    body: bytes
    line: str

    @property
    def id(self) -> str:
        """By which a receiver knows what it had already."""
        return self.headers.get("webhook-id", "")


@dataclass
class Receiver:
    """What came, and what is answered: each of `answers` once, then 204."""

    got: list[Got] = field(default_factory=list)
    answers: list[str | float] = field(default_factory=list)
    port: int = 0
    secret: str = ""
    webhook: Webhook | None = None
    # Each waits for this before it is answered.
    open: asyncio.Event = field(default_factory=asyncio.Event)
    # How many were being answered at one time, at most, of each id.
    now: list[str] = field(default_factory=list)
    twice: bool = False
    _came: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def id(self) -> Any:
        """The webhook that leads here."""
        assert self.webhook is not None
        return self.webhook.id

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/hooks?of=ketnoi"

    def told(self) -> list[dict[str, Any]]:
        """The bodies, each with a signature that holds."""
        return [Checked(self.secret).verify(one.body, one.headers) for one in self.got]

    async def came(self) -> None:
        """Waits for the first delivery."""
        await self._came.wait()

    async def follow(self, partner: Partner, *types: str) -> None:
        """Makes a webhook of the partner that leads here."""
        draft = WebhookDraft(self.address, types or ALL)
        self.webhook, self.secret = await webhooks.create(partner.id, draft, by=system_actor("test"))

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Takes a delivery."""
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().splitlines()
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:])}
            body = await reader.readexactly(int(headers.get("content-length") or 0))
            got = Got(headers, body, head[0])
            self.twice |= got.id in self.now
            self.got.append(got)
            self.now.append(got.id)
            self._came.set()
            await self.open.wait()
            answer = self.answers.pop(0) if self.answers else "204 No Content"
            if isinstance(answer, float):
                await asyncio.sleep(answer)
            else:
                writer.write(f"HTTP/1.1 {answer}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
                await writer.drain()
            self.now.remove(got.id)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def receiving(tls: ssl.SSLContext | None = None) -> AsyncIterator[Receiver]:
    """A receiver that listens on this machine."""
    receiver = Receiver()
    receiver.open.set()
    server = await asyncio.start_server(receiver.meet, "127.0.0.1", 0, ssl=tls)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        receiver.open.set()
        server.close()


SCOPES = {Scope.CHANGES_READ, Scope.GROUPS_READ, Scope.TIPS_READ, Scope.METRICS_READ}
