"""`ketnoi keys`: the encryption keys of sealed data."""

import asyncio

import click

from records.core import log
from records.core.settings import OperatorError, Settings


@click.group("keys", short_help="Make, change and drop the keys that sealed data is under.")
def command() -> None:
    """The key file (KETNOI_KEY_FILE): without it nothing sealed can ever be read again. Keep a copy apart."""
    # Logged instead of audited, because there may be no database.
    log.configure()


@command.command("new", short_help="Make the key file of a new installation.")
@click.pass_obj
def new(settings: Settings) -> None:
    """Make the key file; one that is there stays as it is."""
    from records.security.sealing import ensure_keyring

    existed = settings.key_file.exists()
    ensure_keyring(settings.key_file)
    click.echo(f"The key file is {settings.key_file}" + (", as it was." if existed else "."))


@command.command("list", short_help="How many rows are under each key.")
@click.pass_obj
def list_keys(settings: Settings) -> None:
    """Show the ids of the keys, never the keys, and how many rows are under each."""
    from commands._database import database
    from records.security.rotation import keys_in_use
    from records.security.sealing import read_keyring

    keyring = read_keyring(settings.key_file)
    with database(settings) as ready:
        rows = asyncio.run(keys_in_use(_owner_url(ready)))
    for id_ in keyring.wrapping:
        click.echo(f"{id_}: {rows.get(id_, 0)} rows" + (", current" if id_ == keyring.current else ""))
    if missing := sorted(set(rows) - set(keyring.wrapping)):
        raise OperatorError(f"Rows are under keys that the key file lacks: {', '.join(missing)}")


@command.command("rotate", short_help="Wrap all data keys with a new key; the service may run.")
@click.pass_obj
def rotate(settings: Settings) -> None:
    """Add a key and wrap every record's data key with it. Run it again if it was interrupted."""
    from commands._database import database
    from records.security import rotation
    from records.security.sealing import read_keyring

    with database(settings) as ready:
        done = asyncio.run(rotation.rotate(_owner_url(ready), settings.key_file))
    keyring = read_keyring(settings.key_file)
    click.echo(f"{done} rows were put under key {keyring.current}; every row is under it.")
    old = sorted(set(keyring.wrapping) - {keyring.current}, key=int)
    click.echo(
        f"Copy the key file to where you keep it. Backups from before need keys {', '.join(old)}: "
        f"once none of them is to be read any more, run `ketnoi keys drop {old[0]}`."
    )


@command.command("drop", short_help="Remove an old key that wraps no data key.")
@click.argument("key_id")
@click.pass_obj
def drop_key(settings: Settings, key_id: str) -> None:
    """Remove a key from the key file; what backups hold under it can never be read again."""
    from commands._database import database
    from records.security import rotation

    with database(settings) as ready:
        asyncio.run(rotation.remove_key(_owner_url(ready), settings.key_file, key_id))
    click.echo(f"Key {key_id} is dropped.")


def _owner_url(settings: Settings) -> str:
    if settings.owner_url is None:
        raise OperatorError("There is no database address")
    return settings.owner_url
