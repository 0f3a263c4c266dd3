"""Staff: who they are, where they work, how they sign in, and their sessions."""

from records.access.staff.account_recovery import (
    end_all_sessions,
    end_sessions,
    issue_password,
    remove_factors,
    set_password,
)
from records.access.staff.accounts import (
    activate,
    create,
    deactivate,
    edit,
    invite,
    set_language,
    set_rights,
)
from records.access.staff.areas import area_names, areas_of
from records.access.staff.authentication import (
    SignInAttempt,
    SignInOrigin,
    change_password,
    reauthenticate,
    reauthenticate_with_passkey,
    sign_in,
)
from records.access.staff.noun import NOUN, can_manage_account, visible_to
from records.access.staff.sessions import (
    ABSOLUTE_TIMEOUT,
    IDLE_TIMEOUT,
    REAUTHENTICATION_LIFETIME,
    AuthenticatedSession,
    authenticate,
    sign_out,
)
from records.access.staff.validation import MIN_PASSWORD
from records.security.throttling import TooManyAttempts
