"""The PostgreSQL that comes with the Python packages, run on a folder of ours for as long as we need it.

It listens on a Unix socket only, in a folder that its own user alone may enter; no password is needed there.
The package's own start-up is not used: it opens every folder above the data to all users of the machine.
"""

import fcntl
import hashlib
import os
import re
import shutil
import signal
import stat
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final
from urllib.parse import quote

import psutil

from records.core.settings import OperatorError
from records.database.embedded.cluster import (
    DATABASE,
    ENVIRONMENT,
    SUPERUSER,
    create_cluster,
    find_binaries,
    make_private_folder,
)
from records.database.embedded.service_user import ServiceUser, service_user

_SETTINGS: Final = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # A log without people in it: neither failing rows nor the statements that carried them.
    # The errors of statements quote what was typed in their first line: the service notes them in its way.
    "log_min_messages": "log",
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_checkpoints": "off",
}
_FAST: Final = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}

_SOCKET: Final = ".s.PGSQL.5432"
_MAX_SOCKET_PATH: Final = 100  # the system's limit is 103 bytes on macOS, 107 on Linux
_START_SECONDS: Final = 300  # a crash recovery takes its time
_STOP_SECONDS: Final = 60
_ORPHANS_SECONDS: Final = 10  # backends of a killed server notice and leave


@contextmanager
def running(data_dir: Path, *, shared: bool = False, fast: bool = False) -> Iterator[str]:
    """Runs PostgreSQL on `data_dir`/postgres and yields the address of its database; stops it afterwards.

    `shared` is for a command beside a running service: it uses that one's server, and leaves it alone.
    `fast` gives up safety against power cuts, for tests. Raises `OperatorError` when the folder cannot be
    used, and when another process has it and `shared` is not set.
    """
    data_dir = data_dir.resolve()
    binaries = find_binaries()
    with _lock(data_dir) as ours:
        if not ours:
            yield _address_of_running(data_dir, shared=shared)
            return
        folder = data_dir / "postgres"
        user = service_user(folder, passes=(data_dir, binaries))
        _stop_orphan(folder)
        create_cluster(folder, binaries, user, fast=fast)
        sockets = _socket_folder(folder, user)
        server = _start(folder, binaries, sockets, user, fast=fast)
        try:
            yield _address(sockets)
        finally:
            _stop(server)
            if sockets != folder:
                shutil.rmtree(sockets, ignore_errors=True)


@contextmanager
def _lock(data_dir: Path) -> Iterator[bool]:
    """Whether this process alone has the folder; the system gives it back even when the process is killed."""
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        file = (data_dir / "postgres.lock").open("a")
    except OSError as error:
        raise OperatorError(
            f"{data_dir} cannot hold the data: {error.strerror}; set KETNOI_DATA_DIR"
        ) from None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            ours = True
        except BlockingIOError:
            ours = False
        yield ours


def _address(sockets: Path) -> str:
    return f"postgresql://{SUPERUSER}@/{DATABASE}?host={quote(str(sockets), safe='/')}"


def _address_of_running(data_dir: Path, *, shared: bool) -> str:
    state = _state(data_dir / "postgres")
    if not shared:
        raise OperatorError(
            f"Another Ketnoi is running on {data_dir}: stop it, or set KETNOI_DATA_DIR and PORT"
        )
    if len(state) < 8 or state[7] != "ready":
        raise OperatorError(
            f"The Ketnoi that runs on {data_dir} is just starting or stopping: try again in a moment"
        )
    return _address(Path(state[4]))


def _state(folder: Path) -> list[str]:
    """The lines of the server's own note: pid, folder, start, port, socket folder, host, memory, state."""
    try:
        return [line.strip() for line in (folder / "postmaster.pid").read_text().splitlines()]
    except (FileNotFoundError, NotADirectoryError):
        return []


def _stop_orphan(folder: Path) -> None:
    """Stops the server of a service that was killed; clears a note whose number another process now bears."""
    note = folder / "postmaster.pid"
    pid = next(iter(_state(folder)), "")
    if not pid.isdecimal():
        note.unlink(missing_ok=True)
        return
    try:
        process = psutil.Process(int(pid))
        # A server works in its folder; any other process with this number only happens to have it.
        if Path(process.cwd()) == folder:
            process.send_signal(signal.SIGINT)
            process.wait(_STOP_SECONDS)
        else:
            note.unlink()
    except psutil.ZombieProcess:
        note.unlink()
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        pass  # ended, or somebody else's: PostgreSQL clears up after both itself
    except psutil.TimeoutExpired:
        raise OperatorError(
            f"The PostgreSQL left over on {folder} (process {pid}) could not be stopped"
        ) from None


def _socket_folder(folder: Path, user: ServiceUser) -> Path:
    """The data folder itself, or a short private one where its name is too long or too odd for a socket."""
    plain = re.fullmatch(r"[\w/.+-]+", str(folder), re.ASCII)
    if plain and len(str(folder / _SOCKET)) <= _MAX_SOCKET_PATH:
        return folder
    digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    short = Path("/tmp") / f"ketnoi-{digest}"  # noqa: S108 - what stands there is checked below
    with suppress(FileExistsError):
        make_private_folder(short, user)
    status = short.lstat()
    owner = os.geteuid() if user.uid is None else user.uid
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != owner or stat.S_IMODE(status.st_mode) != 0o700:
        raise OperatorError(f"{short} is not ours: remove it, or set KETNOI_DATA_DIR to a shorter path")
    return short


def _start(
    folder: Path, binaries: Path, sockets: Path, user: ServiceUser, *, fast: bool
) -> "subprocess.Popen[bytes]":
    settings = {**_SETTINGS, "unix_socket_directories": str(sockets), **(_FAST if fast else {})}
    command = [str(binaries / "postgres"), "-D", str(folder)]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    patience = time.monotonic() + _ORPHANS_SECONDS
    while True:
        with (folder.parent / "postgres.log").open("ab") as log:
            server = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env=ENVIRONMENT,
                # Ctrl-C in the terminal is for us: we stop the server when nobody uses it any more.
                start_new_session=True,
                user=user.uid,
                group=user.gid,
                extra_groups=user.groups,
            )
        try:
            if _ready(server, folder):
                return server
        except BaseException:
            _stop(server)
            raise
        if time.monotonic() > patience:
            raise OperatorError(f"PostgreSQL does not start; its reason stands at the end of {log.name}")
        time.sleep(0.2)


def _ready(server: "subprocess.Popen[bytes]", folder: Path) -> bool:
    """Waits until the server takes connections; False when it ended instead."""
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            return False
        state = _state(folder)
        if len(state) == 8 and state[0] == str(server.pid) and state[7] == "ready":
            return True
        time.sleep(0.02)
    raise OperatorError(f"PostgreSQL was not ready within {_START_SECONDS} seconds")


def _stop(server: "subprocess.Popen[bytes]") -> None:
    """A fast shutdown: sessions end, everything committed is on disk."""
    server.send_signal(signal.SIGINT)
    try:
        server.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        server.send_signal(signal.SIGQUIT)
        server.wait()
