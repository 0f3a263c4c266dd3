"""The public contract: committed, described, without breaking changes, and free of what is sealed."""

import subprocess
from pathlib import Path

import asyncpg
import pytest
from graphql import (
    BreakingChangeType,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    find_breaking_changes,
)

from api.reads.declared import NOUNS, KeyType
from api.schema import schema, text
from records.database import grants

ROOT = Path(__file__).parents[2]


def test_the_committed_schema_is_the_codes() -> None:
    assert (ROOT / "schema.graphql").read_text(encoding="utf-8") == text()


# Descriptions of changes that break callers and were agreed with them.
AGREED: frozenset[str] = frozenset()


def test_nothing_that_callers_use_was_taken_away_since_the_version_before() -> None:
    before = _before()
    if before is None:
        # All that was ever committed is what stands here now.
        assert len(_commits()) <= 1
        return
    changes = find_breaking_changes(build_schema(before), build_schema(text()))
    assert {change.description for change in changes} <= AGREED


def test_the_check_for_breaking_changes_finds_them() -> None:
    changes = find_breaking_changes(
        build_schema(text()), build_schema(text().replace("memberCount: Int\n", "members: Int\n"))
    )
    assert [change.type for change in changes] == [BreakingChangeType.FIELD_REMOVED]


def test_everything_is_described() -> None:
    built = _built()
    missing = []
    for name, type_ in built.type_map.items():
        if name.startswith("__"):
            continue
        if not type_.description:
            missing.append(name)
        if isinstance(type_, GraphQLEnumType):
            missing += [f"{name}.{value}" for value, shown in type_.values.items() if not shown.description]
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            missing += [f"{name}.{field}" for field, shown in type_.fields.items() if not shown.description]
        if isinstance(type_, GraphQLObjectType):
            missing += [
                f"{name}.{field}({argument}:)"
                for field, shown in type_.fields.items()
                for argument, given in shown.args.items()
                if not given.description
            ]
    assert missing == []


def test_nothing_sealed_and_no_person_is_in_the_schema() -> None:
    names = {name.lower() for name in _built().type_map}
    names |= {
        field.lower()
        for type_ in _built().type_map.values()
        if isinstance(type_, GraphQLObjectType) and not type_.name.startswith("__")
        for field in type_.fields
    }
    forbidden = (
        "reporter",
        "member",
        "staff",
        "assignee",
        "phone",
        "password",
        "subject",
        "birth",
        "session",
        "partnerkey",
    )
    assert {name for name in names if any(word in name for word in forbidden)} == {
        *("membercount", "membercounts", "membertotals", "memberrole"),
    }


_STORED = {KeyType.MOMENT: "timestamp with time zone", KeyType.DAY: "date"}


async def test_every_order_has_an_index_behind_it(database: str) -> None:
    connection = await asyncpg.connect(database)
    try:
        rows = await connection.fetch(
            "SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'public'"
        )
    finally:
        await connection.close()
    for noun in NOUNS.values():
        # A view of a few rows: what somebody chose to publish.
        for key, like in noun.keys.items() if noun.table not in grants.VIEWS else ():
            # A code is unique: its own index is enough.
            ends = f"({key}, id)", f"({key})"
            if like.nullable:
                ends = (f"(COALESCE({key}, 'infinity'::{_STORED[like.type]}), id)",) * 2
            assert any(r["tablename"] == noun.table and r["indexdef"].endswith(ends) for r in rows), (
                noun.table,
                key,
            )


@pytest.mark.parametrize("name", sorted(NOUNS))
def test_every_record_is_a_node(name: str) -> None:
    type_ = schema._schema.type_map[name]
    assert isinstance(type_, GraphQLObjectType)
    assert [interface.name for interface in type_.interfaces] == ["Node"]


def _built() -> GraphQLSchema:
    built: GraphQLSchema = schema._schema
    return built


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S607 - git as found on the path
    return done.stdout if done.returncode == 0 else ""


def _commits() -> list[str]:
    """The commits that touched the schema, the newest first; none where there is no history."""
    return _git("log", "--format=%H", "--", "schema.graphql").split()


def _before() -> str | None:
    """The newest committed schema that differs from the code's."""
    versions = (_git("show", f"{commit}:schema.graphql") for commit in _commits())
    return next((version for version in versions if version != text()), None)
