"""Sending a delivery: to an address that was checked, within seconds, and to nobody whom it leads on to."""

import asyncio
import re
import socket
import ssl
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from ipaddress import ip_address
from typing import Final

import httpx

from records.core.dates import now
from records.delivery.webhooks.addresses import Ip, may_call
from records.security.trust import trusted_certificates
from records.tables.delivery import DeliveryProblem

_WHOLE_SECONDS: Final = 15
_CONNECT_SECONDS: Final = 5
# Of a name with many addresses so many are tried.
_MOST_ADDRESSES: Final = 3
_LONGEST_WAIT: Final = timedelta(days=1)

# Names are looked up in threads of their own: a name server that does not answer holds up no sign-in.
_names: Final = ThreadPoolExecutor(8, thread_name_prefix="webhook-names")


@dataclass(frozen=True)
class Answer:
    """The response of a receiver: its status, and the delay that it asks for."""

    status: int
    wait: timedelta | None = None

    @property
    def good(self) -> bool:
        """Whether it has taken the delivery."""
        return 200 <= self.status < 300


class NotSent(Exception):
    """There is no answer."""

    def __init__(self, problem: DeliveryProblem) -> None:
        super().__init__(problem.value)
        self.problem = problem


async def post(address: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    """The answer to `body`. No redirect is followed, no proxy asked, and nothing read but the head.

    Raises `NotSent`.
    """
    try:
        async with asyncio.timeout(_WHOLE_SECONDS):
            url = httpx.URL(address)
            ips = await _checked(url)
            for ip in ips[:-1]:
                try:
                    return await _post_to(ip, url, body, headers)
                except (httpx.ConnectError, httpx.ConnectTimeout):
                    # Nothing was sent yet: another address of the same name may answer.
                    continue
            return await _post_to(ips[-1], url, body, headers)
    except (TimeoutError, httpx.TimeoutException):
        raise NotSent(DeliveryProblem.TIMEOUT) from None
    except httpx.InvalidURL:
        raise NotSent(DeliveryProblem.ADDRESS) from None
    except (httpx.HTTPError, OSError) as error:
        raise NotSent(_problem(error)) from None


async def _checked(url: httpx.URL) -> list[Ip]:
    """The addresses of the host, each of which may be called. Raises `NotSent`."""
    port = url.port if url.port is not None else {"https": 443, "http": 80}[url.scheme]
    look_up = partial(socket.getaddrinfo, url.raw_host.decode(), port, type=socket.SOCK_STREAM)
    try:
        found = await asyncio.get_running_loop().run_in_executor(_names, look_up)
    except (OSError, UnicodeError):
        raise NotSent(DeliveryProblem.NAME) from None
    ips = list(dict.fromkeys(ip_address(where[0]) for *_, where in found))
    # One that may not be called among them spoils them all: nobody hides it behind one that may.
    if not ips or url.userinfo or not all(may_call(url.scheme, ip, port) for ip in ips):
        raise NotSent(DeliveryProblem.ADDRESS)
    return ips[:_MOST_ADDRESSES]


async def _post_to(ip: Ip, url: httpx.URL, body: bytes, headers: Mapping[str, str]) -> Answer:
    """The answer of the host of `url` at exactly this address; its certificate has to be for its name."""
    given = {**headers, "Host": url.netloc.decode(), "Accept-Encoding": "identity"}
    async with (
        httpx.AsyncClient(
            verify=trusted_certificates(),
            timeout=httpx.Timeout(_WHOLE_SECONDS, connect=_CONNECT_SECONDS),
            follow_redirects=False,
            trust_env=False,
        ) as client,
        client.stream(
            "POST",
            url.copy_with(host=str(ip)),
            content=body,
            headers=given,
            extensions={"sni_hostname": url.raw_host.decode()},
        ) as answer,
    ):
        return Answer(answer.status_code, _wait(answer.headers.get("retry-after", "")))


def _wait(retry_after: str) -> timedelta | None:
    """The delay that `Retry-After` asks for (RFC 9110, section 10.2.3), a day at most."""
    if re.fullmatch(r"[0-9]{1,9}", retry_after):
        return min(timedelta(seconds=int(retry_after)), _LONGEST_WAIT)
    try:
        at = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    moment = at if at.tzinfo else at.replace(tzinfo=UTC)
    return min(max(moment - now(), timedelta()), _LONGEST_WAIT)


def _problem(error: BaseException) -> DeliveryProblem:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return DeliveryProblem.CERTIFICATE
        cause = cause.__cause__ or cause.__context__
    return DeliveryProblem.CONNECTION
