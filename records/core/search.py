"""Search on the folded text (the column `search`, which the database keeps): every word, or its beginning."""

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable
from typing import Final, TypeVar

from tortoise.expressions import RawSQL
from tortoise.fields import CharField
from tortoise.models import Model
from tortoise.queryset import QuerySet

from records.core.text import normalize_for_search, split_words

M = TypeVar("M", bound=Model)
R = TypeVar("R")

_WORDS: Final = re.compile(r"[^\W_]+")
# What codes of areas and tips are made of; nothing in it ends a literal or is a pattern.
_CODE: Final = re.compile(r"[A-Za-z0-9.-]{1,32}")


def longest_text(table: type[Model], column: str) -> int | None:
    """The length of the longest text in a column; None without a limit. Tortoise refuses to look for more."""
    field = table._meta.fields_map.get(column)  # noqa: SLF001 - Tortoise has no other way to ask
    return field.max_length if isinstance(field, CharField) else None


def tsquery(text: str, *, prefix: int = 1) -> str:
    """`text` as PostgreSQL's to_tsquery reads it: each word once; empty when it holds no word.

    A word of at least `prefix` letters stands for all that begin so.
    """
    return " & ".join(
        f"{word}:*" if len(word) >= prefix else word for word in dict.fromkeys(split_words(text))
    )


def filter_by_search(
    rows: QuerySet[M], text: str, *, codes: Collection[str] = (), by_prefix_of_code: bool = False
) -> QuerySet[M]:
    """The rows whose folded text holds every word of `text`; all rows when `text` is empty.

    A text of signs alone finds nothing. Rows that bear one of `codes` are found too, and with
    `by_prefix_of_code` those whose code begins like `text`.
    """
    if not text.strip():
        return rows
    # RawSQL takes no parameters; `split_words` keeps letters and digits only, so nothing in it can end the
    # literal.
    query = tsquery(text)
    conditions = [f"search @@ to_tsquery('simple', '{query}')"] if query else []
    if listed := ", ".join(f"'{code}'" for code in codes if _CODE.fullmatch(code)):
        conditions.append(f"code IN ({listed})")
    if by_prefix_of_code and _CODE.fullmatch(text.strip()):
        conditions.append(f"code LIKE '{text.strip().upper()}%'")
    # Not a bound True: only as a constant does the planner see the index in it.
    condition = RawSQL(f"({' OR '.join(conditions) or 'false'})")
    return rows.annotate(found=condition).filter(found=RawSQL("true"))


def prefer_accent_matches(rows: QuerySet[M], text: str) -> QuerySet[M]:
    """`rows` in alphabetical order, those before all others whose name has the accents of `text`."""
    if not _accented_words(text):
        return rows.order_by("name_key", "id")
    return rank_by_accents(rows, text).order_by("rank", "id")


def rank_by_accents(rows: QuerySet[M], text: str) -> QuerySet[M]:
    """`rows` with the text `rank`, in whose order those come first whose name has the accents of `text`."""
    # The database's own lower() knows no letter beyond ASCII.
    shapes = [{word, word.lower(), word.upper(), word.capitalize()} for word in _accented_words(text)]
    each = [" OR ".join(f"name LIKE '%{shape}%'" for shape in sorted(variants)) for variants in shapes]
    condition = " AND ".join(f"({one})" for one in each) or "true"
    return rows.annotate(rank=RawSQL(f"(CASE WHEN {condition} THEN '0' ELSE '1' END || name_key)"))


def accents_first(rows: Iterable[R], text: str, name_of: Callable[[R], str]) -> list[R]:
    """Loaded rows, those before all others whose name has the accents of `text`."""
    words = [word.casefold() for word in _accented_words(text)]

    def lacks_accents(row: R) -> bool:
        name = unicodedata.normalize("NFC", name_of(row)).casefold()
        return not all(word in name for word in words)

    return sorted(rows, key=lacks_accents)


def _accented_words(text: str) -> list[str]:
    words = _WORDS.findall(unicodedata.normalize("NFC", text))
    return [word for word in words if word.casefold() != normalize_for_search(word)]
