"""The embedded PostgreSQL: it starts, stops, survives what can happen to it, and keeps what was written."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncpg
import psutil
import pytest

from records.core.settings import OperatorError
from records.database import embedded


@pytest.fixture
def empty() -> Iterator[Path]:
    """An empty folder that PostgreSQL's own user may enter, unlike pytest's; short enough for a socket."""
    with TemporaryDirectory(prefix="ketnoi-test-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder).resolve()


@pytest.fixture(scope="module")
def made() -> Iterator[Path]:
    """A data folder that was started and stopped once."""
    with TemporaryDirectory(prefix="ketnoi-made-") as folder:
        Path(folder).chmod(0o755)
        with embedded.running(Path(folder), fast=True):
            pass
        yield Path(folder)


@pytest.fixture
def data_dir(made: Path, empty: Path) -> Path:
    """A data folder of this test's own, with its empty database."""
    subprocess.run(["/bin/cp", "-a", made / "postgres", empty], check=True)
    return empty


def ask(url: str, sql: str) -> object:
    async def connected() -> object:
        connection = await asyncpg.connect(url)
        try:
            return await connection.fetchval(sql)
        finally:
            await connection.close()

    return asyncio.run(connected())


def postmaster(data_dir: Path) -> psutil.Process:
    return psutil.Process(int((data_dir / "postgres" / "postmaster.pid").read_text().splitlines()[0]))


def service(data_dir: Path) -> "subprocess.Popen[str]":
    """Another process that runs the database until it is ended; it writes the address when it is ready."""
    program = (
        "import pathlib, sys, time\n"
        "from records.database import embedded\n"
        "with embedded.running(pathlib.Path(sys.argv[1])) as url:\n"
        "    print(url, flush=True)\n"
        "    time.sleep(60)\n"
    )
    return subprocess.Popen([sys.executable, "-c", program, str(data_dir)], stdout=subprocess.PIPE, text=True)


def killed_service(data_dir: Path) -> str:
    """The address of a database whose service was killed after it wrote one row."""
    with service(data_dir) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        ask(url, "CREATE TABLE kept AS SELECT 'Tổ 2' AS name")
        process.kill()
    return url


def test_embedded_server_starts_on_empty_folder_and_stops(empty: Path) -> None:
    with embedded.running(empty, fast=True) as url:
        assert ask(url, "SELECT current_database()") == "ketnoi"
        server = postmaster(empty)
        assert server.is_running()
    assert not server.is_running()
    with pytest.raises((ConnectionRefusedError, FileNotFoundError)):
        ask(url, "SELECT 1")


def test_embedded_server_takes_no_network_connection(data_dir: Path) -> None:
    with embedded.running(data_dir, fast=True) as url:
        assert ask(url, "SHOW listen_addresses") == ""
        assert (data_dir / "postgres").stat().st_mode & 0o077 == 0


def test_embedded_server_writes_to_disk_unless_fast(data_dir: Path) -> None:
    with embedded.running(data_dir) as url:
        assert ask(url, "SHOW fsync") == "on"
        assert ask(url, "SHOW synchronous_commit") == "on"
    with embedded.running(data_dir, fast=True) as url:
        assert ask(url, "SHOW fsync") == "off"


def test_embedded_server_sorts_utf8_by_code_point(data_dir: Path) -> None:
    with embedded.running(data_dir, fast=True) as url:
        assert ask(url, "SHOW server_encoding") == "UTF8"
        assert ask(url, "SELECT upper('đồng tháp')") == "ĐỒNG THÁP"
        assert ask(url, "SELECT string_agg(x, '' ORDER BY x) FROM unnest(ARRAY['đ','a','Z','e']) x") == "Zaeđ"


def test_rows_survive_restart(data_dir: Path) -> None:
    with embedded.running(data_dir, fast=True) as url:
        ask(url, "CREATE TABLE kept AS SELECT 'Tổ 2' AS name")
    with embedded.running(data_dir, fast=True) as url:
        assert ask(url, "SELECT name FROM kept") == "Tổ 2"


def test_rows_survive_when_postgres_was_killed(data_dir: Path) -> None:
    with embedded.running(data_dir) as url:
        ask(url, "CREATE TABLE kept AS SELECT 'Tổ 2' AS name")
        postmaster(data_dir).kill()
    assert (data_dir / "postgres" / "postmaster.pid").exists()
    with embedded.running(data_dir) as url:
        assert ask(url, "SELECT name FROM kept") == "Tổ 2"


def test_embedded_server_takes_over_when_service_was_killed(data_dir: Path) -> None:
    killed_service(data_dir)
    left_over = postmaster(data_dir)
    assert left_over.is_running()
    with embedded.running(data_dir, fast=True) as url:
        assert ask(url, "SELECT name FROM kept") == "Tổ 2"
        assert postmaster(data_dir) != left_over
    assert not left_over.is_running()


def test_embedded_server_starts_when_both_were_killed(data_dir: Path) -> None:
    killed_service(data_dir)
    postmaster(data_dir).kill()
    with embedded.running(data_dir, fast=True) as url:
        assert ask(url, "SELECT name FROM kept") == "Tổ 2"


