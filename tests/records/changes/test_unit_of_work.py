import json
import traceback
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from tortoise.connection import get_connection
from tortoise.exceptions import IntegrityError
from tortoise.transactions import in_transaction

from records.access import partners, staff
from records.changes import unit_of_work as changes
from records.changes.unit_of_work import transaction
from records.core import events
from records.core.actor import Actor, ActorKind, Role, Scope, system_actor
from records.core.errors import Conflict, DatabaseUnavailable, DomainError, ValidationFailed
from records.core.events import Event
from records.metrics.catalogue import category_id, indicator_id
from records.nouns import activities, enquiries, figures, groups, members, tips
from records.nouns.activities import ActivityDraft
from records.nouns.enquiries import EnquiryDraft
from records.nouns.figures import FigureDraft
from records.nouns.groups import GroupDraft
from records.nouns.members import MemberDraft
from records.nouns.tips import TipDraft
from records.tables import (
    Activity,
    AuditEntry,
    Enquiry,
    Figure,
    Group,
    Member,
    MetricDelta,
    Organisation,
    OutboxEvent,
    Partner,
    Programme,
    Staff,
    Tip,
)
from records.tables.activities import ActivityKind
from records.tables.groups import GroupKind, GroupStatus, MemberRole
from records.tables.metrics import Qualifier
from records.tables.organisations import OrganisationKind
from records.tables.tips import Channel, TipStatus
from tests.conftest import PASSWORD, area_ids
from tests.databases import login

MakeActor = Callable[..., Awaitable[Actor]]
TASK, DAY = system_actor("test"), date(2025, 9, 1)
# A name that must not come out again in anything that is raised.
CANARY = "Chim Hoàng Yến"
ROWS = (Activity, AuditEntry, Enquiry, Figure, Group, Member, MetricDelta, OutboxEvent, Partner, Staff, Tip)


async def stored() -> list[int]:
    return [await model.all().count() for model in ROWS]


async def draft(code: str = "MAU-01", **given: Any) -> GroupDraft:
    (area,) = await area_ids("29905")
    return replace(GroupDraft(code, CANARY, GroupKind.SELF_GOVERNING, area), **given)


async def test_change_adds_one_audit_entry_and_one_outbox_event(database: str) -> None:
    row = await groups.create(await draft(), by=TASK)
    await groups.edit(row.id, await draft(households=9), expected_version=1, by=TASK)
    member = await members.join(row.id, MemberDraft(CANARY, MemberRole.HEAD, DAY), by=TASK)
    await members.leave(member.id, expected_version=1, on=DAY, by=TASK)
    meets = ActivityDraft(ActivityKind.PATROL, DAY, 5, row.area_id, group_id=row.id)
    await activities.record(meets, by=TASK)
    asked = await enquiries.ask(EnquiryDraft(row.area_id, Channel.BOX, "Cư trú", "Ở đâu?"), by=TASK)
    await enquiries.answer(asked.id, "Ở đây", expected_version=1, by=TASK)
    audit = await AuditEntry.all().order_by("seq")
    told = [(entry.noun, entry.action, entry.row_id) for entry in audit]
    outbox = await OutboxEvent.all().order_by("seq")
    assert [(event.noun, event.type, event.row_id) for event in outbox] == told
    assert [(noun, action) for noun, action, _ in told] == [
        ("group", "groups.create"),
        ("group", "groups.edit"),
        ("member", "members.edit"),
        ("member", "members.edit"),
        ("activity", "activities.record"),
        ("enquiry", "enquiries.ask"),
        ("enquiry", "enquiries.answer"),
    ]
    assert [event.row_version for event in outbox] == [1, 2, 1, 2, 1, 1, 2]
    assert {entry.area_id for entry in audit} == {event.area_id for event in outbox} == {row.area_id}
    assert {(entry.actor_kind, entry.actor_name) for entry in audit} == {(ActorKind.SYSTEM, "test")}
    assert len({event.txid for event in outbox}) == len(outbox)


