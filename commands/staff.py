"""`ketnoi staff`: the accounts of the people who keep the records."""

import click

from commands._records import on_records
from records.core.actor import Role, system
from records.database.settings import Settings


@click.group("staff", short_help="Add a staff member, set a password, close an account.")
def command() -> None:
    """Accounts of staff. Passwords are asked for, never given on the command line."""


@command.command("add", short_help="Add a staff member.")
@click.argument("username")
@click.option("--name", required=True, help="The name that others see.")
@click.option("--role", required=True, type=click.Choice([role.value for role in Role], case_sensitive=False))
@click.option("--area", "areas", required=True, multiple=True, help="An area's code; may be given again.")
@click.password_option(help="Asked for when it is not given.")
@click.pass_obj
def add(
    settings: Settings, *, username: str, name: str, role: str, areas: tuple[str, ...], password: str
) -> None:
    """Add a staff member who works in the areas given and in all that lies in them."""
    on_records(settings, _add(username, name, Role(role.upper()), areas, password))
    click.echo(f"{username} may sign in.")


@command.command("password", short_help="Set a new password; ends the sessions of that account.")
@click.argument("username")
@click.password_option(help="Asked for when it is not given.")
@click.pass_obj
def password(settings: Settings, username: str, password: str) -> None:
    """Set a new password for USERNAME. Whoever is signed in with the old one is signed out."""
    from records import staff

    on_records(settings, staff.set_password(username, password, by=system("ketnoi staff")))
    click.echo(f"{username} has a new password.")


@command.command("close", short_help="Close an account and end its sessions.")
@click.argument("username")
@click.pass_obj
def close(settings: Settings, username: str) -> None:
    """Close the account of USERNAME; what they did stays in the records."""
    from records import staff

    on_records(settings, staff.deactivate(username, by=system("ketnoi staff")))
    click.echo(f"{username} may not sign in any more.")


async def _add(username: str, name: str, role: Role, codes: tuple[str, ...], password: str) -> None:
    from records import areas, staff

    ids = [(await areas.resolve(code)).id for code in codes]
    by = system("ketnoi staff")
    await staff.create(username=username, name=name, password=password, role=role, areas=ids, by=by)
