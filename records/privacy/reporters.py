"""Reporters of tips, sealed when they are stored. A tip shows whether a reporter is recorded, never who."""

from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from records.changes.unit_of_work import audit, transaction, update
from records.core.actor import Actor
from records.core.declarations.fields import Field
from records.core.errors import Conflict, Message, ProblemCode, ValidationFailed
from records.core.language import gettext_noop as _
from records.core.rights import Right, check_right
from records.core.validation import Validator
from records.nouns import legal_holds, tips
from records.nouns.tips import TipDraft
from records.privacy import attachments
from records.privacy.attachments import Picture
from records.security import vault
from records.tables import Tip


@dataclass(frozen=True)
class ReporterDraft:
    """Personal data of a reporter; every field is optional."""

    name: Annotated[str, Field(_("Reporter's name"), max_length=120, sealed=True)] = ""
    phone: Annotated[str, Field(_("Reporter's phone number"), sealed=True)] = ""
    account: Annotated[str, Field(_("Reporter's account"), max_length=120, sealed=True)] = ""
    address: Annotated[str, Field(_("Reporter's address"), max_length=300, sealed=True)] = ""
    may_contact: bool = False

    def __repr__(self) -> str:
        return "ReporterDraft(...)"

    @property
    def anonymous(self) -> bool:
        """Whether no field has a value."""
        return not any(text.strip() for text in (self.name, self.phone, self.account, self.address))


def problems(draft: ReporterDraft) -> dict[str, Message]:
    """The problems of a draft, by field."""
    try:
        _checked(draft)
    except ValidationFailed as error:
        return error.problems
    return {}


async def submit(
    draft: TipDraft, reporter: ReporterDraft, *, picture: Picture | None = None, by: Actor
) -> Tip:
    """A new tip with its reporter and picture, stored atomically.

    Raises `PermissionDenied` or `ValidationFailed`.
    """
    check_right(by, Right.TIPS_SUBMIT)
    values = _checked(reporter)
    async with transaction():
        tip = await tips.submit(draft, by=by)
        if picture:
            await attachments.attach(attachments.TIPS, tip.id, picture, by=by)
        if reporter.anonymous or not tip.anonymous:
            return tip
        return await _store(tip, values, reporter, by=by, action=Right.TIPS_SUBMIT)


async def record(tip_id: UUID, reporter: ReporterDraft, *, by: Actor) -> Tip:
    """The tip, with its reporter recorded; this happens once.

    Raises `PermissionDenied`, `NotFound`, `ValidationFailed` or `Conflict`.
    """
    check_right(by, Right.TIPS_EDIT)
    values = _audit_values(reporter)
    async with transaction():
        tip = await tips.load(tip_id, by)
        if not tip.anonymous:
            raise Conflict("The reporter of this tip is already recorded.")
        return await _store(tip, values, reporter, by=by, action=Right.TIPS_EDIT)


async def correct(tip_id: UUID, reporter: ReporterDraft, *, motive: str, by: Actor) -> None:
    """Replaces the sealed reporter at their request.

    Raises `PermissionDenied`, `NotFound`, `ValidationFailed`, `Conflict`.
    """
    check_right(by, Right.RETENTION_MANAGE)
    values = _audit_values(reporter)
    async with transaction():
        area_id = await legal_holds.locked("tip", tip_id, by=by)
        await legal_holds.check_free("tip", tip_id)
        if not await vault.erase("tip_reporters", tip_id):
            raise Conflict("The reporter gave no name.")
        await vault.seal("tip_reporters", values, tip_id=tip_id, may_contact=reporter.may_contact)
        action, there = Right.RETENTION_MANAGE.value, {"reporter": True}
        changed: dict[str, Any] = {"before": there, "after": there, "motive": motive, "area_id": area_id}
        await audit("tip", tip_id, by=by, action=action, **changed)


async def _store(
    tip: Tip, values: dict[str, str], reporter: ReporterDraft, *, by: Actor, action: Right
) -> Tip:
    await vault.seal("tip_reporters", values, tip_id=tip.id, may_contact=reporter.may_contact)
    return await update(tips.NOUN, tip, expected_version=tip.version, by=by, action=action, anonymous=False)


def _audit_values(draft: ReporterDraft) -> dict[str, str]:
    if draft.anonymous:
        raise ValidationFailed.of("name", "Enter a value.", ProblemCode.REQUIRED)
    return _checked(draft)


def _checked(draft: ReporterDraft) -> dict[str, str]:
    check = Validator()
    values = check.values(draft) | {"phone": vault.parse_phone_number(check, "phone", draft.phone)}
    del values["may_contact"]
    check.raise_if_invalid()
    return values
