"""`ketnoi migrate`: the release step that brings a database up to date."""

import asyncio

import click

from records.core.settings import OperatorError, Settings


@click.command(
    "migrate", short_help="Bring the database up to date: roles, tables, grants, areas, catalogues."
)
@click.pass_obj
def command(settings: Settings) -> None:
    """Bring the database up to date. Run once for each release, before `ketnoi serve`; safe to run again."""
    from commands._database import database, migrate

    with database(settings) as ready:
        if ready.owner_url is None:
            raise OperatorError("There is no database address to migrate")
        asyncio.run(migrate(ready.owner_url))
    click.echo("The database is up to date.")
