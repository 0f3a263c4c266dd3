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
        pages = getattr(module, "PAGES", None)
        if module.__name__.endswith(".pages") and isinstance(pages, Pages):
            yield pages


def routes() -> Iterator[Route]:
    """The routes of the ordinary pages, and those that modules declare besides as `ROUTES`."""
    for pages in declared_pages():
        yield from pages.routes()
    for module in _modules():
        yield from getattr(module, "ROUTES", ())


def _modules() -> Iterator[ModuleType]:
    for found in walk_packages(__path__, f"{__name__}."):
        yield import_module(found.name)
