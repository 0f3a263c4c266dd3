"""`ketnoi staff`: the accounts of staff."""

import click

from commands._records import run_with_records
from records.core.actor import Role, system_actor
from records.core.settings import OperatorError, Settings


@click.group("staff", short_help="Accounts of staff: add, change, sign out, close.")
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
    run_with_records(settings, _add(username, name, Role(role.upper()), areas, password))
    click.echo(f"{username} may sign in.")


@command.command("password", short_help="Set a new password; ends the sessions of that account.")
@click.argument("username")
@click.password_option(help="Asked for when it is not given.")
@click.pass_obj
def password(settings: Settings, username: str, password: str) -> None:
    """Set a new password for USERNAME. Whoever is signed in with the old one is signed out."""
    from records.access import staff

    run_with_records(settings, staff.set_password(username, password, by=system_actor("ketnoi staff")))
    click.echo(f"{username} has a new password.")


@command.command("close", short_help="Close an account and end its sessions.")
@click.argument("username")
@click.pass_obj
def close(settings: Settings, username: str) -> None:
    """Close the account of USERNAME; what they did stays in the records."""
    from records.access import staff

    run_with_records(settings, staff.deactivate(username, by=system_actor("ketnoi staff")))
    click.echo(f"{username} may not sign in any more.")


@command.command("rights", short_help="Change the role and the areas; ends the sessions.")
@click.argument("username")
@click.option("--role", required=True, type=click.Choice([role.value for role in Role], case_sensitive=False))
@click.option("--area", "areas", required=True, multiple=True, help="An area's code; may be given again.")
@click.pass_obj
def set_rights(settings: Settings, *, username: str, role: str, areas: tuple[str, ...]) -> None:
    """Replace the role and the areas of USERNAME."""
    run_with_records(settings, _set_rights(username, Role(role.upper()), areas))
    click.echo(f"{username} has new rights and has to sign in again.")


@command.command("end-sessions", short_help="Sign somebody out everywhere.")
@click.argument("username")
@click.pass_obj
def end_sessions(settings: Settings, username: str) -> None:
    """End every session of USERNAME."""
    from records.access import staff

    ended = run_with_records(settings, staff.end_sessions(username, by=system_actor("ketnoi staff")))
    click.echo(f"{username}: {ended} sessions ended.")


@command.command("remove-factors", short_help="Remove second factors that were lost; ends the sessions.")
@click.argument("username")
@click.pass_obj
def remove_factors(settings: Settings, username: str) -> None:
    """Remove every app, passkey and recovery code of USERNAME, who then signs in with the password alone."""
    from records.access import staff

    run_with_records(settings, staff.remove_factors(username, by=system_actor("ketnoi staff")))
    click.echo(f"{username} has no second factors any more.")


@command.command("link", short_help="Let somebody sign in at the OpenID Connect provider.")
@click.argument("username")
@click.argument("subject")
@click.pass_obj
def link(settings: Settings, username: str, subject: str) -> None:
    """Link USERNAME to SUBJECT, the id (claim "sub") that the provider in KETNOI_OIDC_ISSUER gives them."""
    from records.access.staff import identities

    if settings.provider is None:
        raise OperatorError("There is no provider: set KETNOI_OIDC_ISSUER and KETNOI_OIDC_CLIENT_ID")
    by = system_actor("ketnoi staff")
    run_with_records(settings, identities.link_for(username, settings.provider.issuer, subject, by=by))
    click.echo(f"{username} may sign in at {settings.provider.name}.")


@command.command("unlink", short_help="Remove the links of an account to a provider; ends the sessions.")
@click.argument("username")
@click.pass_obj
def unlink(settings: Settings, username: str) -> None:
    """Remove every link of USERNAME to an OpenID Connect provider."""
    from records.access.staff import identities

    run_with_records(settings, identities.unlink_for(username, by=system_actor("ketnoi staff")))
    click.echo(f"{username} signs in here alone.")


async def _set_rights(username: str, role: Role, codes: tuple[str, ...]) -> None:
    from records.access import staff
    from records.areas import areas

    ids = [(await areas.resolve_reference(code)).id for code in codes]
    await staff.set_rights(username, role=role, areas=ids, by=system_actor("ketnoi staff"))


async def _add(username: str, name: str, role: Role, codes: tuple[str, ...], password: str) -> None:
    from records.access import staff
    from records.areas import areas

    ids = [(await areas.resolve_reference(code)).id for code in codes]
    by = system_actor("ketnoi staff")
    await staff.create(username=username, name=name, password=password, role=role, areas=ids, by=by)
