"""Tip categories in the tables of the tests. Those that a test adds have a code that begins with MAU-."""

from typing import Any, Final
from uuid import UUID, uuid4

from records.core.actor import Role, system_actor
from records.core.rights import Right
from records.nouns.catalogues import categories
from records.nouns.catalogues.categories import CategoryDraft
from tests.nouns import Tables

NO_ONE: Final = uuid4()
EMPTY: Final = CategoryDraft("", "", "")
KEEPERS: Final = {Role.ADMINISTRATOR}


def draft(**given: Any) -> CategoryDraft:
    """A category of which there is none yet."""
    values = {"code": f"MAU-{uuid4().hex[:8]}", "name_vi": "Loại mẫu", "name_en": "Sample category"}
    return CategoryDraft(**(values | given))


async def make(_area: str) -> UUID:
    """The id of a category."""
    return (await categories.create(draft(), by=system_actor("test"))).id


async def make_removed(area: str) -> UUID:
    """The id of a removed category."""
    row_id = await make(area)
    await categories.remove(row_id, expected_version=1, reason="Mẫu", by=system_actor("test"))
    return row_id


TABLES: Final = Tables(
    name="category",
    catalogue=True,
    make=make,
    make_removed=make_removed,
    pages={
        "GET /admin/tip-categories": (KEEPERS, None),
        "POST /admin/tip-categories": (KEEPERS, None),
        "GET /admin/tip-categories/new": (KEEPERS, None),
        "GET /admin/tip-categories/{id:uuid}": (KEEPERS, "category"),
        "POST /admin/tip-categories/{id:uuid}": (KEEPERS, "category"),
        "GET /admin/tip-categories/{id:uuid}/edit": (KEEPERS, "category"),
        "GET POST /admin/tip-categories/{id:uuid}/reversal": (KEEPERS, "category"),
        "GET POST /admin/tip-categories/{id:uuid}/retirement": (KEEPERS, "category"),
        "GET POST /admin/tip-categories/{id:uuid}/reinstatement": (KEEPERS, "category"),
        "GET POST /admin/tip-categories/{id:uuid}/removal": (KEEPERS, "category"),
        "POST /admin/tip-categories/{id:uuid}/restoration": (KEEPERS, "category removed"),
    },
    verbs=[
        (Right.CATEGORIES_MANAGE, "see", lambda by: categories.visible_to(by).count()),
        (Right.CATEGORIES_MANAGE, "create", lambda by: categories.create(EMPTY, by=by)),
        (
            Right.CATEGORIES_MANAGE,
            "edit",
            lambda by: categories.edit(NO_ONE, EMPTY, expected_version=1, by=by),
        ),
        (Right.CATEGORIES_MANAGE, "retire", lambda by: categories.retire(NO_ONE, expected_version=1, by=by)),
        (
            Right.CATEGORIES_MANAGE,
            "reinstate",
            lambda by: categories.reinstate(NO_ONE, expected_version=1, by=by),
        ),
        (
            Right.CATEGORIES_MANAGE,
            "remove",
            lambda by: categories.remove(NO_ONE, expected_version=1, reason="Mẫu", by=by),
        ),
        (
            Right.CATEGORIES_MANAGE,
            "restore",
            lambda by: categories.restore(NO_ONE, expected_version=1, by=by),
        ),
    ],
)
