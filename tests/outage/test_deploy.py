"""What compose.yaml and deploy/ set up: accounts that are no more than their roles, pinned images."""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from records.core.settings import OperatorError, Settings
from records.database.accounts import check_database_accounts
from records.database.connect import DatabaseRole, connection_arguments
from records.database.embedded import cluster
from records.database.migrate import _connect_as_owner, _ensure_roles, forbid_temporary_tables
from tests.outage.installation import PATIENCE, Postgres, folder

ROOT = Path(__file__).parents[2]
PASSWORDS = {f"{name}_PASSWORD": f"mau-{name.lower()}'\"" for name in ("OWNER", "SERVICE", "READER")}


@pytest.fixture(scope="module")
def made() -> Iterator[Postgres]:
    """A PostgreSQL on which the script of compose.yaml has run."""
    with folder() as place:
        server = Postgres(place)
        environment = {
            **os.environ,
            **PASSWORDS,
            "POSTGRES_USER": "postgres",
            "POSTGRES_DB": cluster.DATABASE,
        }
        environment |= {"PGHOST": str(server.socket.parent)}
        environment["PATH"] = f"{cluster.find_binaries()}{os.pathsep}{environment['PATH']}"
        try:
            script = ROOT / "deploy" / "accounts.sh"
            subprocess.run([script], env=environment, check=True, timeout=PATIENCE)
            yield server
        finally:
            server.end()


async def test_compose_accounts_are_no_superusers(made: Postgres) -> None:
    connection = await asyncpg.connect(made.url())
    powers = "rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls"
    rows = await connection.fetch(
        f"SELECT rolname, {powers} AS more, rolpassword LIKE 'SCRAM-SHA-256$%' AS secret FROM pg_authid"
        " WHERE rolname LIKE 'ketnoi%' AND rolcanlogin ORDER BY 1"
    )
    await connection.close()
    assert [tuple(row) for row in rows] == [
        (name, False, True) for name in ("ketnoi_migrate", "ketnoi_reads", "ketnoi_service")
    ]


async def test_compose_account_can_migrate(made: Postgres) -> None:
    connection = await _connect_as_owner(made.url("ketnoi_migrate"))
    try:
        await _ensure_roles(connection)
        await forbid_temporary_tables(connection)
        for role in DatabaseRole:
            await connection.execute(f"SET ROLE {role}")
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute("CREATE TEMPORARY TABLE mine (a int)")
        await connection.execute(f"SET ROLE {DatabaseRole.OWNER}")
        await connection.execute("CREATE TABLE made ()")
        await connection.execute("DROP TABLE made")
    finally:
        await connection.close()


async def test_compose_accounts_can_serve(made: Postgres) -> None:
    service, reads, migrates = (made.url(f"ketnoi_{name}") for name in ("service", "reads", "migrate"))
    settings = Settings(Path("var"), "127.0.0.1", 8000)
    await check_database_accounts(
        Settings.from_environment({"DATABASE_URL": service, "DATABASE_READER_URL": reads})
    )
    for url in (migrates, made.url()):
        with pytest.raises(OperatorError):
            await check_database_accounts(settings.with_database_url(url))


async def test_compose_reader_cannot_write(made: Postgres) -> None:
    connection = await asyncpg.connect(**connection_arguments(made.url("ketnoi_reads"), DatabaseRole.READER))
    try:
        for other in (DatabaseRole.OWNER, DatabaseRole.APP):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(f"SET ROLE {other}")
    finally:
        await connection.close()


def test_compose_takes_images_from_environment() -> None:
    """A digest cannot be known here: whoever installs takes it from the registry, or nothing starts."""
    compose = (ROOT / "compose.yaml").read_text(encoding="utf-8")
    images = set(re.findall(r"^\s+image: (.+)$", compose, re.MULTILINE)) - {"ketnoi:0.1.0"}
    assert len(images) == 1
    assert all(image.startswith("${POSTGRES_IMAGE:?") for image in images)
    assert "PYTHON_IMAGE: ${PYTHON_IMAGE:?" in compose
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert set(re.findall(r"^FROM (\S+)", dockerfile, re.MULTILINE)) == {"${PYTHON_IMAGE}"}


@pytest.mark.parametrize(("answer", "code"), [("postgres@sha256:0000", 0), ("postgres:18", 1), ("", 1)])
def test_environment_file_has_digests_only(tmp_path: Path, answer: str, code: int) -> None:
    docker = tmp_path / "docker"
    docker.write_text(f'#!/bin/sh\n[ "$1" = pull ] || echo "{answer}"\n', encoding="utf-8")
    docker.chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    script = [ROOT / "deploy" / "environment.sh"]

    def run() -> int:
        return subprocess.run(
            script, cwd=tmp_path, env=environment, check=False, capture_output=True, timeout=PATIENCE
        ).returncode

    assert run() == code
    path = tmp_path / ".env"
    assert path.exists() == (code == 0)
    if code == 0:
        text = path.read_text(encoding="utf-8")
        assert len(set(re.findall(r"_PASSWORD=([0-9a-f]{48})$", text, re.MULTILINE))) == 4
        assert "POSTGRES_IMAGE=postgres@sha256:0000\n" in text
        assert path.stat().st_mode & 0o077 == 0
        # What is there already stays.
        assert run() == 1
        assert path.read_text(encoding="utf-8") == text
