import json
import os
import subprocess
import sys

import pytest
from click.testing import CliRunner

from commands.demo import command

COMMAND = (sys.executable, "-c", "from commands import main; main()", "demo")


def _run(url: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "DATABASE_URL": url}
    return subprocess.run(
        [*COMMAND, *arguments], env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    ("arguments", "wrong"),
    [
        (("--groups", "-1"), "'--groups': -1 is not in the range"),
        (("--tips", "-1"), "'--tips': -1 is not in the range"),
        (("--tips", "1", "--years", "51"), "'--years': 51 is not in the range"),
        (("--tips", "many"), "'--tips': 'many' is not a valid integer"),
        (("--tips", "1", "--until", "10/03/2026"), "'--until': '10/03/2026' does not match the format"),
    ],
)
def test_demo_command_names_wrong_number_in_one_line(arguments: tuple[str, ...], wrong: str) -> None:
    done = CliRunner().invoke(command, arguments)
    assert done.exit_code == 2
    assert wrong in done.stderr.splitlines()[-1]


def test_demo_command_prints_sign_ins_once_and_fills_province(fresh_database: str) -> None:
    first = _run(fresh_database)
    assert first.returncode == 0, first.stderr
    assert set(json.loads(first.stdout)) == {"url", "staff", "partners"}

    second = _run(fresh_database)
    assert second.returncode == 1
    assert second.stderr == "Error: This database has groups or staff already: nothing was loaded\n"

    filled = _run(fresh_database, "--groups", "5", "--tips", "20", "--years", "1")
    assert filled.returncode == 0, filled.stderr
    assert ["tips", "20"] in [line.split() for line in filled.stdout.splitlines()]

    more = _run(fresh_database, "--tips", "20", "--seed", "2")
    assert more.returncode == 1
    assert more.stderr.endswith("Error: This database contains more than the demonstration records.\n")
