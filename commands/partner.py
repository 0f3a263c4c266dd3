"""`ketnoi partner`: the systems that may call the API, and their keys."""

from datetime import datetime, timedelta

import click

from commands import _documents
from commands._records import run_with_records
from records.core.actor import Scope, system_actor
from records.core.dates import midnight
from records.core.settings import Settings


@click.group("partner", short_help="Add a partner system, issue and revoke its keys.")
def command() -> None:
    """Partner systems. A key is shown once; only a hash of it is kept."""


command.add_command(_documents.command)


@command.command("add", short_help="Add a partner and issue its first key.")
@click.argument("name")
@click.option(
    "--scope", "scopes", required=True, multiple=True, type=click.Choice([scope.value for scope in Scope])
)
@click.option("--area", "areas", required=True, multiple=True, help="An area's code; may be given again.")
@click.option("--contact", default="", help="Whom to write to.")
@click.pass_obj
def add(settings: Settings, name: str, scopes: tuple[str, ...], areas: tuple[str, ...], contact: str) -> None:
    """Add the partner NAME, with scopes in areas, and print its first key."""
    click.echo(run_with_records(settings, _add(name, [Scope(scope) for scope in scopes], areas, contact)))


@command.command("key", short_help="Issue another key; the ones before stay valid.")
@click.argument("name")
@click.option("--expires", type=click.DateTime(["%Y-%m-%d"]), help="The last day on which it is valid.")
@click.pass_obj
def key(settings: Settings, name: str, expires: datetime | None) -> None:
    """Issue another key to the partner NAME and print it."""
    click.echo(run_with_records(settings, _key(name, expires)))


@command.command("rotate", short_help="Issue a key in place of one that goes on for some days.")
@click.argument("prefix")
@click.option("--overlap", default=7, show_default=True, help="For how many days the old key stays valid.")
@click.pass_obj
def rotate(settings: Settings, prefix: str, overlap: int) -> None:
    """Issue a key in place of the one that begins with ktn_PREFIX, and print it."""
    from records.access import partners

    by = system_actor("ketnoi partner")
    click.echo(run_with_records(settings, partners.rotate_key(prefix, overlap_days=overlap, by=by)))


@command.command("revoke", short_help="Revoke a key by its visible prefix.")
@click.argument("prefix")
@click.pass_obj
def revoke(settings: Settings, prefix: str) -> None:
    """Revoke the key that begins with ktn_PREFIX; it stops working at once."""
    from records.access import partners

    run_with_records(settings, partners.revoke_key(prefix, by=system_actor("ketnoi partner")))
    click.echo(f"The key {prefix} is revoked.")


@command.command("cancel-export", short_help="Cancel the export that a partner has under way.")
@click.argument("name")
@click.pass_obj
def cancel_export(settings: Settings, name: str) -> None:
    """Cancel the export of the partner NAME that waits or is being written."""
    run_with_records(settings, _cancel_export(name))
    click.echo(f"{name}: the export is cancelled.")


@command.command("budget", short_help="Set what a partner's requests are paid from.")
@click.argument("name")
@click.option("--limit", required=True, type=int, help="How much the budget holds when it is full.")
@click.option("--restore", required=True, type=int, help="How much is restored each second.")
@click.pass_obj
def budget(settings: Settings, name: str, limit: int, restore: int) -> None:
    """Set the budget of the partner NAME, in costs of requests: about one for each record of an answer."""
    run_with_records(settings, _budget(name, limit, restore))
    click.echo(f"{name}: {limit} at most, refill {restore} per second.")


async def _add(name: str, scopes: list[Scope], codes: tuple[str, ...], contact: str) -> str:
    from records.access import partners
    from records.areas import areas

    ids = [(await areas.resolve_reference(code)).id for code in codes]
    by = system_actor("ketnoi partner")
    row = await partners.create(name=name, scopes=scopes, areas=ids, contact=contact, by=by)
    return await partners.issue_key(row.id, by=by)


async def _budget(name: str, limit: int, restore: int) -> None:
    from records.access import partners

    row = await _documents.find_partner(name)
    by = system_actor("ketnoi partner")
    await partners.set_allowance(row.id, limit=limit, restore=restore, expected_version=row.version, by=by)


async def _cancel_export(name: str) -> None:
    from records.delivery import exports

    row = await _documents.find_partner(name)
    await exports.cancel(row.id, by=system_actor("ketnoi partner"))


async def _key(name: str, expires: datetime | None) -> str:
    from records.access import partners

    try:
        until = midnight(expires.date() + timedelta(days=1)) if expires else None
    except OverflowError:
        raise click.BadParameter("Enter a date in 9998 or earlier.", param_hint="--expires") from None
    row = await _documents.find_partner(name)
    return await partners.issue_key(row.id, by=system_actor("ketnoi partner"), expires_at=until)
