"""The `ketnoi` command line: each file in this folder is one command, in the variable `command`.

`@click.pass_obj` gives a command the settings, `commands._database.database` a database that answers.
A command imports what it needs inside its function, so that `ketnoi --help` answers at once.
"""

import importlib
import os
import pkgutil
import signal
import sys
from types import FrameType
from typing import NoReturn

import click

from records.core.errors import DatabaseUnavailable
from records.core.settings import VARIABLES, OperatorError, Settings
from records.core.settings.environment import unknown_variables


class Commands(click.Group):
    """The files of this folder as commands; what an operator can correct is one line, not a traceback."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of the commands; a file whose name starts with an underscore is a helper."""
        return sorted(
            found.name for found in pkgutil.iter_modules(__path__) if not found.name.startswith("_")
        )

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """The command of that name, if there is one."""
        if name not in self.list_commands(ctx):
            return None
        command = importlib.import_module(f"{__name__}.{name}").command
        assert isinstance(command, click.Command)  # noqa: S101 - a file that forgot its command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is asked for, with the settings as its object. Raises `OperatorError`.

        A setting with an unknown name is refused; `run` only warns.
        """
        name, found, rest = super().resolve_command(ctx, args)
        problems = unknown_variables(os.environ, VARIABLES)
        if name == "run":
            for problem in problems:
                click.echo(f"Warning: {problem}", err=True)
            problems = []
        try:
            ctx.obj = Settings.from_environment()
        except OperatorError as error:
            problems.append(str(error))
        if problems:
            raise OperatorError("\n".join(problems))
        return name, found, rest

    def invoke(self, ctx: click.Context) -> object:
        """Runs the command; an error that the operator can correct is one line without a traceback.

        Exit codes: 0 done, 1 it could not be done, 2 asked wrongly, 130 and 143 interrupted.
        """
        signal.signal(signal.SIGTERM, _terminated)
        try:
            return super().invoke(ctx)
        except OperatorError as error:
            raise click.ClickException(str(error)) from error
        except DatabaseUnavailable as error:
            raise click.ClickException(f"{error.message.text} ({error.outage})") from error
        except KeyboardInterrupt:
            sys.exit(130)


def _terminated(_number: int, _frame: FrameType | None) -> NoReturn:
    """Leaves through every `finally`, so that the embedded database stops as well."""
    sys.exit(143)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="ketnoi", message="Ketnoi %(version)s")
def main() -> None:
    """Ketnoi keeps the records of people's groups, their tips and the metrics."""
