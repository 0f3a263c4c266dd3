"""Demonstration records: the government article's own numbers, and around them people and events made up."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from typing import Any

from records.access import partners
from records.changes.unit_of_work import transaction
from records.core.actor import Role, system_actor
from records.core.dates import today
from records.core.settings import OperatorError, Settings
from records.database.connect import DatabaseRole, connected_task
from records.demo import (
    article,
    education,
    generator,
    groups,
    hamlets,
    meetings,
    oversight,
    people,
    programme_groups,
    reviews,
    tips,
)
from records.metrics import cells
from records.tables import Group, Staff


@dataclass(frozen=True)
class DemoCredentials:
    """The sign-ins and keys of the demonstration, shown only now."""

    staff: list[people.SignIn]
    partners: list[people.Key]

    def as_json(self, url: str) -> dict[str, Any]:
        """JSON for scripts: the address of the service, the staff and the partners."""
        return {"url": url, **asdict(self)}


async def load_demo(settings: Settings, *, announce: Callable[[], None]) -> DemoCredentials | None:
    """Loads the demonstration after `announce`, or None beside groups or staff.

    Raises `OperatorError` without a database.
    """
    async with _as_owner(settings), transaction():
        if await Group.exists() or await Staff.exists():
            return None
        announce()
        return await _load()


async def generate_into(
    settings: Settings, plan: generator.Plan, *, add: bool, progress: Callable[[int], None]
) -> generator.WrittenCounts:
    """Generates what the plan says, with `add` anywhere.

    Raises `OperatorError`, `ValidationFailed` or `Conflict`.
    """
    expected = None if add else (groups.COUNT + programme_groups.COUNT, tips.COUNT + programme_groups.TIPS)
    async with _as_owner(settings):
        return await generator.generate(
            plan, by=system_actor("ketnoi demo"), expected=expected, progress=progress
        )


@asynccontextmanager
async def _as_owner(settings: Settings) -> AsyncIterator[None]:
    """Tortoise as the owner of the tables, who alone may backdate rows and analyse."""
    if settings.owner_url is None:
        raise OperatorError("There is no database address for the demonstration")
    async with connected_task(settings.owner_url, DatabaseRole.OWNER, max_size=2):
        yield


async def _load() -> DemoCredentials:
    await hamlets.load_hamlets()
    sign_ins, cast = await people.load_staff()
    keys = await people.load_partners()
    commander = cast[Role.COMMANDER]
    organisations = await article.load_organisations()
    programmes = await article.load_programmes(organisations)
    await article.load_figures(programmes, commander)
    made = await groups.load_groups(programmes, commander)
    await groups.load_members(made, commander)
    await hamlets.load_assignments(made, cast)
    outlines = await meetings.load_outlines(organisations, commander)
    await meetings.load_meetings(made, outlines, organisations, cast)
    await meetings.load_enquiries(made, cast)
    province = await partners.actor_of_key(keys[0].key)
    assert province is not None  # noqa: S101 - its key was issued above
    await oversight.load_reveals(await tips.load_tips(made, cast, province), cast)
    await oversight.load_failures()
    await education.load_education(made, cast)
    await reviews.load_reviews(made, cast)
    await groups.load_endings(made, commander)
    further = await programme_groups.load_programme_groups(made, programmes)
    await reviews.load_programme_reviews(further, today().year - 1)
    await meetings.hand_down_to_all(outlines, organisations, commander)
    # The rows were backdated after they were counted.
    await cells.rebuild()
    return DemoCredentials(sign_ins, keys)
