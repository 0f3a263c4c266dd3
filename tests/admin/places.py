"""One record of each noun in one's area, and records that one must not see: elsewhere, or somebody else's."""

import io
from collections.abc import Awaitable, Callable
from datetime import timedelta
from secrets import token_bytes
from typing import Final
from uuid import UUID, uuid4

from PIL import Image

from records.access import partners, staff
from records.core.actor import Actor, Role, Scope, system_actor
from records.core.dates import now, today
from records.core.language import Language
from records.core.rights import ApprovalKind
from records.delivery import exports, webhooks
from records.delivery.webhooks import WebhookDraft
from records.metrics.catalogue import category_id
from records.nouns import groups, legal_holds, members, tips
from records.nouns.education import cases as education
from records.nouns.education.cases import CaseDraft, SubjectDraft
from records.nouns.groups import GroupDraft
from records.nouns.members import MemberDraft
from records.nouns.tips import TipDraft
from records.privacy import attachments, data_requests
from records.tables import (
    Approval,
    ApprovalArea,
    DataRequest,
    EducationSupervisor,
    Factor,
    Group,
    Identity,
    Partner,
    PartnerDocument,
    PartnerKey,
    Reveal,
    SavedView,
    Session,
    Tip,
    Webhook,
    WebhookDelivery,
)
from records.tables.activities import EducationReason
from records.tables.approvals import ApprovalAction
from records.tables.groups import GroupKind, MemberRole
from records.tables.staff import FactorKind
from records.tables.tips import Channel
from tests.conftest import PASSWORD, area_ids
from tests.nouns import all_tables

HERE, ELSEWHERE = "29905", "30244"
"""Two communes of one province; whoever signs in works in the first."""
SEEN, UNSEEN = "Xứ này", "Xứ khác"
"""Words that stand in every name, title and reason of what lies in the one, and in the other."""
TASK: Final = system_actor("test")


async def tip(area: str) -> Tip:
    """A tip in an area."""
    draft = TipDraft(
        title=f"Tin mẫu {_word(area)}",
        body=_word(area),
        category_id=category_id("THEFT"),
        channel=Channel.ZALO,
        area_id=(await area_ids(area))[0],
    )
    return await tips.submit(draft, by=TASK)


async def group(area: str) -> Group:
    """An active group in an area."""
    draft = GroupDraft(
        code=f"MAU-{uuid4().hex[:8]}".upper(),
        name=f"Tổ mẫu {_word(area)}",
        kind=GroupKind.SELF_GOVERNING,
        area_id=(await area_ids(area))[0],
    )
    return await groups.create(draft, by=TASK)


async def partner(area: str) -> Partner:
    """A partner that sees an area."""
    return await partners.create(
        name=f"Đối tác mẫu {_word(area)} {uuid4().hex[:6]}",
        scopes={Scope.GROUPS_READ},
        areas=await area_ids(area),
        by=TASK,
    )


async def account(*areas: str) -> UUID:
    """Somebody who works in these areas."""
    row = await staff.create(
        username=f"mau-{uuid4().hex[:12]}",
        name=f"Cán bộ mẫu {_word(areas[-1])}",
        password=PASSWORD,
        role=Role.FRONT,
        areas=await area_ids(*areas),
        by=TASK,
    )
    return row.id


async def _group_taken_out(area: str) -> Group:
    row = await group(area)
    return await groups.remove(row.id, expected_version=row.version, reason="Nhập nhầm", by=TASK)


async def _member(area: str) -> UUID:
    draft = MemberDraft(name=f"Người mẫu {_word(area)}", role=MemberRole.MEMBER, joined_on=today())
    return (await members.join((await group(area)).id, draft, by=TASK)).id


async def _picture(area: str) -> UUID:
    out = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(out, "PNG")
    return (await attachments.add(attachments.TIPS, (await tip(area)).id, out.getvalue(), by=TASK)).id


async def _key(area: str) -> UUID:
    row = await partner(area)
    await partners.issue_key(row.id, by=TASK)
    return (await PartnerKey.get(partner_id=row.id)).id


