"""Runs the work of a command on the records, with the database opened and closed around it."""

import asyncio
from collections.abc import Coroutine
from contextlib import closing
from typing import Any, TypeVar

from records.core.errors import DomainError, Message, ValidationFailed
from records.core.settings import OperatorError, Settings

T = TypeVar("T")


def run_with_records(settings: Settings, work: Coroutine[Any, Any, T]) -> T:
    """The result of `work`, run on the records. Raises `OperatorError` with the text of a domain error."""
    from commands._database import database
    from records.core.settings import installation
    from records.security.sealing import read_keyring

    # Also closed if it never starts.
    with closing(work), database(settings) as ready:
        if ready.database_url is None:
            raise OperatorError("There is no database address")
        read_keyring(ready.key_file)
        installation.use(ready)
        return asyncio.run(_open_and_run(ready.database_url, work))


async def _open_and_run(url: str, work: Coroutine[Any, Any, T]) -> T:
    from records.database.connect import connect_database

    async with connect_database(url, max_size=2):
        try:
            return await work
        except ValidationFailed as error:
            problems = (f"{field}: {_english(text)}".lstrip(": ") for field, text in error.problems.items())
            raise OperatorError("; ".join(problems)) from None
        except DomainError as error:
            raise OperatorError(_english(error.message)) from None


def _english(message: Message) -> str:
    return message.text.format(**message.values)