def test_foreign_process_is_left_alone_when_it_has_old_pid(data_dir: Path) -> None:
    with embedded.running(data_dir, fast=True):
        note = (data_dir / "postgres" / "postmaster.pid").read_text().splitlines()
    with subprocess.Popen(["/bin/sleep", "60"]) as bystander:
        (data_dir / "postgres" / "postmaster.pid").write_text("\n".join([str(bystander.pid), *note[1:], ""]))
        with embedded.running(data_dir, fast=True) as url:
            assert ask(url, "SELECT 1") == 1
        assert bystander.poll() is None
        bystander.terminate()


@pytest.mark.parametrize("note", ["", "\n", "not a number\n"])
def test_embedded_server_starts_when_pid_file_is_unreadable(data_dir: Path, note: str) -> None:
    with embedded.running(data_dir, fast=True):
        pass
    (data_dir / "postgres" / "postmaster.pid").write_text(note)
    with embedded.running(data_dir, fast=True) as url:
        assert ask(url, "SELECT 1") == 1


def test_data_folder_is_made_again_when_half_made(empty: Path) -> None:
    (empty / "postgres.new").mkdir()
    (empty / "postgres.new" / "PG_VERSION").write_text("18\n")
    with embedded.running(empty, fast=True) as url:
        assert ask(url, "SELECT 1") == 1
    assert not (empty / "postgres.new").exists()


def test_second_service_on_same_folder_is_refused(data_dir: Path) -> None:
    with embedded.running(data_dir, fast=True) as url:
        with pytest.raises(OperatorError, match="Another Ketnoi is running"), embedded.running(data_dir):
            pytest.fail("two services share one folder")
        assert ask(url, "SELECT 1") == 1


def test_command_shares_server_of_running_service(data_dir: Path) -> None:
    with embedded.running(data_dir, fast=True) as url:
        with embedded.running(data_dir, shared=True) as same:
            assert same == url
            assert ask(same, "SELECT 1") == 1
        assert ask(url, "SELECT 1") == 1


def test_command_runs_own_server_when_no_service_runs(data_dir: Path) -> None:
    with embedded.running(data_dir, shared=True, fast=True) as url:
        assert ask(url, "SELECT 1") == 1
        server = postmaster(data_dir)
    assert not server.is_running()


@pytest.mark.parametrize("name", ["a-long-name" * 12, "thư mục có dấu", "a,b", "it's"])
def test_socket_moves_when_folder_name_does_not_suit(empty: Path, name: str) -> None:
    with embedded.running(empty / name, fast=True) as url:
        assert ask(url, "SELECT 1") == 1
        sockets = Path(str(ask(url, "SHOW unix_socket_directories")))
        assert sockets.stat().st_mode & 0o077 == 0
    assert not sockets.exists()


def test_socket_folder_is_refused_when_made_by_another(empty: Path) -> None:
    odd = empty / "a,b"
    with embedded.running(odd, fast=True) as url:
        sockets = Path(str(ask(url, "SHOW unix_socket_directories")))
    sockets.mkdir(mode=0o755)
    try:
        with pytest.raises(OperatorError, match="is not ours"), embedded.running(odd, fast=True):
            pytest.fail("the folder of another user was trusted")
    finally:
        sockets.rmdir()


def test_data_folder_is_refused_when_of_another_version(empty: Path) -> None:
    (empty / "postgres").mkdir()
    (empty / "postgres" / "PG_VERSION").write_text("14\n")
    with pytest.raises(OperatorError, match="written by PostgreSQL 14"), embedded.running(empty):
        pytest.fail("an older folder was opened")


def test_data_folder_is_refused_when_it_cannot_be_made(empty: Path) -> None:
    (empty / "file").write_text("")
    with (
        pytest.raises(OperatorError, match="cannot hold the data"),
        embedded.running(empty / "file" / "var"),
    ):
        pytest.fail("a file was taken for a folder")


def test_embedded_server_stops_when_service_is_interrupted(data_dir: Path) -> None:
    with service(data_dir) as process:
        assert process.stdout is not None
        process.stdout.readline()
        server = postmaster(data_dir)
        process.send_signal(signal.SIGINT)
    assert not server.is_running()


def test_postgres_log_names_no_people(data_dir: Path) -> None:
    with embedded.running(data_dir, fast=True) as url:
        ask(url, "CREATE TABLE people (name text UNIQUE)")
        ask(url, "INSERT INTO people VALUES ('Nguyễn Văn Thử')")
        with pytest.raises(asyncpg.UniqueViolationError):
            ask(url, "INSERT INTO people VALUES ('Nguyễn Văn Thử')")
    log = (data_dir / "postgres.log").read_text()
    assert "ready to accept connections" in log
    # Nor is there a line that could name them: the service tells of its errors in its own way.
    assert "duplicate key" not in log
    assert "Nguyễn" not in log


def test_embedded_server_is_not_root_and_keeps_folder_closed(empty: Path) -> None:
    closed = empty / "home"
    closed.mkdir(mode=0o700)
    with embedded.running(closed / "var", fast=True) as url:
        assert ask(url, "SELECT 1") == 1
        assert postmaster(closed / "var").uids().real != 0
    assert closed.stat().st_mode & 0o007 == 0
    if os.geteuid() == 0:
        someone = subprocess.run(["/bin/ls", closed], user=65534, group=65534, extra_groups=[], check=False)
        assert someone.returncode != 0
