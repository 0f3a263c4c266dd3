"""Identities of staff at the provider: linked by people, never by an email address."""

import json
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from hmac import compare_digest
from typing import Final
from uuid import UUID

from records.access.staff import challenges
from records.access.staff.approval_checks import check_approved
from records.access.staff.challenges import Purpose
from records.access.staff.noun import end_sessions_of, find_active, load, record_note
from records.access.staff.oidc.errors import SignInExpired, UnlinkedIdentity
from records.access.staff.oidc.provider import (
    AuthorizationResponse,
    AuthorizationSecrets,
    Provider,
    ProviderIdentity,
)
from records.access.staff.sessions import AuthenticatedSession
from records.changes.unit_of_work import audit, named, transaction
from records.core import events
from records.core.actor import Actor
from records.core.dates import now
from records.core.declarations.fields import Field
from records.core.errors import Conflict, NotFound
from records.core.events import Event
from records.core.language import gettext_noop as _
from records.core.rights import Right, check_right
from records.core.validation import checked_text
from records.security import throttling
from records.security.sealing import keyring
from records.tables import Identity, Staff
from records.tables.approvals import ApprovalAction

SUBJECT_LENGTH: Final = 255
_SUBJECT: Final = Field(_("Account at the provider"), required=True, max_length=SUBJECT_LENGTH)
_LINKED: Final = {
    "identities_subject_key": ("subject", _("That account is already linked to someone.")),
    "identities_staff_key": (
        "subject",
        _("An account at that provider is already linked. Remove that link first."),
    ),
}


@dataclass(frozen=True)
class AuthorizationRequest:
    """The way to the provider: its address, and the token by which this browser is known on its return."""

    address: str
    token: str


@dataclass(frozen=True)
class AuthenticationResult:
    """The person whom the provider sent back; `staff_id` is who wanted to link that account, if anybody."""

    person: ProviderIdentity
    staff_id: UUID | None


@dataclass(frozen=True)
class LinkOffer:
    """An account at the provider that somebody may link to their own here."""

    issuer: str
    subject: str
    name: str


async def start_authentication(
    provider: Provider, *, member: AuthenticatedSession | None = None
) -> AuthorizationRequest:
    """The way to the provider, to sign in or, for a `member`, to link an account.

    Raises `ProviderUnavailable`.
    """
    token = await challenges.issue(Purpose.PROVIDER, staff_id=member.staff.id if member else None)
    return AuthorizationRequest(await provider.authorization_url(_secrets(token)), token)


async def complete_authentication(
    provider: Provider, token: str, answer: AuthorizationResponse, *, address: str
) -> AuthenticationResult:
    """The person who came back to the browser that holds `token`; no response is accepted twice.

    Raises `TooManyAttempts`, `SignInExpired`, `ProviderUnavailable`, `InvalidProviderResponse` or
    `SignInCancelled`.
    """
    secrets = _secrets(token)
    # First the state: what another site made the browser open must not end a sign-in that is under way.
    if not compare_digest(secrets.state.encode(), answer.state.encode(errors="replace")):
        raise SignInExpired(provider.settings.name)
    challenge = await challenges.consume(Purpose.PROVIDER, token)
    if challenge is None:
        raise SignInExpired(provider.settings.name)
    limit = throttling.per_address(address)
    await throttling.claim_attempt([limit])
    person = await provider.authenticate(answer, secrets)
    await throttling.record_success([limit])
    return AuthenticationResult(person, challenge.staff_id)


async def staff_of_identity(provider: Provider, person: ProviderIdentity) -> Staff:
    """The staff member who is `authenticate` at the provider. Raises `UnlinkedIdentity`."""
    row = await Identity.get_or_none(issuer=person.issuer, subject=person.subject)
    staff = await find_active(id=row.staff_id) if row else None
    if row is None or staff is None:
        events.log(Event.SIGN_IN_FAILED, actor=row.staff_id if row else None, step="provider")
        raise UnlinkedIdentity(provider.settings.name)
    await Identity.filter(id=row.id).update(used_at=now())
    return staff


async def mine(member: AuthenticatedSession) -> list[Identity]:
    """One's own identities at the provider, and at any before it."""
    return await Identity.filter(staff_id=member.staff.id).order_by("created_at", "id")


