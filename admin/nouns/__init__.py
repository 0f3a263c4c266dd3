"""The records that staff keep: a folder per noun, with its templates."""

from collections.abc import Iterator
from importlib import import_module
from pkgutil import walk_packages
from types import ModuleType
from typing import Any

from starlette.routing import Route

from admin.kit.nouns.pages import Pages


def declared_pages() -> Iterator[Pages[Any, Any]]:
    """The ordinary pages of every noun here whose module `pages` declares them as `PAGES`."""
    for module in _modules():
        yield from _pages_of(module)


def routes() -> Iterator[Route]:
    """The routes of the ordinary pages, and those that modules declare besides as `ROUTES`."""
    for module in _modules():
        for pages in _pages_of(module):
            yield from pages.routes()
        yield from getattr(module, "ROUTES", ())


def _pages_of(module: ModuleType) -> Iterator[Pages[Any, Any]]:
    pages = getattr(module, "PAGES", None)
    # Other modules import it.
    if module.__name__.endswith(".pages") and isinstance(pages, Pages):
        yield pages


def _modules() -> Iterator[ModuleType]:
    for found in walk_packages(__path__, f"{__name__}."):
        yield import_module(found.name)
