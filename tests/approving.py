"""A second person, who approves what somebody asked for."""

from uuid import UUID, uuid4

from records.access import staff
from records.access.approvals import requests as approvals
from records.core.actor import Actor, ActorKind, Role, system_actor
from records.tables import Approval
from tests.conftest import PASSWORD, area_ids


async def somebody(role: Role, area: str = "82") -> Actor:
    """Somebody new of a role in an area."""
    ids = await area_ids(area)
    row = await staff.create(
        username=f"duyet-{uuid4().hex[:8]}",
        name="Người duyệt mẫu",
        password=PASSWORD,
        role=role,
        areas=ids,
        by=system_actor("test"),
    )
    return Actor(ActorKind.STAFF, row.id, row.name, role=role, areas=frozenset(ids))


async def approved(approval_id: UUID, role: Role) -> Approval:
    """The request, approved by somebody of a role in the whole province."""
    return await approvals.approve(approval_id, by=await somebody(role))


async def approve_the_last(role: Role) -> Approval:
    """The latest request of all, approved by somebody of a role in the whole province."""
    last = await Approval.all().order_by("-asked_at", "-id").first()
    assert last is not None
    return await approved(last.id, role)
