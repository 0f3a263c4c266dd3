"""The keys of a partner. A secret is shown once, in the response to the form that created it."""

from datetime import timedelta
from typing import Final

from starlette.responses import Response

from admin.access.partners import pages as pages_of
from admin.access.partners.actions import load
from admin.kit.approvals import or_request_approval
from admin.kit.forms.fields import Form
from admin.kit.guard import require_recent_authentication
from admin.kit.pages import redirect_with_flash, render
from admin.kit.request import PageRequest
from records.access import partners
from records.core.dates import midnight, now
from records.core.errors import Conflict, ValidationFailed
from records.core.language import gettext_noop as _
from records.core.rights import needs_approval
from records.tables import Partner, PartnerKey

_OVERLAP_DAYS: Final = "7"


async def issue(request: PageRequest) -> Response:
    """A new key for the partner of the path."""
    partner = await load(request)
    require_recent_authentication(request)
    form = Form(request.form)
    try:
        last_day = form.day("expires")
        form.raise_if_invalid()
        until = midnight(last_day + timedelta(days=1)) if last_day else None
        issued = partners.issue_key(partner.id, expires_at=until, by=request.actor)
        key = await or_request_approval(request, form, issued, back=f"/admin/partners/{partner.id}")
    except ValidationFailed as error:
        form.problems |= error.problems
        return await pages_of.render_partner(request, partner, form, status=422)
    return key if isinstance(key, Response) else render_secret(request, partner, key)


async def show_form(request: PageRequest) -> Response:
    """The confirmation page before a key is rotated or revoked."""
    key, partner = await _load(request)
    if request.action_name == "rotation":
        require_recent_authentication(request)
    return _form(request, key, partner, Form({"overlap_days": _OVERLAP_DAYS}))


async def rotate(request: PageRequest) -> Response:
    """A new key in place of the one of the path."""
    key, partner = await _load(request)
    require_recent_authentication(request)
    form = Form(request.form)
    try:
        form.require("overlap_days")
        overlap_days = form.integer("overlap_days")
        form.raise_if_invalid()
        rotated = partners.rotate_key(key.prefix, overlap_days=overlap_days or 0, by=request.actor)
        new = await or_request_approval(request, form, rotated, back=f"/admin/partners/{partner.id}")
    except ValidationFailed as error:
        form.problems |= error.problems
        return _form(request, key, partner, form, status=422)
    return new if isinstance(new, Response) else render_secret(request, partner, new)


async def revoke(request: PageRequest) -> Response:
    """Ends the key of the path."""
    key, partner = await _load(request)
    await partners.revoke_key(key.prefix, by=request.actor)
    return redirect_with_flash(request, f"/admin/partners/{partner.id}", _("Key revoked."))


async def _load(request: PageRequest) -> tuple[PartnerKey, Partner]:
    """The key of the path that is not revoked yet, and its partner, when this person manages it."""
    key, partner = await partners.load_key(request.actor, request.id)
    over = request.action_name == "rotation" and key.expires_at is not None and key.expires_at <= now()
    if over or key.revoked_at is not None:
        raise Conflict("This key has already expired.")
    return key, partner


def _form(
    request: PageRequest, key: PartnerKey, partner: Partner, form: Form, *, status: int = 200
) -> Response:
    return render(
        request,
        "access/partners/key.html",
        status=status,
        key=key,
        partner=partner,
        form=form,
        rotating=request.action_name == "rotation",
        guarded=needs_approval(partner.scopes),
    )


def render_secret(request: PageRequest, partner: Partner, key: str) -> Response:
    """The page that shows a new key, once."""
    _mark, prefix, secret = key.split("_", 2)
    return render(
        request, "access/partners/secret.html", partner=partner, key=key, prefix=prefix, secret=secret
    )
