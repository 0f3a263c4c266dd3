"""Hand-downs: the list of who got which outline, and one of them, acknowledged and discussed."""

from collections.abc import Sequence
from typing import Any, Final

from starlette.responses import Response
from tortoise.expressions import Q, Subquery

from admin.kit.forms.fields import Choice, Form
from admin.kit.forms.inputs import Input
from admin.kit.nouns.actions import Action, Actions, Rule, Submission, Verb
from admin.kit.nouns.filters import Rows, state_filter, tick_filter
from admin.kit.nouns.lists import Sort
from admin.kit.nouns.pages import Pages
from admin.kit.nouns.references import title_of
from admin.kit.nouns.tables import Cell, Column
from admin.kit.pages import redirect_with_flash
from admin.kit.request import PageRequest
from records.changes.rows import find
from records.core.dates import to_local_date
from records.core.language import format_date
from records.core.language import gettext_noop as _
from records.core.rights import Right, has_right
from records.core.search import filter_by_search
from records.nouns import activities, groups, hand_downs, outlines
from records.nouns.hand_downs import NOUN, HandDownState
from records.tables import HandDown
from records.tables.groups import GroupKind

PATH: Final = "/admin/hand-downs"
_MAX_ACTIVITIES: Final = 20
_SHOWN: Final = frozenset({"outline_id", "group_id", "organisation_id", "activity_id"})
_RECEIVED: Final = _("Noted as received.")
_RECEIVED_BY: Final = _("Noted as received: {name}.")
# In the address of an action that was taken in the list.
_LISTED: Final = "listed"
_TONES: Final = {HandDownState.ACKNOWLEDGED: "acting", HandDownState.DISCUSSED: "done"}


async def _load(request: PageRequest) -> HandDown:
    row = await find(NOUN, hand_downs.visible_to(request.actor), request.id)
    await row.fetch_related("outline", "organisation")
    return row


def state_cell(request: PageRequest, row: HandDown) -> Cell:
    """How far a hand-down has come, and when its recipient was reminded in vain."""
    state, remark = hand_downs.state_of(row), ""
    if row.reminded_at is not None and row.received_at is None:
        remark = request._("reminded on {day}", day=format_date(to_local_date(row.reminded_at)))
    return Cell(state, remark, status=True, tone=_TONES.get(state, ""))


def _receipt_cell(request: PageRequest, row: HandDown) -> Cell:
    """The button that notes receipt and stays in the list; none where it is noted."""
    if row.received_at is not None:
        return Cell(None)
    query = request.url_with(**{_LISTED: "1"}).removeprefix(request.http_request.url.path)
    return Cell(request._("Acknowledge"), post=f"{PATH}/{row.id}/receipt{query}", version=row.version)


async def _match(request: PageRequest, rows: Rows, text: str) -> Rows:
    """The hand-downs of outlines or to groups that are found by `text`."""
    if not text:
        return rows
    of_outlines = filter_by_search(outlines.visible_to(request.actor), text).values("id")
    to_groups = filter_by_search(groups.visible_to(request.actor), text).values("id")
    return rows.filter(Q(outline_id__in=Subquery(of_outlines)) | Q(group_id__in=Subquery(to_groups)))


class _HandDownPages(Pages[HandDown, Any]):
    """The ordinary pages, with one column for the recipient, which is a group or an organisation."""

    async def _columns(
        self, request: PageRequest, form: Form, rows: Sequence[HandDown]
    ) -> Sequence[Column[Any]]:
        named = await self.field_columns(request, ["group_id", "organisation_id", "area_id"], rows)

        def name(request: PageRequest, row: HandDown, column: str) -> Cell:
            # The name alone: each row is one link, to the hand-down.
            return Cell(named[column].cell(request, row).value)

        def recipient(request: PageRequest, row: HandDown) -> Cell:
            return name(request, row, "group_id" if row.group_id else "organisation_id")

        outline, *others = await super()._columns(request, form, rows)
        area = Column[HandDown](_("Area"), lambda request, row: name(request, row, "area_id"))
        receipt = Column[HandDown](_("Actions"), _receipt_cell)
        # Without a button in it the column would only take the room of the recipient's name.
        may_receive = has_right(request.actor, Right.OUTLINES_RECEIVE) and any(
            row.received_at is None for row in rows
        )
        return [
            outline,
            Column(_("Recipient"), recipient),
            area,
            *others,
            *([receipt] if may_receive else []),
        ]


async def show(request: PageRequest) -> Response:
    """One hand-down, with what was handed down to whom."""
    row, actor = await _load(request), request.actor
    # They may lie elsewhere: a group moves.
    group = await groups.visible_to(actor).get_or_none(id=row.group_id)
    activity = await activities.visible_to(actor).get_or_none(id=row.activity_id)
    may_meet = row.activity_id is None and has_right(actor, Right.ACTIVITIES_RECORD)
    return await PAGES.record(
        request,
        row,
        "nouns/hand_downs/show.html",
        without=_SHOWN,
        state=state_cell(request, row),
        group=group,
        activity=title_of(request, activity) if activity else "",
        may_meet=may_meet and group is not None and group.kind is GroupKind.SELF_GOVERNING,
    )


