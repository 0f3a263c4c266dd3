"""Staff: who they are, where they work, how they sign in, and their sessions."""

from records.core.throttling import TooMany
from records.staff.accounts import (
    NOUN,
    activate,
    can_manage,
    create,
    deactivate,
    edit,
    invite,
    set_language,
    set_rights,
    visible_to,
)
from records.staff.areas import area_names, areas_of
from records.staff.entered import LIMITS
from records.staff.means import (
    end_every_session,
    end_sessions,
    hand_over_password,
    remove_factors,
    set_password,
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
    "activate",
    "area_names",
    "areas_of",
    "can_manage",
    "change_password",
    "create",
    "deactivate",
    "edit",
    "end_every_session",
    "end_sessions",
    "hand_over_password",
    "invite",
    "prove",
    "prove_with_passkey",
    "remove_factors",
    "set_language",
    "set_password",
    "set_rights",
    "sign_in",
    "sign_out",
    "signed_in",
    "visible_to",
]
