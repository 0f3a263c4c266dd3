"""The enums of the records as GraphQL shows them, each value with what it means."""

from enum import StrEnum
from typing import Any

import strawberry

from records.core.errors import ProblemCode
from records.metrics.periods import Period
from records.tables.activities import ActivityKind
from records.tables.areas import AreaKind, Precision
from records.tables.groups import GroupKind, GroupStatus, MemberRole
from records.tables.metrics import IndicatorKind, IndicatorSource, Qualifier
from records.tables.organisations import DatePrecision, OrganisationKind
from records.tables.reviews import ReviewClass
from records.tables.staff import Language
from records.tables.tips import Channel, LegalKind, OutcomeKind, Priority, TipStatus


def describe(enum: type[StrEnum], description: str, **values: str) -> None:
    """Makes `enum` a GraphQL enum with these descriptions. Raises KeyError where one is missing."""
    shown: Any = strawberry.enum(enum, description=description)
    for value in shown.__strawberry_definition__.values:
        value.description = values[value.name]


describe(Language, "A language that the service speaks.", VI="Vietnamese.", EN="English.")
describe(
    AreaKind,
    "The level of an area.",
    PROVINCE="A province or a city of that rank (tỉnh, thành phố).",
    DISTRICT="A district (huyện, quận, thị xã, thành phố); abolished on 2025-07-01.",
    COMMUNE="A commune, ward or special zone (xã, phường, thị trấn, đặc khu).",
    HAMLET="A hamlet (khóm, ấp).",
)
describe(
    Precision,
    "How sure a value is.",
    EXACT="Exact.",
    ESTIMATED="Estimated: the source is vague or does not say its days, an area was split and counts where "
    "most of it went, or the number is `protected`.",
    UNAVAILABLE="Not available: it cannot be told, or the period lies ahead.",
)
describe(
    OrganisationKind,
    "Which side of the partnership an organisation is on.",
    POLICE="A police body (công an).",
    FRONT="A committee of the Fatherland Front (Ủy ban Mặt trận Tổ quốc).",
    GOVERNMENT="Another body of government.",
    OTHER="Any other organisation.",
)
describe(
    DatePrecision,
    "How exactly a date is known.",
    DAY="To the day.",
    MONTH="To the month; the day stands for it.",
    YEAR="To the year; day and month stand for it.",
)
describe(
    GroupKind,
    "What kind of group it is.",
    SELF_GOVERNING="A self-governing people's group (tổ nhân dân tự quản).",
    ZALO="A Zalo group (nhóm Zalo) that links an area officer with such groups.",
    FACEBOOK="A Facebook group (nhóm Facebook) that links an area officer with such groups.",
)
describe(
    GroupStatus,
    "Where a group stands in its life.",
    ACTIVE="It works.",
    PAUSED="It rests for a while.",
    MERGED="It went into another group.",
    DISSOLVED="It ended.",
)
describe(
    MemberRole,
    "What somebody is in a group.",
    HEAD="Its head (tổ trưởng, trưởng nhóm).",
    DEPUTY="A deputy (tổ phó).",
    SECRETARY="Its secretary (thư ký).",
    MEMBER="A member (thành viên).",
    OFFICER="The officer who looks after it.",
)
describe(
    ReviewClass,
    "How a group was classified.",
    EXCELLENT="Excellent (tốt, mạnh).",
    GOOD="Good (khá).",
    FAIR="Fair (trung bình).",
    WEAK="Weak (yếu).",
)
describe(
    ActivityKind,
    "What kind of gathering an activity was.",
    QUARTERLY_MEETING="A group's quarterly meeting (họp tổ hằng quý).",
    OUTREACH="An outreach session (tuyên truyền).",
    TRAINING="Training (tập huấn).",
    PATROL="A patrol (tuần tra).",
    OTHER="Something else.",
)
describe(
    LegalKind,
    "What a tip is in law. All but SOURCE are formal and have a deadline (Criminal Procedure Code, 147).",
    SOURCE="Informal information (nguồn tin).",
    REPORT="A report of a crime (tin báo).",
    DENUNCIATION="A denunciation of a crime (tố giác).",
    PROPOSAL="A proposal to prosecute (kiến nghị khởi tố).",
)
describe(
    Channel,
    "The way by which information came in.",
    ZALO="Over Zalo.",
    FACEBOOK="Over Facebook.",
    PHONE="By phone.",
    IN_PERSON="In person.",
    MEETING="At a group's meeting.",
    BOX="In a letter box.",
    API="From another system.",
)
describe(
    Priority,
    "How soon somebody should look.",
    LOW="It can wait.",
    NORMAL="In turn.",
    HIGH="Soon.",
    URGENT="At once.",
)
describe(
    TipStatus,
    "Where a tip stands.",
    RECEIVED="It came in; nobody has started on it.",
    VERIFYING="Somebody is verifying it.",
    ACTING="It was found true enough, and is acted on.",
    CLOSED="It is settled, with an outcome.",
    REJECTED="It was turned down, with a reason.",
    DUPLICATE="It says the same as another tip.",
)
describe(
    OutcomeKind,
    "What came of a tip.",
    ARREST="People arrested (đối tượng bị bắt giữ).",
    CASE_SOLVED="Cases solved (vụ khám phá).",
    SPOT_CLEARED="Trouble spots cleared (tụ điểm triệt xóa).",
    FINE="Administrative penalties (xử lý hành chính).",
    WARNING="Warnings given (nhắc nhở).",
    REFERRED="Referred to another body (chuyển cơ quan khác).",
    UNFOUNDED="It proved unfounded (không có căn cứ).",
    OTHER="Something else.",
)
describe(
    IndicatorKind,
    "What an indicator's values mean over a period.",
    FLOW="A sum over the period.",
    STOCK="The value at the period's end.",
    RATIO="A ratio of two sums, in percent.",
)
describe(
    IndicatorSource,
    "Where an indicator's values come from.",
    RECORDS="Counted from the records.",
    FIGURES="Figures that units reported.",
)
describe(
    Qualifier,
    "What the source says of a number.",
    EXACT="Just that number.",
    OVER="Over that number (trên).",
    NEARLY="Nearly that number (gần).",
    ABOUT="About that number (khoảng), also where it is `protected`.",
    TENS="Tens, without a number (hàng chục).",
    HUNDREDS="Hundreds, without a number (hàng trăm).",
    THOUSANDS="Thousands, without a number (hàng nghìn).",
)
describe(
    Period,
    "The length of a period.",
    MONTH="A month.",
    QUARTER="A quarter.",
    HALF_YEAR="Half a year.",
    YEAR="A year.",
)
describe(
    ProblemCode,
    "What is wrong with a field of an input, or with an argument.",
    REQUIRED="It must not be empty.",
    TOO_LONG="It is longer than its limit.",
    TOO_MANY="It holds or asks for more than one may at once.",
    OUT_OF_RANGE="It lies outside the bounds that the message names.",
    IN_FUTURE="It lies in the future.",
    MALFORMED="It is not written as such a value is.",
    INCONSISTENT="It does not go together with another field.",
    UNKNOWN_CODE="There is no such code.",
    OUTSIDE_AREAS="It lies outside the areas of the key.",
    NOT_FOUND="There is no such record, or none that the caller may see.",
    CONFLICT="Somebody else was first, or the record's state does not allow it: read it and decide anew.",
    IDEMPOTENCY_KEY_REUSED="The key was given to another request: use a new one.",
    EXTERNAL_REF_REUSED="The reference was given to another input: use a new one.",
    INVALID="It breaks another rule; the message says which.",
)
