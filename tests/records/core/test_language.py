import ast
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from tortoise.models import Model

import records.tables
from records.core.actor import Role
from records.core.errors import Message
from records.core.labels import Labelled
from records.core.language import (
    Language,
    format_date,
    format_datetime,
    format_number,
    label,
    translate,
    translate_message,
)
from records.tables.base import EnumField
from scripts import messages

ROOT = Path(__file__).parents[3]


def test_texts_have_translations_and_none_is_left_over() -> None:
    catalogue, wanted = messages.read_catalogue(), messages.extract_messages()
    known = {message.id for message in catalogue if message.id}
    assert known == {message.id for message in wanted if message.id}
    assert not [message.id for message in catalogue if message.id and not message.string]
    assert not [message.id for message in catalogue if message.id and message.fuzzy]
    assert messages.serialize(messages.update_catalogue()) == messages.CATALOGUE.read_bytes()


def test_translation_keeps_placeholders() -> None:
    for message in messages.read_catalogue():
        if message.id:
            assert placeholders(str(message.string)) == placeholders(str(message.id)), message.id


def test_translation_says_nothing_twice() -> None:
    twice = [message.id for message in messages.read_catalogue() if says_twice(str(message.string))]
    assert twice == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Không tìm thấy tổ.Không tìm thấy tổ.", True),
        ("Không tìm thấy tổ. Không tìm thấy tổ.", True),
        ("Không tìm thấy tổ.\nKhông tìm thấy tổ.", True),
        ("Hãy nhập mã. Không tìm thấy tổ. Không tìm thấy tổ.", True),
        ("Không tìm thấy tổ. Không tìm thấy tổ nào.", False),
        ("Từ ngày {first} đến ngày {last}", False),
    ],
)
def test_repetition_is_found_with_and_without_separator(text: str, *, expected: bool) -> None:
    assert says_twice(text) is expected


def says_twice(text: str) -> bool:
    """Whether some words of more than ten characters are followed by the same again."""
    return re.search(r"(?:^|(?<=[\s.]))(\S.{9,}\S)[\s,;]*\1(?:$|[\s.,;])", text, re.DOTALL) is not None


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"{(\w*)}", text))


def columns() -> Iterator[type[Labelled]]:
    for model in vars(records.tables).values():
        if isinstance(model, type) and issubclass(model, Model):
            for field in model._meta.fields_map.values():
                if isinstance(field, EnumField):
                    yield field.values


def test_enum_members_have_names_in_both_languages() -> None:
    enums: set[type[Labelled]] = {Role, *columns()}
    for member in (member for values in enums for member in values):
        assert label(Language.EN, member)
        assert label(Language.VI, member)


def test_refusal_texts_are_literals() -> None:
    """A text that is put together is not found by the extraction, so it would stay English."""
    loose = [
        f"{path.name}:{call.lineno}"
        for package in ("admin", "records")
        for path in sorted((ROOT / package).rglob("*.py"))
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.args
        if call.func.id in {"_", "Message", "NotFound", "PermissionDenied", "Conflict"}
        if isinstance(call.args[0], ast.JoinedStr | ast.BinOp)
    ]
    assert loose == []


def test_message_is_filled_in_each_language() -> None:
    message = Message("Use at most {most} characters.", {"most": 20_000})
    assert translate_message(Language.VI, message) == "Vui lòng nhập tối đa 20.000 ký tự."
    assert translate_message("en", message) == "Use at most 20,000 characters."


def test_year_has_no_separator_in_sentence() -> None:
    assert translate("vi", "Enter a number from {least} to {most}.", least=1900, most=2026) == (
        "Vui lòng nhập một số từ 1900 đến 2026."
    )


def test_text_is_english_when_untranslated() -> None:
    assert (
        translate("vi", "Nobody has translated this {thing}.", thing="yet")
        == "Nobody has translated this yet."
    )


@pytest.mark.parametrize(
    ("value", "decimals", "vietnamese", "english"),
    [
        (1_234_567.5, 1, "1.234.567,5", "1,234,567.5"),
        (1_234_567, 1, "1.234.567", "1,234,567"),
        (Decimal("0.25"), 2, "0,25", "0.25"),
        (-3, 0, "-3", "-3"),
    ],
)
def test_numbers_are_written_as_language_requires(
    value: float | Decimal, decimals: int, vietnamese: str, english: str
) -> None:
    assert format_number("vi", value, decimals) == vietnamese
    assert format_number("en", value, decimals) == english


def test_days_and_moments_are_local() -> None:
    assert format_date(date(2026, 3, 5)) == "05/03/2026"
    assert format_date(datetime(2026, 3, 4, 18, 30, tzinfo=UTC)) == "05/03/2026"
    assert format_datetime(datetime(2026, 3, 4, 18, 30, tzinfo=UTC)) == "05/03/2026 01:30"
