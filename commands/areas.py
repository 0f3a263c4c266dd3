"""`ketnoi areas`: the areas, what became of them, and what is derived from their history."""

from typing import TYPE_CHECKING

import click

from commands._records import run_with_records
from records.core.settings import Settings

if TYPE_CHECKING:
    from records.tables import Area


@click.group("areas", short_help="Look at areas and what became of them; derive reach and homes anew.")
def command() -> None:
    """Areas with history. An area is written as its code ("82"), or code and day ("82@2024-12-31")."""


@command.command("show", short_help="An area, what lies in it, and where everything came from and went.")
@click.argument("area")
@click.pass_obj
def show(settings: Settings, area: str) -> None:
    """Show AREA, the areas in it, and for each of them what it was before and what it became."""
    run_with_records(settings, _show(area))


@command.command("rebuild", short_help="Derive area_reach and area_at anew.")
@click.pass_obj
def rebuild(settings: Settings) -> None:
    """Derive again, from areas and successions, what lies in what and where records belong."""
    from records.areas import areas

    run_with_records(settings, areas.rebuild())
    click.echo("Reach and homes are derived anew.")


async def _show(reference: str) -> None:
    from records.areas import areas
    from records.tables import Area

    area = await areas.resolve_reference(reference)
    await _line(area, "")
    for child in await Area.filter(parent_id=area.id).order_by("code"):
        await _line(child, "  ")


async def _line(area: "Area", indent: str) -> None:
    from records.tables import AreaSuccession

    life = f"{area.valid_from} to {area.valid_to or 'today'}"
    click.echo(f"{indent}{area.code} {area.name} ({area.kind.value.lower()}, {life})")
    for link in await AreaSuccession.filter(old_id=area.id).order_by("new__code").select_related("new"):
        how = "went to" if link.whole else "went in part to"
        click.echo(f"{indent}    {how} {link.new.code} {link.new.name} on {link.effective_on}")
    for link in await AreaSuccession.filter(new_id=area.id).order_by("old__code").select_related("old"):
        how = "is made of" if link.whole else "is made in part of"
        click.echo(f"{indent}    {how} {link.old.code} {link.old.name}")
