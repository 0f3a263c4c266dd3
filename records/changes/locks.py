"""Advisory locks for what has no row yet."""

from tortoise.connection import get_connection


async def advisory_lock(*key: object) -> None:
    """Waits for and holds the lock `key` until the current transaction ends.

    Serializes a check before an insert: what the previous holder stored is visible.
    """
    sql = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"
    await get_connection("default").execute_query(sql, [" ".join(map(str, key))])