async def _activities(request: PageRequest, row: HandDown) -> list[Choice]:
    rows = await hand_downs.discussable(row, request.actor).limit(_MAX_ACTIVITIES)
    return [Choice(str(one.id), title_of(request, one)) for one in rows]


async def _receive(submission: Submission[HandDown]) -> Response | None:
    """Notes receipt; from the list it leads back there, and says whose it was: rows move up."""
    await Verb(hand_downs.receive)(submission)
    request = submission.request
    if _LISTED not in request.http_request.query_params:
        return None
    name = await _recipient_name(request, submission.row)
    return redirect_with_flash(
        request, _list_address(request), _RECEIVED_BY if name else _RECEIVED, name=name
    )


async def _recipient_name(request: PageRequest, row: HandDown) -> str:
    """The name of the recipient; empty for a group that moved elsewhere."""
    if row.organisation is not None:
        return row.organisation.name
    group = await groups.visible_to(request.actor).get_or_none(id=row.group_id)
    return group.name if group else ""


def _list_address(request: PageRequest) -> str:
    """The address of the list in which the action of this request was taken."""
    return PATH + request.url_with(**{_LISTED: None}).removeprefix(request.http_request.url.path)


async def _discuss(submission: Submission[HandDown]) -> object:
    values = await submission.values()
    return await hand_downs.receive(
        submission.row.id,
        activity_id=values["activity"],
        expected_version=submission.form.expected_version(),
        by=submission.actor,
    )


class _HandDownActions(Actions[HandDown]):
    """The ordinary actions; who notes in the list what was noted elsewhere meanwhile stays in the list."""

    async def submit(self, request: PageRequest) -> Response:
        response = await super().submit(request)
        is_listed = _LISTED in request.http_request.query_params
        if response.status_code != 409 or not is_listed or (await self.load(request)).received_at is None:
            return response
        return redirect_with_flash(request, _list_address(request), _("This has already been received."))


ACTIONS: Final = _HandDownActions(
    path=PATH,
    load=_load,
    back=lambda row: f"{PATH}/{row.id}",
    actions=(
        Action(
            "receipt",
            Rule(_("Acknowledge"), Right.OUTLINES_RECEIVE, lambda _actor, row: row.received_at is None),
            _receive,
            flash=_RECEIVED,
        ),
        Action(
            "discussion",
            Rule(
                _("Say where it was discussed"),
                Right.OUTLINES_RECEIVE,
                lambda _actor, row: not row.activity_id,
            ),
            _discuss,
            explanation=_("Choose an activity that was recorded since the outline was handed down."),
            flash=_("Noted as discussed."),
            inputs=(Input("activity", _("Activity"), kind="choices"),),
            choices=_activities,
        ),
        Action(
            "withdrawal",
            Rule(
                _("Withdraw the receipt"),
                Right.OUTLINES_RECEIVE,
                lambda _actor, row: hand_downs.state_of(row) is HandDownState.ACKNOWLEDGED,
            ),
            Verb(hand_downs.withdraw_receipt),
            flash=_("Receipt withdrawn."),
        ),
        Action(
            "reopening",
            Rule(
                _("Not discussed after all"),
                Right.OUTLINES_RECEIVE,
                lambda _actor, row: bool(row.activity_id),
            ),
            Verb(hand_downs.reopen),
            flash=_("Saved."),
            needs_confirmation=True,
        ),
    ),
)

PAGES: Final = _HandDownPages(
    noun=NOUN,
    path=PATH,
    columns=(Column(_("Status"), state_cell), "sent_at"),
    filters=(
        state_filter("state", HandDownState, hand_downs.has_state),
        "outline_id",
        "group_id",
        "area_id",
        tick_filter("reminded", _("Reminded"), lambda _request, rows: rows.filter(reminded_at__isnull=False)),
    ),
    sorts=(
        Sort("newest", _("Newest first"), "sent_at", descending=True),
        Sort("oldest", _("Oldest first"), "sent_at"),
    ),
    references=("outline",),
    chips=(
        (_("All"), PATH),
        (_("Not received yet"), f"{PATH}?state=WAITING"),
        (_("Received, not discussed"), f"{PATH}?state=ACKNOWLEDGED"),
        (_("Discussed"), f"{PATH}?state=DISCUSSED"),
    ),
    search=_("Words of the outline, or the group"),
    match=_match,
    empty=_("No hand-downs match these filters."),
    actions=ACTIONS,
    loader=_load,
    show=show,
)
