"""`ketnoi audit`: whether what was done is still told as it was."""

import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from commands._records import on_records
from records.core.actor import system
from records.database.settings import OperatorError, Settings

if TYPE_CHECKING:
    from records.audit import Head

_SAID: Final = {
    "CHANGED": "was changed or moved, or another was put in its place",
    "MISSING": "is missing",
    "UNLINKED": "has lost its link to the row before it",
    "CUT": "is missing: the audit was cut off there, the head knows more",
    "OTHER": "is not the one that the head knows",
}


@click.group("audit", short_help="Check that the audit is whole, and export its head.")
def command() -> None:
    """The audit: who did what, when and why, chained row by row."""


@command.command("verify", short_help="Walk the whole chain; exit code 1 when a row is wrong.")
@click.option(
    "--head",
    "path",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A head exported before: finds out whether the end was cut off as well.",
)
@click.pass_obj
def verify(settings: Settings, path: Path | None) -> None:
    """Name the first row that was changed, moved, put in or taken out."""
    from records import audit

    known = None if path is None else _read(path)
    verdict = on_records(settings, audit.verify(known, by=system("ketnoi audit")))
    if verdict.flaw is not None:
        raise OperatorError(f"Row {verdict.seq} of the audit {_SAID[verdict.flaw]}")
    older = f", {verdict.older} of them from before there was a chain" if verdict.older else ""
    click.echo(f"The audit is whole: {verdict.whole} rows{older}.")


@command.command("head", short_help="Print the head of the chain, to be kept elsewhere.")
@click.pass_obj
def head(settings: Settings) -> None:
    """Print the last row's number and link, without anything that the audit says."""
    from records import audit

    found = on_records(settings, audit.head(by=system("ketnoi audit")))
    click.echo(json.dumps({**asdict(found), "at": found.at.isoformat()}))


def _read(path: Path) -> "Head":
    from records.audit import Head

    try:
        given = json.loads(path.read_text(encoding="utf-8"))
        return Head(
            int(given["seq"]),
            str(given["chain"]),
            datetime.fromisoformat(given["at"]),
            int(given["count"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        raise OperatorError(f"{path} does not hold a head that `ketnoi audit head` wrote") from None
