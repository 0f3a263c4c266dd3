"""The labels of form fields, shared by summaries of errors and by conflicts."""

from typing import Final

from tortoise.models import Model

from records.core.declarations.fields import input_name
from records.core.declarations.nouns import Noun
from records.core.language import gettext_noop as _
from records.registry.nouns import NOUNS

# What no noun declares, and what several call differently.
_OTHER_LABELS: Final = {
    "address": _("Address"),
    "areas": _("Areas"),
    "body": _("What was reported"),
    "count": _("Count"),
    "criteria": _("Criteria"),
    "criterion": _("Criterion"),
    "current": _("Current password"),
    "description": _("Description"),
    "documents": _("Manifest or document"),
    "expires": _("Last day"),
    "file": _("Picture"),
    "from": _("Received from"),
    "identified": _("How the person's identity was verified"),
    "jwks": _("Public keys"),
    "limit": _("Maximum"),
    "max_points": _("Maximum points"),
    "measure": _("From the records"),
    "minutes": _("For how many minutes"),
    "motive": _("Reason"),
    "note": _("Note"),
    "on": _("Since"),
    "on_day": _("Date"),
    "one_time_code": _("Code"),
    "outcome_note": _("Comment"),
    "outcomes": _("Outcomes"),
    "overlap_days": _("Days during which both are valid"),
    "part": _("Part"),
    "password": _("Password"),
    "phone": _("Phone"),
    "points": _("Points"),
    "reason": _("Reason"),
    "record": _("Data to erase"),
    "reporter_account": _("Reporter's account"),
    "reporter_address": _("Reporter's address"),
    "reporter_name": _("Reporter's name"),
    "reporter_phone": _("Reporter's phone number"),
    "refusal": _("Reason for refusing"),
    "restore": _("Refill per second"),
    "scopes": _("Access"),
    "since": _("Replay from"),
    "staff": _("Staff"),
    "to": _("Received to"),
    "types": _("Record types"),
}


def _declared(noun: Noun) -> dict[str, str]:
    return {input_name(name, field): field.label for name, field in {**noun.fields, **noun.inputs}.items()}


FIELD_LABELS: Final = {name: text for noun in NOUNS for name, text in _declared(noun).items()} | _OTHER_LABELS


def labels_of(table: type[Model]) -> dict[str, str]:
    """The labels of the inputs of a record: its own, where nouns use one name for different fields."""
    noun = NOUNS.of(table)
    return FIELD_LABELS | _declared(noun) if noun else FIELD_LABELS
