"""GraphQL documents that an operator registered for a partner, which then asks for them by an identifier.

The identifiers are those of GraphQL over HTTP, appendix A. What makes a document one that can run is known to
the door that runs it, which hands in `Names`.
"""

import asyncio
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final
from uuid import UUID

import orjson
from tortoise.queryset import QuerySet

from records.access.partners.partner import NOUN, change_partner, check_manages, load, visible_to
from records.changes.unit_of_work import record_change, transaction
from records.core import events
from records.core.actor import Actor
from records.core.errors import NotFound, PermissionDenied, ProblemCode, ValidationFailed
from records.core.events import Event
from records.core.language import gettext_noop as _
from records.core.rights import Right, check_right
from records.tables import Partner, PartnerDocument

DOCUMENTS_AT_ONCE: Final = 500
DOCUMENT_NOT_ALLOWED: Final = _(
    "This key runs registered documents only, and this is not one of them. Ask whoever issued the key."
)

# The names of the operations in a document. Raises `ValueError`, with a text for people, where it cannot run.
Names = Callable[[str], str]

_IDENTIFIER: Final = re.compile(r"(?=.{1,128}\Z)(?:x-[A-Za-z0-9._~-]+:)?[A-Za-z0-9._~-]+")
_SHA256: Final = re.compile(r"(?:sha256:)?([0-9a-f]{64})")
_TAKEN: Final = _("Another document has the identifier {identifier}.")
_NAME: Final = 200
_MAX_DOCUMENTS: Final = 2000
_CHARACTERS: Final = 60_000


@dataclass(frozen=True)
class DocumentDraft:
    """A document to register; without an identifier it gets that of its SHA-256."""

    text: str
    identifier: str = ""


def digest(text: str) -> str:
    """The SHA-256 of a document's text, as identifiers hold it."""
    return sha256(text.encode()).hexdigest()


def parse_documents(content: str) -> list[DocumentDraft]:
    """The documents in a file. Raises `ValidationFailed`.

    It is a manifest, in JSON: identifiers with texts, as relay-compiler and graphql-codegen write them, or
    Apollo's list of operations; else one document.
    """
    try:
        document = orjson.loads(content)
    except ValueError:
        return [DocumentDraft(content)]
    match document:
        case {"operations": [*operations]}:
            pairs = [
                (one.get("id"), one.get("body")) if isinstance(one, dict) else (None, None)
                for one in operations
            ]
        case dict():
            pairs = [*document.items()]
        case _:
            pairs = [(None, None)]
    drafts = [
        DocumentDraft(text, id_) for id_, text in pairs if isinstance(id_, str) and isinstance(text, str)
    ]
    if len(drafts) < len(pairs):
        text = _("Send a manifest of documents in JSON, or one GraphQL document.")
        raise ValidationFailed.of("documents", text, ProblemCode.MALFORMED)
    return drafts


async def find_document_text(by: Actor, identifier: str) -> str | None:
    """The text that is registered for the partner `by` under `identifier`; None where none is."""
    rows = PartnerDocument.filter(partner_id=by.id)
    if hashed := _SHA256.fullmatch(identifier):
        row = await rows.filter(sha256=hashed[1]).first()
    elif _IDENTIFIER.fullmatch(identifier):
        row = await rows.filter(identifier=identifier).first()
    else:
        return None
    return row.text if row else None


async def check_allowed(by: Actor, text: str) -> None:
    """Raises `PermissionDenied` if `by` may only send its own documents and `text` is not one."""
    if by.documents_only and await find_document_text(by, digest(text)) is None:
        raise PermissionDenied(DOCUMENT_NOT_ALLOWED)


async def documents_of(actor: Actor, partner_id: UUID) -> QuerySet[PartnerDocument]:
    """The documents of a partner. Raises `PermissionDenied` or `NotFound`."""
    await check_manages(actor, partner_id)
    return PartnerDocument.filter(partner_id=partner_id)


async def document(actor: Actor, document_id: UUID) -> tuple[PartnerDocument, Partner]:
    """A document and the partner it is registered for. Raises `PermissionDenied` or `NotFound`."""
    check_right(actor, Right.PARTNERS_MANAGE)
    row = await PartnerDocument.get_or_none(id=document_id)
    partner = await visible_to(actor).get_or_none(id=row.partner_id) if row else None
    if row is None or partner is None:
        raise NotFound("There is no such document.")
    return row, partner