async def _document(area: str) -> UUID:
    row = await partner(area)
    text = f"query {'Here' if area == HERE else 'There'} {{ __typename }} # {_word(area)}"
    await partners.register_documents(row.id, [partners.DocumentDraft(text)], names=str, by=TASK)
    return (await PartnerDocument.get(partner_id=row.id)).id


async def webhook(area: str) -> Webhook:
    """A webhook of a partner that sees an area, at a name that nobody has."""
    row = await partner(area)
    scopes = {Scope.GROUPS_READ, Scope.CHANGES_READ}
    areas = await area_ids(area)
    await partners.edit(
        row.id, expected_version=1, name=row.name, contact="", scopes=scopes, areas=areas, by=TASK
    )
    draft = WebhookDraft("https://receiver.invalid/hooks", ["group"], _word(area))
    return (await webhooks.create(row.id, draft, by=TASK))[0]


async def _delivery(area: str) -> UUID:
    to = await webhook(area)
    await webhooks.send_test(to.id, by=TASK)
    return (await WebhookDelivery.get(webhook_id=to.id)).id


async def _reveal(area: str, by: Actor) -> UUID:
    about = await tip(area)
    row = await Reveal.create(
        sealed="tip_reporters",
        row_id=about.id,
        area_id=about.area_id,
        asked_by_id=by.id,
        asked_at=now(),
        motive=_word(area),
    )
    return row.id


async def _approval(area: str, by: Actor, *, decided_by: Actor | None = None) -> UUID:
    """Somebody's request, of a kind on which whoever is to decide may decide."""
    (area_id,) = await area_ids(area)
    police = decided_by is not None and decided_by.role is Role.COMMANDER
    moment = now()
    about = None if police else await _unlooked(area_id, area)
    row = await Approval.create(
        act=ApprovalAction.PARTNER_ADD if police else ApprovalAction.PHONE_LOOKUP,
        kind=ApprovalKind.PARTNER_ACCESS if police else ApprovalKind.PHONE_LOOKUP,
        subject_id=about.id if about else None,
        digest="0" * 64,
        asked_by_id=by.id,
        asked_at=moment,
        motive=_word(area),
        expires_at=moment + timedelta(days=1),
    )
    await ApprovalArea.create(approval_id=row.id, area_id=area_id)
    return row.id


async def _unlooked(area_id: UUID, area: str) -> DataRequest:
    """A data subject's request, without the throttle on those that are received."""
    return await DataRequest.create(
        code=f"YC-{uuid4().hex[:8]}",
        area_id=area_id,
        phone_index=token_bytes(32),
        identified=_word(area),
        received_at=now(),
        due_on=today(),
    )


async def _case(area: str, by: Actor) -> UUID:
    about = await group(area)
    draft = CaseDraft(about.id, EducationReason.OTHER, today())
    case = await education.open_case(draft, SubjectDraft(name=f"Người mẫu {_word(area)}"), by=TASK)
    await education.add_note(case.id, _word(area), on=today(), by=TASK)
    await EducationSupervisor.create(case_id=case.id, staff_id=by.id)
    return case.id


async def _data_request(area: str) -> UUID:
    (area_id,) = await area_ids(area)
    identified = _word(area)
    row = await data_requests.receive("0912 345 678", area_id=area_id, identified=identified, by=TASK)
    return row.id


async def _session(of: Actor) -> UUID:
    moment = now()
    row = await Session.create(
        staff_id=of.id,
        token_hash=token_bytes(32),
        proved_at=moment,
        seen_at=moment,
        expires_at=moment + timedelta(hours=1),
    )
    return row.id


async def _factor(of: Actor) -> UUID:
    row = await Factor.create(
        staff_id=of.id,
        kind=FactorKind.PASSKEY,
        name="Khóa mẫu",
        credential_id=token_bytes(16),
        public_key=b"-",
    )
    return row.id


