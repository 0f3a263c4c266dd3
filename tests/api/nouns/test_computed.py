"""What the change feed promises: a field of a followed type is the record's own, or says it is computed."""

import re
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLObjectType

from api.reads.declared import COMPUTED, DECLARATION, RECORD_TYPES, Column, ToMany, ToOne, Translated
from api.schema.assembly import schema
from records.core.actor import Actor, Role, system_actor
from records.core.dates import today
from records.delivery.feed import FOLLOWED_NOUNS
from records.nouns import members, outlines, tips
from records.tables import OutboxEvent, Tip
from records.tables.groups import MemberRole
from records.tables.tips import OutcomeKind, TipStatus
from tests.api.support import PHU_HUU, Ask, add_group, add_office, add_tip
from tests.api.work import add_outline

DOCS = (Path(__file__).parents[3] / "docs" / "reference" / "change-feed.md").read_text(encoding="utf-8")
# Lists of a record that only its own verbs change, each with a change of the record.
OWN = {"Tip.outcomes", "Review.points"}
# Hidden by whether the indicator is sensitive, which belongs to a catalogue that no verb changes.
BY_CATALOGUE = {"Figure.value", "Figure.protected", "Figure.qualifier", "Figure.sourceText"}
# Of nothing but the columns of the row itself.
_OWN_ROW = re.compile(r"(?!.*\bSELECT\b).*", re.DOTALL)


def fields() -> Iterator[tuple[str, Any, str]]:
    """Each field of a followed type: its name, what it reads, and its description."""
    for followed in FOLLOWED_NOUNS.values():
        type_ = schema._schema.type_map[followed.type]
        assert isinstance(type_, GraphQLObjectType)
        for name, field in type_.fields.items():
            declared = field.extensions["strawberry-definition"]
            yield f"{followed.type}.{name}", declared.metadata.get(DECLARATION), field.description or ""


def computed() -> set[str]:
    return {name for name, reads, _ in fields() if isinstance(reads, ToMany) and reads.computed}


def test_field_reads_its_own_row_or_is_described_as_computed() -> None:
    for name, reads, description in fields():
        match reads:
            case ToMany():
                assert reads.computed != (name in OWN), name
                assert (COMPUTED in description) == reads.computed, name
            case Column(sql=sql) | ToOne(key=sql):
                assert _OWN_ROW.fullmatch(sql) or name in BY_CATALOGUE, name
            case Translated(sql=texts):
                assert all(_OWN_ROW.fullmatch(sql) for sql in texts.values()), name
            case _:
                pytest.fail(f"{name} reads nothing that is declared")


def test_docs_name_every_computed_field() -> None:
    (told,) = re.findall(r"change\nwithout it: (.*?) \(their", DOCS)
    assert set(re.findall(r"`([^`]+)`", told)) == computed()


def test_followed_types_are_all_declared_nouns() -> None:
    assert {followed.type for followed in FOLLOWED_NOUNS.values()} <= set(RECORD_TYPES)


async def test_group_counts_change_when_group_does_not(
    ask: Ask, staff_actor: Callable[..., Awaitable[Actor]]
) -> None:
    commander, group = await staff_actor(Role.COMMANDER), await add_group("Tổ mẫu", code="A1")
    asked = """{ group(code: "A1") { version tipCounts { count } memberCounts { count } } }"""
    before = (await ask(asked))["data"]["group"]
    await members.join(group.id, members.MemberDraft("Người mẫu", MemberRole.HEAD, today()), by=commander)
    await add_tip("T1", group_id=group.id)
    after = (await ask(asked))["data"]["group"]
    assert {name for name in after if after[name] != before[name]} == {"tipCounts", "memberCounts"}
    assert not await OutboxEvent.filter(noun="group", row_id=group.id).exists()
    assert {"Group.tipCounts", "Group.memberCounts"} <= computed()


async def test_outline_editions_change_when_outline_does_not(ask: Ask) -> None:
    office, by = await add_office(), system_actor("test")
    first = await add_outline(office.id)
    second = await outlines.write(outlines.OutlineDraft("DC-MAU", "Mẫu", "Mẫu", office.id), by=by)
    await outlines.publish(second.id, expected_version=1, on=today(), by=by)
    shown = (await ask("{ outlines(orderBy: CODE) { nodes { editions { edition } } } }"))["data"]["outlines"]
    assert [len(node["editions"]) for node in shown["nodes"]] == [2, 2]
    assert not await OutboxEvent.filter(row_id=first.id).exists()
    assert "Outline.editions" in computed()


async def test_tip_changes_when_its_outcomes_do(staff_actor: Callable[..., Awaitable[Actor]]) -> None:
    commander, by = await staff_actor(Role.COMMANDER), system_actor("test")
    tip = await add_tip("T1", area=PHU_HUU, status=TipStatus.ACTING)
    fine = tips.OutcomeDraft(OutcomeKind.FINE)
    await tips.close(tip.id, expected_version=1, outcomes=[fine], by=commander)
    await tips.report_outcome(tip.id, fine, expected_version=2, by=by)
    assert await OutboxEvent.filter(row_id=tip.id).count() == 2
    assert (await Tip.get(id=tip.id)).version == 3
