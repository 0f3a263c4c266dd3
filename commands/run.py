"""`ketnoi run`: sets up everything and serves, for development and evaluation."""

import asyncio
import dataclasses
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from records.core.settings import OperatorError, Settings

if TYPE_CHECKING:
    from records.demo import DemoCredentials


@click.command("run", short_help="Set up everything and serve, for a first look and for development.")
@click.pass_obj
def command(settings: Settings) -> None:
    """Set up the database, load demonstration records when it is empty, and serve."""
    from commands._database import database
    from commands._http import listening_socket, serve

    with listening_socket(settings) as listener, database(settings, shared=False) as ready:
        demo = asyncio.run(_prepare(ready))
        _print_addresses(settings, _store_credentials(settings, demo))
        serve(ready, listener, started=lambda: click.echo("  Ready. Ctrl-C stops everything.\n"))


async def _prepare(settings: Settings) -> "DemoCredentials | None":
    from commands._database import migrate
    from records.core.settings import installation
    from records.database.accounts import check_roles
    from records.demo import load_demo
    from records.security import sealing

    if settings.owner_url is None:
        raise OperatorError("There is no database address to migrate")
    await migrate(settings.owner_url)
    await check_roles(settings)
    sealing.ensure_keyring(settings.key_file)
    installation.use(settings)
    return await load_demo(settings, announce=lambda: click.echo("Loading demonstration records…"))


def _store_credentials(settings: Settings, demo: "DemoCredentials | None") -> Mapping[str, Any]:
    """The demonstration sign-ins and keys, also kept in demo.json for scripts; empty when there are none."""
    path = settings.data_dir / "demo.json"
    if demo is not None:
        credentials = dataclasses.asdict(demo)
    elif path.exists():
        credentials = json.loads(path.read_text(encoding="utf-8"))
    else:
        return {}
    credentials = {"url": settings.url, "staff": credentials["staff"], "partners": credentials["partners"]}
    _write_private(path, json.dumps(credentials, ensure_ascii=False, indent=2) + "\n")
    return credentials


def _write_private(path: Path, text: str) -> None:
    """Writes a file that only its owner can read at any time."""
    new = path.with_suffix(".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    new.replace(path)


def _key(credentials: Mapping[str, Any]) -> str:
    """A URL fragment with the first demonstration key for GraphiQL; browsers do not send fragments."""
    return f"#key={credentials['partners'][0]['key']}" if credentials else ""


def _print_addresses(settings: Settings, credentials: Mapping[str, Any]) -> None:
    lines = [
        "",
        f"  Admin      {settings.url}/admin",
        f"  GraphQL    {settings.url}/graphql{_key(credentials)}",
        f"  Data       {settings.data_dir}",
    ]
    if credentials:
        lines += ["", "  Demonstration sign-ins (user, password, role)"]
        lines += [
            f"    {who['username']:<16} {who['password']:<20} {who['role']}" for who in credentials["staff"]
        ]
        lines += ["", "  Demonstration API keys"]
        lines += [f"    {who['key']}  {who['name']}" for who in credentials["partners"]]
        lines += ["", f"  The same, for scripts: {settings.data_dir / 'demo.json'}"]
    click.echo("\n".join([*lines, ""]))
