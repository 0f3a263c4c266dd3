"""Sessions: rows that live for at most twelve hours, found by a hash of their token."""

import hashlib
import hmac
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Final
from uuid import UUID

from tortoise.functions import Max
from tortoise.queryset import QuerySet

from records.access.staff.noun import end_sessions_of
from records.core import events
from records.core.actor import Actor, ActorKind
from records.core.dates import now
from records.core.errors import NotFound
from records.core.events import Event
from records.database.fetch import columns, fetch, from_row
from records.security.tokens import hash_token
from records.tables import Session, Staff
from records.tables.staff import AuthenticationStrength

IDLE_TIMEOUT: Final = timedelta(hours=2)
ABSOLUTE_TIMEOUT: Final = timedelta(hours=12)
REAUTHENTICATION_LIFETIME: Final = timedelta(minutes=10)


@dataclass(frozen=True)
class AuthenticatedSession:
    """A live session: who it is, what they may do, and the token that their forms carry."""

    session: Session
    staff: Staff
    actor: Actor
    form_token: str

    @property
    def recently_authenticated(self) -> bool:
        """Whether they showed who they are so lately that a sensitive action may follow."""
        return now() - self.session.proved_at <= REAUTHENTICATION_LIFETIME


async def start(
    staff: Staff, strength: AuthenticationStrength, device: str, *, proved_at: datetime | None = None
) -> tuple[str, Session]:
    """A new session and its token, shown this once; `proved_at` defaults to now."""
    token = secrets.token_urlsafe(32)
    moment = now()
    session = await Session.create(
        staff_id=staff.id,
        token_hash=hash_token(token),
        device=device,
        strength=strength,
        proved_at=proved_at or moment,
        seen_at=moment,
        expires_at=moment + ABSOLUTE_TIMEOUT,
    )
    return token, session


async def authenticate(token: str, *, active: bool = True) -> AuthenticatedSession | None:
    """The session of `token`, if it has not passed `ABSOLUTE_TIMEOUT` or `IDLE_TIMEOUT`.

    A request that nobody made, such as of a page that asks for news, is not `active`: it keeps none alive.
    """
    moment = now()
    rows = await fetch(_live_sql(), [hash_token(token), moment, moment - IDLE_TIMEOUT])
    if not rows:
        return None
    session, staff = from_row(Session, rows[0], "s"), from_row(Staff, rows[0], "m")
    if active and moment - session.seen_at > timedelta(minutes=1):
        await Session.filter(id=session.id).update(seen_at=moment)
    areas = frozenset(rows[0]["areas"])
    actor = Actor(ActorKind.STAFF, staff.id, staff.name, role=staff.role, areas=areas)
    return AuthenticatedSession(session=session, staff=staff, actor=actor, form_token=_form_token(token))


async def matches_previous_session(member: AuthenticatedSession, token: str, form_token: str) -> bool:
    """Whether `token`, with its `form_token`, is of a session that `member` had within `ABSOLUTE_TIMEOUT`."""
    if not hmac.compare_digest(_form_token(token).encode(), form_token.encode()):
        return False
    lately = now() - ABSOLUTE_TIMEOUT
    return await Session.filter(
        token_hash=hash_token(token), staff_id=member.staff.id, seen_at__gt=lately
    ).exists()


async def elevate(session: Session, *, strength: AuthenticationStrength | None = None) -> str:
    """A new token after a proof; the old one opens nothing. Raises `NotFound` for an ended session."""
    token = secrets.token_urlsafe(32)
    renewed = await Session.filter(token_hash=session.token_hash, ended_at__isnull=True).update(
        token_hash=hash_token(token), proved_at=now(), strength=strength or session.strength
    )
    if not renewed:
        raise NotFound("There is no such session.")
    return token


async def sign_out(token: str) -> None:
    """Ends the session of `token`."""
    await Session.filter(token_hash=hash_token(token), ended_at__isnull=True).update(ended_at=now())


async def own_sessions(member: AuthenticatedSession) -> list[Session]:
    """One's own live sessions, the one last seen first."""
    return await live_sessions(member.staff.id).order_by("-seen_at", "-id")


def live_sessions(staff_id: UUID) -> QuerySet[Session]:
    """The sessions of somebody that are neither ended nor over."""
    moment = now()
    return Session.filter(
        staff_id=staff_id, ended_at__isnull=True, expires_at__gt=moment, seen_at__gt=moment - IDLE_TIMEOUT
    )


async def last_seen(staff_ids: Collection[UUID]) -> dict[UUID, datetime]:
    """The moment when each of these was last here; without those of whom no session is kept."""
    rows = Session.filter(staff_id__in=list(staff_ids)).annotate(last=Max("seen_at")).group_by("staff_id")
    last_seen: list[tuple[UUID, datetime]] = await rows.values_list("staff_id", "last")
    return dict(last_seen)


async def end(member: AuthenticatedSession, session_id: UUID) -> None:
    """Ends one of one's own sessions. Raises `NotFound` for anybody else's."""
    own = Session.filter(id=session_id, staff_id=member.staff.id, ended_at__isnull=True)
    if not await own.update(ended_at=now()):
        raise NotFound("There is no such session.")
    events.log(Event.SESSIONS_ENDED, actor=member.staff.id, whose=member.staff.id)


async def end_others(member: AuthenticatedSession) -> int:
    """Ends one's own sessions but this one; gives how many."""
    events.log(Event.SESSIONS_ENDED, actor=member.staff.id, whose=member.staff.id)
    return await end_sessions_of(member.staff.id, but=member.session.id)


@cache
def _live_sql() -> str:
    """What each request asks: who it is, and where they work, in one statement."""
    # When it is first asked for: Tortoise knows the columns of relations only once it is connected.
    return f"""
SELECT {columns(Session, "s")}, {columns(Staff, "m")},
    ARRAY(SELECT area_id FROM staff_areas WHERE staff_id = m.id) AS areas
FROM sessions s JOIN staff m ON m.id = s.staff_id
WHERE s.token_hash = $1 AND s.ended_at IS NULL AND s.expires_at > $2 AND s.seen_at > $3
    AND m.active AND m.deleted_at IS NULL
"""


def _form_token(token: str) -> str:
    """The token that a form must carry: known to the holder of the session, and no help in stealing it."""
    return hmac.new(token.encode(), b"form", hashlib.sha256).hexdigest()
