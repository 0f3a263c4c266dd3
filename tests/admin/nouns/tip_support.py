"""What the tests of the pages of tips share."""

import re
from collections.abc import Awaitable, Callable
from html import unescape

import httpx

from records.core.actor import system_actor

SignIn = Callable[..., Awaitable[httpx.AsyncClient]]


BY = system_actor("test")


def titles(page: str) -> list[str]:
    links = re.findall(r'<a href="/admin/tips/[0-9a-f-]{36}(?:\?[^"]*)?">([^<]*)</a>', page)
    return [unescape(found) for found in links]
