"""`ketnoi demo`: loads the fixed demonstration records, or generates a province of them."""

import json
import sys
from datetime import datetime
from time import monotonic
from typing import TYPE_CHECKING

import click

from commands._records import run_with_records
from records.core.settings import OperatorError, Settings

if TYPE_CHECKING:
    from records.demo.generator import Plan


@click.command("demo", short_help="Load demonstration records, or generate a province of them.")
@click.option("--groups", type=click.IntRange(0, 2_000_000), help="How many groups to generate.")
@click.option("--tips", type=click.IntRange(0, 20_000_000), help="How many tips to generate.")
@click.option(
    "--years", type=click.IntRange(1, 50), default=5, show_default=True, help="Over how many years."
)
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed gives the same rows.")
@click.option(
    "--until",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The day before which everything lies.  [default: today]",
)
@click.option("--add", is_flag=True, help="Also into a database that holds more than the demonstration.")
@click.pass_obj
def command(
    settings: Settings,
    *,
    groups: int | None,
    tips: int | None,
    years: int,
    seed: int,
    until: datetime | None,
    add: bool,
) -> None:
    """Load the demonstration into an empty database and print its sign-ins and keys.

    With --groups or --tips, generate that many made-up ones instead, in one transaction; until it
    ends no other tip can come in.
    """
    from commands._database import check_migrated, database
    from records.core.dates import today
    from records.demo.generator import Plan

    with database(settings) as ready:
        check_migrated(ready)
        if groups is None and tips is None:
            _load_fixed(ready)
        else:
            day = today() if until is None else until.date()
            plan = Plan(groups=groups or 0, tips=tips or 0, years=years, until=day, seed=seed)
            _generate(ready, plan, add=add)


def _load_fixed(settings: Settings) -> None:
    from records.demo import load_demo

    loading = load_demo(settings, announce=lambda: click.echo("Loading demonstration records…", err=True))
    demo = run_with_records(settings, loading)
    if demo is None:
        raise OperatorError("This database has groups or staff already: nothing was loaded")
    click.echo(json.dumps(demo.as_json(settings.url), ensure_ascii=False, indent=2))


def _generate(settings: Settings, plan: "Plan", *, add: bool) -> None:
    from records.demo import generate_into

    began = monotonic()
    with click.progressbar(length=plan.tips, label="Tips", file=sys.stderr) as bar:
        written = run_with_records(settings, generate_into(settings, plan, add=add, progress=bar.update))
    seconds = monotonic() - began
    for noun, count in vars(written).items():
        click.echo(f"{noun:<12}{count:>12,}")
    rows = sum(vars(written).values())
    click.echo(f"{rows:,} rows in {seconds:.0f} s, {rows / seconds:,.0f} a second")
