"""The records that staff keep: a folder per noun, with its templates."""

from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from starlette.routing import Route

from admin.kit.nouns.pages import Pages


def declared_pages() -> Iterator[Pages[Any, Any]]:
    """The ordinary pages of every noun here whose module `pages` declares them as `PAGES`."""
    for folder in iter_modules(__path__, f"{__name__}."):
        declared = getattr(import_module(f"{folder.name}.pages"), "PAGES", None)
        if isinstance(declared, Pages):
            yield declared


def routes() -> Iterator[Route]:
    """The routes of the ordinary pages."""
    for pages in declared_pages():
        yield from pages.routes()
