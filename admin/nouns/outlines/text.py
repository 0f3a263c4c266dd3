"""The text of an outline as HTML."""

import asyncio
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markupsafe import Markup

from records.nouns.outlines import MAX_LENGTH

# The headings of a text stand below those of the page: its first level is an <h3>.
_LOWER_BY: Final = 2


# One at a time, in a thread: the time that a text takes may grow with the square of its length.
_CONCURRENCY: Final = asyncio.Semaphore(1)


async def render_text(text: str) -> Markup:
    """Markdown as HTML, without pictures; markup in it stays text. Nothing for one that is too long."""
    if len(text) > MAX_LENGTH:
        return Markup()
    async with _CONCURRENCY:
        return Markup(await asyncio.to_thread(_MARKDOWN.render, text))  # noqa: S704 - it escapes its input


def _lower_headings(state: StateCore) -> None:
    for token in state.tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(6, int(token.tag[1]) + _LOWER_BY)}"


def _mark_links(state: StateCore) -> None:
    for token in state.tokens:
        for child in token.children or ():
            if child.type == "link_open":
                child.attrSet("rel", "noreferrer noopener")


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
    parser.core.ruler.push("lower_headings", _lower_headings)
    parser.core.ruler.push("mark_links", _mark_links)
    return parser


_MARKDOWN: Final = _parser()
