import pytest

from admin.kit.forms.comparison import Marked, compare


@pytest.mark.parametrize(
    ("one", "other", "marked"),
    [
        (
            "Mất máy bơm ở bờ kênh",
            "Mất máy bơm nước ngoài ruộng",
            (Marked("Mất máy bơm ", "ở bờ kênh", ""), Marked("Mất máy bơm ", "nước ngoài ruộng", "")),
        ),
        ("một hai ba", "một tư ba", (Marked("một ", "hai", " ba"), Marked("một ", "tư", " ba"))),
        ("", "mới", (Marked("", "", ""), Marked("", "mới", ""))),
        ("a a", "a a a", (Marked("a a", "", ""), Marked("a a", " a", ""))),
        ("như nhau", "như nhau", (Marked("như nhau", "", ""), Marked("như nhau", "", ""))),
    ],
)
def test_compare_marks_words_that_differ(one: str, other: str, marked: tuple[Marked, Marked]) -> None:
    assert compare(one, other) == marked
    assert all(
        part.start + part.changed + part.end == text for part, text in zip(marked, (one, other), strict=True)
    )
