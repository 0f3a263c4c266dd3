"""Passkeys (WebAuthn): always with the person verified by their device, so that one counts as two factors."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import parse_authentication_credential_json, parse_registration_credential_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticationCredential,
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from records.access.staff import challenges, factors
from records.access.staff.challenges import Purpose
from records.access.staff.sessions import AuthenticatedSession
from records.changes.unit_of_work import transaction
from records.core.dates import now
from records.core.errors import ProblemCode, ValidationFailed
from records.core.validation import Validator
from records.tables import Challenge, Factor
from records.tables.staff import FactorKind

_NAME: Final = "Ketnoi"
_REQUIRED: Final = UserVerificationRequirement.REQUIRED
# What the library raises at an answer that is not one: its own errors, and those of what it is made of.
_BAD: Final = (WebAuthnException, ValueError, TypeError, KeyError, RecursionError)


@dataclass(frozen=True)
class RelyingParty:
    """The site that the browser is on, to which a passkey is bound."""

    origin: str
    host: str


@dataclass(frozen=True)
class PasskeyChallenge:
    """The options for the browser (JSON), and the token by which the answer finds its challenge."""

    options: str
    token: str


async def create_registration_challenge(member: AuthenticatedSession, site: RelyingParty) -> PasskeyChallenge:
    """The challenge with which a browser makes a passkey for this person."""
    options = generate_registration_options(
        rp_id=site.host,
        rp_name=_NAME,
        user_name=member.staff.username,
        user_id=member.staff.id.bytes,
        user_display_name=member.staff.name,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=_REQUIRED
        ),
        exclude_credentials=await _known_credentials(member.staff.id),
    )
    token = await challenges.issue(Purpose.PASSKEY_NEW, staff_id=member.staff.id, value=options.challenge)
    return PasskeyChallenge(options_to_json(options), token)


async def add(
    member: AuthenticatedSession, site: RelyingParty, *, token: str, answer: str, name: str
) -> list[str]:
    """Adds the browser's new passkey; gives recovery codes to who has none. Raises `ValidationFailed`."""
    check = Validator()
    name = check.text("name", name, max_length=factors.NAME_LENGTH, required=True)
    check.raise_if_invalid()
    challenge = await challenges.consume(Purpose.PASSKEY_NEW, token)
    if challenge is None or challenge.staff_id != member.staff.id:
        raise _invalid_passkey()
    try:
        registration = verify_registration_response(
            credential=parse_registration_credential_json(answer),
            expected_challenge=challenge.value,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except _BAD:
        raise _invalid_passkey() from None
    async with transaction():
        await Factor.create(
            staff_id=member.staff.id,
            kind=FactorKind.PASSKEY,
            name=name,
            credential_id=registration.credential_id,
            public_key=registration.credential_public_key,
            sign_count=registration.sign_count,
        )
        await factors.record_change(member, FactorKind.PASSKEY, added=True)
        return await factors.ensure_recovery_codes(member)


async def create_challenge(
    site: RelyingParty, purpose: Purpose, staff_id: UUID | None = None
) -> PasskeyChallenge:
    """The challenge for which a browser shows a passkey of `staff_id`, or any that it has for this site."""
    options = generate_authentication_options(
        rp_id=site.host,
        user_verification=_REQUIRED,
        allow_credentials=await _known_credentials(staff_id) if staff_id else None,
    )
    return PasskeyChallenge(
        options_to_json(options), await challenges.issue(purpose, staff_id=staff_id, value=options.challenge)
    )


async def verify(site: RelyingParty, purpose: Purpose, *, token: str, answer: str) -> UUID | None:
    """The id of the owner of the passkey; None when it is nobody's, or was asked of somebody else."""
    challenge = await challenges.consume(purpose, token)
    if challenge is None:
        return None
    try:
        credential = parse_authentication_credential_json(answer)
    except _BAD:
        return None
    factor = await Factor.get_or_none(credential_id=credential.raw_id)
    if factor is None or challenge.staff_id not in {None, factor.staff_id}:
        return None
    return factor.staff_id if await _verify_assertion(factor, challenge, site, credential) else None


async def _verify_assertion(
    factor: Factor, challenge: Challenge, site: RelyingParty, credential: AuthenticationCredential
) -> bool:
    assert factor.public_key is not None  # noqa: S101 - the table says so
    try:
        verified = verify_authentication_response(
            credential=credential,
            expected_challenge=challenge.value,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            credential_public_key=factor.public_key,
            credential_current_sign_count=factor.sign_count,
            require_user_verification=True,
        )
    except _BAD:
        return False
    await Factor.filter(id=factor.id).update(sign_count=verified.new_sign_count, used_at=now())
    return True


async def _known_credentials(staff_id: UUID) -> list[PublicKeyCredentialDescriptor]:
    rows = await Factor.filter(staff_id=staff_id, kind=FactorKind.PASSKEY)
    return [PublicKeyCredentialDescriptor(id=row.credential_id) for row in rows if row.credential_id]


def _invalid_passkey() -> ValidationFailed:
    return ValidationFailed.of(
        "", "The passkey could not be added. Reload the page and try again.", ProblemCode.INVALID
    )
