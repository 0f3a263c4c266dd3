"""Locks on what has no row yet."""

from tortoise.connection import get_connection


async def advisory_lock(*key: object) -> None:
    """Waits until no other transaction holds `key`, and holds it until the present transaction ends.

    For a check before an insert: what the one who held it stored is then seen.
    """
    sql = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"
    await get_connection("default").execute_query(sql, [" ".join(map(str, key))])
