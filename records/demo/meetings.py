"""Demonstration outlines on their way to groups, meetings that discussed them, and questions asked there."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from records.areas import areas
from records.core.actor import Actor, Role
from records.core.dates import midnight, now
from records.demo.article import PROVINCE_POLICE
from records.demo.data import rows
from records.demo.people import CHAU_THANH
from records.demo.timeline import day_at, moment_at, not_later
from records.nouns import activities, enquiries, hand_downs, outlines
from records.nouns.activities import ActivityDraft
from records.nouns.enquiries import EnquiryDraft
from records.nouns.hand_downs import Recipients
from records.nouns.outlines import OutlineDraft
from records.tables import Enquiry, Group, HandDown, Organisation, Outline
from records.tables.activities import ActivityKind
from records.tables.groups import GroupKind
from records.tables.tips import Channel

# code (again: the next edition), title, topics, body, how far along the time line it was issued (None: draft)
_OUTLINES: Final = (
    (
        "DC-MAU-01",
        "Nhận biết thủ đoạn lừa đảo qua mạng (mẫu)",
        ["Phương thức, thủ đoạn của tội phạm"],
        "# Ba dấu hiệu\n\n1. Đòi chuyển tiền gấp\n2. Giả danh cơ quan\n3. Yêu cầu giữ bí mật\n",
        0.1,
    ),
    (
        "DC-MAU-01",
        "Nhận biết thủ đoạn lừa đảo qua mạng, bổ sung (mẫu)",
        ["Phương thức, thủ đoạn của tội phạm", "Phổ biến pháp luật"],
        "# Bốn dấu hiệu\n\nThêm: đường dẫn lạ.\n",
        0.55,
    ),
    (
        "DC-MAU-02",
        "Phòng cháy, chữa cháy mùa khô (mẫu)",
        ["Phòng cháy, chữa cháy"],
        "# Việc cần làm\n\n- Không đốt rơm gần nhà\n- Kiểm tra dây điện\n",
        0.35,
    ),
    ("DC-MAU-03", "Dịch vụ công trực tuyến tại nhà (mẫu)", ["Dịch vụ công trực tuyến"], "Bản nháp.", None),
)

_QUARTERS: Final = 8


async def load_outlines(organisations: dict[str, Organisation], by: Actor) -> list[Outline]:
    """The outlines, the published ones first."""
    rows = []
    for code, title, topics, body, share in _OUTLINES:
        draft = OutlineDraft(code, title, body, organisations[PROVINCE_POLICE].id, topics)
        row = await outlines.write(draft, by=by)
        if share is not None:
            row = await outlines.publish(row.id, expected_version=row.version, on=day_at(share), by=by)
        rows.append(row)
    return rows


async def load_meetings(
    groups_by_code: dict[str, Group],
    material: list[Outline],
    organisations: dict[str, Organisation],
    actors_by_role: dict[Role, Actor],
) -> None:
    """Two years of quarterly meetings, an outline handed down and discussed, and sessions for everybody."""
    self_governing = [group for group in groups_by_code.values() if group.kind is GroupKind.SELF_GOVERNING]
    by = actors_by_role[Role.COMMANDER]
    for quarter in range(_QUARTERS):
        for place, group in enumerate(self_governing):
            households = group.households or 0
            if (quarter + place) % 7 == 6:
                continue
            present = households * (60 + (quarter * 13 + place * 7) % 35) // 100
            draft = ActivityDraft(
                kind=ActivityKind.QUARTERLY_MEETING,
                held_on=day_at((quarter + 0.3 + place / 50) / _QUARTERS),
                attendance=present + place % 5,
                area_id=group.area_id,
                group_id=group.id,
                households_present=present,
                topics=["Phương thức, thủ đoạn của tội phạm", "Phòng cháy, chữa cháy"]
                if quarter % 2
                else ["Phổ biến pháp luật"],
                outline_id=material[0].id if quarter > 0 else None,
                minutes="Phổ biến đề cương, bà con góp ý. (Mẫu)",
            )
            meeting = await activities.record(draft, by=by)
            if quarter == _QUARTERS - 1 and place < 4:
                await _hand_down(material[1], group, organisations[PROVINCE_POLICE], meeting.id, by)
    for index, (name, code) in enumerate(_OUTREACH):
        draft = ActivityDraft(
            kind=ActivityKind.OUTREACH,
            held_on=day_at(0.05 + index * 0.11),
            attendance=60 + index * 35 % 140,
            area_id=(await areas.resolve_reference(code)).id,
            organisation_id=organisations[name].id,
            topics=["Dịch vụ công trực tuyến", "Tệ nạn xã hội"],
        )
        await activities.record(draft, by=by)
    # On its way to the communes and their groups, of which some have received it.
    to = Recipients(
        groups=[group.id for group in self_governing],
        organisations=[organisations[name].id for name, _code in _OUTREACH[:4]],
    )
    sent = await hand_downs.send(material[2].id, to, sender_id=organisations[PROVINCE_POLICE].id, by=by)
    for row in sent[::3]:
        await hand_downs.receive(row.id, expected_version=row.version, by=by)


async def hand_down_to_all(
    material: list[Outline], organisations: dict[str, Organisation], by: Actor
) -> None:
    """An outline goes to every group of Châu Thành; some of them have received it."""
    communes = [(await areas.resolve_reference(code)).id for code in CHAU_THANH]
    sender = organisations[PROVINCE_POLICE].id
    for row in (await hand_downs.send(material[1].id, Recipients(areas=communes), sender_id=sender, by=by))[
        ::4
    ]:
        await hand_downs.receive(row.id, expected_version=row.version, by=by)


_OUTREACH: Final = (
    ("Công an phường Sa Đéc", "29905"),
    ("Công an xã Phú Hựu", "30244"),
    ("Công an xã Tân Nhuận Đông", "30253"),
    ("Công an xã Tân Phú Trung", "30259"),
) * 2


async def _hand_down(
    outline: Outline, group: Group, sender: Organisation, activity_id: UUID, by: Actor
) -> None:
    """To a group, which received it two days later and discussed it."""
    (row,) = await hand_downs.send(outline.id, Recipients(groups=[group.id]), sender_id=sender.id, by=by)
    row = await hand_downs.receive(row.id, expected_version=row.version, activity_id=activity_id, by=by)
    sent_at = midnight(day_at(0.6)) + timedelta(hours=9)
    await HandDown.filter(id=row.id).update(sent_at=sent_at, received_at=sent_at + timedelta(days=2))


async def load_enquiries(groups_by_code: dict[str, Group], actors_by_role: dict[Role, Actor]) -> None:
    """Questions from the Zalo groups of Sa Đéc: most answered, some of those for everybody to read."""
    by, began = actors_by_role[Role.OFFICER], now()
    online = [group for group in groups_by_code.values() if group.kind is GroupKind.ZALO]
    questions = list(rows("questions"))
    for index, told in enumerate(questions):
        group = online[index % len(online)]
        asked_at = not_later(moment_at((index + 1) / len(questions)))
        draft = EnquiryDraft(
            area_id=group.area_id,
            channel=Channel.ZALO,
            topic=told["topic"],
            question=f"{told['question']} (Câu hỏi mẫu)",
            group_id=group.id,
            asked_at=asked_at,
        )
        row = await enquiries.ask(draft, by=by)
        if told["answer"]:
            row = await enquiries.answer(
                row.id, f"{told['answer']} (Trả lời mẫu)", expected_version=row.version, by=by
            )
            if index % 2 == 0:
                row = await enquiries.publish(row.id, expected_version=row.version, published=True, by=by)
            answered_at = not_later(asked_at + timedelta(hours=3 + index))
            await Enquiry.filter(id=row.id, answered_at__gte=began).update(answered_at=answered_at)
