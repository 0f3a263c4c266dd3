"""The keys of a partner: a secret stands on the page that answers the form that made it, and never again."""

from datetime import timedelta
from typing import Final

from starlette.responses import Response

from admin.access.partners import pages as pages_of
from admin.access.partners.actions import load
from admin.kit.approvals import or_ask
from admin.kit.forms.fields import Form
from admin.kit.guard import need_proof
from admin.kit.pages import done, page
from admin.kit.request import Visit
from records.access import partners
from records.core.days import midnight, now
from records.core.errors import Conflict, Invalid
from records.core.rights import is_guarded
from records.tables import Partner, PartnerKey

_OVERLAP_DAYS: Final = "7"


async def issue(visit: Visit) -> Response:
    """A new key for the partner of the path."""
    partner = await load(visit)
    need_proof(visit)
    form = Form(visit.form)
    try:
        last_day = form.day("expires")
        form.done()
        until = midnight(last_day + timedelta(days=1)) if last_day else None
        issued = partners.issue_key(partner.id, expires_at=until, by=visit.actor)
        key = await or_ask(visit, form, issued, back=f"/admin/partners/{partner.id}")
    except Invalid as no:
        form.problems |= no.problems
        return await pages_of.one(visit, partner, form, status=422)
    return key if isinstance(key, Response) else secret_page(visit, partner, key)


async def ask(visit: Visit) -> Response:
    """The question before a key is rotated or revoked."""
    key, partner = await _load(visit)
    if visit.action == "rotation":
        need_proof(visit)
    return _form(visit, key, partner, Form({"overlap_days": _OVERLAP_DAYS}))


async def rotate(visit: Visit) -> Response:
    """A new key in place of the one of the path."""
    key, partner = await _load(visit)
    need_proof(visit)
    form = Form(visit.form)
    try:
        form.need("overlap_days")
        overlap_days = form.whole("overlap_days")
        form.done()
        rotated = partners.rotate_key(key.prefix, overlap_days=overlap_days or 0, by=visit.actor)
        new = await or_ask(visit, form, rotated, back=f"/admin/partners/{partner.id}")
    except Invalid as no:
        form.problems |= no.problems
        return _form(visit, key, partner, form, status=422)
    return new if isinstance(new, Response) else secret_page(visit, partner, new)


async def revoke(visit: Visit) -> Response:
    """Ends the key of the path."""
    key, partner = await _load(visit)
    await partners.revoke_key(key.prefix, by=visit.actor)
    return done(visit, f"/admin/partners/{partner.id}", "key-revoked")


async def _load(visit: Visit) -> tuple[PartnerKey, Partner]:
    """The key of the path that is not revoked yet, and its partner, when this person manages it."""
    key, partner = await partners.load_key(visit.actor, visit.id)
    over = visit.action == "rotation" and key.expires_at is not None and key.expires_at <= now()
    if over or key.revoked_at is not None:
        raise Conflict("This key has already expired.")
    return key, partner


def _form(visit: Visit, key: PartnerKey, partner: Partner, form: Form, *, status: int = 200) -> Response:
    return page(
        visit,
        "access/partners/key.html",
        status=status,
        key=key,
        partner=partner,
        form=form,
        rotating=visit.action == "rotation",
        guarded=is_guarded(partner.scopes),
    )


def secret_page(visit: Visit, partner: Partner, key: str) -> Response:
    """The page on which a new key stands, this once."""
    _mark, prefix, secret = key.split("_", 2)
    return page(visit, "access/partners/secret.html", partner=partner, key=key, prefix=prefix, secret=secret)
