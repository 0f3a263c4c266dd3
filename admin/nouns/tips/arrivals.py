"""New tips while the inbox is open: how many came, as a stream of events or once; no data of any."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Final

from starlette.responses import PlainTextResponse, Response, StreamingResponse

from admin.kit.nouns.lists import parse_moment
from admin.kit.request import PageRequest, session_cookie
from admin.kit.routing import page_at
from edge.capacity import CapacityExceeded
from records.access import staff
from records.core.actor import Actor
from records.core.errors import DatabaseUnavailable, Message, PermissionDenied, ValidationFailed
from records.core.rights import Right, check_right
from records.nouns import tips

_EVENT_STREAM: Final = "text/event-stream"
# Shorter than the idle timeout of common proxies; sessions that have ended are noticed as often.
_PING_SECONDS: Final = 12.0
# Many notifications at once are counted once.
_PAUSE_SECONDS: Final = 1.0
_PING: Final = b":\n\n"
# Tells the page to ask from time to time instead.
_POLL: Final = b"event: poll\ndata:\n\n"


async def show(request: PageRequest) -> Response:
    """How many tips came since the moment in the query: a text, empty without any, or a stream of them."""
    check_right(request.actor, Right.TIPS_READ)
    since = _since(request)
    if _EVENT_STREAM in request.http_request.headers.get("accept", ""):
        headers = {"X-Accel-Buffering": "no"}
        return StreamingResponse(_events(request, since), media_type=_EVENT_STREAM, headers=headers)
    return PlainTextResponse(_text(request, await _count(request.actor, since)))


async def _events(request: PageRequest, since: datetime) -> AsyncIterator[bytes]:
    """An event whenever the number changes; ends with the session and with the process."""
    services, told = request.services, 0
    token = request.http_request.cookies[session_cookie(request.http_request)]
    try:
        with services.page_streams.slot(str(request.authenticated.session.id)):
            yield _PING
            while not services.stopping.is_set():
                notified = services.notifications.next_notification()
                signed_in = await staff.authenticate(token, active=False)
                if signed_in is None:
                    return
                count = await _count(signed_in.actor, since)
                yield f"data: {_text(request, count)}\n\n".encode() if count != told else _PING
                told = count
                await _first_of(notified, services.stopping)
                await asyncio.sleep(_PAUSE_SECONDS)
    except CapacityExceeded:
        yield _POLL
    except (DatabaseUnavailable, PermissionDenied):
        # The browser connects again, and is told what there is to tell.
        return


async def _first_of(*events: asyncio.Event) -> None:
    """Waits for one of `events`, or until it is time for a ping."""
    tasks = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(tasks, timeout=_PING_SECONDS, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()


async def _count(actor: Actor, since: datetime) -> int:
    # `updated_at` says nothing more, but has an index.
    return await tips.visible_to(actor).filter(updated_at__gt=since, created_at__gt=since).count()


def _text(request: PageRequest, count: int) -> str:
    return request._("{count} new tips", count=count) if count else ""


def _since(request: PageRequest) -> datetime:
    try:
        return parse_moment(request.http_request.query_params.get("since", ""))
    except ValueError:
        problem = Message("This page address is not valid. Start again from the list.")
        raise ValidationFailed({"": problem}) from None


ROUTES: Final = page_at("/admin/tips/arrivals", get=show)