async def create_link_offer(
    provider: Provider, member: AuthenticatedSession, arrival: AuthenticationResult
) -> str:
    """The token by which `member` may confirm the link. Raises `SignInExpired` where somebody else left."""
    if arrival.staff_id != member.staff.id:
        raise SignInExpired(provider.settings.name)
    person = arrival.person
    value = json.dumps([person.issuer, person.subject, person.name]).encode()
    return await challenges.issue(Purpose.IDENTITY, staff_id=member.staff.id, value=value)


async def read_link_offer(provider: Provider, member: AuthenticatedSession, token: str) -> LinkOffer:
    """The offer to `member`, while it waits. Raises `SignInExpired`."""
    challenge = await challenges.peek(Purpose.IDENTITY, token)
    if challenge is None or challenge.staff_id != member.staff.id:
        raise SignInExpired(provider.settings.name)
    return LinkOffer(*json.loads(challenge.value))


async def link(provider: Provider, member: AuthenticatedSession, token: str) -> None:
    """Links what was offered to one's own account.

    Raises `SignInExpired`, or `ValidationFailed` where it is linked already.
    """
    offer = await read_link_offer(provider, member, token)
    async with transaction():
        if await challenges.consume(Purpose.IDENTITY, token) is None:
            raise SignInExpired(provider.settings.name)
        with named(_LINKED):
            await Identity.create(staff_id=member.staff.id, issuer=offer.issuer, subject=offer.subject)
        await _record_change(member, offer.issuer, added=True)


async def unlink(member: AuthenticatedSession, identity_id: UUID) -> None:
    """Takes one of one's own links away. Raises `NotFound`."""
    async with transaction():
        row = await Identity.get_or_none(id=identity_id, staff_id=member.staff.id)
        if row is None:
            raise NotFound("There is no such link.")
        await row.delete()
        await _record_change(member, row.issuer, added=False)


async def link_for(username: str, issuer: str, subject: str, *, by: Actor) -> None:
    """Links somebody at a provider.

    Raises `PermissionDenied`, `NotFound`, `NeedsApproval`, or `ValidationFailed` if linked.
    """
    check_right(by, Right.STAFF_MANAGE)
    subject = checked_text("subject", subject, _SUBJECT)
    async with transaction():
        row = await load(username, by)
        request = {"issuer": issuer, "subject": subject}
        await check_approved(ApprovalAction.STAFF_IDENTITY, row, request, by=by)
        with named(_LINKED):
            await Identity.create(staff_id=row.id, issuer=issuer, subject=subject)
        await record_note(row, by=by, identity_linked=issuer)
    events.log(Event.FACTORS_CHANGED, actor=by.id, what="identity linked", whose=row.id)


async def unlink_for(username: str, *, by: Actor) -> None:
    """Takes every link from somebody, and ends their sessions.

    Raises `PermissionDenied`, `NotFound` or `Conflict`.
    """
    check_right(by, Right.STAFF_MANAGE)
    async with transaction():
        row = await load(username, by)
        removed = await Identity.filter(staff_id=row.id).delete()
        if not removed:
            raise Conflict("No accounts are linked.")
        await end_sessions_of(row.id)
        await record_note(row, by=by, identities_unlinked=removed)
    events.log(Event.FACTORS_CHANGED, actor=by.id, what="identity unlinked", whose=row.id)


def _secrets(token: str) -> AuthorizationSecrets:
    """The secrets of a sign-in. None is stored: they follow from the browser's token and our key."""
    state, nonce, verifier = (
        urlsafe_b64encode(keyring().blind_index(f"provider:{what}", token)).decode().rstrip("=")
        for what in ("state", "nonce", "verifier")
    )
    return AuthorizationSecrets(state, nonce, verifier)


async def _record_change(member: AuthenticatedSession, issuer: str, *, added: bool) -> None:
    before, after = (None, {"identity": issuer}) if added else ({"identity": issuer}, None)
    await audit(
        "staff", member.staff.id, by=member.actor, action="staff.identities", before=before, after=after
    )
    what = f"identity {'linked' if added else 'unlinked'}"
    events.log(Event.FACTORS_CHANGED, actor=member.staff.id, what=what, whose=member.staff.id)