async def test_audit_entry_holds_changed_values_as_plain_json(database: str) -> None:
    row = await groups.create(await draft(founded_on=DAY), by=TASK)
    await groups.edit(
        row.id, await draft(founded_on=DAY, kind=GroupKind.ZALO, households=9), expected_version=1, by=TASK
    )
    first, second = await AuditEntry.filter(row_id=row.id).order_by("seq")
    assert first.before is None
    assert first.after is not None
    assert set(first.after) == set(groups.NOUN.audited)
    assert (first.after["founded_on"], first.after["area_id"]) == ("2025-09-01", str(row.area_id))
    assert (second.before, second.after) == (
        {"kind": "SELF_GOVERNING", "households": None},
        {"kind": "ZALO", "households": 9},
    )


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (GroupStatus.ACTIVE, "ACTIVE"),
        (DAY, "2025-09-01"),
        (datetime(2025, 9, 1, 1, 2, 3, tzinfo=UTC), "2025-09-01T01:02:03+00:00"),
        (UUID(int=7), "00000000-0000-0000-0000-000000000007"),
        (Decimal("1.50"), "1.50"),
        (None, None),
        (True, True),
        (3, 3),
        ("ế", "ế"),
        (["a"], ["a"]),
    ],
)
def test_column_values_have_plain_form(value: object, plain: object) -> None:
    made = changes.to_json_value(value)
    assert made == plain
    assert type(made) is type(plain)
    assert json.loads(json.dumps(made)) == plain


async def test_change_leaves_nothing_when_it_fails_late(database: str) -> None:
    row = await groups.create(await draft(), by=TASK)
    before = await stored()
    # The name is too long for the audit row, which is written after the record.
    long = system_actor("x" * 121)
    for attempt in (
        groups.create(await draft("MAU-02"), by=long),
        groups.edit(row.id, await draft(households=3), expected_version=1, by=long),
    ):
        with pytest.raises(ValidationFailed):
            await attempt

    async def fail() -> None:
        async with transaction():
            await groups.create(await draft("MAU-03"), by=TASK)
            await groups.edit(row.id, await draft(households=3), expected_version=1, by=TASK)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await stored() == before
    kept = await Group.get(id=row.id)
    assert (kept.version, kept.households) == (1, None)


async def test_nested_change_is_one_transaction(database: str) -> None:
    async with transaction():
        one = await groups.create(await draft(), by=TASK)
        with pytest.raises(ValidationFailed):
            await groups.create(await draft(), by=TASK)
        # What was refused inside does not spoil what is around it.
        other = await groups.create(await draft("MAU-02"), by=TASK)
    assert await Group.filter(id__in=[one.id, other.id]).count() == 2
    assert len({event.txid for event in await OutboxEvent.all()}) == 1


async def offences() -> dict[str, Callable[[], Awaitable[object]]]:
    """What only the database refuses, each with the canary in the row."""
    row = await groups.create(await draft("MAU-00"), by=TASK)
    ended = await groups.create(await draft("MAU-HẾT"), by=TASK)
    ended = await groups.dissolve(ended.id, expected_version=1, on=DAY, reason=CANARY, by=TASK)
    late, again = await draft("MAU-HẾT", founded_on=date(2025, 10, 1)), await draft("MAU-00")
    head = MemberDraft(CANARY, MemberRole.HEAD, DAY)
    await members.join(row.id, head, by=TASK)
    office = await Organisation.create(
        name=CANARY, folded=CANARY, kind=OrganisationKind.POLICE, area_id=row.area_id
    )
    reported = indicator_id("reported.groups")
    programme = await Programme.create(
        code="MAU", name=CANARY, folded="", host_id=office.id, area_id=row.area_id, started_on=DAY
    )
    figure = FigureDraft(
        *(reported, uuid4(), office.id, Decimal(1), Qualifier.EXACT, CANARY, CANARY, CANARY),
        programme_id=programme.id,
    )
    ghost = Actor(ActorKind.PARTNER, uuid4(), CANARY, scopes=frozenset(Scope), areas=None)
    tip = TipDraft(CANARY, category_id("THEFT"), Channel.API, row.area_id, body=CANARY)
    held = ActivityDraft(ActivityKind.PATROL, DAY, 5, uuid4(), organisation_id=office.id, minutes=CANARY)
    asked = EnquiryDraft(uuid4(), Channel.BOX, "Cư trú", CANARY)
    areas = await area_ids("29905")
    await partners.create(name=CANARY, scopes=set(Scope), areas=areas, by=TASK)
    account: dict[str, Any] = {
        "username": "mau",
        "name": CANARY,
        "password": PASSWORD,
        "role": Role.OFFICER,
    }
    await staff.create(**account, areas=areas, by=TASK)
    return {
        "a code again": lambda: groups.create(again, by=TASK),
        "founded after its end": lambda: groups.edit(ended.id, late, expected_version=2, by=TASK),
        "a second head": lambda: members.join(row.id, head, by=TASK),
        "a meeting nowhere": lambda: activities.record(held, by=TASK),
        "a question nowhere": lambda: enquiries.ask(asked, by=TASK),
        "a figure nowhere": lambda: figures.report(figure, by=TASK),
        "a tip of nobody": lambda: tips.submit(tip, by=ghost),
        "a partner again": lambda: partners.create(name=CANARY, scopes=set(Scope), areas=areas, by=TASK),
        "a username again": lambda: staff.create(**account, areas=areas, by=TASK),
        "work nowhere": lambda: staff.create(**account | {"username": "ai"}, areas=[uuid4()], by=TASK),
    }


