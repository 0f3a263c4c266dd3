"""What the pages show a staff member."""

import re

import httpx

from records.core.actor import Actor, Role
from tests.scope.proof import Proof
from tests.scope.world import WORDS, World, may_read


async def ask(world: World, client: httpx.AsyncClient, cookie: str, who: Actor, proof: Proof) -> None:
    """What the pages show a staff member."""
    headers = {"Cookie": cookie}

    async def get(path: str, **query: str) -> httpx.Response:
        return await client.get(path, params=query or None, headers=headers)

    for noun in ("groups", "tips"):
        rows = world.seen(who, noun)
        if not may_read(who, noun):
            proof.same("admin refused", (await get(f"/admin/{noun}")).status_code, 403, noun, who.role)
            continue
        word, land = proof.random.choice(WORDS), proof.random.choice(list(world.lands.values()))
        for kind, query, wanted in (
            ("list", {}, rows),
            ("search", {"q": word}, [row for row in rows if row.word == word]),
            ("area", {"area": land.reference}, [row for row in rows if row.area in world.reach[land.id]]),
            ("code", {"q": rows[0].code if rows else "none"}, rows[:1]),
        ):
            found: set[str] = set()
            path: str | None = f"/admin/{noun}?{httpx.QueryParams(query)}"
            while path:
                text = (await get(path)).text
                found |= set(re.findall(rf'href="/admin/{noun}/([0-9a-f-]{{36}})["?]', text))
                after = re.search(r'rel="next"[^>]* href="([^"]*)"', text)
                path = after[1].replace("&amp;", "&") if after else None
            proof.rows(f"admin {noun} {kind}", found, {str(row.id) for row in wanted}, who.areas, query)
        others = {row.code for other in ("groups", "tips") for row in world.rows[other]}
        mine = {row.code for other in ("groups", "tips") for row in world.seen(who, other)}
        here = {row.id for other in ("groups", "tips") for row in world.seen(who, other)}
        pointing = [row for row in rows if {row.group, row.twin} - {None} - here]
        # Those in sight that point to what is out of sight have the most to give away.
        for row in [*proof.random.sample(world.rows[noun], 4), *pointing[:2], *pointing[-2:]]:
            answer = await get(f"/admin/{noun}/{row.id}")
            there = row in rows
            if row.removed and noun == "groups" and who.role in {Role.ADMINISTRATOR, Role.COMMANDER}:
                there = row in world.seen(who, noun, removed=True)
            proof.same(f"admin {noun} page", answer.status_code, 200 if there else 404, row, who)
            proof.absent(f"admin {noun} page names", others - mine - {row.code}, answer.text, row)
            form = await get(f"/admin/{noun}/{row.id}/edit")
            proof.absent(f"admin {noun} form names", others - mine - {row.code}, form.text, row)
    if may_read(who, "groups"):
        word = proof.random.choice(WORDS)
        text = (await get("/admin/groups/choices", field="group", group=word)).text
        foreign = {row.code for row in world.rows["groups"]} - {row.code for row in world.seen(who, "groups")}
        proof.absent("admin choices", foreign, text)
