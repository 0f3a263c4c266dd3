"""`ketnoi serve`: the service alone, for production."""

import asyncio

import click

from records.core.settings import OperatorError, Settings


@click.command("serve", short_help="Serve alone, for production.")
@click.option(
    "--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes that answer."
)
@click.option(
    "--embedded-database", is_flag=True, help="Serve on the PostgreSQL that comes along, in KETNOI_DATA_DIR."
)
@click.pass_obj
def command(settings: Settings, workers: int, embedded_database: bool) -> None:
    """Serve on HOST and PORT; the database has to be migrated."""
    from commands._database import check_migrated, database
    from commands._http import listening_socket, serve
    from records.database.accounts import check_database_accounts
    from records.security.sealing import read_keyring

    settings = settings.for_production()
    settings.check_public()
    _check_database(settings, embedded=embedded_database)
    read_keyring(settings.key_file)
    with listening_socket(settings) as listener, database(settings, shared=False) as ready:
        if not embedded_database:
            asyncio.run(check_database_accounts(ready))
        check_migrated(ready)
        click.echo(f"Ketnoi serves {settings.address} on {settings.url}")
        serve(ready, listener, workers=workers)


def _check_database(settings: Settings, *, embedded: bool) -> None:
    """Raises `OperatorError` unless it was said in so many words which database to serve on."""
    if settings.database_url is None and not embedded:
        raise OperatorError(
            "There is no database address: set DATABASE_URL or DATABASE_URL_FILE. The PostgreSQL that comes "
            "along is used by `ketnoi serve --embedded-database` alone"
        )
    if settings.database_url is not None and embedded:
        raise OperatorError("Give either DATABASE_URL or --embedded-database, not both")
