"""Advisory locks for what has no row yet."""

from tortoise.connection import get_connection


async def advisory_lock(*key: object) -> None:
    """Waits for and holds the lock `key` until the current transaction ends.

    Serializes a check before an insert: what the previous holder stored is visible.
    """
    sql = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"
    await get_connection("default").execute_query(sql, [" ".join(map(str, key))])


async def lock_number(number: int) -> None:
    """Waits for and holds the lock that others know by `number`, until the current transaction ends."""
    await get_connection("default").execute_query("SELECT pg_advisory_xact_lock($1)", [number])
