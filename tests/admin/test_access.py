"""Who opens what: the matrix against the real service, and what lies elsewhere against what does not exist.

A new route without an entry fails: nothing opens by accident.
"""

import re
from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from html import unescape
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute

from records.access import partners, staff
from records.core.actor import Actor, ActorKind, Role, Scope
from records.core.language import Language
from records.core.settings import Settings
from server import create_app
from tests.admin.door import WHOLE, Person, listed, settled, told, verdict
from tests.admin.forms import HTMX
from tests.admin.matrix import ALL, APPROVAL_READERS, FOR_PARTNERS, MATRIX, NO_PAGE, OPEN, POLICE
from tests.admin.places import ELSEWHERE, HERE, NOUNS, SEEN, TASK, UNSEEN, group, tip
from tests.conftest import PASSWORD, area_ids
from tests.databases import Empty
from tests.node.provider import Trial
from tests.replaced import replaced_services

# A record of these is used up by the first form that is sent.
_ONCE = {"own session", "own view", "own factor", "own identity", "partner document", "webhook"}
GUARDED = [(*one, *MATRIX[entry]) for entry in MATRIX for one in listed([entry])]
WITH_ID = [entry for entry in GUARDED if entry[3] is not None]


@dataclass
class Places:
    """Somebody of each role and a colleague, who all work here; and the records."""

    people: dict[Role, Person]
    nobody: Person
    other: Actor
    made: dict[tuple[str, int, UUID | None], UUID] = field(default_factory=dict)

    async def record(self, noun: str, which: int, me: Actor) -> UUID:
        """The id of the record `which` of a noun: 0 is the one to see."""
        key = (noun, which, me.id if noun.startswith(("own", "another")) else None)
        if key not in self.made or noun in _ONCE:
            self.made[key] = await NOUNS[noun][which](me, self.other)
        return self.made[key]


@pytest.fixture(scope="module")
async def places(_app: Starlette, empty: Empty, trial: Trial) -> AsyncIterator[Places]:
    """One world for the whole file: signing in and recording anew for each entry would take minutes."""

    def client() -> httpx.AsyncClient:
        transport = httpx.ASGITransport(_app)
        return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000")

    people = {}
    for role in Role:
        actor, username = await _staff(role, HERE, SEEN)
        people[role] = Person(client(), actor, username)
        await people[role].sign_in()
    other, _ = await _staff(Role.OFFICER, HERE, SEEN)
    with replaced_services(_app, provider=trial.provider()):
        yield Places(people, Person(client()), other)
    for person in people.values():
        await person.client.aclose()
    await empty()


async def _staff(role: Role, area: str, word: str) -> tuple[Actor, str]:
    ids = await area_ids(area)
    row = await staff.create(
        username=f"mau-{uuid4().hex[:12]}",
        name=f"Cán bộ mẫu {word}",
        password=PASSWORD,
        role=role,
        areas=ids,
        language=Language.EN,
        by=TASK,
    )
    return Actor(ActorKind.STAFF, row.id, row.name, role=role, areas=frozenset(ids)), row.username


def served(routes: Iterable[BaseRoute]) -> Iterator[tuple[str, str]]:
    """The methods and paths that the service answers."""
    for route in routes:
        if isinstance(route, Mount):
            yield "MOUNT", route.path
        if isinstance(route, WebSocketRoute):
            yield "SOCKET", route.path
        assert isinstance(route, Mount | Route | WebSocketRoute), route
        if isinstance(route, Route):
            yield from ((method, route.path) for method in (route.methods or set()) - {"HEAD"})


def test_matrix_lists_each_route_once() -> None:
    app = create_app(Settings(Path("var"), "127.0.0.1", 8000).with_database_url("postgresql://nowhere"))
    assert listed([*MATRIX, *OPEN, *FOR_PARTNERS, *NO_PAGE]) == sorted(served(app.routes))


@pytest.mark.parametrize(
    ("method", "path", "roles", "noun"), GUARDED, ids=[f"{method} {path}" for method, path, *_ in GUARDED]
)
async def test_page_opens_for_its_roles_only(
    places: Places, method: str, path: str, roles: Collection[Role], noun: str | None
) -> None:
    for headers in (WHOLE, HTMX):
        opened = {}
        for role, person in places.people.items():
            id_ = await places.record(noun, 0, person.me) if noun else None
            opened[role] = verdict(await person.ask(method, path, id_=id_, headers=headers))
            if path == "/admin/sign-out":
                await person.sign_in()
        assert opened == {role: "opened" if role in roles else "refused" for role in Role}
        assert verdict(await places.nobody.ask(method, path, headers=headers)) == "sign in"


