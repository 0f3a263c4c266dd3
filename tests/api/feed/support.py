"""What the tests of the change feed share."""

import asyncio
from typing import Any

from tortoise.connection import get_connection

from records.areas import areas
from records.core.actor import Actor
from records.metrics.catalogue import category_id
from records.nouns import tips
from records.nouns.tips import TipDraft
from records.tables import Tip
from records.tables.tips import Channel
from tests.api.support import PHU_HUU, Ask

FEED = """query($after: String, $types: [ChangeType!], $area: String, $first: Int) {
  changes(after: $after, types: $types, area: $area, first: $first) {
    cursor hasMore
    changes { type recordId action deleted record { id __typename
      ... on Tip { code version title }
      ... on Group { code version name }
      ... on Figure { version value }
      ... on Activity { version attendance }
      ... on Outline { version title }
      ... on HandDown { version receivedAt }
      ... on Review { version total } } } } }"""


Copy = dict[str, dict[str, Any]]


class Subscriber:
    """Keeps a copy by the feed."""

    def __init__(self, ask: Ask, **arguments: Any) -> None:
        self.ask, self.arguments = ask, arguments
        self.after: str | None = None
        self.copy: Copy = {}
        self.seen: list[dict[str, Any]] = []

    async def page(self, first: int = 50) -> bool:
        """Reads on once; whether more is waiting."""
        answer = await self.ask(FEED, after=self.after, first=first, **self.arguments)
        assert "errors" not in answer, answer
        feed = answer["data"]["changes"]
        assert len(feed["changes"]) <= first
        for change in feed["changes"]:
            self.seen.append(change)
            if change["deleted"]:
                assert change["record"] is None
                self.copy.pop(change["recordId"], None)
            else:
                shown = dict(change["record"])
                assert shown.pop("__typename").lower() == change["type"].replace("_", "").lower()
                self.copy[change["recordId"]] = shown
        self.after = feed["cursor"]
        more: bool = feed["hasMore"]
        return more

    async def catch_up(self, first: int = 50) -> Copy:
        """Reads until nothing is waiting, once no writer from before is at work."""
        await others_done()
        while await self.page(first):
            pass
        return self.copy


async def others_done() -> None:
    """Waits for the writers of other databases on this server: the horizon is the server's."""
    connection = get_connection("default")
    ((mine,),) = (await connection.execute_query("SELECT pg_current_xact_id()::text::bigint"))[1]
    while True:
        ((oldest,),) = (
            await connection.execute_query("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        )[1]
        if oldest > mine:
            return
        await asyncio.sleep(0.01)


async def tip(by: Actor, area: str = PHU_HUU, title: str = "Tin mẫu") -> Tip:
    """A tip, submitted as staff do."""
    return await tips.submit(await draft(area, title), by=by)


async def draft(area: str = PHU_HUU, title: str = "Tin mẫu") -> TipDraft:
    """What a tip is made of."""
    return TipDraft(title, category_id("THEFT"), Channel.ZALO, (await areas.resolve_reference(area)).id)
