"""The search over places and records, which Ctrl-K opens in a dialog, and the page of the keys."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from starlette.responses import Response

from admin import nouns
from admin.kit.forms.fields import Form
from admin.kit.menu import menu
from admin.kit.nouns.references import title_of
from admin.kit.pages import render
from admin.kit.request import PageRequest
from records.core.declarations.nouns import Noun
from records.core.rights import has_right
from records.core.search import accents_first, filter_by_search
from records.core.text import normalize_for_search, split_words
from records.registry.nouns import NOUNS

# Of each noun.
_MAX_RECORDS: Final = 5
_MAX_CANDIDATES: Final = 50
# Fewer letters fit nearly everything.
_MIN_LETTERS: Final = 2


@dataclass(frozen=True)
class Found:
    """A place or a record that was found."""

    path: str
    text: str
    icon: str
    remark: str = ""


async def show(request: PageRequest) -> Response:
    """The places that the actor may open, and the records that they may see, by the words of the query."""
    query = request.http_request.query_params
    form = Form(query)
    words = split_words(form.text("q"))
    return render(
        request,
        "search/show.html",
        block="results",
        form=form,
        opening="q" not in query,
        places=[one for one in _places(request) if _matches(one.text, words)],
        records=await _records(request, form.text("q")),
    )


async def help_page(request: PageRequest) -> Response:
    """The keys of the pages."""
    return render(request, "search/help.html")


def _places(request: PageRequest) -> list[Found]:
    """The pages of the menu, and the forms of new records."""
    places = [
        Found(item.path, request._(item.text), item.icon)
        for section in menu(request.actor)
        for item in section.items
    ]
    new = [
        Found(f"{pages.path}/new", request._(adding[0]), "plus")
        for pages in nouns.declared_pages()
        if (adding := pages.new_record()) and has_right(request.actor, adding[1])
    ]
    account = Found("/admin/account", request._("Your account"), "staff")
    return [*places, *new, account, Found("/admin/help", request._("Keyboard shortcuts"), "info")]


def _matches(text: str, words: Sequence[str]) -> bool:
    """Whether each of `words` begins a word of `text`, with or without accents."""
    folded = normalize_for_search(text).split()
    return all(any(one.startswith(word) for one in folded) for word in words)


async def _records(request: PageRequest, text: str) -> list[Found]:
    """The records that the actor may see and that match `text`, a few of each noun."""
    if len("".join(split_words(text))) < _MIN_LETTERS:
        return []
    readable = [noun for noun in NOUNS if noun.path and has_right(request.actor, noun.right)]
    return [found for noun in readable for found in await _records_of(request, noun, text)]


async def _records_of(request: PageRequest, noun: Noun, text: str) -> list[Found]:
    has_code = "code" in noun.fields
    rows: Any = noun.visible_to(request.actor)
    if any(one.searchable for one in noun.fields.values()):
        rows = filter_by_search(rows, text, by_prefix_of_code=has_code)
    elif has_code:
        rows = rows.filter(code__istartswith=text.strip())
    else:
        return []
    latest = await rows.order_by("-updated_at", "-id").limit(_MAX_CANDIDATES)
    return [
        Found(
            f"/admin/{noun.path}/{row.id}",
            title_of(request, row),
            noun.path,
            f"{request._(noun.label)} {getattr(row, 'code', '')}",
        )
        for row in accents_first(latest, text, partial(title_of, request))[:_MAX_RECORDS]
    ]