@pytest.mark.parametrize(
    ("method", "path", "roles", "noun"), WITH_ID, ids=[f"{method} {path}" for method, path, *_ in WITH_ID]
)
async def test_hidden_record_is_answered_like_missing_one(
    places: Places, method: str, path: str, roles: Collection[Role], noun: str
) -> None:
    for headers in (WHOLE, HTMX):
        for role, person in places.people.items():
            nothing = uuid4()
            answer = await person.ask(method, path, id_=nothing, headers=headers)
            assert verdict(answer) in ({"nothing"} if role in roles else {"nothing", "refused"})
            for which in range(1, len(NOUNS[noun])):
                id_ = await places.record(noun, which, person.me)
                unseen = await person.ask(method, path, id_=id_, headers=headers)
                assert told(unseen, id_) == told(answer, nothing), role


@pytest.mark.parametrize(("method", "path"), listed(NO_PAGE))
async def test_unknown_address_is_reported_only_after_sign_in(places: Places, method: str, path: str) -> None:
    for headers in (WHOLE, HTMX):
        found = {verdict(await me.ask(method, path, headers=headers)) for me in places.people.values()}
        assert found == {"nothing"}
        assert verdict(await places.nobody.ask(method, path, headers=headers)) == "sign in"


@pytest.mark.parametrize(("method", "path"), [one for one in listed(OPEN) if one[0] != "MOUNT"])
async def test_open_pages_open_for_all(
    _app: Starlette,  # noqa: PT019 - `app` would empty the database of `places`
    places: Places,
    method: str,
    path: str,
) -> None:
    # Without one there is no security.txt.
    contact = "mailto:an-ninh@mau.example"
    settings = replace(_app.state.services.settings, security_contact=contact)
    with replaced_services(_app, settings=settings):
        for person in (places.nobody, *places.people.values()):
            answer = await person.ask(method, path)
            assert answer.status_code in {200, 303, 307, 422, 429}
            assert verdict(answer) == "opened" if answer.status_code in {200, 303, 422} else True


# A socket takes no cookie either: see tests/api/transport/test_websocket.py.
@pytest.mark.parametrize(("method", "path"), [one for one in listed(FOR_PARTNERS) if one[0] != "SOCKET"])
async def test_staff_session_opens_nothing_for_partners(places: Places, method: str, path: str) -> None:
    for person in (places.nobody, *places.people.values()):
        if path == "/graphql":
            query = {"query": "{ tips { totalCount } }"}
            body, asked = (query, None) if method == "POST" else (None, query)
            answer = await person.client.request(method, path, json=body, params=asked)
            (error,) = answer.json()["errors"]
            assert (error["extensions"]["code"], answer.json()["data"]) == ("UNAUTHENTICATED", None)
        elif path.startswith("/exports/"):
            there = path.replace("{id:uuid}", str(uuid4()))
            assert (await person.client.request(method, there)).status_code == 401
        else:
            form = {"grant_type": "client_credentials", "token": "x"}
            answer = await person.client.request(method, path, data=form)
            assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


async def test_partner_key_opens_nothing_for_staff(places: Places) -> None:
    ids = await area_ids(HERE)
    row = await partners.create(name="Đối tác mẫu", scopes=set(Scope), areas=ids, by=TASK)
    key = {"Authorization": f"Bearer {await partners.issue_key(row.id, by=TASK)}"}
    for method, path, *_ in GUARDED:
        assert verdict(await places.nobody.ask(method, path, headers=key)) == "sign in", (method, path)


async def test_other_methods_are_refused(places: Places) -> None:
    head = places.people[Role.COMMANDER]
    for path in sorted(
        {path for method, path in listed([*MATRIX, *OPEN, *FOR_PARTNERS]) if method != "MOUNT"}
    ):
        for method in ("PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"):
            assert (await head.ask(method, path)).status_code == 405, (method, path)


# Every list, and the records of which those that one may see stand in it, and no others.
_RECORDS = {(method, path): noun for method, path, _roles, noun in GUARDED}
_BY_ROLE = {"/admin/reveals", "/admin/approvals"}
LISTS = {
    path: noun
    for method, path in _RECORDS
    if method == "GET" and path not in _BY_ROLE and (noun := _RECORDS.get(("GET", f"{path}/{{id:uuid}}")))
}
LISTED = [(path, noun, role) for path, noun in LISTS.items() for role in Role]
LISTED += [("/admin/reveals", "own request", role) for role in POLICE]
LISTED += [("/admin/reveals", "another's request", Role.CUSTODIAN)]
LISTED += [("/admin/approvals", "own approval", role) for role in APPROVAL_READERS]


