"""The government article on Đồng Tháp's crime-prevention models, as records.

It has no date, and says "đến nay" (until now) for most of its numbers: their days stay unknown. A number
keeps the very text that qualify it.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from records.areas import areas
from records.core.actor import Actor
from records.core.text import normalize_for_search, sort_key
from records.metrics.catalogue import indicator_id
from records.nouns import figures
from records.nouns.figures import FigureDraft
from records.tables import Organisation, Programme
from records.tables.metrics import Qualifier
from records.tables.organisations import DatePrecision, OrganisationKind

SOURCE: Final = "Bài viết về các mô hình phòng, chống tội phạm tại Sa Đéc và Châu Thành, tỉnh Đồng Tháp"

_POLICE, _FRONT = OrganisationKind.POLICE, OrganisationKind.FRONT
# District police ended four months before the districts did.
_POLICE_ENDED: Final = date(2025, 3, 1)
_DISTRICTS_ENDED: Final = date(2025, 7, 1)

SA_DEC_POLICE: Final = "Công an TP Sa Đéc"
CHAU_THANH_POLICE: Final = "Công an huyện Châu Thành"
CHAU_THANH_FRONT: Final = "Ủy ban MTTQ huyện Châu Thành"
PROVINCE_POLICE: Final = "Công an tỉnh Đồng Tháp"
PROVINCE_FRONT: Final = "Ủy ban MTTQ tỉnh Đồng Tháp"

# Name, kind, area, the organisation above it, the day it ended.
ORGANISATIONS: Final = (
    (SA_DEC_POLICE, _POLICE, "867", None, _POLICE_ENDED),
    (CHAU_THANH_POLICE, _POLICE, "877", None, _POLICE_ENDED),
    (CHAU_THANH_FRONT, _FRONT, "877", None, _DISTRICTS_ENDED),
    (PROVINCE_POLICE, _POLICE, "82", None, None),
    (PROVINCE_FRONT, _FRONT, "82", None, None),
    ("Công an phường Sa Đéc", _POLICE, "29905", PROVINCE_POLICE, None),
    ("Công an xã Phú Hựu", _POLICE, "30244", PROVINCE_POLICE, None),
    ("Công an xã Tân Nhuận Đông", _POLICE, "30253", PROVINCE_POLICE, None),
    ("Công an xã Tân Phú Trung", _POLICE, "30259", PROVINCE_POLICE, None),
    ("Ủy ban MTTQ phường Sa Đéc", _FRONT, "29905", PROVINCE_FRONT, None),
    ("Ủy ban MTTQ xã Phú Hựu", _FRONT, "30244", PROVINCE_FRONT, None),
    ("Ủy ban MTTQ xã Tân Nhuận Đông", _FRONT, "30253", PROVINCE_FRONT, None),
    ("Ủy ban MTTQ xã Tân Phú Trung", _FRONT, "30259", PROVINCE_FRONT, None),
)

ZALO: Final = "MH-ZALO-CSKV"
SELF_GOVERNING: Final = "MH-TNDTQ"


@dataclass(frozen=True)
class _Model:
    code: str
    name: str
    host: str
    partner: str | None
    area: str
    started: date
    channel: str
    summary: str


PROGRAMMES: Final = (
    _Model(
        code=ZALO,
        name="Nhóm Zalo Cảnh sát khu vực kết nối với tổ nhân dân tự quản",
        host=SA_DEC_POLICE,
        partner=None,
        area="867",
        started=date(2019, 4, 1),
        channel="Zalo",
        summary="Mỗi nhóm Zalo nối cảnh sát khu vực với các tổ nhân dân tự quản trong địa bàn: người dân "
        "báo tin, hỏi thủ tục; công an trả lời và tuyên truyền.",
    ),
    _Model(
        code=SELF_GOVERNING,
        name="Tổ nhân dân tự quản trong công tác đảm bảo an ninh, trật tự và phòng chống tội phạm",
        host=CHAU_THANH_POLICE,
        partner=CHAU_THANH_FRONT,
        area="877",
        started=date(2018, 8, 1),
        channel="Sinh hoạt tổ",
        summary="Công an và Mặt trận cùng hướng dẫn các tổ: sinh hoạt mỗi quý theo đề cương, báo tin, giáo "
        "dục người lầm lỗi; mỗi năm khảo sát, củng cố một lần.",
    ),
)


@dataclass(frozen=True)
class _Figure:
    programme: str
    indicator: str
    value: int | None
    qualifier: Qualifier
    text: str
    period: str


FIGURES: Final = (
    _Figure(ZALO, "reported.groups", 37, Qualifier.EXACT, "37", "đến nay"),
    _Figure(ZALO, "reported.members", 666, Qualifier.EXACT, "666", "đến nay"),
    _Figure(ZALO, "reported.tips", None, Qualifier.HUNDREDS, "hàng trăm", "đến nay"),
    _Figure(SELF_GOVERNING, "reported.groups", 1000, Qualifier.OVER, "trên 1.000", "đến nay"),
    _Figure(SELF_GOVERNING, "reported.members", 40_000, Qualifier.NEARLY, "gần 40.000", "đến nay"),
    _Figure(SELF_GOVERNING, "reported.crime_change", 85, Qualifier.ABOUT, "khoảng 85%", "đến nay"),
    _Figure(SELF_GOVERNING, "reported.outreach", 1500, Qualifier.OVER, "trên 1.500", "5 năm"),
    _Figure(SELF_GOVERNING, "reported.attendance", 68_000, Qualifier.NEARLY, "gần 68.000", "5 năm"),
    _Figure(SELF_GOVERNING, "reported.education", 676, Qualifier.EXACT, "676", "5 năm"),
    _Figure(SELF_GOVERNING, "reported.tips", 600, Qualifier.OVER, "trên 600", "5 năm"),
)


async def load_organisations() -> dict[str, Organisation]:
    """The organisations by name, those that ended as well."""
    rows_by_name: dict[str, Organisation] = {}
    for name, kind, area, above, ended in ORGANISATIONS:
        rows_by_name[name] = await Organisation.create(
            name=name,
            name_key=sort_key(name),
            folded=normalize_for_search(name),
            kind=kind,
            area_id=(await areas.resolve_reference(area)).id,
            parent_id=rows_by_name[above].id if above else None,
            active_to=ended,
        )
    return rows_by_name


async def load_programmes(organisations: dict[str, Organisation]) -> dict[str, Programme]:
    """The two models by code. Of their start the article knows the month."""
    rows_by_name = {}
    for model in PROGRAMMES:
        rows_by_name[model.code] = await Programme.create(
            code=model.code,
            name=model.name,
            folded=normalize_for_search(f"{model.code} {model.name}"),
            host_id=organisations[model.host].id,
            partner_id=organisations[model.partner].id if model.partner else None,
            area_id=(await areas.resolve_reference(model.area)).id,
            started_on=model.started,
            started_precision=DatePrecision.MONTH,
            channel=model.channel,
            summary=model.summary,
        )
    return rows_by_name


async def load_figures(programmes: dict[str, Programme], by: Actor) -> None:
    """Every number of the article, reported by the host of its model."""
    for number in FIGURES:
        programme = programmes[number.programme]
        draft = FigureDraft(
            indicator_id=indicator_id(number.indicator),
            area_id=programme.area_id,
            organisation_id=programme.host_id,
            programme_id=programme.id,
            value=None if number.value is None else Decimal(number.value),
            qualifier=number.qualifier,
            period_text=number.period,
            source_text=number.text,
            source_name=SOURCE,
        )
        await figures.report(draft, by=by)
