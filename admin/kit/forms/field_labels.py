"""What the fields of forms are called: one word for one thing, in summaries of errors and in conflicts."""

from typing import Final

from records.core.declarations.fields import input_name
from records.core.language import gettext_noop as _
from records.registry.nouns import NOUNS

# What no noun declares, and what several call differently.
_OTHER_LABELS: Final = {
    "address": _("Address"),
    "areas": _("Areas"),
    "body": _("What was reported"),
    "count": _("Count"),
    "current": _("Current password"),
    "description": _("Description"),
    "documents": _("Manifest or document"),
    "expires": _("Last day"),
    "file": _("Picture"),
    "from": _("Received from"),
    "identified": _("How the person's identity was verified"),
    "jwks": _("Public keys"),
    "limit": _("Maximum"),
    "minutes": _("For how many minutes"),
    "motive": _("Reason"),
    "note": _("Note"),
    "on": _("Since"),
    "on_day": _("Date"),
    "one_time_code": _("Code"),
    "outcome_note": _("Comment"),
    "outcomes": _("Outcomes"),
    "overlap_days": _("Days during which both are valid"),
    "password": _("Password"),
    "phone": _("Phone"),
    "reason": _("Reason"),
    "record": _("Data to erase"),
    "reporter_account": _("Reporter's account"),
    "reporter_address": _("Reporter's address"),
    "reporter_name": _("Reporter's name"),
    "reporter_phone": _("Reporter's phone number"),
    "restore": _("Refill per second"),
    "scopes": _("Access"),
    "since": _("Replay from"),
    "staff": _("Staff"),
    "to": _("Received to"),
    "types": _("Record types"),
}
FIELD_LABELS: Final = {
    input_name(name, field): field.label
    for noun in NOUNS
    for name, field in {**noun.fields, **noun.inputs}.items()
} | _OTHER_LABELS
