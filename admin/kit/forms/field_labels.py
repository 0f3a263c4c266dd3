"""What the fields of forms are called: one word for one thing, in summaries of errors and in conflicts."""

from typing import Final

from records.core.declarations.fields import input_name
from records.core.language import mark as _
from records.registry.nouns import NOUNS

# What no noun declares, and what several call differently.
_OTHERS: Final = {
    "address": _("Address"),
    "areas": _("Areas"),
    "body": _("What was told"),
    "count": _("How many"),
    "description": _("Description"),
    "expires": _("Last day"),
    "file": _("Picture"),
    "from": _("Received from"),
    "identified": _("How you know that it is them"),
    "jwks": _("Public keys"),
    "limit": _("Most at once"),
    "minutes": _("For how many minutes"),
    "motive": _("Reason"),
    "note": _("Note"),
    "on": _("Since"),
    "on_day": _("On"),
    "outcome_note": _("Remark"),
    "outcomes": _("Outcomes"),
    "overlap_days": _("Days that both are valid"),
    "phone": _("Phone"),
    "reason": _("Reason"),
    "record": _("What to erase"),
    "reporter_account": _("Account of who gave it"),
    "reporter_address": _("Address of who gave it"),
    "reporter_name": _("Name of who gave it"),
    "reporter_phone": _("Phone of who gave it"),
    "restore": _("Back in a second"),
    "scopes": _("What it may do"),
    "since": _("Since when"),
    "staff": _("Staff"),
    "to": _("Received until"),
    "types": _("What it follows"),
}
WORDS: Final = {
    input_name(name, field): field.label
    for noun in NOUNS
    for name, field in {**noun.fields, **noun.inputs}.items()
} | _OTHERS
