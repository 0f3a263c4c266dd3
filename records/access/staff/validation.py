"""The fields of an account, and the checks on them."""

import secrets
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from records.areas.scope import are_all_within
from records.core.actor import Actor, ActorKind
from records.core.dates import now
from records.core.declarations.fields import Field
from records.core.errors import ProblemCode
from records.core.language import gettext_noop as _
from records.core.text import normalize_text, person_key
from records.core.validation import Validator, checked_text
from records.security.breached_passwords import is_breached
from records.security.passwords import is_common

USERNAME: Final = Field(
    _("Username"),
    required=True,
    max_length=60,
    constraints={"staff_username_key": _("This name is already taken.")},
)
NAME: Final = Field(_("Full name"), required=True, max_length=120)
EMAIL: Final = Field(_("Email"), max_length=200)
MOTIVE: Final = Field(_("Reason"), max_length=500)
MIN_PASSWORD: Final = 15
MAX_PASSWORD: Final = 200
# How long a password that somebody else handed over signs in (OWASP ASVS 5.0, 6.4.1).
TEMPORARY_PASSWORD_LIFETIME: Final = timedelta(days=3)
# Nothing that is read as something else when it is copied by hand.
_LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"


def username_key(username: str) -> str:
    """A username as it is stored: however it is typed, it is the same."""
    return normalize_text(username.casefold())


def temporary_password_expiry() -> tuple[str, datetime]:
    """A password of about 99 random bits for somebody else, and until when it signs in.

    An administrator never chooses or keeps the password of another (OWASP ASVS 5.0, 6.4.6).
    """
    letters = "".join(secrets.choice(_LETTERS) for _ in range(20))
    return "-".join(letters[at : at + 5] for at in range(0, 20, 5)), now() + TEMPORARY_PASSWORD_LIFETIME


def check_password(check: Validator, password: str, *about: str) -> None:
    """At least 15 characters, none of those that are tried first or known from breaches, and no other rule.

    `about` is what anybody can know of the person (NIST SP 800-63B-4, section 3.1.1.2).
    """
    if len(password) < MIN_PASSWORD:
        check.add(
            "password", "Use at least {least} characters.", ProblemCode.OUT_OF_RANGE, least=MIN_PASSWORD
        )
    elif len(password) > MAX_PASSWORD:
        check.add("password", "Use at most {most} characters.", ProblemCode.TOO_LONG, most=MAX_PASSWORD)
    elif is_common(password, about) or is_breached(password):
        check.add(
            "password", "This password is too common and easy to guess. Choose another.", ProblemCode.INVALID
        )


def validate_reason(motive: str, by: Actor) -> str:
    """Why, which people have to say and a command need not. Raises `ValidationFailed`."""
    return checked_text("motive", motive, replace(MOTIVE, required=by.kind is ActorKind.STAFF))


async def validate_account(
    check: Validator, by: Actor, name: str, email: str, areas: Collection[UUID]
) -> dict[str, Any]:
    """The columns of an account as they are stored; what is wrong is noted in `check`."""
    name = check.clean("name", name, NAME)
    email = check.clean("email", email, EMAIL)
    await check_areas(check, by, areas)
    return {"name": name, "name_key": person_key(name), "email": email}


async def check_areas(check: Validator, by: Actor, areas: Collection[UUID]) -> None:
    """At least one area, and none beyond the reach of whoever gives it."""
    if not areas:
        check.add("areas", "Choose at least one area.", ProblemCode.REQUIRED)
    if by.areas is not None and not await are_all_within(areas, by.areas):
        check.add("areas", "Choose areas within your own.", ProblemCode.OUTSIDE_AREAS)
