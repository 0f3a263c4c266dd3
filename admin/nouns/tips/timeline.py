"""The timeline of a tip: its events and its history in one, with the differences of each."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from admin.kit.history import HistoryEntry
from admin.kit.request import PageRequest
from records.core.language import label
from records.core.rights import Right
from records.tables import TipEvent
from records.tables.tips import TipEventKind

# The right that an event was made with; a history entry of that right belongs to it.
_RIGHTS: Final[Mapping[TipEventKind, Right]] = {
    TipEventKind.SUBMITTED: Right.TIPS_SUBMIT,
    TipEventKind.EDITED: Right.TIPS_EDIT,
    TipEventKind.ASSIGNED: Right.TIPS_ASSIGN,
    TipEventKind.NOTED: Right.TIPS_NOTE,
    TipEventKind.REPORTED: Right.TIPS_REPORT,
    TipEventKind.VERIFYING: Right.TIPS_VERIFY,
    TipEventKind.ACTING: Right.TIPS_VERIFY,
    TipEventKind.CLOSED: Right.TIPS_CLOSE,
    TipEventKind.REJECTED: Right.TIPS_REJECT,
    TipEventKind.REOPENED: Right.TIPS_REOPEN,
    TipEventKind.MERGED: Right.TIPS_MERGE,
    TipEventKind.EXTENDED: Right.TIPS_EXTEND,
}
# Entries of these columns have no event: a picture, and that a reporter is recorded.
_WITHOUT_EVENT: Final = ({"attachment_id"}, {"attachment_id", "pictures"}, {"anonymous"})


@dataclass(frozen=True)
class TimelineItem:
    """What happened: in words, with the statuses and the entry of the history where there are any."""

    at: datetime
    title: str
    actor_name: str
    note: str = ""
    statuses: str = ""
    entry: HistoryEntry | None = None


def timeline(
    request: PageRequest, events: Sequence[TipEvent], history: Sequence[HistoryEntry] | None
) -> list[TimelineItem]:
    """All that happened, the newest first. `events` come oldest first, `history` newest first."""
    by_action = dict[str, Iterator[HistoryEntry]]()
    for action in {entry.action for entry in history or ()}:
        made = [entry for entry in history or () if entry.action == action]
        by_action[action] = iter(entry for entry in made if entry.columns not in _WITHOUT_EVENT)
    items = [_item(request, event, by_action) for event in reversed(events)]
    told = {id(item.entry) for item in items}
    alone = [entry for entry in history or () if id(entry) not in told]
    items += [TimelineItem(one.at, one.summary, one.actor_name, entry=one) for one in alone]
    return sorted(items, key=lambda item: item.at, reverse=True)


def _item(
    request: PageRequest, event: TipEvent, by_action: Mapping[str, Iterator[HistoryEntry]]
) -> TimelineItem:
    before, after = event.from_status, event.to_status
    # The original of a duplicate has an event without a change of its own.
    is_change = event.kind is not TipEventKind.MERGED or before is not None
    return TimelineItem(
        at=event.at,
        title=label(request.language, event.kind),
        actor_name=event.actor_name,
        note=event.note,
        statuses=f"{label(request.language, before)} → {label(request.language, after)}"
        if before and after and before != after
        else "",
        entry=next(by_action.get(_RIGHTS[event.kind], iter(())), None) if is_change else None,
    )
