"""Sealed data on a page: whether there is any, the state of one's own request for it, and its form."""

from dataclasses import dataclass
from uuid import UUID

from admin.kit.forms.fields import Form
from admin.kit.request import PageRequest
from records.core.rights import Right, has_right
from records.privacy import reporters, reveals
from records.security import vault
from records.tables import Reveal
from records.tables.privacy import RevealState


@dataclass(frozen=True)
class Sealed:
    """The sealed data of a record, as its page presents it."""

    present: bool
    reveal: Reveal | None
    state: RevealState | None
    may_request: bool


async def sealed_of(request: PageRequest, kind: str, record: UUID) -> Sealed:
    """Whether data of `kind` is sealed for a record, with the user's latest request to see it."""
    reveal = next(iter(await reveals.of_record(kind, record, by=request.actor)), None)
    return Sealed(
        present=bool(await vault.sealed_records(kind, [record])),
        reveal=reveal,
        state=reveals.state(reveal) if reveal else None,
        may_request=has_right(request.actor, Right.REVEALS_ASK)
        and (reveal is None or reveals.state(reveal) not in {RevealState.WAITING, RevealState.LIVE}),
    )


def read_reporter(form: Form) -> reporters.ReporterDraft:
    """The reporter entered in `form`; problems are added to the form."""
    draft = reporters.ReporterDraft(
        name=form.text("reporter_name"),
        phone=form.text("reporter_phone"),
        account=form.text("reporter_account"),
        address=form.text("reporter_address"),
        may_contact=bool(form.text("reporter_may_contact")),
    )
    form.problems |= {f"reporter_{name}": message for name, message in reporters.problems(draft).items()}
    return draft
