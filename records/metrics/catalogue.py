"""The catalogues that the service starts with: what is counted, and what tips are about."""

from dataclasses import dataclass
from typing import Final, TypedDict
from uuid import UUID, uuid5

from tortoise.expressions import F
from tortoise.models import Model

from records.core.dates import now
from records.core.rights import Right
from records.metrics.expressions import (
    ALWAYS,
    ONE,
    Expression,
    column,
    constant,
    differs,
    equals,
    first_of,
    later_of,
    local_day,
    present,
)
from records.tables import Activity, Enquiry, Group, Indicator, Tip, TipCategory, TipOutcome
from records.tables.activities import ActivityKind
from records.tables.metrics import IndicatorKind, IndicatorSource
from records.tables.tips import OutcomeKind, TipStatus

_NAMESPACE: Final = UUID("3d0f8f1a-62a4-5f0e-8d5f-5a1c0f6b2e77")


def indicator_id(code: str) -> UUID:
    """The id of an indicator: the same on every installation."""
    return uuid5(_NAMESPACE, f"indicator:{code}")


def category_id(code: str) -> UUID:
    """The id of a tip category that the service starts with."""
    return uuid5(_NAMESPACE, f"category:{code}")


class _Protection(TypedDict):
    sensitive: bool
    exact_with: Right | None


@dataclass(frozen=True)
class _Entry:
    code: str
    name_vi: str
    name_en: str
    # In Vietnamese and in English.
    unit: tuple[str, str]
    kind: IndicatorKind = IndicatorKind.FLOW
    source: IndicatorSource = IndicatorSource.RECORDS
    # Whether partners see it rounded (records.metrics.disclosure), and with which right they may count
    # it themselves.
    sensitive: bool = False
    exact_with: Right | None = None
    numerator: str | None = None
    denominator: str | None = None
    higher_is_better: bool | None = None


_STOCK, _RATIO, _FIGURES = IndicatorKind.STOCK, IndicatorKind.RATIO, IndicatorSource.FIGURES
# Why each is sensitive or is not: docs/explanation/disclosure.md.
_TIP_PROTECTION: Final[_Protection] = {"sensitive": True, "exact_with": Right.TIPS_READ}
_ENQUIRY_PROTECTION: Final[_Protection] = {"sensitive": True, "exact_with": Right.FAQ_READ}

_TIPS, _GROUPS, _PEOPLE = ("tin", "tips"), ("tổ", "groups"), ("người", "people")
_SESSIONS, _PERCENT = ("cuộc", "sessions"), ("%", "%")

INDICATORS: Final = (
    _Entry("tips.received", "Tin tiếp nhận", "Tips received", _TIPS, **_TIP_PROTECTION),
    _Entry("tips.closed", "Tin đã kết thúc", "Tips closed", _TIPS, higher_is_better=True, **_TIP_PROTECTION),
    _Entry(
        "tips.closed_share",
        "Tỷ lệ tin đã kết thúc trên tin tiếp nhận",
        "Tips closed by tips received",
        _PERCENT,
        _RATIO,
        numerator="tips.closed",
        denominator="tips.received",
        higher_is_better=True,
        **_TIP_PROTECTION,
    ),
    _Entry("groups.active", "Tổ, nhóm đang hoạt động", "Active groups", _GROUPS, _STOCK),
    _Entry("outcomes.arrests", "Đối tượng bị bắt giữ", "People arrested", _PEOPLE, **_TIP_PROTECTION),
    _Entry("outcomes.cases_solved", "Vụ khám phá", "Cases solved", ("vụ", "cases"), **_TIP_PROTECTION),
    _Entry(
        "outcomes.spots_cleared",
        "Tụ điểm triệt xóa",
        "Trouble spots cleared",
        ("tụ điểm", "spots"),
        **_TIP_PROTECTION,
    ),
    _Entry("activities.meetings", "Cuộc sinh hoạt định kỳ quý", "Quarterly meetings", ("cuộc", "meetings")),
    _Entry("activities.outreach", "Cuộc tuyên truyền", "Outreach sessions", _SESSIONS),
    _Entry("activities.patrols", "Cuộc tuần tra", "Patrols", ("cuộc", "patrols")),
    _Entry("activities.attendance", "Lượt người tham gia", "Attendances", ("lượt người", "attendances")),
    _Entry(
        "enquiries.asked",
        "Thắc mắc về thủ tục",
        "Enquiries",
        ("thắc mắc", "enquiries"),
        **_ENQUIRY_PROTECTION,
    ),
    _Entry("reported.groups", "Tổ, nhóm (báo cáo)", "Groups (reported)", _GROUPS, _STOCK, _FIGURES),
    _Entry("reported.members", "Thành viên (báo cáo)", "Members (reported)", _PEOPLE, _STOCK, _FIGURES),
    _Entry(
        "reported.tips", "Tin tiếp nhận (báo cáo)", "Tips (reported)", _TIPS, source=_FIGURES, sensitive=True
    ),
    _Entry(
        "reported.outreach",
        "Cuộc tuyên truyền (báo cáo)",
        "Outreach sessions (reported)",
        _SESSIONS,
        source=_FIGURES,
    ),
    _Entry(
        "reported.attendance",
        "Lượt người tham gia tuyên truyền (báo cáo)",
        "Outreach attendances (reported)",
        ("lượt người", "attendances"),
        source=_FIGURES,
    ),
    _Entry(
        "reported.education",
        "Đối tượng được giáo dục, cảm hóa (báo cáo)",
        "Education cases (reported)",
        _PEOPLE,
        source=_FIGURES,
        sensitive=True,
    ),
    _Entry(
        "reported.crime_change",
        "Mức giảm tội phạm, tệ nạn (báo cáo)",
        "Decrease of crime and social evils (reported)",
        _PERCENT,
        _RATIO,
        _FIGURES,
        higher_is_better=True,
    ),
)

