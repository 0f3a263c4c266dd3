"""Demonstration tips: every status and channel, formal ones too, each with its timeline and outcomes."""

from datetime import datetime, timedelta
from typing import Final

from records.areas import areas
from records.core.actor import Actor, Role
from records.core.dates import now, to_local_date
from records.demo.data import MARK
from records.demo.data.texts import TEXTS
from records.demo.hamlets import SINCE
from records.demo.timeline import moment_at, not_later, spread_over
from records.metrics.catalogue import category_id
from records.nouns import tips
from records.nouns.tips import OutcomeDraft, TipDraft
from records.tables import Group, Tip, TipEvent
from records.tables.tips import Channel, LegalKind

COUNT: Final = 60
# A formal tip that is overdue, one whose deadline was put off, one that just came in; two that were reopened.
_OVERDUE, _EXTENDED, _NEW = 50, 51, 58
_REOPENED: Final = (20, 40)

# Where a tip came in before its ward or commune of today began.
_BEFORE: Final = {
    "SD": ("29905@2024-12-31", "29911@2024-12-31", "29914@2024-12-31"),
    "PH": ("30244@2024-12-31", "30268@2024-12-31"),
    "TN": ("30253@2024-12-31", "30271@2024-12-31"),
    "TP": ("30259@2024-12-31", "30274@2024-12-31"),
}
_GROUPS: Final = (
    *("MAU-SD-01", "MAU-TP-01", "MAU-SD-Z1", "MAU-SD-03", "MAU-TN-01", "MAU-SD-Z2", "MAU-TP-F1"),
    *("MAU-SD-05", "MAU-PH-01", "MAU-SD-Z3", "MAU-TP-02"),
)


async def load_tips(
    groups_by_code: dict[str, Group], actors_by_role: dict[Role, Actor], system: Actor
) -> list[Tip]:
    """The tips in the order in which they came in; `system` is the partner's that sends some of them."""
    stage = _TipScenario(groups_by_code, actors_by_role, system)
    return [await stage.load(index) for index in range(COUNT)]


class _TipScenario:
    """Lets one tip after another come in and go its way, each verb at a moment of its own."""

    def __init__(
        self, groups_by_code: dict[str, Group], actors_by_role: dict[Role, Actor], system: Actor
    ) -> None:
        self.made = groups_by_code
        self.officer, self.commander = actors_by_role[Role.OFFICER], actors_by_role[Role.COMMANDER]
        self.system = system
        self.began = now()
        self.before: Tip | None = None

    async def load(self, index: int) -> Tip:
        """The tip with that number, as it stands at the end of its timeline."""
        tip = await self._submit(index)
        worker = self._worker(index)
        left = COUNT - index
        original = self.before
        if _repeats(index) and original is not None:
            tip = await tips.merge(tip.id, expected_version=tip.version, into=original.id, by=self.commander)
            return await self._past(tip, 2, also=original)
        self.before = tip
        if left <= 3:
            return tip
        assert worker.id is not None  # noqa: S101 - a staff member has an id
        tip = await self._past(
            await tips.assign(tip.id, expected_version=tip.version, assignee=worker.id, by=self.commander), 1
        )
        tip = await self._past(await tips.start_verifying(tip.id, expected_version=tip.version, by=worker), 3)
        await tips.add_note(tip.id, "Đã gọi lại người báo tin (mẫu).", by=worker)
        await self._past(tip, 5)
        if index % 15 == 7:
            reason = "Không đủ căn cứ để xác minh (mẫu)"
            return await self._past(
                await tips.reject(tip.id, expected_version=tip.version, reason=reason, by=self.commander), 30
            )
        if index == _EXTENDED:
            reason = "Chờ kết quả giám định (mẫu)"
            tip = await self._past(
                await tips.extend(tip.id, expected_version=tip.version, reason=reason, by=self.commander), 36
            )
        if left <= 6:
            return tip
        note = "Tin có cơ sở, đang xử lý (mẫu)"
        tip = await self._past(
            await tips.start_action(tip.id, expected_version=tip.version, note=note, by=worker), 40
        )
        if left <= 10:
            return tip
        tip = await self._close(tip, index, worker, 110)
        if index in _REOPENED:
            reason = "Người dân báo sự việc tái diễn (mẫu)"
            tip = await self._past(
                await tips.reopen(tip.id, expected_version=tip.version, reason=reason, by=self.commander), 300
            )
        if index == _REOPENED[0]:
            tip = await self._close(tip, index, worker, 420)
        return tip

    async def _submit(self, index: int) -> Tip:
        told = index - 1 if _repeats(index) else index
        text = TEXTS[told % len(TEXTS)]
        group = self.made[_GROUPS[told % len(_GROUPS)]]
        received_at = not_later(moment_at(spread_over(index, COUNT)))
        area_id = group.area_id
        if to_local_date(received_at) < SINCE:
            choices = _BEFORE[group.code.split("-")[1]]
            area_id = (await areas.resolve_reference(choices[index % len(choices)])).id
        by_machine = index % 6 == 3
        draft = TipDraft(
            title=f"{text.title} (mẫu)",
            body=f"{text.body} {MARK}",
            category_id=category_id(text.category),
            channel=Channel.API if by_machine else text.channel,
            area_id=area_id,
            legal_kind=_legal_kind(index),
            group_id=group.id,
            place="Gần trụ sở khóm, ấp (mẫu)" if index % 3 else "",
            occurred_at=received_at - timedelta(hours=2 + index % 20) if index % 4 else None,
            received_at=received_at,
            priority=text.priority,
            external_ref=f"MAU-{index + 1:04d}" if by_machine else None,
        )
        by = self._worker(told)
        return await self._past(await tips.submit(draft, by=self.system if by_machine else by), 0)

    async def _close(self, tip: Tip, index: int, by: Actor, hours: int) -> Tip:
        day = to_local_date(self._moment(tip, hours))
        outcomes = [
            OutcomeDraft(kind, count, on_day=day) for kind, count in TEXTS[index % len(TEXTS)].outcomes
        ]
        closed = await tips.close(
            tip.id, expected_version=tip.version, outcomes=outcomes, note="Đã báo kết quả cho tổ (mẫu)", by=by
        )
        return await self._past(closed, hours)

    async def _past(self, tip: Tip, hours: int, *, also: Tip | None = None) -> Tip:
        """Puts what the last verb did `hours` after the tip came in; the audit keeps when it was entered."""
        moment = self._moment(tip, hours)
        touched = [tip.id, also.id] if also else [tip.id]
        await TipEvent.filter(tip_id__in=touched, at__gte=self.began).update(at=moment)
        await Tip.filter(id=tip.id, first_response_at__gte=self.began).update(first_response_at=moment)
        await Tip.filter(id=tip.id, closed_at__gte=self.began).update(closed_at=moment)
        return await Tip.get(id=tip.id)

    @staticmethod
    def _moment(tip: Tip, hours: int) -> datetime:
        return not_later(tip.received_at + timedelta(hours=hours))

    def _worker(self, index: int) -> Actor:
        in_sa_dec = _GROUPS[index % len(_GROUPS)].startswith("MAU-SD")
        return self.officer if in_sa_dec else self.commander


def _repeats(index: int) -> bool:
    """Whether that tip says what the one before it said."""
    return index % 15 == 11


def _legal_kind(index: int) -> LegalKind:
    if index % 9 != 6 and index not in {_OVERDUE, _NEW}:
        return LegalKind.SOURCE
    return LegalKind.DENUNCIATION if index % 2 else LegalKind.REPORT
