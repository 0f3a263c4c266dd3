"""The text of an outline as HTML."""

from typing import Final

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markupsafe import Markup

# The headings of a text stand below those of the page: its first level is an <h3>.
_LOWER_BY: Final = 2


def render_text(text: str) -> Markup:
    """Markdown as HTML, without pictures; markup in it stays text."""
    return Markup(_MARKDOWN.render(text))  # noqa: S704 - markdown-it escapes what it is given


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
