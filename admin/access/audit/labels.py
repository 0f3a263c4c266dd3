"""What the actions of audit entries are called: the records that a right is about, and its verb."""

from typing import Final

from admin.kit.request import PageRequest
from records.core.language import gettext_noop as _
from records.core.rights import Right
from records.delivery.job_list import RETRY
from records.nouns.legal_holds import LIFT, PLACE
from records.registry.nouns import NOUNS

# Of actions on what no noun declares.
_OTHER_SUBJECTS: Final = {
    "approvals": _("Approvals"),
    "areas": _("Areas"),
    "attachments": _("Pictures"),
    "audit": _("Audit"),
    "changes": _("Change feed"),
    "exports": _("Exports"),
    "faq": _("Frequent questions"),
    "history": _("History"),
    "indicators": _("Indicators"),
    "jobs": _("Background jobs"),
    "legal_holds": _("Legal holds"),
    "metrics": _("Metrics"),
    "organisations": _("Organisations"),
    "reveals": _("Sealed data"),
    "saved_views": _("Saved views"),
    "scorecards": _("Scorecards"),
    "targets": _("Targets"),
}
# Where several nouns are read with one right, it is called after the first.
_SUBJECTS: Final = {
    noun.right.partition(".")[0]: noun.plural for noun in reversed(list(NOUNS))
} | _OTHER_SUBJECTS
_VERBS: Final = {
    "answer": _("Answer"),
    "ask": _("Ask or request"),
    "assign": _("Assign"),
    "close": _("Close"),
    "create": _("Create"),
    "decide": _("Decide"),
    "dissolve": _("Dissolve"),
    "edit": _("Edit"),
    "erase": _("Erase"),
    "extend": _("Extend the deadline"),
    "factors": _("Authentication methods"),
    "hand_down": _("Hand down"),
    "hand_over": _("Hand over"),
    "identities": _("Accounts at the provider"),
    "lift": _("Lift"),
    "log": _("View the log"),
    "manage": _("Manage"),
    "merge": _("Merge"),
    "note": _("Add a note"),
    "officers": _("Officers"),
    "oversee": _("Oversee"),
    "place": _("Put in place"),
    "publish": _("Publish"),
    "read": _("View"),
    "receive": _("Receive"),
    "record": _("Make a record"),
    "recovery-codes": _("Recovery codes"),
    "reject": _("Reject"),
    "remove": _("Remove"),
    "reopen": _("Reopen"),
    "report": _("Report"),
    "retry": _("Retry"),
    "run": _("Run"),
    "save": _("Save"),
    "set": _("Set"),
    "sign": _("Sign"),
    "sign_front": _("Sign for the Fatherland Front"),
    "sign_police": _("Sign for the police"),
    "submit": _("Submit"),
    "verify": _("Verify"),
    "write": _("Write"),
}


ACTIONS: Final = (*(right.value for right in Right), *(RETRY, PLACE, LIFT))
"""What can be done, as the audit names it."""


def action_label(request: PageRequest, action: str) -> str:
    """The action of an audit entry in words; the name itself of one that is no longer known."""
    subject, _dot, verb = action.partition(".")
    if subject not in _SUBJECTS or verb not in _VERBS:
        return action
    return f"{request._(_SUBJECTS[subject])}: {request._(_VERBS[verb])}"


OTHER_NOUNS: Final = {
    "export": _("Export"),
    "legal_hold": _("Legal hold"),
    "approval": _("Approval"),
    "saved_view": _("Saved view"),
    "job": _("Background job"),
    "session": _("Session"),
}
"""What is audited besides the nouns that have a declaration."""


def noun_label(name: str) -> str:
    """What a record that was audited is called; the name itself of one that is no longer known."""
    noun = NOUNS.get(name)
    return noun.label if noun else OTHER_NOUNS.get(name, name)
