"""`ketnoi audit`: verification, linking and checkpoints of the audit trail."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from commands._records import run_with_records
from records.core.actor import system_actor
from records.core.settings import OperatorError, Settings

if TYPE_CHECKING:
    from records.audit import Checkpoint, StoredCheckpoints, VerificationReport

_ACTOR_NAME: Final = "ketnoi audit"
EXIT_NOT_COMPARED: Final = 3
"""The exit code if nothing is wrong, but something could not be compared."""

_MESSAGES: Final = {
    "UNREADABLE": "The audit cannot be read: a table, a column or a value is not what it was made as",
    "ALTERED": "{where} is not as the migrations made it: what the database shows of it proves nothing",
    "FORGED": "Entry {number} of the audit does not bear the MAC of what it says: it was changed or put in",
    "REPEATED": "Entry {number} of the audit is there twice",
    "MISSING": "Entry {number} of the audit is missing",
    "GAP": "Position {number} of the chain is missing",
    "RELINKED": "Entry {number} of the audit is not where it was linked, or its link was changed",
    "CUT": "The chain ends before position {number}, and a checkpoint outside the database knows more",
    "OTHER": "At position {number} the chain is not the one that a checkpoint outside the database knows",
    "CHECKPOINT": "{where} is no checkpoint that was signed with the key of this installation",
}


@click.group("audit", short_help="Check that the audit is whole; link it; print its head.")
def command() -> None:
    """The audit: who did what, when and why, each entry signed and linked into a chain."""


@command.command("verify", short_help="Check every entry, every link and every checkpoint.")
@click.option(
    "--heads",
    "path",
    type=click.Path(exists=True, path_type=Path),
    help="A file or folder of checkpoints to compare with, instead of KETNOI_AUDIT_HEADS.",
)
@click.pass_obj
def verify(settings: Settings, path: Path | None) -> None:
    """Say whether the audit is what it was.

    Exit codes: 0 whole and compared with checkpoints outside the database, 1 broken, 3 whole as far as the
    database goes, but not compared with anything outside, or not to its end.
    """
    location = path or settings.audit_heads
    verdict = run_with_records(settings, _verify(location))
    if verdict.flaw is not None:
        raise OperatorError(_MESSAGES[verdict.flaw].format(number=verdict.number, where=verdict.where))
    click.echo("\n".join(_report(verdict, location)))
    if not verdict.is_compared:
        sys.exit(EXIT_NOT_COMPARED)


@command.command("link", short_help="Link what was written, and keep a checkpoint; the service does both.")
@click.pass_obj
def link(settings: Settings) -> None:
    """Link the entries that are not linked yet, and keep a checkpoint outside the database."""
    linked, checkpoint = run_with_records(settings, _link(settings.audit_heads))
    stored = f"position {checkpoint.position}" if checkpoint else "none, nothing is new"
    click.echo(f"Entries linked: {linked}. Checkpoint kept: {stored}.")


@command.command("head", short_help="Print a signed checkpoint of the chain, to be kept elsewhere.")
@click.pass_obj
def head(settings: Settings) -> None:
    """Print the last position and its chain, signed, without anything that the audit says."""
    from records import audit

    click.echo(
        run_with_records(settings, audit.create_checkpoint(by=system_actor(_ACTOR_NAME))).line(), nl=False
    )


async def _verify(location: Path | str) -> "VerificationReport":
    from records import audit

    try:
        heads: StoredCheckpoints | tuple[()] = (
            audit.read_checkpoints(location) if isinstance(location, Path) else ()
        )
        return await audit.verify(heads, by=system_actor(_ACTOR_NAME))
    except audit.CheckpointStoreError as error:
        raise OperatorError(f"The checkpoints in {location} cannot be read: {error}") from None


async def _link(location: Path | str) -> "tuple[int, Checkpoint | None]":
    from records import audit

    linked = await audit.ChainWriter().append_pending()
    try:
        return linked, await audit.CheckpointWriter(audit.open_store(location)).write_now()
    except audit.CheckpointStoreError as error:
        raise OperatorError(f"Entries linked: {linked}. No checkpoint could be kept: {error}") from None


def _report(verdict: "VerificationReport", location: Path | str) -> "list[str]":
    """Lines that say what was verified, and plainly what was not compared."""
    lines = [f"Entries linked: {verdict.linked}. Each is what was signed."]
    if verdict.checkpoints_compared:
        lines.append(
            f"Checkpoints that agree: {verdict.checkpoints_compared},"
            f" up to position {verdict.entries_covered}."
        )
    elif isinstance(location, Path):
        lines.append(
            f"NOT COMPARED: there are no checkpoints in {location}. What was cut off would not show."
        )
    else:
        lines.append(
            "NOT COMPARED: what the address in KETNOI_AUDIT_HEADS took cannot be read from here. "
            "Get a copy and name it with --heads. What was cut off would not show."
        )
    if verdict.pending:
        lines.append(f"Entries not linked yet: {verdict.pending}. Each is what was signed.")
    if verdict.checkpoints_compared and not verdict.is_compared:
        lines.append(
            f"NOT COMPARED: what was written since {verdict.uncovered_since:%Y-%m-%d %H:%M} UTC. The service "
            "should have linked it, and kept a checkpoint: see its log, or run `ketnoi audit link`."
        )
    return lines
