"""The words that made-up records are made of. Every body ends with a line that says so."""

from typing import Final

MARK: Final = "(Nội dung mẫu, không có thật.)"

# category: how often it comes up, and what such a tip says first.
TITLES: Final[dict[str, tuple[float, tuple[str, ...]]]] = {
    "STRANGERS": (
        15,
        (
            "Người lạ mặt dò hỏi nhà dân",
            "Nhóm người lạ thuê trọ không khai báo",
            "Xe lạ đậu nhiều giờ trước cổng nhà dân",
            "Người lạ tự xưng nhân viên thu tiền",
        ),
    ),
    "ROBBERY": (
        4,
        (
            "Giật túi xách người đi đường",
            "Giật điện thoại rồi bỏ chạy bằng xe máy",
            "Nhóm thanh niên bám theo người đi chợ",
        ),
    ),
    "THEFT": (
        20,
        (
            "Mất xe máy trước nhà",
            "Mất máy bơm nước ngoài ruộng",
            "Nghi trộm chó, trộm gà ban đêm",
            "Kẻ gian cạy cửa tiệm tạp hóa",
            "Mất dây điện chiếu sáng",
        ),
    ),
    "CONTRABAND": (
        3,
        ("Nghi vận chuyển hàng cấm bằng ghe", "Xe tải bốc hàng lạ lúc nửa đêm", "Nghi cất giấu thuốc lá lậu"),
    ),
    "GAMBLING": (
        13,
        (
            "Tụ tập đánh bài ăn tiền",
            "Nghi điểm đá gà ăn tiền",
            "Nghi ghi số đề",
            "Tụ điểm lắc tài xỉu cuối tuần",
        ),
    ),
    "SOCIAL_EVILS": (4, ("Quán có biểu hiện tệ nạn", "Nghi hoạt động trá hình tại nhà trọ")),
    "FIRE_SAFETY": (
        8,
        (
            "Đốt rơm rạ sát nhà dân",
            "Tiệm bán gas không có bình chữa cháy",
            "Dây điện chập, tóe lửa",
            "Lối thoát hiểm bị khóa",
        ),
    ),
    "DRUGS": (
        8,
        ("Nghi tụ tập sử dụng ma túy", "Phát hiện ống tiêm vứt bừa bãi", "Nghi mua bán ma túy nhỏ lẻ"),
    ),
    "ONLINE_FRAUD": (
        9,
        (
            "Cuộc gọi giả danh cơ quan chức năng",
            "Tin nhắn báo trúng thưởng, đòi chuyển tiền",
            "Tài khoản mạng xã hội giả mượn tiền",
            "Mời gọi làm nhiệm vụ hưởng hoa hồng trên mạng",
        ),
    ),
    "DISORDER": (
        9,
        (
            "Thanh niên tụ tập nẹt pô, chạy xe lạng lách",
            "Hát loa kẹo kéo quá giờ",
            "Nhóm thanh niên cầm hung khí",
        ),
    ),
    "DOMESTIC_VIOLENCE": (3, ("Nghi bạo lực trong gia đình", "Tiếng la hét, nghi đánh đập trong nhà")),
    "TRAFFIC": (3, ("Va chạm giao thông", "Điểm hay xảy ra tai nạn chưa có đèn")),
    "OTHER": (1, ("Phản ánh của tổ nhân dân tự quản", "Đề nghị tuần tra thêm ban đêm")),
}

PLACES: Final = (
    "gần chợ",
    "cạnh trường học",
    "đầu đường liên xã",
    "khu nhà trọ công nhân",
    "sau trạm y tế",
    "bến đò",
    "chân cầu",
    "bờ kênh",
    "tuyến dân cư vượt lũ",
    "vườn cây giáp ranh",
    "khu vực nhà văn hóa",
    "cánh đồng phía sau tổ",
    "quán nước ven đường",
    "cụm công nghiệp",
    "bãi đất trống",
    "cổng chùa",
)

WHEN_SEEN: Final = (
    "Người dân thấy từ chiều tối",
    "Sự việc lặp lại mấy hôm nay",
    "Tổ trưởng nghe bà con kể lại",
    "Có camera của hộ dân ghi được",
    "Nhiều hộ trong tổ cùng phản ánh",
    "Người báo tin thấy tận mắt",
    "Mới xảy ra ít phút trước",
)

ASKED: Final = (
    "đề nghị cảnh sát khu vực xuống kiểm tra",
    "mong được nhắc nhở kịp thời",
    "đề nghị tuần tra thêm vào ban đêm",
    "xin hướng dẫn cách phòng ngừa",
    "đề nghị xác minh, thông báo lại cho tổ",
)

REJECTED: Final = (
    "Tin trùng nội dung đã giải quyết trước đó",
    "Không đủ thông tin để xác minh",
    "Không thuộc thẩm quyền",
)
CLOSED: Final = ("Đã xác minh và xử lý", "Đã làm việc với các bên", "Đã báo lại kết quả cho tổ", "")
EXTENDED: Final = "Cần thêm thời gian xác minh, chờ kết quả giám định"
REOPENED: Final = "Người dân báo sự việc tái diễn"

HAMLET_NAMES: Final = (
    "An Bình",
    "An Hòa",
    "An Lạc",
    "An Thạnh",
    "Bình Tiên",
    "Đông Khánh",
    "Hòa Khánh",
    "Khánh Nhơn",
    "Long Hậu",
    "Mỹ Phước",
    "Phú An",
    "Phú Hòa",
    "Phú Mỹ",
    "Tân An",
    "Tân Hưng",
    "Tân Lập",
    "Tân Phú",
    "Tân Thuận",
    "Thạnh Phú",
    "Vĩnh Thới",
)

MINUTES: Final = (
    "Phổ biến đề cương, bà con góp ý. (Mẫu)",
    "Thông báo tình hình an ninh trật tự trong quý. (Mẫu)",
    "Nhắc phòng cháy mùa khô, đăng ký tự giác. (Mẫu)",
    "",
)

MEETING_TOPICS: Final = ("CRIME_METHODS", "FIRE_SAFETY", "LAW", "ONLINE_SERVICES", "SOCIAL_EVILS")