async def register_documents(
    partner_id: UUID, drafts: Sequence[DocumentDraft], *, names: Names, by: Actor
) -> int:
    """Registers all of `drafts` or none; how many are new.

    Raises `PermissionDenied`, `NotFound` or `ValidationFailed`.
    """
    check_right(by, Right.PARTNERS_MANAGE)
    # To look at some hundred documents takes seconds, in which others would have to wait.
    requested = await asyncio.to_thread(_checked, drafts, names)
    async with transaction():
        partner = await load(partner_id, by)
        held = PartnerDocument.filter(partner_id=partner.id)
        there = {row.identifier: row.sha256 for row in await held.filter(identifier__in=list(requested))}
        for identifier, row in requested.items():
            if there.get(identifier, row.sha256) != row.sha256:
                raise ValidationFailed.of("documents", _TAKEN, ProblemCode.CONFLICT, identifier=identifier)
        new = [row for identifier, row in requested.items() if identifier not in there]
        if await held.count() + len(new) > _MAX_DOCUMENTS:
            raise ValidationFailed.of(
                "documents",
                "A partner has at most {most} documents.",
                ProblemCode.TOO_MANY,
                most=_MAX_DOCUMENTS,
            )
        if new:
            for row in new:
                row.partner_id = partner.id
            await PartnerDocument.bulk_create(new)
            await _record_change(
                partner, "documents added", documents_added=[row.identifier for row in new], by=by
            )
        return len(new)


async def remove_document(document_id: UUID, *, by: Actor) -> None:
    """Takes a document away: the partner cannot ask for it any more.

    Raises `PermissionDenied` or `NotFound`.
    """
    check_right(by, Right.PARTNERS_MANAGE)
    async with transaction():
        row, partner = await document(by, document_id)
        await PartnerDocument.filter(id=row.id).delete()
        await _record_change(partner, "document removed", documents_removed=[row.identifier], by=by)


async def restrict(partner_id: UUID, *, expected_version: int, by: Actor) -> Partner:
    """From now on the partner runs registered documents only.

    Raises `PermissionDenied`, `NotFound` or `Conflict`.
    """
    async with change_partner(partner_id, expected_version, "restricted", by=by) as change:
        return await change.save(documents_only=True)


async def unrestrict(partner_id: UUID, *, expected_version: int, by: Actor) -> Partner:
    """From now on the partner runs any document. Raises `PermissionDenied`, `NotFound` or `Conflict`."""
    async with change_partner(partner_id, expected_version, "unrestricted", by=by) as change:
        return await change.save(documents_only=False)


def _checked(drafts: Sequence[DocumentDraft], names: Names) -> dict[str, PartnerDocument]:
    """The documents as rows, by identifier. Raises `ValidationFailed`."""
    if not 1 <= len(drafts) <= DOCUMENTS_AT_ONCE:
        raise ValidationFailed.of(
            "documents", "Send 1 to {most} documents at a time.", ProblemCode.TOO_MANY, most=DOCUMENTS_AT_ONCE
        )
    rows: dict[str, PartnerDocument] = {}
    for draft in drafts:
        row = _row(draft, names)
        if rows.setdefault(row.identifier, row).sha256 != row.sha256:
            raise ValidationFailed.of("documents", _TAKEN, ProblemCode.CONFLICT, identifier=row.identifier)
    return rows


def _row(draft: DocumentDraft, names: Names) -> PartnerDocument:
    hashed = digest(draft.text)
    claimed = _SHA256.fullmatch(draft.identifier)
    if claimed and claimed[1] != hashed:
        text = _("The document {identifier} does not match that hash.")
        raise ValidationFailed.of("documents", text, ProblemCode.INCONSISTENT, identifier=draft.identifier)
    if draft.identifier and not claimed and not _IDENTIFIER.fullmatch(draft.identifier):
        text = _("An identifier has at most 128 letters, digits and the characters - . _ ~")
        raise ValidationFailed.of("documents", text, ProblemCode.MALFORMED)
    identifier = f"sha256:{hashed}" if claimed or not draft.identifier else draft.identifier
    if len(draft.text) > _CHARACTERS:
        raise ValidationFailed.of(
            "documents", "The document {identifier} is too long.", ProblemCode.TOO_LONG, identifier=identifier
        )
    try:
        if "\0" in draft.text:
            raise ValueError("U+0000")
        name = names(draft.text)[:_NAME]
    except ValueError as error:
        text = _("The document {identifier} cannot run: {reason}")
        raise ValidationFailed.of(
            "documents", text, ProblemCode.INVALID, identifier=identifier, reason=str(error)
        ) from None
    return PartnerDocument(identifier=identifier, sha256=hashed, name=name, text=draft.text)


async def _record_change(partner: Partner, change: str, *, by: Actor, **after: list[str]) -> None:
    """The audit and outbox rows of documents, by identifier."""
    await record_change(NOUN, partner, by=by, action=Right.PARTNERS_MANAGE, before={}, after=after)
    events.log(Event.PARTNER_CHANGED, actor=by.id, what=change, partner=partner.id)
