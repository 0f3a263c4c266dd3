"""The doors read through what `records` lets them see: none of them loads a row of a noun by itself."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
# Catalogues, which hold no record of anybody's area; and who works where, to narrow a list that is theirs.
MAY_READ = {"Area", "AreaReach", "Programme", "StaffArea"}
_STARTS = {
    *("all", "filter", "exclude", "get", "get_or_none", "first", "exists", "in_bulk", "raw"),
    *("create", "bulk_create", "update_or_create", "get_or_create", "bulk_update"),
}


def queries(source: str) -> Iterator[str]:
    """The tables of `records` on which a text of Python starts a query."""
    tree = ast.parse(source)
    tables = {
        name.asname or name.name: name.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("records.tables")
        for name in node.names
    }
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id=name), attr=attribute):
                if name in tables and attribute in _STARTS:
                    yield tables[name]


def test_admin_and_api_query_catalogues_only() -> None:
    found = {
        (str(path.relative_to(ROOT)), table)
        for door in ("admin", "api")
        for path in (ROOT / door).rglob("*.py")
        for table in queries(path.read_text(encoding="utf-8"))
        if table not in MAY_READ
    }
    assert found == set()


def test_queries_are_found_when_tables_have_aliases() -> None:
    code = "from records.tables import Tip as T, Group\nfrom x import Y\nT.filter(id=1)\nGroup.get\nY.all()"
    assert sorted(queries(code)) == ["Group", "Tip"]
