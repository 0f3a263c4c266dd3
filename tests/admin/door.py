"""Asking at the admin's door as somebody, and what an answer means."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID, uuid4

import httpx

from records.core.actor import Actor
from tests.admin.forms import hidden
from tests.admin.places import UNSEEN
from tests.conftest import PASSWORD

WHOLE: Mapping[str, str] = {}
"""The headers of a browser that asks for a whole page."""


def listed(entries: Iterable[str]) -> list[tuple[str, str]]:
    """The methods and paths of entries; mounted folders are among them as MOUNT."""
    words = [entry.split() for entry in entries]
    return sorted((method, path) for *methods, path in words for method in methods)


@dataclass
class Person:
    """Somebody at the admin's door; `actor` is None for one who does not sign in."""

    client: httpx.AsyncClient
    actor: Actor | None = None
    username: str = ""
    csrf: str = ""

    @property
    def me(self) -> Actor:
        assert self.actor is not None
        return self.actor

    async def sign_in(self) -> None:
        self.client.cookies.clear()
        await self.client.post("/admin/sign-in", data={"username": self.username, "password": PASSWORD})
        self.csrf = hidden((await self.client.get("/admin")).text, "csrf")

    async def ask(
        self,
        method: str,
        path: str,
        *,
        id_: UUID | None = None,
        headers: Mapping[str, str] = WHOLE,
        fields: Mapping[str, str] = WHOLE,
    ) -> httpx.Response:
        """The answer, in which nothing may be told of what lies elsewhere."""
        address = path.replace("{id:uuid}", str(id_ or uuid4())).replace("{rest:path}", "nothing/here")
        sent = {"csrf": self.csrf} | dict(fields) if method == "POST" else None
        answer = await self.client.request(method, address, data=sent, headers=headers)
        self.client.cookies.delete("ketnoi_flash")
        assert UNSEEN not in answer.text, (method, path)
        return answer


def verdict(answer: httpx.Response) -> str:
    """What an answer means: a form that is sent back, or that cannot be sent now, was opened."""
    to = answer.headers.get("location", "")
    if answer.status_code == 401 or to.startswith("/admin/sign-in?next="):
        return "sign in"
    means = {200: "opened", 303: "opened", 409: "opened", 422: "opened", 403: "refused", 404: "nothing"}
    assert not to.startswith("/admin/proof"), to
    return means[answer.status_code]


def told(answer: httpx.Response, id_: UUID) -> tuple[int, str, str, str]:
    """All that an answer tells, but for the id that was asked for."""
    headers = (answer.headers.get("content-type", ""), answer.headers.get("location", ""))
    return answer.status_code, *headers, settled(answer.text.replace(str(id_), "<id>"))


def settled(page: str) -> str:
    """A page without the tokens and marks of its forms and its moment, which are others each time."""
    return re.sub(r'name="(?:csrf|idempotency_key)"\s+value="[^"]*"|\?since=[^"]*"', "", page)
