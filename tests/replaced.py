"""The settings and the services of this process, with some of them replaced for a while."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from starlette.applications import Starlette

from api.transport.services import ApiServices
from records.core.settings import Settings, installation


@contextmanager
def replaced_settings(**changes: Any) -> Iterator[Settings]:
    """What this process was set up with, but for `changes`."""
    usual = installation.settings()
    installation.use(replace(usual, **changes))
    try:
        yield installation.settings()
    finally:
        installation.use(usual)


@contextmanager
def replaced_services(app: Starlette, **changes: Any) -> Iterator[ApiServices]:
    """What `app` answers requests with, but for `changes`."""
    usual: ApiServices = app.state.services
    app.state.services = replace(usual, **changes)
    try:
        yield app.state.services
    finally:
        app.state.services = usual
