"""`ketnoi serve`: the service alone, for production."""

import asyncio

import click

from records.database.settings import OperatorError, Settings


@click.command("serve", short_help="Serve alone, for production.")
@click.option(
    "--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes that answer."
)
@click.pass_obj
def command(settings: Settings, workers: int) -> None:
    """Serve on HOST and PORT; the database has to be migrated."""
    from commands._database import database
    from commands._http import listening, serve
    from records.core.sealing import read_keyring
    from records.database.migrate import pending

    settings = settings.strict()
    settings.require_public()
    read_keyring(settings.key_file)
    with listening(settings) as taken, database(settings, shared=False) as ready:
        if ready.database_url is None:
            raise OperatorError("There is no database address")
        if missing := asyncio.run(pending(ready.database_url)):
            raise OperatorError(
                f"The database is not up to date ({len(missing)} migrations): run `ketnoi migrate` first"
            )
        click.echo(f"Ketnoi serves {settings.address} on {settings.url}")
        serve(ready, taken, workers=workers)
