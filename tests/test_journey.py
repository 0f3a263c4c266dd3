"""One tip, from the system that passes it on to the number that it becomes, through both doors."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

import httpx

from records.core.actor import Role
from records.core.dates import today

SUBMIT = """mutation($input: SubmitTipInput!) {
  submitTip(input: $input) { tip { id code status } problems { field code message } }
}"""
READ = """query($id: ID!, $month: Month!) {
  node(id: $id) { ... on Tip { code status closedAt outcomes { kind count } } }
  tips(filter: {area: "29905"}) { totalCount nodes { code status } }
  metrics(indicators: ["tips.received", "tips.closed", "tips.closed_share", "outcomes.arrests"],
          area: "29905", from: $month, to: $month, period: MONTH) {
    indicator { code } points { value precision }
  }
}"""


class System:
    """The partner's side."""

    def __init__(self, client: httpx.AsyncClient, key: str) -> None:
        self._client, self._key = client, key

    async def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        answer = await self._client.post(
            "/graphql",
            json={"query": query, "variables": variables},
            headers={"Authorization": f"Bearer {self._key}"},
        )
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        assert "errors" not in body, body
        data: dict[str, Any] = body["data"]
        return data


async def _do(client: httpx.AsyncClient, path: str, **typed: str) -> None:
    """Opens a form as a person does, fills it in, and sends it with all that it carries."""
    form = await client.get(path)
    assert form.status_code == 200, form.text
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form.text))
    assert {"csrf", "expected_version"} <= set(hidden)
    sent = await client.post(path, data=hidden | typed)
    assert sent.status_code == 303, sent.text


async def test_tip_travels_from_partner_to_outcome(
    api: httpx.AsyncClient,
    partner_key: Callable[..., Awaitable[str]],
    staff_client: Callable[..., Awaitable[httpx.AsyncClient]],
) -> None:
    system = System(api, await partner_key())
    officer = await staff_client(Role.OFFICER, "29905")
    month = f"{today():%Y-%m}"
    given = {
        "title": "Tin mẫu: có tụ điểm đánh bạc",
        "category": "GAMBLING",
        "area": "29905",
        "externalRef": "HT-1",
    }
    submitted = (await system.ask(SUBMIT, input=given))["submitTip"]
    assert submitted["problems"] == []
    tip = submitted["tip"]
    assert tip["status"] == "RECEIVED"
    # Sent again, as after a lost answer: still one tip.
    assert (await system.ask(SUBMIT, input=given))["submitTip"]["tip"] == tip

    inbox = (await officer.get("/admin/tips", params={"q": tip["code"]})).text
    path = re.search(r'href="(/admin/tips/[0-9a-f-]{36})[?"]', inbox)
    assert path
    page = path[1]
    story = (await officer.get(page)).text
    assert "Tin mẫu: có tụ điểm đánh bạc" in story
    await _do(officer, f"{page}/verification")
    worker = re.search(r'<option value="([0-9a-f-]{36})"', (await officer.get(f"{page}/assignment")).text)
    assert worker
    await _do(officer, f"{page}/assignment", assignee=worker[1])
    await _do(officer, f"{page}/note", note="Đã xác minh với tổ trưởng")
    await _do(officer, f"{page}/closure", **{"kind": "ARREST", "count-ARREST": "2", "note": "Xong"})
    story = (await officer.get(page)).text
    assert "Đã xác minh với tổ trưởng" in story

    read = await system.ask(READ, id=tip["id"], month=month)
    assert read["node"]["status"] == "CLOSED"
    assert read["node"]["closedAt"] is not None
    assert read["node"]["outcomes"] == [{"kind": "ARREST", "count": 2}]
    assert read["tips"] == {"totalCount": 1, "nodes": [{"code": tip["code"], "status": "CLOSED"}]}
    points = {row["indicator"]["code"]: row["points"][0] for row in read["metrics"]}
    assert points["tips.received"] == {"value": 1, "precision": "EXACT"}
    assert points["tips.closed"] == {"value": 1, "precision": "EXACT"}
    assert points["tips.closed_share"] == {"value": 100, "precision": "EXACT"}
    # Who reads the tips may count them: the number is not rounded.
    assert points["outcomes.arrests"] == {"value": 2, "precision": "EXACT"}


async def test_tip_is_hidden_when_it_is_of_another_ward(
    api: httpx.AsyncClient,
    partner_key: Callable[..., Awaitable[str]],
    staff_client: Callable[..., Awaitable[httpx.AsyncClient]],
) -> None:
    here, elsewhere = System(api, await partner_key()), System(api, await partner_key(areas=("30244",)))
    given = {"title": "Tin mẫu", "category": "THEFT", "area": "29905"}
    tip = (await here.ask(SUBMIT, input=given))["submitTip"]["tip"]
    stranger, officer = await staff_client(Role.OFFICER, "30244"), await staff_client(Role.OFFICER, "29905")
    path = re.search(r'href="(/admin/tips/[0-9a-f-]{36})"', (await officer.get("/admin/tips")).text)
    assert path
    assert path[1] not in (await stranger.get("/admin/tips", params={"q": tip["code"]})).text
    assert (await stranger.get(path[1])).status_code == 404
    read = await elsewhere.ask("query($id: ID!) { node(id: $id) { id } tips { totalCount } }", id=tip["id"])
    assert read == {"node": None, "tips": {"totalCount": 0}}
