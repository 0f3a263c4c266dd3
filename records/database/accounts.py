"""Checks the accounts of the service: members of their roles, and nothing more."""

import asyncpg

from records.core.settings import OperatorError, Settings
from records.database.connect import DatabaseRole, connection_arguments
from records.database.connection import CONNECT_SECONDS, check_role

# Row-level security binds neither a superuser, nor an account with BYPASSRLS, nor the owner of the tables.
_ALLOWED_ATTRIBUTES = """
SELECT session_user AS account, r.rolname AS becomes, r.rolsuper AS super, r.rolbypassrls AS bypasses
FROM pg_roles r
WHERE (r.rolsuper OR r.rolbypassrls OR r.rolname = $1) AND pg_has_role(session_user, r.oid, 'MEMBER')
ORDER BY r.rolname <> session_user LIMIT 1"""


async def check_database_accounts(settings: Settings) -> None:
    """Raises `OperatorError` where an account of the service is more, or less, than its role."""
    for name, url, role in (
        ("DATABASE_URL", settings.database_url, DatabaseRole.APP),
        ("DATABASE_READER_URL", settings.reader_url, DatabaseRole.READER),
    ):
        if url is not None:
            await _check_account(name, url, role)


async def check_roles(settings: Settings) -> None:
    """Raises `OperatorError` unless the connections of the app and the reader get the role they ask for."""
    for url, role in ((settings.database_url, DatabaseRole.APP), (settings.reader_url, DatabaseRole.READER)):
        if url is not None:
            connection = await _connected(url, role)
            try:
                await check_role(connection, role)
            finally:
                await connection.close()


async def _check_account(name: str, url: str, role: DatabaseRole) -> None:
    connection = await _connected(url, role)
    try:
        await check_role(connection, role)
        row = await connection.fetchrow(_ALLOWED_ATTRIBUTES, DatabaseRole.OWNER.value)
    finally:
        await connection.close()
    if row is None:
        return
    if row["becomes"] != row["account"]:
        power = f"may act as {row['becomes']}, whom row security does not bind"
    else:
        power = "is a superuser" if row["super"] else "may bypass row security"
    raise OperatorError(
        f"The account {row['account']} of {name} {power}. Serve with an account that is a member of {role} "
        f"alone: CREATE ROLE <account> LOGIN PASSWORD '<password>' IN ROLE {role}"
    )


async def _connected(url: str, role: DatabaseRole) -> "asyncpg.Connection[asyncpg.Record]":
    arguments = connection_arguments(url, role)
    try:
        return await asyncpg.connect(**arguments, timeout=CONNECT_SECONDS)
    except asyncpg.PostgresError as error:
        raise OperatorError(
            f"The account {arguments.get('user')} cannot act as {role} ({type(error).__name__}): "
            "`ketnoi migrate` makes this role, the account has to be a member of it, and a pooler "
            "has to pass `role` on"
        ) from None
    except (OSError, asyncpg.InterfaceError) as error:
        raise OperatorError(
            f"The database for {role} at {arguments.get('host')} does not answer: {type(error).__name__}"
        ) from None
