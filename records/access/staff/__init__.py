"""Staff: who they are, where they work, how they sign in, and their sessions."""

from records.access.staff.account_recovery import (
    end_every_session,
    end_sessions,
    hand_over_password,
    remove_factors,
    set_password,
)
from records.access.staff.accounts import (
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
from records.access.staff.areas import area_names, areas_of
from records.access.staff.sessions import IDLE, LONGEST, PROOF_LASTS, SignedIn, sign_out, signed_in
from records.access.staff.signing_in import Begun, Origin, change_password, prove, prove_with_passkey, sign_in
from records.access.staff.validation import MIN_PASSWORD
from records.security.throttling import TooMany
