"""Activities: the list, one activity with its history, and the form to record or correct one."""

from typing import Final

from starlette.responses import Response

from admin.kit.forms.fields import Form
from admin.kit.nouns.drafts import DraftForm
from admin.kit.nouns.lists import CHANGED, Sort
from admin.kit.nouns.pages import Pages
from admin.kit.nouns.removal import Removal
from admin.kit.pictures import PicturePages, read_picture
from admin.kit.request import PageRequest
from admin.nouns.activities.quarters import quarter_name
from admin.nouns.activities.questions import record_confirmed, save_confirmed
from records.core.actor import Actor
from records.core.dates import today
from records.core.language import format_date
from records.core.language import gettext_noop as _
from records.core.rights import Right, has_right
from records.nouns import activities, groups
from records.nouns.activities import NOUN, ActivityDraft, quarter_of
from records.nouns.hand_downs import meetings
from records.privacy import attachments
from records.tables import Activity, Group
from records.tables.activities import ActivityKind

PATH: Final = f"/admin/{NOUN.path}"


async def show(request: PageRequest) -> Response:
    """One activity; just after it was recorded, with the next group that has no meeting in that quarter."""
    return await _show(request, await PAGES.find(request), Form({}))


async def _show(request: PageRequest, activity: Activity, form: Form, status: int = 200) -> Response:
    """The page of an activity; `form` is that of a picture to attach."""
    recorded = "recorded" in request.http_request.query_params
    return await PAGES.record(
        request,
        activity,
        "nouns/activities/show.html",
        status=status,
        form=form,
        gallery_shown=await PICTURES.gallery(request, activity),
        group=await _visible_group(request, activity),
        quarter=quarter_name(request, activity.held_on),
        quarter_start=quarter_of(activity.held_on)[0],
        next_group=await _next_group(request, activity) if recorded else None,
        recorded=recorded,
    )


async def _visible_group(request: PageRequest, activity: Activity) -> Group | None:
    if activity.group_id is None or not has_right(request.actor, Right.GROUPS_READ):
        return None
    return await groups.visible_to(request.actor).get_or_none(id=activity.group_id)


async def _next_group(request: PageRequest, activity: Activity) -> Group | None:
    """The group that follows in the list of those without a meeting, else the first."""
    rows = activities.missing(request.actor, activity.held_on).order_by("name_key", "id")
    group = await _visible_group(request, activity)
    following = await rows.filter(name_key__gte=group.name_key).first() if group else None
    return following or await rows.first()


async def _create(request: PageRequest, draft: ActivityDraft) -> Activity:
    form = Form({})
    picture = await read_picture(request, form)
    form.raise_if_invalid()
    return await record_confirmed(request, draft, picture)


async def _edit(request: PageRequest, row: Activity, draft: ActivityDraft) -> object:
    return await save_confirmed(
        request,
        draft,
        lambda confirmed: meetings.edit(row.id, confirmed, expected_version=row.version, by=request.actor),
        before=row,
    )


def _can_edit(actor: Actor, _row: Activity) -> bool:
    return has_right(actor, Right.ACTIVITIES_RECORD)


PAGES: Final = Pages[Activity, ActivityDraft](
    noun=NOUN,
    path=PATH,
    columns=("group_id", "area_id", "attendance", "households_present", "outline_id"),
    filters=("kind", "group_id", "area_id"),
    sorts=(
        Sort("latest", _("Latest first"), "held_on", descending=True),
        Sort("earliest", _("Earliest first"), "held_on"),
        CHANGED,
    ),
    empty=_("No activities match these filters."),
    form=DraftForm(
        draft=ActivityDraft,
        create=_create,
        may_create=Right.ACTIVITIES_RECORD,
        edit=_edit,
        can_edit=_can_edit,
        heading=_("Record an activity"),
        rows=(
            ("kind", "held_on"),
            ("group",),
            ("organisation",),
            ("area",),
            ("attendance", "households_present"),
        ),
        template="nouns/activities/form.html",
        initial=lambda _request: {"kind": ActivityKind.OUTREACH, "held_on": format_date(today())},
    ),
    removal=Removal(
        right=Right.ACTIVITIES_RECORD,
        removed=lambda actor: activities.visible_to(actor, removed=True),
        remove=meetings.remove,
        restore=meetings.restore,
    ),
    show=show,
    list_template="nouns/activities/index.html",
)
PICTURES: Final = PicturePages[Activity](
    owner=attachments.ACTIVITIES,
    path=f"{PATH}/attachments",
    records_path=PATH,
    load=PAGES.load,
    show=_show,
)

ROUTES: Final = PICTURES.routes()
