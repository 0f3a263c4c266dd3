"""Who opens what, as data: every address and method of the service, and for whom. One line for each.

The rights are written out once more, from what the roles mean, so that a change of the rule is noticed here.
"""

from collections.abc import Collection

from records.core.actor import Role

ALL = frozenset(Role)
ADMIN, HEAD, OFFICER, FRONT, ANALYST, CUSTODIAN, AUDITOR = (
    *(Role.ADMINISTRATOR, Role.COMMANDER, Role.OFFICER),
    *(Role.FRONT, Role.ANALYST, Role.CUSTODIAN, Role.AUDITOR),
)
POLICE = {HEAD, OFFICER}
TIP_READERS = {HEAD, OFFICER, ANALYST}
GROUP_READERS = {ADMIN, HEAD, OFFICER, FRONT, ANALYST}
GROUP_KEEPERS = {ADMIN, HEAD, OFFICER, FRONT}
REQUEST_READERS = {HEAD, OFFICER, CUSTODIAN, AUDITOR}

# Nobody has to sign in for these, and there is no record in them.
OPEN = {
    "GET /",
    "GET /health/live",
    "GET /health/ready",
    "MOUNT /static/vendor",
    "MOUNT /static/api",
    "MOUNT /admin/static",
    "GET POST /admin/sign-in",
    "GET POST /admin/sign-in/factor",
    "GET POST /admin/sign-in/passkey",
    "GET /admin/sign-in/provider",
    "GET /admin/sign-in/provider/return",
    "POST /admin/language",
}
# These want a partner's key; what a staff member is says nothing here.
FOR_PARTNERS = {"GET POST /graphql", "POST /oauth/token", "POST /oauth/revoke"}
# For everything else: that there is no such page, only those who have signed in learn.
NO_PAGE = {"GET POST /admin/{rest:path}"}
# These want somebody who has signed in: the roles, and whose id stands in the address (see `NOUNS`).
MATRIX: dict[str, tuple[Collection[Role], str | None]] = {
    "POST /admin/sign-out": (ALL, None),
    "GET POST /admin/proof": (ALL, None),
    "GET /admin/account": (ALL, None),
    "GET POST /admin/account/password": (ALL, None),
    "POST /admin/account/sessions": (ALL, None),
    "POST /admin/account/sessions/{id:uuid}/ending": (ALL, "own session"),
    "GET POST /admin/account/app": (ALL, None),
    "GET POST /admin/account/passkey": (ALL, None),
    "POST /admin/account/recovery-codes": (ALL, None),
    "POST /admin/account/factors/{id:uuid}/removal": (ALL, "own factor"),
    "GET /admin/account/identity": (ALL, None),
    "GET POST /admin/account/identity/confirmation": (ALL, None),
    "POST /admin/account/identities/{id:uuid}/removal": (ALL, "own identity"),
    "GET /admin": (ALL, None),
    "GET /admin/tips": (TIP_READERS, None),
    "POST /admin/tips": (POLICE, None),
    "GET /admin/tips/new": (POLICE, None),
    "GET /admin/tips/{id:uuid}": (TIP_READERS, "tip"),
    "POST /admin/tips/{id:uuid}": (POLICE, "tip"),
    "GET /admin/tips/{id:uuid}/edit": (POLICE, "tip"),
    "GET POST /admin/tips/{id:uuid}/verification": (POLICE, "tip"),
    "GET POST /admin/tips/{id:uuid}/action": (POLICE, "tip"),
    "GET POST /admin/tips/{id:uuid}/assignment": (POLICE, "tip"),
    "GET POST /admin/tips/{id:uuid}/note": (POLICE, "tip"),
    "GET POST /admin/tips/{id:uuid}/rejection": ({HEAD}, "tip"),
    "GET POST /admin/tips/{id:uuid}/reopening": ({HEAD}, "tip"),
    "GET POST /admin/tips/{id:uuid}/duplicate": (POLICE, "tip"),
    "GET POST /admin/tips/{id:uuid}/extension": ({HEAD}, "tip"),
    "GET POST /admin/tips/{id:uuid}/reporter": (POLICE, "tip"),
    "GET POST /admin/tips/{id:uuid}/reveal": (POLICE, "tip"),
    "GET POST /admin/tips/{id:uuid}/closure": (POLICE, "tip"),
    "GET POST /admin/tips/{id:uuid}/reversal": (POLICE, "tip"),
    "POST /admin/tips/{id:uuid}/attachments": (POLICE, "tip"),
    "GET /admin/attachments/{id:uuid}": (TIP_READERS, "picture"),
    "GET POST /admin/attachments/{id:uuid}/removal": ({HEAD}, "picture"),
    "GET /admin/groups": (GROUP_READERS, None),
    "POST /admin/groups": (GROUP_KEEPERS, None),
    "GET /admin/groups/new": (GROUP_KEEPERS, None),
    "GET /admin/groups/choices": (GROUP_READERS, None),
    "GET /admin/groups/{id:uuid}": (GROUP_READERS, "group"),
    "POST /admin/groups/{id:uuid}": (GROUP_KEEPERS, "group"),
    "GET /admin/groups/{id:uuid}/edit": (GROUP_KEEPERS, "group"),
    "GET POST /admin/groups/{id:uuid}/pause": (GROUP_KEEPERS, "group"),
    "GET POST /admin/groups/{id:uuid}/resumption": (GROUP_KEEPERS, "group"),
    "GET POST /admin/groups/{id:uuid}/dissolution": (GROUP_KEEPERS, "group"),
    "GET POST /admin/groups/{id:uuid}/merger": (GROUP_KEEPERS, "group"),
    "GET POST /admin/groups/{id:uuid}/removal": ({ADMIN, HEAD}, "group"),
    "GET POST /admin/groups/{id:uuid}/reversal": ({ADMIN, HEAD, OFFICER}, "group"),
    "POST /admin/groups/{id:uuid}/restoration": ({ADMIN, HEAD}, "group taken out"),
    "GET POST /admin/groups/{id:uuid}/members": (GROUP_KEEPERS, "group"),
    "GET POST /admin/members/{id:uuid}/leaving": (GROUP_KEEPERS, "member"),
    "GET POST /admin/members/{id:uuid}/role": (GROUP_KEEPERS, "member"),
    "GET POST /admin/members/{id:uuid}/contact": (GROUP_KEEPERS, "member"),
    "POST /admin/members/{id:uuid}/contact/removal": (GROUP_KEEPERS, "member"),
    "GET POST /admin/members/{id:uuid}/reveal": (POLICE, "member"),
    "GET POST /admin/education-cases": (POLICE, None),
    "GET /admin/education-cases/new": (POLICE, None),
    "GET /admin/education-cases/{id:uuid}": (POLICE, "own case"),
    "GET POST /admin/education-cases/{id:uuid}/progress": (POLICE, "own case"),
    "GET POST /admin/education-cases/{id:uuid}/subject": (POLICE, "own case"),
    "GET POST /admin/education-cases/{id:uuid}/closure": (POLICE, "own case"),
    "GET POST /admin/education-cases/{id:uuid}/correction": (POLICE, "own case"),
    "GET POST /admin/education-cases/{id:uuid}/supervisor": ({HEAD}, "own case"),
    "GET POST /admin/education-cases/{id:uuid}/release": ({HEAD}, "own case"),
    "GET POST /admin/education-cases/{id:uuid}/reopening": ({HEAD}, "own case"),
    "GET POST /admin/education-cases/{id:uuid}/reveal": (POLICE, "own case"),
    "GET /admin/areas/choices": (ALL, None),
    "GET /admin/reveals": (REQUEST_READERS, None),
    "GET /admin/reveals/{id:uuid}": (REQUEST_READERS, "own request"),
    "POST /admin/reveals/{id:uuid}/look": (POLICE, "own request"),
    "POST /admin/reveals/{id:uuid}/withdrawal": (POLICE, "own request"),
    "GET POST /admin/reveals/{id:uuid}/decision": ({CUSTODIAN}, "another's request"),
    "GET POST /admin/data-requests": ({CUSTODIAN}, None),
    "GET /admin/data-requests/{id:uuid}": ({CUSTODIAN}, "data request"),
    "POST /admin/data-requests/{id:uuid}/erasure": ({CUSTODIAN}, "data request"),
    "GET POST /admin/data-requests/{id:uuid}/correction": ({CUSTODIAN}, "data request"),
    "POST /admin/data-requests/{id:uuid}/answer": ({CUSTODIAN}, "data request"),
    "GET /admin/staff": ({ADMIN, AUDITOR}, None),
    "POST /admin/staff": ({ADMIN}, None),
    "GET /admin/staff/new": ({ADMIN}, None),
    "GET POST /admin/staff/sessions": ({ADMIN}, None),
    "GET /admin/staff/{id:uuid}": ({ADMIN, AUDITOR}, "account"),
    "POST /admin/staff/{id:uuid}": ({ADMIN}, "account"),
    "GET /admin/staff/{id:uuid}/edit": ({ADMIN}, "account"),
    "GET POST /admin/staff/{id:uuid}/password": ({ADMIN}, "account"),
    "GET POST /admin/staff/{id:uuid}/factor-removal": ({ADMIN}, "account"),
    "GET POST /admin/staff/{id:uuid}/session-ending": ({ADMIN}, "account"),
    "GET POST /admin/staff/{id:uuid}/deactivation": ({ADMIN}, "account"),
    "GET POST /admin/staff/{id:uuid}/activation": ({ADMIN}, "account"),
    "GET POST /admin/partners": ({ADMIN}, None),
    "GET /admin/partners/new": ({ADMIN}, None),
    "GET POST /admin/partners/{id:uuid}": ({ADMIN}, "partner"),
    "GET /admin/partners/{id:uuid}/edit": ({ADMIN}, "partner"),
    "GET POST /admin/partners/{id:uuid}/deactivation": ({ADMIN}, "partner"),
    "GET POST /admin/partners/{id:uuid}/activation": ({ADMIN}, "partner"),
    "GET POST /admin/partners/{id:uuid}/signing-keys": ({ADMIN}, "partner"),
    "POST /admin/partners/{id:uuid}/keys": ({ADMIN}, "partner"),
    "GET POST /admin/partner-keys/{id:uuid}/rotation": ({ADMIN}, "partner key"),
    "GET POST /admin/partner-keys/{id:uuid}/revocation": ({ADMIN}, "partner key"),
}
