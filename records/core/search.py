"""Search on the folded text (the column `search`, which the database keeps): every word, or its beginning."""

from typing import TypeVar

from tortoise.expressions import RawSQL
from tortoise.models import Model
from tortoise.queryset import QuerySet

from records.core.text import words

M = TypeVar("M", bound=Model)


def tsquery(text: str, *, prefix: int = 1) -> str:
    """`text` as PostgreSQL's to_tsquery reads it: each word once; empty when it holds no word.

    A word of at least `prefix` letters stands for all that begin so.
    """
    return " & ".join(f"{word}:*" if len(word) >= prefix else word for word in dict.fromkeys(words(text)))


def matching(rows: QuerySet[M], text: str) -> QuerySet[M]:
    """The rows whose folded text holds every word of `text`; all rows when `text` holds no word."""
    query = tsquery(text)
    if not query:
        return rows
    # RawSQL takes no parameters; `words` keeps letters and digits only, so nothing in it can end the literal.
    condition = RawSQL(f"search @@ to_tsquery('simple', '{query}')")
    # Not a bound True: only as a constant does the planner see the index in it.
    return rows.annotate(found=condition).filter(found=RawSQL("true"))
