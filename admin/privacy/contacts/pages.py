"""How to reach a member: recorded, replaced or taken away; what it says is not shown here."""

from starlette.responses import Response

from admin.kit import history
from admin.kit.forms.fields import Form
from admin.kit.pages import done, page
from admin.kit.request import Visit
from admin.kit.sealed import sealed_of
from admin.nouns.members.pages import load
from records.core.errors import Conflict, Invalid
from records.core.rights import Right, check_may, may
from records.privacy import contacts
from records.privacy.contacts import ContactDraft
from records.tables import Member


async def show(visit: Visit) -> Response:
    """Whether there is a contact, and the form to record one."""
    return await _page(visit, await load(visit), Form({}))


async def record(visit: Visit) -> Response:
    """Seals phone and address in the place of what was there."""
    check_may(visit.actor, Right.MEMBERS_EDIT)
    member, form = await load(visit), Form(visit.form)
    draft = ContactDraft(phone=form.text("phone"), address=form.text("address"))
    try:
        if not draft.phone.strip() and not draft.address.strip():
            form.note("phone", "Enter a value.")
        form.done()
        await contacts.record(member.id, draft, by=visit.actor)
    except Invalid as no:
        form.problems |= no.problems
        return await _page(visit, member, form, status=422)
    except Conflict as conflict:
        form.problems[""] = conflict.message
        return await _page(visit, member, form, status=409)
    return done(visit, f"/admin/members/{member.id}/contact", "contact-sealed")


async def remove(visit: Visit) -> Response:
    """Takes the contact away."""
    check_may(visit.actor, Right.MEMBERS_EDIT)
    member = await load(visit)
    await contacts.record(member.id, ContactDraft(), by=visit.actor)
    return done(visit, f"/admin/members/{member.id}/contact", "contact-removed")


async def _page(visit: Visit, member: Member, form: Form, *, status: int = 200) -> Response:
    return page(
        visit,
        "privacy/contacts/show.html",
        status=status,
        member=member,
        form=form,
        sealed=await sealed_of(visit, "member_contacts", member.id),
        may_edit=may(visit.actor, Right.MEMBERS_EDIT),
        history=await history.entries(visit, member),
    )
