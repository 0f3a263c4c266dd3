"""What others say of the API: an audit of its HTTP side, and two linters of its schema (tests/node)."""

import asyncio
import json
from pathlib import Path
from typing import Any

from records.core.settings import ROOT
from scripts.node_packages import PACKAGES, node
from tests.api.test_access import VALUES

# How many audits graphql-http 1.23 has: fewer would mean that some were not run.
AUDITS = 61

PLANTED = '''
"""The root."""
type Query {
  """Lists."""
  tips(first: Int): TipConnection
}

"""A page."""
type TipConnection {
  """Entries."""
  edges: [Tip_edge]
}

"""An entry."""
type Tip_edge {
  """Place."""
  cursor: String!
}
'''


async def test_endpoint_passes_audits_of_graphql_over_http(live: str, database: str) -> None:
    found = await _node("audit.mjs", f"{live}/graphql")
    assert [audit for audit in found if audit["status"] != "ok"] == []
    assert len(found) == AUDITS


async def test_linters_find_faults_only_in_bad_schema(tmp_path: Path) -> None:
    bad = tmp_path / "bad.graphql"
    bad.write_text(PLANTED, encoding="utf-8")
    ours, planted = await _node("lint.mjs", json.dumps(list(VALUES)), ROOT / "schema.graphql", bad)
    assert ours == []
    # Of each linter: a description, a rule for Relay, a name.
    rules = {"arguments-have-descriptions", "relay-connection-arguments-spec"}
    rules |= {
        f"@graphql-eslint/{name}" for name in ("strict-id-in-types", "relay-arguments", "naming-convention")
    }
    assert rules <= {problem["rule"] for problem in planted}


async def _node(script: str, *arguments: str | Path) -> Any:
    """What a script of tests/node prints, as JSON."""
    process = await asyncio.create_subprocess_exec(
        node(), PACKAGES / script, *arguments, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    assert process.returncode == 0
    return json.loads(out)
