"""`ketnoi metrics`: the counts that metrics are read from."""

import click

from commands._records import run_with_records
from records.core.settings import OperatorError, Settings


@click.group("metrics", short_help="Check the counts behind the metrics, or count them anew.")
def command() -> None:
    """The monthly cells and the changes that wait to be folded into them."""


@command.command("check", short_help="Whether the cells equal a count of the records.")
@click.pass_obj
def check(settings: Settings) -> None:
    """Compare the cells with a count of the records; ends with 1 when they differ."""
    from records.metrics import cells

    if not run_with_records(settings, cells.matches_rows()):
        raise OperatorError("The cells differ from the records: run `ketnoi metrics rebuild`")
    click.echo("The cells equal the records.")


@command.command("rebuild", short_help="Count every cell anew from the records.")
@click.pass_obj
def rebuild(settings: Settings) -> None:
    """Count every cell anew. Verbs wait meanwhile; reads go on."""
    from records.metrics import cells

    run_with_records(settings, cells.rebuild())
    click.echo("Every cell is counted anew.")


@command.command("rounding", short_help="What rounding costs the numbers that partners see.")
@click.pass_obj
def rounding(settings: Settings) -> None:
    """Compare the sums that partners see of sensitive indicators with the exact ones. For operators alone."""
    from records.metrics import disclosure

    click.echo("indicator                     exact  rounded  error  |  commune and year: mean  error")
    for row in run_with_records(settings, disclosure.rounding_errors()):
        click.echo(
            f"{row.code:27} {row.exact:7}  {row.rounded:7} {row.error:6.1f}  |"
            f"                   {row.communes:7.1f} {row.commune_error:6.1f}"
        )
