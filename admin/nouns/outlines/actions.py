"""Actions on an outline: publishing, the next edition, and what is noted for all who were handed it."""

from typing import Final

from starlette.responses import Response

from admin.kit.forms.inputs import day_input
from admin.kit.nouns.actions import Action, Actions, Rule, Submission, Verb
from admin.kit.pages import redirect_with_flash
from admin.kit.request import PageRequest
from records.core.actor import Actor
from records.core.language import gettext_noop as _
from records.core.rights import Right
from records.nouns import hand_downs, outlines
from records.nouns.outlines import NOUN
from records.tables import Outline

PATH: Final = f"/admin/{NOUN.path}"


async def load(request: PageRequest) -> Outline:
    """The outline of the path, with its organisation. Raises `NotFound` or `PermissionDenied`."""
    outline = await outlines.find(request.id, by=request.actor)
    outline.unreceived = await hand_downs.unreceived(request.actor).filter(outline_id=outline.id).count()
    await outline.fetch_related("organisation")
    return outline


async def _revise(submission: Submission[Outline]) -> Response:
    draft = await outlines.revise(submission.row.id, by=submission.actor)
    return redirect_with_flash(submission.request, f"{PATH}/{draft.id}/edit", _("Draft added."))


def _is_unreceived(_actor: Actor, outline: Outline) -> bool:
    return outline.unreceived > 0


async def _count(request: PageRequest, outline: Outline) -> str:
    return request._("Groups and organisations that have not received it: {count}", count=outline.unreceived)


ACTIONS: Final = Actions[Outline](
    path=PATH,
    load=load,
    back=lambda outline: f"{PATH}/{outline.id}",
    actions=(
        Action(
            "publication",
            outlines.PUBLISH,
            Verb(outlines.publish),
            explanation=_("A published outline never changes; a correction is a new edition."),
            flash=_("Published."),
            inputs=(day_input(_("Published on")),),
        ),
        Action(
            "receipt",
            Rule(_("Acknowledge for all"), Right.OUTLINES_RECEIVE, _is_unreceived),
            Verb(hand_downs.receive_all, versioned=False),
            explanation=_("Notes that everybody in your areas has received it."),
            warning=_count,
            flash=_("Noted as received."),
            needs_confirmation=True,
        ),
        Action(
            "reminder",
            Rule(_("Remind"), Right.OUTLINES_HAND_DOWN, _is_unreceived),
            Verb(hand_downs.remind, versioned=False),
            explanation=_(
                "The reminder is shown on the dashboard of those in charge and on the page of the group. No "
                "message is sent."
            ),
            warning=_count,
            flash=_("Reminder noted."),
            needs_confirmation=True,
        ),
        Action(
            "edition",
            Rule(_("New edition"), Right.OUTLINES_WRITE, outlines.can_revise),
            _revise,
            flash=_("Draft added."),
        ),
    ),
)
