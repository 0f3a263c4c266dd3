"""The programs in docs/how-to/receive-webhooks.md work."""

import asyncio
import json
import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from records.core.dates import now
from records.delivery.webhooks import signing
from scripts.node_packages import node
from tests.receiver import receiving

DOC = (Path(__file__).parents[4] / "docs" / "how-to" / "receive-webhooks.md").read_text(encoding="utf-8")
SECRET, OTHER = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
BODY = '{"type":"webhook.test","timestamp":"2026-01-01T00:00:00Z","data":{}}'


def snippet(language: str) -> str:
    (found,) = re.findall(rf"```{language}\n(.*?)```", DOC, re.DOTALL)
    return str(found)


def by_python(headers: dict[str, str], body: str) -> object:
    known: dict[str, Any] = {}
    exec(snippet("python"), known)  # noqa: S102 - our own page
    try:
        return known["verify"](SECRET, headers, body.encode())
    except ValueError:
        return None


def by_node(headers: dict[str, str], body: str) -> object:
    # Node.js 20 does not know types yet.
    script = re.sub(r": (string|any|Buffer|Record<string, string>)(?=[,)\s])", "", snippet("typescript"))
    call = f"verify({json.dumps(SECRET)}, {json.dumps(headers)}, Buffer.from({json.dumps(body)}))"
    done = subprocess.run(
        [node(), "--input-type=module", "-e", f"{script}\nconsole.log(JSON.stringify({call}))"],
        capture_output=True,
        text=True,
        check=False,
    )
    return json.loads(done.stdout) if done.returncode == 0 else None


@pytest.mark.parametrize("checked", [by_python, by_node])
def test_snippet_receiver_accepts_signed_deliveries_only(
    checked: Callable[[dict[str, str], str], object],
) -> None:
    headers = signing.headers("msg_1", now(), BODY.encode(), [OTHER, SECRET])
    assert checked(headers, BODY) == json.loads(BODY)
    assert checked(headers, BODY.replace("{}", "[]")) is None
    assert checked(headers | {"webhook-timestamp": "1600000000"}, BODY) is None
    assert checked(signing.headers("msg_1", now(), BODY.encode(), [OTHER]), BODY) is None


async def test_snippet_shell_delivery_is_valid() -> None:
    async with receiving() as receiver:
        receiver.secret = SECRET
        given = {**os.environ, "SECRET": SECRET, "ADDRESS": receiver.address}
        shell = await asyncio.create_subprocess_exec("sh", "-ec", snippet("sh"), env=given)
        assert await shell.wait() == 0
        assert receiver.told() == [json.loads(BODY)]
