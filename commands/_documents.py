"""`ketnoi partner documents`: the registered GraphQL documents of a partner."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from commands._records import run_with_records
from records.core.actor import system_actor
from records.core.settings import OperatorError, Settings

if TYPE_CHECKING:
    from records.tables import Partner

_ACTOR_NAME = "ketnoi partner documents"


@click.group("documents", short_help="Documents that a partner asks for by identifier.")
def command() -> None:
    """GraphQL documents registered for a partner, and whether it may run any others."""


@command.command("add", short_help="Register the documents in files.")
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option("--partner", required=True, help="The name of the partner.")
@click.pass_obj
def add(settings: Settings, files: tuple[Path, ...], partner: str) -> None:
    """Register what is in FILES, all of it or nothing.

    Manifests as relay-compiler, graphql-codegen or Apollo write them (JSON), or .graphql files with one
    document each.
    """
    new = run_with_records(settings, _add(partner, files))
    click.echo(f"{partner}: {new} new documents.")


@command.command("list", short_help="Show what is registered.")
@click.option("--partner", required=True, help="The name of the partner.")
@click.pass_obj
def list_documents(settings: Settings, partner: str) -> None:
    """Print identifier and name of each document that is registered for a partner."""
    for line in run_with_records(settings, _list(partner)):
        click.echo(line)


@command.command("remove", short_help="Remove documents.")
@click.argument("identifiers", nargs=-1, required=True)
@click.option("--partner", required=True, help="The name of the partner.")
@click.pass_obj
def remove(settings: Settings, identifiers: tuple[str, ...], partner: str) -> None:
    """Remove the documents with these IDENTIFIERS; the partner can no longer run them."""
    run_with_records(settings, _remove(partner, identifiers))
    click.echo(f"{partner}: {len(identifiers)} documents removed.")


@command.command("only", short_help="Hold a partner to its documents, or let it run any.")
@click.option("--partner", required=True, help="The name of the partner.")
@click.option("--on/--off", required=True, help="Registered documents only, or every document.")
@click.pass_obj
def restrict(settings: Settings, *, partner: str, on: bool) -> None:
    """Hold a partner to the documents that are registered for it (--on), or let it run any (--off)."""
    run_with_records(settings, _restrict(partner, on=on))
    click.echo(f"{partner}: {'registered documents only' if on else 'every document'}.")


async def _add(name: str, files: tuple[Path, ...]) -> int:
    from api.documents.persisted import operation_names
    from records.access import partners

    drafts = [draft for file in files for draft in partners.parse_documents(_text(file))]
    row = await find_partner(name)
    return await partners.register_documents(
        row.id, drafts, names=operation_names, by=system_actor(_ACTOR_NAME)
    )


async def _list(name: str) -> list[str]:
    from records.access import partners

    rows = await partners.documents_of(system_actor(_ACTOR_NAME), (await find_partner(name)).id)
    return [f"{row.identifier}  {row.name}".rstrip() for row in await rows.order_by("name", "id")]


async def _remove(name: str, identifiers: tuple[str, ...]) -> None:
    from records.access import partners
    from records.changes.unit_of_work import transaction

    rows = await partners.documents_of(system_actor(_ACTOR_NAME), (await find_partner(name)).id)
    ids = {row.identifier: row.id for row in await rows.filter(identifier__in=list(identifiers))}
    async with transaction():
        for identifier in identifiers:
            if identifier not in ids:
                raise OperatorError(f"There is no document {identifier}")
            await partners.remove_document(ids[identifier], by=system_actor(_ACTOR_NAME))


async def _restrict(name: str, *, on: bool) -> None:
    from records.access import partners

    row = await find_partner(name)
    await (partners.restrict if on else partners.unrestrict)(
        row.id, expected_version=row.version, by=system_actor(_ACTOR_NAME)
    )


async def find_partner(name: str) -> "Partner":
    """The partner with this name. Raises `OperatorError`."""
    from records.tables import Partner

    row = await Partner.get_or_none(name=name, deleted_at__isnull=True)
    if row is None:
        raise OperatorError(f"There is no partner {name}")
    return row


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise OperatorError(f"{file.name} is not text in UTF-8") from None
