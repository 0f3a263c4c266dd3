"""What people read: English source texts, their Vietnamese, the names of enum members, numbers and days.

The English text is the gettext id; `locale/<language>/LC_MESSAGES/ketnoi.po` holds the rest.
"""

from datetime import date, datetime
from decimal import Decimal
from functools import cache, lru_cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from typing import Final

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

from records.core.dates import LOCAL
from records.core.errors import Message
from records.core.labels import Labelled

LOCALE: Final = Path(__file__).resolve().parents[2] / "locale"


class Language(Labelled):
    """A language of the service."""

    VI = "vi", "Tiếng Việt", "Vietnamese."
    EN = "en", "English", "English."


def gettext_noop(text: str) -> str:
    """`text` itself: imported as `_`, it marks a text that is translated later, where it is shown."""
    return text


_ = gettext_noop


def translate(language: Language | str, text: str, **values: str | int) -> str:
    """`text` (English, with `{name}` placeholders) in `language`, formatted with `values`."""
    said = _catalogue(Language(language)).gettext(text)
    if not values:
        return said
    return said.format_map({name: _format_value(language, value) for name, value in values.items()})


def is_translated(text: str) -> bool:
    """Whether `text` is in the catalogue, which a text from outside is not."""
    return text != "" and _catalogue(Language.VI).gettext(text) != text


def translate_message(language: Language | str, message: Message) -> str:
    """`message` in `language`."""
    return translate(language, message.text, **message.values)


def label(language: Language | str, member: Labelled) -> str:
    """The name of an enum member in `language`."""
    return translate(language, member.label)


# Babel reads the pattern and the locale anew for each number, of which a list shows a hundred.
@lru_cache(maxsize=4096)
def format_number(language: Language | str, value: float | Decimal, decimals: int = 1) -> str:
    """`value` with at most `decimals` decimals: 1.234.567,5 in Vietnamese, 1,234,567.5 in English."""
    pattern = "#,##0." + "#" * decimals if decimals else "#,##0"
    return format_decimal(value, format=pattern, locale=str(language))


def format_date(value: date) -> str:
    """`value` as dd/MM/yyyy, in either language; of a moment, its day in Viet Nam."""
    if isinstance(value, datetime):
        value = value.astimezone(LOCAL)
    return f"{value:%d/%m/%Y}"


def format_datetime(value: datetime) -> str:
    """`value` as dd/MM/yyyy HH:mm in the time of Viet Nam."""
    return f"{value.astimezone(LOCAL):%d/%m/%Y %H:%M}"


def _format_value(language: Language | str, value: str | int) -> str:
    # Inside a sentence a number of four digits may be a year, and is read as easily without a point.
    return str(value) if isinstance(value, str) or abs(value) < 10_000 else format_number(language, value)


@cache
def _catalogue(language: Language) -> NullTranslations:
    """The catalogue of `language`; English needs none, its texts are the ids."""
    if language is Language.EN:
        return NullTranslations()
    with (LOCALE / language / "LC_MESSAGES" / "ketnoi.po").open("rb") as source:
        catalogue = read_po(source, locale=str(language), domain="ketnoi", abort_invalid=True)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled)
