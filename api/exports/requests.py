"""Exports: a list as a file, for those who want all of it. `api.exports.writing` writes the files."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import orjson
import strawberry
from strawberry.scalars import JSON

from api.cost.directives import CATALOGUE, CHANGE, list_size
from api.errors import check_scope
from api.exports.paging import EXAMPLE, PageError, fetch_page, parse_export_query, without_charge
from api.mutations.base import (
    IDEMPOTENCY_KEY_DESCRIPTION,
    MutationPayload,
    payload,
    requested_selection,
    run_mutation,
)
from api.reads.context import Info
from api.reads.node import global_id, parse_id
from records.access import partners
from records.core.errors import PermissionDenied, ProblemCode, ValidationFailed
from records.core.language import gettext_noop as _
from records.core.rights import Right
from records.delivery import exports
from records.tables import Export as Row
from records.tables.changes.jobs import JobState
from records.tables.delivery import ExportState


@strawberry.type(description="A list as a file: one record per line (NDJSON), compressed with gzip.")
class Export:
    """An export of the caller's own."""

    id: strawberry.ID = strawberry.field(description="The export's id.")
    root: str = strawberry.field(description="The list that it contains, such as `tips`.")
    state: ExportState = strawberry.field(description="Its state.")
    rows: int = strawberry.field(
        description="The number of records written so far; in the end, the number of records in the file."
    )
    path: str | None = strawberry.field(
        description=(
            "The path of the file (GET, with the key), relative to the address of the service; null "
            "until there is one."
        )
    )
    digest: str | None = strawberry.field(
        description="The SHA-256 of the file in hexadecimal digits; null until there is one."
    )
    error: str | None = strawberry.field(description="The code of the error with which it failed, or null.")
    created_at: datetime = strawberry.field(
        description="When it was requested: the records are read at or after this time."
    )
    finished_at: datetime | None = strawberry.field(description="When it completed or failed.")
    expires_at: datetime | None = strawberry.field(
        description="When the file is removed, 24 hours after completion; null until there is one."
    )

    @classmethod
    def of(cls, row: Row) -> "Export":
        """What a partner sees of its export."""
        ends = exports.ends_at(row)
        # The contract has no state of its own for what an operator cancelled.
        cancelled = row.job.state is JobState.CANCELLED
        return cls(
            id=strawberry.ID(global_id("Export")(row.id)),
            root=row.root,
            state=ExportState.FAILED if cancelled else ExportState(row.job.state),
            rows=row.job.progress,
            path=f"/exports/{row.id}" if ends else None,
            digest=row.digest,
            error="CANCELLED" if cancelled else row.job.error or None,
            created_at=row.created_at,
            finished_at=row.job.finished_at,
            expires_at=ends,
        )


@strawberry.input(description="A list to export as a file.")
class StartExportInput:
    """The query of the list."""

    query: str = strawberry.field(
        description="A query with one list as its only field and `nodes` as the only field of that, without "
        f"`first`, `after`, `last` and `before`: `{EXAMPLE}`."
    )
    variables: JSON | None = strawberry.field(
        default=None, description="The query's variables, as an object. Personal data belongs here."
    )
    idempotency_key: str | None = strawberry.field(default=None, description=IDEMPOTENCY_KEY_DESCRIPTION)


@payload("the export")
class StartExportPayload(MutationPayload):
    """The export waits for its turn."""

    export: Export | None = strawberry.field(description="The export; null if there were problems.")


async def _start_export(
    info: Info,
    *,
    input: Annotated[StartExportInput, strawberry.argument(description="The list.")],  # noqa: A002 - Relay's name
) -> StartExportPayload:
    await requested_selection(info, Right.EXPORTS_RUN)
    # Looked at before anything is held: a transaction under way may not wait for a connection to read with.
    validated = await _validate_query(info, input)

    async def start() -> UUID:
        if isinstance(validated, ValidationFailed):
            raise validated
        context, (root, request) = info.context, validated
        return (await exports.start(root, request, language=context.language, by=context.actor)).id

    result = await run_mutation(info, input, start)
    row = await exports.find(result.row_id, by=info.context.actor) if result.row_id else None
    return StartExportPayload(
        record_id=result.id("Export"), export=Export.of(row) if row else None, problems=result.problems
    )


async def _validate_query(info: Info, data: StartExportInput) -> tuple[str, str] | ValidationFailed:
    """The list that is asked for and the request for its pages, or what is wrong with it."""
    context = info.context
    variables: object = {} if data.variables is None else data.variables
    if not isinstance(variables, dict):
        return ValidationFailed.of("variables", _("Send one JSON object."), ProblemCode.MALFORMED)
    try:
        await partners.check_allowed(context.actor, data.query)
        list_ = parse_export_query(data.query, info._raw_info.schema)  # noqa: SLF001 - Strawberry does not show it
        # Without a record: whatever is wrong with the query is told now.
        await fetch_page(info.schema, list_, variables, without_charge(context), first=0)
    except PermissionDenied as error:
        return ValidationFailed({"query": error.message})
    except PageError as error:
        known = error.code in set(ProblemCode)
        code = ProblemCode(error.code) if known else ProblemCode.INVALID
        return ValidationFailed.of("query", "{reason}", code, reason=error.message)
    except ValidationFailed as error:
        return error
    return list_.root, orjson.dumps({"query": data.query, "variables": variables}).decode()


async def _export(
    info: Info,
    *,
    id: Annotated[strawberry.ID, strawberry.argument(description="The export's id.")],  # noqa: A002 - Relay's name
) -> Export | None:
    check_scope(info.context.actor, Right.EXPORTS_RUN, field="Query.export")
    found = parse_id(id, "Export")
    row = await exports.find(found[1], by=info.context.actor) if found else None
    return Export.of(row) if row else None


async def _exports(info: Info) -> list[Export]:
    check_scope(info.context.actor, Right.EXPORTS_RUN, field="Query.exports")
    return [Export.of(row) async for row in exports.visible_to(info.context.actor)]


@strawberry.type
class ExportQueries:
    """The root fields `export` and `exports`."""

    export: Export | None = strawberry.field(
        resolver=_export, description="The caller's export with this id; null if there is none."
    )
    exports: list[Export] = strawberry.field(
        resolver=_exports,
        directives=list_size(CATALOGUE),
        description="The caller's exports of the last two days, the newest first.",
    )


@strawberry.type
class ExportMutations:
    """The root field `startExport`."""

    start_export: StartExportPayload = strawberry.field(
        resolver=_start_export,
        directives=[CHANGE],
        description="Starts writing a whole list to a file, as it is at one moment. Needs the scope "
        "exports:run and those of the records. One at a time, and at most "
        f"{exports.MOST_A_DAY} within 24 hours.",
    )
