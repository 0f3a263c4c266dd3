"""Persisted documents: a request names its document by an identifier instead of sending the text.

Over POST and GET, in two ways: `documentId` (GraphQL over HTTP, appendix A) finds documents that are
registered for the partner; Apollo's automatic persisted queries (`extensions.persistedQuery`) also find what
the partner's own requests have left in the memory of this process.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, ClassVar, Final

from graphql import GraphQLError, OperationDefinitionNode
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from strawberry.types import ExecutionResult

from api.cost import limits
from api.cost.budget import cost_only
from api.documents.automatic import AutomaticDocuments
from api.errors import Unauthenticated, format_error
from api.schema.assembly import schema
from edge.entity_tags import matches_etag
from records.access import partners
from records.core.actor import Actor
from records.core.errors import DomainError, PermissionDenied
from records.core.language import Language, _

_SHA256: Final = re.compile(r"[0-9a-f]{64}")


class DocumentError(DomainError):
    """The request names a document that is not run."""

    status: ClassVar[int] = 400
    headers: ClassVar[Mapping[str, str]] = {}


class MissingKey(DocumentError):
    """Registered documents belong to partners, and the request has no key."""

    code: ClassVar[str] = Unauthenticated.code
    status: ClassVar[int] = 401
    headers: ClassVar[Mapping[str, str]] = {"WWW-Authenticate": 'Bearer realm="ketnoi"'}


class Malformed(DocumentError):
    """The request identifies its document inconsistently."""

    code: ClassVar[str] = "BAD_REQUEST"


class Mismatch(DocumentError):
    """The text does not match the hash that came with it."""

    code: ClassVar[str] = "PERSISTED_QUERY_MISMATCH"


class NotRegistered(DocumentError):
    """Nothing is registered under the identifier."""

    code: ClassVar[str] = "DOCUMENT_NOT_FOUND"


class NotAllowed(DocumentError):
    """The partner may only run registered documents, and this is not one of them."""

    code: ClassVar[str] = "DOCUMENT_NOT_ALLOWED"
    status: ClassVar[int] = 403


class Unknown(DocumentError):
    """The hash is unknown: the client must send the text. Clients expect exactly this message and status."""

    code: ClassVar[str] = "PERSISTED_QUERY_NOT_FOUND"
    status: ClassVar[int] = 200


class Unsupported(DocumentError):
    """An anonymous caller has no cache: the client must send the text each time."""

    code: ClassVar[str] = "PERSISTED_QUERY_NOT_SUPPORTED"
    status: ClassVar[int] = 200


@dataclass(frozen=True, slots=True)
class Document:
    """The document of a request: its text, or the `documentId` or hash by which to find it."""

    text: str | None = None
    identifier: str | None = None
    digest: str | None = None
    # Whether the text was looked up instead of sent.
    is_stored: bool = False


def requested_document(query: str | None, document_id: str | None, extensions: Mapping[str, Any]) -> Document:
    """The document that the request identifies. Raises `DocumentError` if it does so inconsistently."""
    digest = _requested_digest(query, extensions)
    if document_id and (query or digest):
        raise Malformed(_("Send either documentId or the query."))
    return Document(query or None, document_id, digest)


async def find(
    requested: Document, caller: Actor | None, automatic_documents: AutomaticDocuments
) -> Document:
    """The document with its text. Raises `DocumentError` if it is unknown or the caller may not run it."""
    if requested.text or not (requested.identifier or requested.digest):
        await check_allowed(requested.text, caller)
        return requested
    if caller is None or caller.id is None:
        if requested.digest:
            raise Unsupported("PersistedQueryNotSupported")
        raise MissingKey(_("Send a key: Authorization: Bearer <key>."))
    text = None
    if requested.digest and not caller.documents_only:
        text = automatic_documents.get(caller.id, requested.digest)
    text = text or await partners.find_document_text(caller, requested.identifier or requested.digest or "")
    if text:
        return replace(requested, text=text, is_stored=True)
    if caller.documents_only:
        raise NotAllowed(partners.DOCUMENT_NOT_ALLOWED)
    if requested.digest:
        raise Unknown("PersistedQueryNotFound")
    raise NotRegistered(_("No document is registered for this documentId."))


async def check_allowed(text: str | None, caller: Actor | None) -> None:
    """Raises `NotAllowed` if the caller may only run registered documents and `text` is none of them."""
    if text is None or caller is None:
        return
    try:
        await partners.check_allowed(caller, text)
    except PermissionDenied:
        raise NotAllowed(partners.DOCUMENT_NOT_ALLOWED) from None


def remember(
    document: Document, caller: Actor | None, result: ExecutionResult, automatic_documents: AutomaticDocuments
) -> None:
    """Stores the text of an automatic persisted query once it has run, and therefore is valid."""
    ran = result.data is not None or any(error.path for error in result.errors or ())
    if caller is None or caller.id is None or document.is_stored or not ran:
        return
    if document.text and document.digest:
        automatic_documents.store(caller.id, document.digest, document.text)


def is_cacheable(request: HTTPConnection, document: Document) -> bool:
    """Whether the response gets an entity tag; then its body must not differ between requests."""
    return request.scope.get("method") in {"GET", "HEAD"} and document.is_stored and not cost_only(request)


def conditional_response(request: Request, document: Document, response: Response) -> Response:
    """`response` with its entity tag, or 304 if the caller has it already.

    The tag covers the bytes, their media type and their language (RFC 9110, sections 8.8.3 and 13.1.2).
    """
    if not is_cacheable(request, document) or response.status_code != 200:
        return response
    parts = [response.headers.get(name, "") for name in ("content-type", "content-language")]
    tag = f'"{sha256(" ".join([*parts, ""]).encode() + bytes(response.body)).hexdigest()}"'
    if not matches_etag(request.headers.get("if-none-match", ""), tag):
        response.headers["ETag"] = tag
        return response
    cacheable_headers = ("vary", "content-language", "deprecation", "sunset", "link")
    headers = {name: response.headers[name] for name in cacheable_headers if name in response.headers}
    return Response(status_code=304, headers={**headers, "ETag": tag})


def operation_names(text: str) -> str:
    """The names of the operations in a document. Raises `ValueError` with the reason if it is invalid."""
    try:
        document = limits.parse_document(text)
        errors = limits.find_errors(schema._schema, document)  # noqa: SLF001 - Strawberry does not show it
        if errors:
            raise errors[0]
    except GraphQLError as error:
        raise ValueError(format_error(error, Language.EN, "")["message"]) from None
    except RecursionError:
        raise ValueError("The query is nested too deeply.") from None
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    if not operations:
        raise ValueError("There is no operation in it.")
    return ", ".join(node.name.value for node in operations if node.name)


def _requested_digest(query: str | None, extensions: Mapping[str, Any]) -> str | None:
    """The hash in `extensions.persistedQuery`, or None. Raises if it does not match `query`."""
    requested = extensions.get("persistedQuery")
    if requested is None:
        return None
    digest = requested.get("sha256Hash") if isinstance(requested, dict) else None
    if not isinstance(digest, str) or not _SHA256.fullmatch(digest) or requested.get("version") != 1:
        raise Malformed(_("persistedQuery needs version 1 and a sha256Hash of 64 hexadecimal digits."))
    if query and partners.digest(query) != digest:
        raise Mismatch(_("The query does not match this sha256Hash."))
    return digest
