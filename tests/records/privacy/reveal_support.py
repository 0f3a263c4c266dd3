"""What the tests of reveals share."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from records.core.actor import Actor
from records.core.dates import now
from records.nouns import tips
from records.nouns.tips import TipDraft
from records.privacy import reporters, reveals
from records.privacy.reporters import ReporterDraft
from records.tables import Reveal, Tip
from records.tables.tips import Channel
from tests.conftest import area_ids
from tests.records.security.sealed_rows import as_owner

StaffActor = Callable[..., Awaitable[Actor]]


REPORTER = ReporterDraft(name="Người báo tin mẫu", phone="0912 345 678", may_contact=True)


async def told(by: Actor) -> Tip:
    category = (await tips.categories())[0]
    draft = TipDraft("Người lạ mặt (minh họa)", category.id, Channel.PHONE, (await area_ids("29905"))[0])
    return await reporters.submit(draft, REPORTER, by=by)


async def asked(tip: Tip, by: Actor) -> Reveal:
    return await reveals.request_reveal("tip_reporters", tip.id, "Cần hỏi lại thời điểm", by=by)


async def ended(database: str, reveal: Reveal) -> None:
    """The approval, as it is when its time is over; the database lets nobody put it off, so neither back."""
    past = now() - timedelta(minutes=1)
    await as_owner(database, "ALTER TABLE reveals DISABLE TRIGGER reveals_once; SELECT")
    await as_owner(database, "UPDATE reveals SET until = $1 WHERE id = $2", past, reveal.id)
    await as_owner(database, "ALTER TABLE reveals ENABLE TRIGGER reveals_once; SELECT")