@pytest.mark.parametrize(("path", "noun", "role"), LISTED)
async def test_list_holds_records_of_own_areas_only(places: Places, path: str, noun: str, role: Role) -> None:
    me = places.people[role]
    roles = next(may for method, listed_at, may, _ in GUARDED if (method, listed_at) == ("GET", path))
    if role not in roles:
        assert verdict(await me.ask("GET", path)) == "refused"
        return
    here, *others = [await places.record(noun, which, me.me) for which in range(len(NOUNS[noun]))]
    for headers in (WHOLE, HTMX):
        whole = await _every_page(me, path, headers)
        assert f"{path}/{here}" in whole
        assert not any(str(id_) in whole for id_ in others)


async def _every_page(me: Person, path: str, headers: Mapping[str, str]) -> str:
    """A list with the pages that follow its first."""
    pages, more = "", re.match(r"(.*)", path)
    while more:
        text = (await me.ask("GET", unescape(more[1]), headers=headers)).text
        pages, more = pages + text, re.search(r'rel="next"[^>]* href="([^"]*)"', text)
    return pages


# Every place where the code of another record is typed: with which one, and what else the form holds.
TYPED: dict[str, tuple[str, dict[str, str]]] = {
    "GET /admin/tips?q={code}": ("tip", {}),
    "GET /admin/tips?group={code}": ("group", {}),
    "GET /admin/groups?q={code}": ("group", {}),
    "GET /admin/groups/choices?field=into&into={code}": ("group", {}),
    "GET /admin/groups/choices?field=group&group={code}": ("group", {}),
    "GET /admin/tips/new?group={code}": ("group", {}),
    "POST /admin/tips": ("group", {"group": "{code}"}),
    "POST /admin/education-cases": ("group", {"group": "{code}", "opened_on": "01/03/2025"}),
    "POST /admin/tips/{tip}": ("group", {"group": "{code}", "expected_version": "1"}),
    "POST /admin/tips/{tip}/duplicate": ("tip", {"into": "{code}", "expected_version": "1"}),
    "POST /admin/groups/{group}/merger": (
        "group",
        {"into": "{code}", "expected_version": "1", "reason": "Mẫu"},
    ),
}


@pytest.mark.parametrize("place", TYPED)
async def test_code_from_other_area_is_unknown(places: Places, place: str) -> None:
    noun, fields = TYPED[place]
    method, path = place.split(" ", 1)
    me = places.people[Role.COMMANDER]
    about = {"tip": str((await tip(HERE)).id), "group": str((await group(HERE)).id)}
    if noun == "tip":
        here, elsewhere, nowhere = (await tip(HERE)).code, (await tip(ELSEWHERE)).code, "TB-1999-000001"
    else:
        here, elsewhere, nowhere = (await group(HERE)).code, (await group(ELSEWHERE)).code, "MAU-00000000"

    async def told_of(code: str, headers: Mapping[str, str]) -> tuple[int, str]:
        values = about | {"code": code}
        sent = {name: value.format(**values) for name, value in fields.items()}
        answer = await me.ask(method, path.format(**values), headers=headers, fields=sent)
        return answer.status_code, settled(answer.text.replace(code, "<code>"))

    for headers in (WHOLE, HTMX):
        assert await told_of(elsewhere, headers) == await told_of(nowhere, headers)
    assert await told_of(here, WHOLE) != await told_of(nowhere, WHOLE)


async def test_tip_cannot_be_assigned_to_colleague_of_other_area(places: Places) -> None:
    me, row = places.people[Role.COMMANDER], await tip(HERE)
    stranger, _ = await _staff(Role.OFFICER, ELSEWHERE, UNSEEN)
    path = f"/admin/tips/{row.id}/assignment"
    assert SEEN in (await me.ask("GET", path)).text
    answers = []
    for whom in (stranger.id or uuid4(), uuid4()):
        sent = {"assignee": str(whom), "expected_version": "1"}
        answers.append(told(await me.ask("POST", path, fields=sent), whom))
    assert answers[0] == answers[1]
    assert answers[0][0] == 422


def test_roles_all_may_do_something() -> None:
    assert {role for roles, _noun in MATRIX.values() for role in roles} == ALL