async def test_database_refusal_hides_data_and_changes_nothing(database: str) -> None:
    attempts = await offences()
    before = await stored()
    for name, attempt in attempts.items():
        with pytest.raises(DomainError) as refusal:
            await attempt()
        no = refusal.value
        told = f"{no!s} {no!r} {no.args} {no.message} {getattr(no, 'problems', '')}"
        told += "".join(traceback.format_exception(no))
        assert CANARY not in told, name
        assert no.__cause__ is None, name
        assert no.__suppress_context__, name
    assert await stored() == before


async def test_constraint_gets_general_message_when_it_has_none(database: str) -> None:
    row = await groups.create(await draft(), by=TASK)
    with pytest.raises(ValidationFailed) as wrong:
        async with transaction():
            await Group.filter(id=row.id).update(households=-1)
    assert set(wrong.value.problems) == {""}
    given = {
        "id": uuid4(),
        "code": "TB-2025-000001",
        "title": CANARY,
        "folded": "",
        "received_at": row.created_at,
    }
    tip: dict[str, Any] = given | {"category_id": category_id("THEFT"), "channel": Channel.BOX}
    tip |= {"area_id": row.area_id, "status": TipStatus.RECEIVED}
    await Tip.create(**tip)
    with pytest.raises(Conflict):
        async with transaction():
            await Tip.create(**tip | {"id": uuid4()})
    with pytest.raises(IntegrityError):
        # Without `change`, the database's own words would come through.
        async with in_transaction("default"):
            await Tip.create(**tip | {"id": uuid4()})


async def undone(event: Event, what: str) -> None:
    async with transaction():
        events.log(event, what=what)
        raise Conflict("Someone else has just done this. View the current state and try again.")


async def test_change_logs_stored_events_when_it_is_over(
    database: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with transaction():
        events.log(Event.PARTNER_CHANGED, what="activated")
        with pytest.raises(Conflict):
            await undone(Event.PARTNER_CHANGED, "edited")
        events.log(Event.THROTTLED)
        assert [record.message for record in caplog.records] == ["sign-in.throttled"]
    told = [vars(record)["told"] for record in caplog.records]
    assert [fields.get("what") for fields in told] == [None, "activated"]


async def test_change_logs_nothing_when_it_is_undone(database: str, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(Conflict):
        await undone(Event.PARTNER_KEY_CHANGED, "issued")
    assert caplog.records == []


async def end_own_connection(database: str) -> None:
    """Ends the connection that this task has its transaction on."""
    ((pid,),) = (await get_connection("default").execute_query("SELECT pg_backend_pid()"))[1]
    async with login(database) as other:
        assert await other.fetchval("SELECT pg_terminate_backend($1, 5000)", pid)


async def test_lost_change_is_unknown_when_committing(database: str) -> None:
    with pytest.raises(DatabaseUnavailable) as away:
        async with transaction():
            await end_own_connection(database)
    assert away.value.outcome_unknown


async def test_lost_change_is_known_when_nested(database: str) -> None:
    raised = []
    with suppress(DatabaseUnavailable):
        async with transaction():
            try:
                async with transaction():
                    await end_own_connection(database)
            except DatabaseUnavailable as away:
                raised.append((away.connection_lost, away.outcome_unknown))
    assert raised == [(True, False)]
