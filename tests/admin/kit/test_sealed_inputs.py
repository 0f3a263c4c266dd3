"""The browser keeps drafts of forms: nothing that is sealed when it is saved may be among them."""

from collections.abc import Awaitable, Callable
from html.parser import HTMLParser
from typing import Final

import httpx

from admin.nouns.education.actions import ACTIONS
from records.core.actor import Role
from records.core.declarations.fields import fields_of
from records.nouns.education.cases import SubjectDraft
from records.privacy.reporters import ReporterDraft
from tests.admin.forms import some_tip

SignIn = Callable[..., Awaitable[httpx.AsyncClient]]
_VOID: Final = {"input", "br", "meta", "link", "hr", "img", "use"}
REPORTER: Final = {f"reporter_{name}" for name in fields_of(ReporterDraft)} | {"reporter_may_contact"}
SUBJECT: Final = set(fields_of(SubjectDraft))


class _Inputs(HTMLParser):
    """The names of the inputs that a draft of the page would hold, and of those that it leaves out."""

    def __init__(self) -> None:
        super().__init__()
        self.drafted: set[str] = set()
        self.left_out: set[str] = set()
        self._open: list[tuple[str, set[str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        around = {mark for _tag, marks in self._open for mark in marks}
        if name := given.get("name"):
            drafted = "data-draft" in around and "data-sealed" not in around
            (self.drafted if drafted else self.left_out).add(name)
        if tag not in _VOID:
            self._open.append((tag, set(given)))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass


def inputs(page: str) -> _Inputs:
    """The inputs of a page."""
    found = _Inputs()
    found.feed(page)
    return found


async def test_draft_of_tip_leaves_out_reporter(staff_client: SignIn) -> None:
    client, tip = await staff_client(Role.OFFICER), await some_tip()
    found = inputs((await client.get("/admin/tips/new")).text)
    assert {"title", "body", "place"} <= found.drafted
    assert found.left_out >= REPORTER
    assert not REPORTER & found.drafted
    late = inputs((await client.get(f"/admin/tips/{tip.id}/reporter")).text)
    assert late.left_out >= REPORTER


async def test_draft_of_education_case_leaves_out_subject(staff_client: SignIn) -> None:
    client = await staff_client(Role.OFFICER, "29905")
    found = inputs((await client.get("/admin/education-cases/new")).text)
    assert {"group", "reason"} <= found.drafted
    assert found.left_out >= SUBJECT
    assert not SUBJECT & found.drafted


def test_draft_of_action_leaves_out_subject() -> None:
    (action,) = (one for one in ACTIONS.actions if one.name == "subject")
    assert {one.name for one in action.inputs if one.sealed} == SUBJECT
