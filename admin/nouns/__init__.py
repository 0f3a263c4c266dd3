"""The records that staff keep: a folder per noun, with its templates."""

from collections.abc import Iterator
from importlib import import_module
from pkgutil import walk_packages
from typing import Any

from starlette.routing import Route

from admin.kit.nouns.pages import Pages


def declared_pages() -> Iterator[Pages[Any, Any]]:
    """The ordinary pages of every noun here whose module `pages` declares them as `PAGES`."""
    for module in walk_packages(__path__, f"{__name__}."):
        declared = module.name.endswith(".pages") and getattr(import_module(module.name), "PAGES", None)
        if isinstance(declared, Pages):
            yield declared


def routes() -> Iterator[Route]:
    """The routes of the ordinary pages."""
    for pages in declared_pages():
        yield from pages.routes()
