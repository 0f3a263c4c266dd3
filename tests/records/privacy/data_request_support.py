"""What the tests of data requests share."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from records.core.actor import Actor, Role, system_actor
from records.metrics.catalogue import category_id
from records.nouns.tips import TipDraft
from records.privacy import data_requests, reporters
from records.privacy.reporters import ReporterDraft
from records.security.sealing import keyring
from records.tables import DataRequest, Tip
from records.tables.tips import Channel, LegalKind
from tests import approving
from tests.conftest import area_ids
from tests.records.security.sealed_rows import as_owner

StaffActor = Callable[..., Awaitable[Actor]]


TASK = system_actor("test")


NAME, PHONE = "Người dân mẫu", "0912 345 678"


async def a_tip(area: str = "29905", kind: LegalKind = LegalKind.SOURCE, phone: str = PHONE) -> Tip:
    draft = TipDraft("Tin mẫu", category_id("THEFT"), Channel.BOX, (await area_ids(area))[0], legal_kind=kind)
    return await reporters.submit(draft, ReporterDraft(name=NAME, phone=phone), by=TASK)


async def received(by: Actor, area: str = "29905", phone: str = PHONE) -> DataRequest:
    (area_id,) = await area_ids(area)
    return await data_requests.receive(phone, area_id=area_id, identified="Gọi lại đúng số", by=by)


async def approved(request: DataRequest, by: Actor) -> DataRequest:
    """The request, of which a colleague in the whole province approved that `by` looks it up."""
    look_up = await data_requests.approval_of(request.id, by=by)
    if look_up is None:
        look_up = await data_requests.request_look_up(request.id, by=by)
    await approving.approved(look_up.id, Role.CUSTODIAN)
    return request


async def ready(by: Actor, area: str = "29905") -> DataRequest:
    """A new request whose look-up is approved."""
    return await approved(await received(by, area), by)


async def handles(request: DataRequest, by: Actor) -> list[str]:
    return [item.handle for item in await data_requests.find(request.id, by=by)]


def handle(request: DataRequest, record: UUID) -> str:
    """By which a request means a record."""
    return keyring().blind_index(f"data_request:{request.id}", str(record)).hex()[:32]


async def sealed_rows(url: str) -> int:
    (row,) = await as_owner(
        url,
        "SELECT (SELECT count(*) FROM tip_reporters) + (SELECT count(*) FROM member_contacts) AS n",
    )
    return int(row["n"])
