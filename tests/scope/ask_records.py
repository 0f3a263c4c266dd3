"""What the rules let an actor find."""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any, Final

from records.access.approvals import requests as approvals
from records.areas.scope import actor_can_reach
from records.core.actor import Actor, Role
from records.core.errors import NotFound, PermissionDenied
from records.core.search import filter_by_search
from records.nouns import activities, enquiries, figures, groups, members, reviews, tips
from records.privacy import attachments, retention, reveals
from records.registry import history
from records.tables import Reveal
from tests.scope.proof import Proof
from tests.scope.world import WORDS, World, may_read

VERBS: Final[dict[str, Callable[..., Any]]] = {
    "groups": groups.visible_to,
    "tips": tips.visible_to,
    "activities": activities.visible_to,
    "enquiries": enquiries.visible_to,
    "figures": figures.visible_to,
    "reviews": reviews.visible_to,
}


async def ask(world: World, who: Actor, proof: Proof) -> None:
    """What the rules let `who` find."""
    reached = world.reached(who)
    for area in proof.random.sample(list(world.lands), 12):
        proof.same("reaches", await actor_can_reach(who, area), area in reached, area)
    for noun, visible in VERBS.items():
        if not may_read(who, noun):
            proof.same("denied", await _is_denied(visible, who), True, noun, who.role, who.scopes)
            continue
        expected = {row.id for row in world.seen(who, noun)}
        rows = await visible(who)
        proof.rows(f"{noun}.visible_to", [row.id for row in rows], expected, who.areas)
        proof.same(f"{noun}.count", await visible(who).count(), len(expected))
        for row in proof.random.sample(world.rows[noun], 8):
            found = await visible(who).get_or_none(id=row.id)
            proof.same(f"{noun}.by id", found is not None, row.id in expected, row)
    for noun in ("groups", "tips"):
        if may_read(who, noun):
            word = proof.random.choice(WORDS)
            rows = await filter_by_search(VERBS[noun](who), word)
            expected = {row.id for row in world.seen(who, noun) if row.word == word}
            proof.rows(f"{noun}.search", [row.id for row in rows], expected)
    await _ask_below(world, who, proof)
    await _ask_pictures(world, who, proof)


async def _ask_below(world: World, who: Actor, proof: Proof) -> None:
    """What hangs on a record, and what is told of it elsewhere."""
    reached = world.reached(who)
    if may_read(who, "groups"):
        gone = {row.id for row in world.seen(who, "groups", removed=True)}
        rows = await groups.visible_to(who, removed=True)
        proof.rows("groups removed", [row.id for row in rows], gone)
        if may_read(who, "reviews"):
            counted = (await reviews.progress(who, 2023)).groups
            proof.same("progress", counted, len(world.seen(who, "groups")))
    if may_read(who, "members"):
        for group in proof.random.sample(world.rows["groups"], 4):
            there = group in world.seen(who, "groups")
            proof.same("members there", await _is_there(members.of_group(who, group.id)), there)
            if there:
                found = [row.id for row in await (await members.of_group(who, group.id))]
                theirs = [row.id for row in world.seen(who, "members") if row.group == group.id]
                proof.rows("members", found, theirs)
    if may_read(who, "tips"):
        for row in proof.random.sample(world.rows["tips"], 4):
            there = row in world.seen(who, "tips")
            proof.same("tips.events", await _is_there(tips.events(who, row.id)), there)
            proof.same("tips.outcomes", await _is_there(tips.outcomes(who, row.id)), there)
    if who.role in {Role.COMMANDER, Role.OFFICER, Role.AUDITOR}:
        for row in proof.random.sample(world.rows["tips"][:6] + world.rows["groups"][:6], 4):
            told = await history.entries_of(who, row.id)
            proof.same("history", bool(told), row.area in reached, row)
    if may_read(who, "requests"):
        seen = world.seen(who, "requests")
        proof.rows("requests", [row.id for row in await reveals.log(who)], {row.id for row in seen})
        asked = {row.id for row in seen}
        proof.rows("approvals", [row.id for row in await approvals.visible_to(who)], asked)
        proof.rows("approvals waiting", [row.id for row in await approvals.pending_for(who)], asked)
        codes = await reveals.codes(who, await Reveal.all())
        proof.rows("requests' codes", list(codes), {row.twin for row in seen})
        if who.role is Role.CUSTODIAN:
            waiting = [row.id for row in await reveals.pending_for(who)]
            proof.rows("requests waiting", waiting, {row.id for row in seen})
    if who.role is Role.CUSTODIAN:
        due = {row.noun: row.due for row in await retention.due(by=who, on=date(2200, 1, 1))}
        ended = [row for row in world.rows["tips"] if row.named and (row.removed or row.twin)]
        proof.same("retention", due["tip"], len([row for row in ended if row.area in reached]))


async def _ask_pictures(world: World, who: Actor, proof: Proof) -> None:
    """The pictures of records."""
    for noun, owner in (("tips", attachments.TIPS), ("activities", attachments.ACTIVITIES)):
        for row in proof.random.sample(world.rows[noun], 4) if may_read(who, noun) else ():
            pictures = attachments.of_record(owner, who, row.id)
            proof.same(f"{noun}.pictures", await _is_there(pictures), row in world.seen(who, noun))


async def _is_denied(visible: Callable[..., Any], who: Actor) -> bool:
    try:
        visible(who)
    except PermissionDenied:
        return True
    return False


async def _is_there(asked: Awaitable[object]) -> bool:
    try:
        await asked
    except NotFound:
        return False
    return True