async def _identity(of: Actor) -> UUID:
    issuer = f"https://{uuid4().hex}.example"
    return (await Identity.create(staff_id=of.id, issuer=issuer, subject="mau")).id


async def _view(of: Actor) -> UUID:
    return (await SavedView.create(staff_id=of.id, path="/admin/groups", name=f"Mẫu {uuid4().hex}")).id


Made = Callable[[Actor, Actor], Awaitable[UUID]]


async def _legal_hold(area: str) -> UUID:
    return (await legal_holds.place("tip", (await tip(area)).id, reason=_word(area), by=TASK)).id


async def export_job(area: str) -> UUID:
    """The job of an export of a partner in an area."""
    scopes = {Scope.GROUPS_READ, Scope.EXPORTS_RUN}
    name, ids = f"Đối tác mẫu {_word(area)} {uuid4()}", await area_ids(area)
    row = await partners.create(name=name, scopes=scopes, areas=ids, by=TASK)
    by = await partners.refresh_actor(row.id, scopes)
    assert by is not None
    return (await exports.start("groups", "{ groups }", language=Language.EN, by=by)).job_id


def _lying(make: Callable[[str], Awaitable[Tip | Group | Partner | Webhook | UUID]]) -> tuple[Made, Made]:
    """What makes a record in one's area, and what makes one elsewhere."""

    async def made(area: str) -> UUID:
        row = await make(area)
        return row if isinstance(row, UUID) else row.id

    return (lambda _me, _other: made(HERE)), (lambda _me, _other: made(ELSEWHERE))


NOUNS: Final[dict[str, tuple[Made, ...]]] = {
    # What `me` may find, if their role lets them, then what they must not; `other` is a colleague.
    "tip": _lying(tip),
    "group": _lying(group),
    "group taken out": _lying(_group_taken_out),
    "member": _lying(_member),
    "picture": _lying(_picture),
    "partner": _lying(partner),
    "partner key": _lying(_key),
    "partner document": _lying(_document),
    "webhook": _lying(webhook),
    "webhook delivery": _lying(_delivery),
    # Whoever works elsewhere as well is as far away as whoever works only there.
    "account": (*_lying(account), lambda _me, _other: account(HERE, ELSEWHERE)),
    "own request": (
        lambda me, _other: _reveal(HERE, me),
        lambda me, _other: _reveal(ELSEWHERE, me),
        lambda _me, other: _reveal(HERE, other),
    ),
    "another's request": (
        lambda _me, other: _reveal(HERE, other),
        lambda _me, other: _reveal(ELSEWHERE, other),
        lambda me, _other: _reveal(HERE, me),
    ),
    "own approval": (lambda me, _other: _approval(HERE, me), lambda me, _other: _approval(ELSEWHERE, me)),
    "another's approval": (
        lambda me, other: _approval(HERE, other, decided_by=me),
        lambda me, other: _approval(ELSEWHERE, other, decided_by=me),
        lambda me, _other: _approval(HERE, me, decided_by=me),
    ),
    # What a colleague guides here is for test_education.py: a commander sees it.
    "own case": (lambda me, _other: _case(HERE, me), lambda me, _other: _case(ELSEWHERE, me)),
    "data request": _lying(_data_request),
    "legal hold": _lying(_legal_hold),
    "export job": _lying(export_job),
    "own session": (lambda me, _other: _session(me), lambda _me, other: _session(other)),
    "own identity": (lambda me, _other: _identity(me), lambda _me, other: _identity(other)),
    "own view": (lambda me, _other: _view(me), lambda _me, other: _view(other)),
    "own factor": (lambda me, _other: _factor(me), lambda _me, other: _factor(other)),
    **{noun.name: _lying(noun.make)[: 1 if noun.catalogue else 2] for noun in all_tables()},
    **{
        f"{noun.name} removed": _lying(noun.make_removed)[: 1 if noun.catalogue else 2]
        for noun in all_tables()
        if noun.make_removed
    },
}


def _word(area: str) -> str:
    return {HERE: SEEN, ELSEWHERE: UNSEEN}[area]
