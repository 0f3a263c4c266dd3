"""Retention of personal data: the rules and their application (docs/how-to/apply-retention.md)."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from tortoise.connection import get_connection

from records.changes.unit_of_work import audit, transaction, update
from records.core.actor import Actor
from records.core.dates import today
from records.core.declarations.fields import reason_field
from records.core.errors import NotFound
from records.core.rights import Right, check_right
from records.core.text import normalize_for_search, person_key
from records.core.validation import Validator, checked_text
from records.nouns import legal_holds, members, tips
from records.privacy import attachments
from records.security import vault
from records.tables import Activity, EducationNote, Member, RetentionRule, Session, Tip
from records.tables.privacy import RetentionAction

ERASED_NAME: Final = "(đã xoá)"
"""The name of a member whose name was erased."""

_MOTIVE: Final = reason_field(500)
_ACTION: Final = Right.RETENTION_MANAGE
_LOCAL_DAY: Final = "(({}) AT TIME ZONE 'Asia/Ho_Chi_Minh')::date"

# What still names somebody, where it is, and the day on which it ended.
_ENDED: Final = {
    "tip": (
        f"SELECT id, area_id, {_LOCAL_DAY.format('coalesce(closed_at, deleted_at)')} AS ended_on"
        " FROM tips WHERE id IN (SELECT id FROM tips WHERE NOT anonymous"
        " UNION SELECT tip_id FROM attachments WHERE deleted_at IS NULL)"
    ),
    "member": (
        f"SELECT m.id, g.area_id, coalesce(m.left_on, {_LOCAL_DAY.format('m.deleted_at')}) AS ended_on"
        f" FROM members m JOIN groups g ON g.id = m.group_id WHERE m.name <> '{ERASED_NAME}'"
    ),
    # Whether there is a sealed subject the service cannot see; that it was erased stands in the audit.
    "education_case": (
        f"SELECT id, area_id, coalesce(closed_on, {_LOCAL_DAY.format('deleted_at')}) AS ended_on"
        " FROM education_cases c WHERE NOT EXISTS (SELECT FROM audit_entries a"
        f" WHERE a.row_id = c.id AND a.noun = 'education_case' AND a.action = '{_ACTION.value}')"
    ),
    "activity": (
        "SELECT id, area_id, held_on AS ended_on FROM activities"
        " WHERE id IN (SELECT activity_id FROM attachments WHERE deleted_at IS NULL)"
    ),
    "session": (
        f"SELECT id, NULL::uuid AS area_id, {_LOCAL_DAY.format('coalesce(ended_at, expires_at)')} AS ended_on"
        " FROM sessions"
    ),
}
_DUE: Final = (
    "SELECT e.id, EXISTS (SELECT FROM legal_holds h"
    " WHERE h.noun = $1 AND h.row_id = e.id AND h.lifted_at IS NULL) AS held"
    # Months differ by up to three days; the first condition is that of an index.
    " FROM ({ended}) e"
    " WHERE e.ended_on <= ($3::date - make_interval(months => $2::int) + interval '4 days')::date"
    " AND e.ended_on + make_interval(months => $2::int) <= $3::date"
    " AND ($4::uuid[] IS NULL OR e.area_id IN"
    " (SELECT area_id FROM area_reach WHERE ancestor_id = ANY($4::uuid[])))"
    " AND ($5::uuid IS NULL OR e.id = $5)"
)
_FIRST: Final = _DUE + " ORDER BY e.id LIMIT $6::bigint"
_COUNTS: Final = (
    "SELECT count(*) FILTER (WHERE NOT held) AS due, count(*) FILTER (WHERE held) AS on_hold"
    f" FROM ({_DUE} LIMIT $6::bigint) found"
)


@dataclass(frozen=True)
class DueCount:
    """How many records of a noun are due, and how many more are under a legal hold."""

    noun: str
    action: RetentionAction
    due: int
    on_hold: int


async def rules(*, by: Actor) -> list[RetentionRule]:
    """The retention rules. Raises `PermissionDenied`."""
    check_right(by, Right.RETENTION_MANAGE)
    return await RetentionRule.all().order_by("noun")


async def set_period(noun: str, months: int, *, by: Actor) -> None:
    """Sets the retention period of a noun to `months` after its end.

    Raises `PermissionDenied`, `NotFound` or `ValidationFailed`.
    """
    check_right(by, Right.RETENTION_MANAGE)
    check = Validator()
    check.number("months", months, minimum=1, maximum=1200)
    check.raise_if_invalid()
    async with transaction():
        rule = await RetentionRule.filter(noun=noun).select_for_update().first()
        if rule is None:
            raise NotFound("There is no rule for this.")
        before, rule.keep_months = rule.keep_months, months
        await rule.save(update_fields=["keep_months"])
        # A rule is identified by its noun alone.
        rule_id, audit_values = UUID(int=0), {noun: months}
        await audit(
            "retention_rule", rule_id, by=by, action=_ACTION.value, before={noun: before}, after=audit_values
        )


async def due(*, by: Actor, on: date | None = None, most: int | None = None) -> list[DueCount]:
    """How many records the rules would erase on a day, by default today, counted up to `most` of each rule.

    Raises `PermissionDenied`.
    """
    counts = []
    for rule in await rules(by=by):
        (row,) = await _due(rule, by, on or today(), most=most, sql=_COUNTS)
        counts.append(DueCount(rule.noun, rule.action, row["due"], row["on_hold"]))
    return counts


async def apply(*, by: Actor, on: date | None = None) -> list[DueCount]:
    """Applies the rules; returns how many records were erased and how many a hold kept.

    Raises `PermissionDenied`.

    Each record is a transaction of its own: what is interrupted goes on where it stopped when run again.
    """
    day, done = on or today(), []
    for rule in await rules(by=by):
        rows = await _due(rule, by, day)
        ready = [row["id"] for row in rows if not row["held"]]
        count = 0
        for row_id in ready:
            count += await _apply_to(rule, row_id, by, day)
        done.append(DueCount(rule.noun, rule.action, count, len(rows) - len(ready)))
    return done


async def remove_sessions(most: int, *, by: Actor) -> int:
    """Removes some of the sessions that are due by their rule; gives how many. Raises `PermissionDenied`."""
    check_right(by, Right.RETENTION_MANAGE)
    rule = await RetentionRule.get(noun="session")
    due = [row["id"] for row in await _due(rule, by, today(), most=most) if not row["held"]]
    return sum([await _apply_to(rule, row_id, by, today()) for row_id in due])


async def erase_person(noun: str, row_id: UUID, *, motive: str, by: Actor) -> None:
    """Erases names, pictures and sealed values (with their data keys) of a record; keeps the rest.

    Raises `PermissionDenied`, `NotFound`, `ValidationFailed` or `Conflict`.
    """
    check_right(by, Right.RETENTION_MANAGE)
    motive = checked_text("motive", motive, _MOTIVE)
    async with transaction():
        area_id = await legal_holds.locked(noun, row_id, by=by)
        await legal_holds.check_free(noun, row_id)
        await _ERASE[noun](row_id, area_id, motive, by)
    await _delete_files(noun, row_id)


async def orphaned_files(*, by: Actor) -> int:
    """The number of files without an attachment, left by an interruption. Raises `PermissionDenied`."""
    check_right(by, Right.RETENTION_MANAGE)
    return len(await attachments.orphaned_files())


async def remove_orphaned_files(*, by: Actor) -> int:
    """Removes the files without an attachment and returns how many.

    Raises `PermissionDenied`.
    """
    check_right(by, Right.RETENTION_MANAGE)
    paths = await attachments.orphaned_files()
    for path in paths:
        path.unlink(missing_ok=True)
    return len(paths)


async def _due(
    rule: RetentionRule,
    by: Actor,
    day: date,
    row_id: UUID | None = None,
    *,
    most: int | None = None,
    sql: str = _FIRST,
) -> list[dict[str, Any]]:
    areas = None if by.areas is None else list(by.areas)
    values = [rule.noun, rule.keep_months, day, areas, row_id, most]
    return await get_connection("default").execute_query_dict(sql.format(ended=_ENDED[rule.noun]), values)


async def _apply_to(rule: RetentionRule, row_id: UUID, by: Actor, day: date) -> bool:
    """Erases the record if it is still due and not on hold; returns whether it did."""
    motive = f"Hết thời hạn lưu trữ: {rule.keep_months} tháng"
    async with transaction():
        if rule.noun == "session":
            return await _remove_session(row_id, motive, by)
        area_id = await legal_holds.locked(rule.noun, row_id, by=by)
        if not any(not row["held"] for row in await _due(rule, by, day, row_id)):
            return False
        await _ERASE[rule.noun](row_id, area_id, motive, by)
    await _delete_files(rule.noun, row_id)
    return True


async def _delete_files(noun: str, row_id: UUID) -> None:
    if noun in attachments.OWNERS:
        await attachments.delete_files(attachments.OWNERS[noun], row_id)


async def _remove_session(row_id: UUID, motive: str, by: Actor) -> bool:
    removed = await Session.filter(id=row_id).delete()
    if removed:
        gone = {"removed": True}
        await audit("session", row_id, by=by, action=_ACTION.value, before=None, after=gone, motive=motive)
    return bool(removed)


async def _erase_reporter(row_id: UUID, _area_id: UUID, motive: str, by: Actor) -> None:
    await vault.erase("tip_reporters", row_id)
    row = await Tip.get(id=row_id)
    # Pictures may show people other than the reporter.
    await attachments.erase_all(attachments.TIPS, row, motive=motive, action=_ACTION, by=by)
    await update(
        tips.NOUN, row, expected_version=row.version, by=by, action=_ACTION, motive=motive, anonymous=True
    )


async def _erase_pictures(row_id: UUID, _area_id: UUID, motive: str, by: Actor) -> None:
    row = await Activity.get(id=row_id)
    await attachments.erase_all(attachments.ACTIVITIES, row, motive=motive, action=_ACTION, by=by)


async def _erase_member(row_id: UUID, area_id: UUID, motive: str, by: Actor) -> None:
    await vault.erase("member_contacts", row_id)
    row = await Member.get(id=row_id)
    erased = {
        "name": ERASED_NAME,
        "name_key": person_key(ERASED_NAME),
        "folded": normalize_for_search(ERASED_NAME),
        "birth_year": None,
    }
    await update(
        members.NOUN,
        row,
        expected_version=row.version,
        by=by,
        action=_ACTION,
        motive=motive,
        fallback_area_id=area_id,
        **erased,
    )


async def _erase_subject(row_id: UUID, area_id: UUID, motive: str, by: Actor) -> None:
    had = await vault.erase("education_subjects", row_id)
    await EducationNote.filter(case_id=row_id).delete()
    audit_values: dict[str, Any] = {
        "before": {"subject": had},
        "after": {"subject": False},
        "area_id": area_id,
    }
    await audit("education_case", row_id, by=by, action=_ACTION.value, motive=motive, **audit_values)


_ERASE: Final = {
    "tip": _erase_reporter,
    "member": _erase_member,
    "education_case": _erase_subject,
    "activity": _erase_pictures,
}
