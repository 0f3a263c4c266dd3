"""Staff: who they are, where they work, how they sign in, and their sessions."""

from records.core.throttling import TooMany
from records.staff.accounts import (
    LIMITS,
    NOUN,
    create,
    deactivate,
    end_sessions,
    remove_factors,
    set_language,
    set_password,
    set_rights,
)
from records.staff.sessions import IDLE, LONGEST, PROOF_LASTS, SignedIn, sign_out, signed_in
from records.staff.signing_in import Begun, Origin, change_password, prove, prove_with_passkey, sign_in

__all__ = [
    "IDLE",
    "LIMITS",
    "LONGEST",
    "NOUN",
    "PROOF_LASTS",
    "Begun",
    "Origin",
    "SignedIn",
    "TooMany",
    "change_password",
    "create",
    "deactivate",
    "end_sessions",
    "prove",
    "prove_with_passkey",
    "remove_factors",
    "set_language",
    "set_password",
    "set_rights",
    "sign_in",
    "sign_out",
    "signed_in",
]
