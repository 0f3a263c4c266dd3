"""The words of the demonstration tips, and what comes of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from records.tables.tips import Channel, OutcomeKind, Priority

MARK: Final = "(Nội dung mẫu, không có thật.)"

_C, _O = Channel, OutcomeKind


@dataclass(frozen=True)
class Text:
    """The text of a tip, its channel, and its outcomes when it is closed."""

    category: str
    channel: Channel
    title: str
    body: str
    outcomes: Sequence[tuple[OutcomeKind, int]]
    priority: Priority = Priority.NORMAL


TEXTS: Final = (
    Text(
        "STRANGERS",
        _C.ZALO,
        "Người lạ mặt dò hỏi nhà dân",
        "Hai người đi xe máy hỏi nhà nào đi vắng.",
        [(_O.WARNING, 2)],
    ),
    Text(
        "GAMBLING",
        _C.PHONE,
        "Tụ tập đánh bài ăn tiền cuối xóm",
        "Chiều nào cũng có bảy, tám người.",
        [(_O.SPOT_CLEARED, 1), (_O.FINE, 6)],
    ),
    Text(
        "THEFT",
        _C.IN_PERSON,
        "Mất máy bơm nước ngoài ruộng",
        "Máy để ở bờ kênh, sáng ra không còn.",
        [(_O.CASE_SOLVED, 1), (_O.ARREST, 1)],
    ),
    Text(
        "FIRE_SAFETY",
        _C.MEETING,
        "Đốt rơm sát nhà dân",
        "Khói nhiều, gần cây xăng.",
        [(_O.WARNING, 1)],
        Priority.HIGH,
    ),
    Text(
        "ONLINE_FRAUD",
        _C.ZALO,
        "Cuộc gọi giả danh công an",
        "Người gọi đòi chuyển tiền để khỏi bị xử lý.",
        [(_O.REFERRED, 1)],
    ),
    Text(
        "ROBBERY",
        _C.PHONE,
        "Giật túi xách gần chợ",
        "Hai thanh niên chạy xe không biển số.",
        [(_O.ARREST, 2), (_O.CASE_SOLVED, 1)],
        Priority.URGENT,
    ),
    Text(
        "DRUGS",
        _C.ZALO,
        "Nghi tụ tập sử dụng ma túy",
        "Nhà trọ thường đóng cửa, có người ra vào ban đêm.",
        [(_O.ARREST, 3), (_O.SPOT_CLEARED, 1)],
        Priority.HIGH,
    ),
    Text(
        "DISORDER",
        _C.FACEBOOK,
        "Thanh niên nẹt pô, chạy xe lạng lách",
        "Khoảng mười xe, sau 22 giờ.",
        [(_O.FINE, 4), (_O.WARNING, 5)],
    ),
    Text(
        "CONTRABAND",
        _C.BOX,
        "Nghi chở thuốc lá lậu bằng ghe",
        "Ghe cập bến lúc nửa đêm.",
        [(_O.CASE_SOLVED, 1)],
    ),
    Text(
        "SOCIAL_EVILS",
        _C.PHONE,
        "Quán có biểu hiện tệ nạn",
        "Người dân xung quanh phản ánh nhiều lần.",
        [(_O.SPOT_CLEARED, 1)],
    ),
    Text(
        "DOMESTIC_VIOLENCE",
        _C.ZALO,
        "Tiếng la hét trong nhà bên cạnh",
        "Đã ba tối liền.",
        [(_O.WARNING, 1)],
        Priority.HIGH,
    ),
    Text(
        "TRAFFIC",
        _C.ZALO,
        "Ngã ba hay va chạm, chưa có đèn",
        "Bà con đề nghị lắp đèn, kẻ vạch.",
        [(_O.REFERRED, 1)],
        Priority.LOW,
    ),
    Text(
        "THEFT",
        _C.ZALO,
        "Nghi trộm chó ban đêm",
        "Xe máy chạy chậm, có người ngồi sau cầm gậy.",
        [(_O.UNFOUNDED, 1)],
    ),
    Text(
        "OTHER",
        _C.MEETING,
        "Đề nghị tuần tra thêm dịp Tết",
        "Ý kiến của tổ trong buổi sinh hoạt.",
        [(_O.OTHER, 1)],
        Priority.LOW,
    ),
)
