"""`ketnoi retention`: how long what names people is kept, and what is done when the time is over."""

from typing import TYPE_CHECKING
from uuid import UUID

import click

from commands._records import run_with_records
from records.core.actor import system_actor
from records.core.settings import Settings

if TYPE_CHECKING:
    from records.privacy.retention import DueCount

_ACTOR_NAME = "ketnoi retention"


@click.group("retention", short_help="Apply the retention rules; legal holds.")
def command() -> None:
    """Retention of personal data. Records under a legal hold are not erased."""


@command.command("apply", short_help="Erase and remove what is due; safe to interrupt and to run again.")
@click.option("--dry-run", is_flag=True, help="Only count what is due; change nothing.")
@click.pass_obj
def apply(settings: Settings, *, dry_run: bool) -> None:
    """Do what the rules say about everything that is due today, and count it by noun."""
    word = "due" if dry_run else "done"
    found, files = run_with_records(settings, _apply(dry_run=dry_run))
    _print_counts(found, word)
    click.echo(f"{'files':<16}{files:>8} {word}  no picture's any more")


@command.command("rules", short_help="Show the retention of each noun.")
@click.pass_obj
def rules(settings: Settings) -> None:
    """Show for how many months each noun is kept after its end, and what happens then."""
    from records.privacy import retention

    for rule in run_with_records(settings, retention.rules(by=system_actor(_ACTOR_NAME))):
        click.echo(f"{rule.noun:<16}{rule.keep_months:>5} months  {rule.action.value}")


@command.command("keep", short_help="Change the retention of a noun.")
@click.argument("noun")
@click.argument("months", type=int)
@click.pass_obj
def set_period(settings: Settings, noun: str, months: int) -> None:
    """Keep each NOUN for MONTHS after it ended."""
    from records.privacy import retention

    run_with_records(settings, retention.set_period(noun, months, by=system_actor(_ACTOR_NAME)))
    click.echo(f"{noun}: {months} months.")


@command.command("hold", short_help="Keep a record whatever the rules say.")
@click.argument("noun")
@click.argument("id_", metavar="ID", type=click.UUID)
@click.option("--reason", required=True, help="Why, without naming people.")
@click.pass_obj
def hold(settings: Settings, noun: str, id_: UUID, reason: str) -> None:
    """Place a legal hold on one record."""
    from records.nouns import legal_holds

    run_with_records(settings, legal_holds.place(noun, id_, reason=reason, by=system_actor(_ACTOR_NAME)))
    click.echo("The hold is placed.")


@command.command("lift", short_help="End the hold on a record.")
@click.argument("noun")
@click.argument("id_", metavar="ID", type=click.UUID)
@click.option("--reason", required=True, help="Why, without naming people.")
@click.pass_obj
def lift(settings: Settings, noun: str, id_: UUID, reason: str) -> None:
    """End the legal hold on one record."""
    from records.nouns import legal_holds

    run_with_records(settings, legal_holds.lift(noun, id_, reason=reason, by=system_actor(_ACTOR_NAME)))
    click.echo("The hold is lifted.")


async def _apply(*, dry_run: bool) -> "tuple[list[DueCount], int]":
    from records.privacy import retention

    by = system_actor(_ACTOR_NAME)
    if dry_run:
        return await retention.due(by=by), await retention.orphaned_files(by=by)
    return await retention.apply(by=by), await retention.remove_orphaned_files(by=by)


def _print_counts(found: "list[DueCount]", word: str) -> None:
    for due in found:
        held = f", {due.on_hold} under a legal hold" if due.on_hold else ""
        click.echo(f"{due.noun:<16}{due.due:>8} {word}  {due.action.value}{held}")
