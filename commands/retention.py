"""`ketnoi retention`: how long what names people is kept, and what is done when the time is over."""

from typing import TYPE_CHECKING
from uuid import UUID

import click

from commands._records import on_records
from records.core.actor import system
from records.core.settings import Settings

if TYPE_CHECKING:
    from records.privacy.retention import Due

_BY = "ketnoi retention"


@click.group("retention", short_help="Apply the rules of how long people's data are kept; legal holds.")
def command() -> None:
    """How long people's data are kept. What is under a legal hold is left alone."""


@command.command("apply", short_help="Erase and remove what is due; safe to interrupt and to run again.")
@click.option("--dry-run", is_flag=True, help="Only count what is due; change nothing.")
@click.pass_obj
def apply(settings: Settings, *, dry_run: bool) -> None:
    """Do what the rules say about everything that is due today, and count it by noun."""
    word = "due" if dry_run else "done"
    found, files = on_records(settings, _apply(dry_run=dry_run))
    _show(found, word)
    click.echo(f"{'files':<16}{files:>8} {word}  no picture's any more")


@command.command("rules", short_help="Show how long each noun is kept.")
@click.pass_obj
def rules(settings: Settings) -> None:
    """Show how many months each noun is kept after it ended, and what then."""
    from records.privacy import retention

    for rule in on_records(settings, retention.rules(by=system(_BY))):
        click.echo(f"{rule.noun:<16}{rule.keep_months:>5} months  {rule.action.value}")


@command.command("keep", short_help="Change how long a noun is kept.")
@click.argument("noun")
@click.argument("months", type=int)
@click.pass_obj
def keep(settings: Settings, noun: str, months: int) -> None:
    """Keep each NOUN for MONTHS after it ended."""
    from records.privacy import retention

    on_records(settings, retention.keep(noun, months, by=system(_BY)))
    click.echo(f"{noun}: {months} months.")


@command.command("hold", short_help="Keep a record whatever the rules say.")
@click.argument("noun")
@click.argument("id_", metavar="ID", type=click.UUID)
@click.option("--reason", required=True, help="Why, without naming people.")
@click.pass_obj
def hold(settings: Settings, noun: str, id_: UUID, reason: str) -> None:
    """Place a legal hold on one record."""
    from records.nouns import holds

    on_records(settings, holds.place(noun, id_, reason=reason, by=system(_BY)))
    click.echo("The hold is placed.")


@command.command("lift", short_help="End the hold on a record.")
@click.argument("noun")
@click.argument("id_", metavar="ID", type=click.UUID)
@click.option("--reason", required=True, help="Why, without naming people.")
@click.pass_obj
def lift(settings: Settings, noun: str, id_: UUID, reason: str) -> None:
    """End the legal hold on one record."""
    from records.nouns import holds

    on_records(settings, holds.lift(noun, id_, reason=reason, by=system(_BY)))
    click.echo("The hold is lifted.")


async def _apply(*, dry_run: bool) -> "tuple[list[Due], int]":
    from records.privacy import retention

    by = system(_BY)
    if dry_run:
        return await retention.due(by=by), await retention.stray_files(by=by)
    return await retention.apply(by=by), await retention.remove_stray_files(by=by)


def _show(found: "list[Due]", word: str) -> None:
    for due in found:
        held = f", {due.held} under a legal hold" if due.held else ""
        click.echo(f"{due.noun:<16}{due.due:>8} {word}  {due.then.value}{held}")