EXACT_WITH_RIGHT: Final = {entry.code: entry.exact_with for entry in INDICATORS if entry.exact_with}
"""With which right a partner sees exact numbers of a sensitive indicator: it could count the records."""


@dataclass(frozen=True)
class Count:
    """The amount that a row of a table adds to an indicator in the month of `day`, if `where` is true of it.

    Rows without an area and an end of their own have those of their `owner`: its table, and their column.
    """

    code: str
    table: type[Model]
    day: Expression
    value: Expression = ONE
    where: Expression = ALWAYS
    owner: tuple[type[Model], str] | None = None


_KIND, _STATUS, _HELD = column("kind"), column("status"), column("held_on")
_FOUNDED: Final = first_of(column("founded_on"), local_day(column("created_at")))
_STOPPED: Final = column("inactive_on")

# A row's own counts and the rebuild of every cell come from this table.
COUNTS: Final = (
    Count(
        "tips.received", Tip, local_day(column("received_at")), where=differs(_STATUS, TipStatus.DUPLICATE)
    ),
    Count("tips.closed", Tip, local_day(column("closed_at")), where=equals(_STATUS, TipStatus.CLOSED)),
    # A group is active from the month of its founding until the month in which it stopped.
    Count("groups.active", Group, _FOUNDED),
    Count("groups.active", Group, later_of(_FOUNDED, _STOPPED), constant(-1), present(_STOPPED)),
    *(
        Count(code, TipOutcome, column("on_day"), column("count"), equals(_KIND, kind), owner=(Tip, "tip_id"))
        for code, kind in (
            ("outcomes.arrests", OutcomeKind.ARREST),
            ("outcomes.cases_solved", OutcomeKind.CASE_SOLVED),
            ("outcomes.spots_cleared", OutcomeKind.SPOT_CLEARED),
        )
    ),
    # All quarterly meetings count, also several of a group in a quarter.
    Count("activities.meetings", Activity, _HELD, where=equals(_KIND, ActivityKind.QUARTERLY_MEETING)),
    Count("activities.outreach", Activity, _HELD, where=equals(_KIND, ActivityKind.OUTREACH)),
    Count("activities.patrols", Activity, _HELD, where=equals(_KIND, ActivityKind.PATROL)),
    Count("activities.attendance", Activity, _HELD, column("attendance")),
    Count("enquiries.asked", Enquiry, local_day(column("asked_at"))),
)

# code, Vietnamese, English, sensitive
CATEGORIES: Final = (
    ("STRANGERS", "Người lạ mặt", "Strangers", False),
    ("ROBBERY", "Cướp giật", "Robbery", False),
    ("THEFT", "Trộm cắp", "Theft", False),
    ("CONTRABAND", "Vận chuyển hàng cấm", "Contraband", False),
    ("GAMBLING", "Tụ điểm đánh bạc", "Gambling", False),
    ("SOCIAL_EVILS", "Tệ nạn xã hội", "Social evils", False),
    ("FIRE_SAFETY", "Phòng cháy, chữa cháy", "Fire safety", False),
    ("DRUGS", "Ma túy", "Drugs", True),
    ("ONLINE_FRAUD", "Lừa đảo qua mạng", "Online fraud", False),
    ("DISORDER", "Gây rối trật tự", "Disorder", False),
    ("DOMESTIC_VIOLENCE", "Bạo lực gia đình", "Domestic violence", True),
    ("TRAFFIC", "Tai nạn giao thông", "Traffic", False),
    ("OTHER", "Khác", "Other", False),
)


_COPIED: Final = ("code", "name_vi", "name_en", "kind", "source", "sensitive", "higher_is_better")


async def load() -> None:
    """Adds the entries that the database lacks; leaves what people changed there as it is.

    What is sensitive here is sensitive there too: nobody is less protected than the service means them to be.
    """
    guarded = [entry.code for entry in INDICATORS if entry.sensitive]
    await Indicator.filter(code__in=guarded, sensitive=False).update(
        sensitive=True, version=F("version") + 1, updated_at=now()
    )
    known = {row.code for row in await Indicator.all()}
    for position, entry in enumerate(INDICATORS):
        if entry.code in known:
            continue
        await Indicator.create(
            id=indicator_id(entry.code),
            unit_vi=entry.unit[0],
            unit_en=entry.unit[1],
            **{name: getattr(entry, name) for name in _COPIED},
            numerator_id=entry.numerator and indicator_id(entry.numerator),
            denominator_id=entry.denominator and indicator_id(entry.denominator),
            position=position,
        )
    known = {row.code for row in await TipCategory.all()}
    for position, (code, name_vi, name_en, sensitive) in enumerate(CATEGORIES):
        if code not in known:
            await TipCategory.create(
                id=category_id(code),
                code=code,
                name_vi=name_vi,
                name_en=name_en,
                sensitive=sensitive,
                position=position,
            )
