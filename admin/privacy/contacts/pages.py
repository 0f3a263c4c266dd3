"""The contact details of a member: recorded, replaced or removed, but not shown."""

from starlette.responses import Response

from admin.kit import history
from admin.kit.forms.fields import Form
from admin.kit.forms.sealed import sealed_of
from admin.kit.pages import redirect_with_flash, render
from admin.kit.request import PageRequest
from admin.nouns.members.pages import load
from records.core.errors import Conflict, ValidationFailed
from records.core.language import gettext_noop as _
from records.core.rights import Right, check_right, has_right
from records.privacy import contacts
from records.privacy.contacts import ContactDraft
from records.tables import Member


async def show(request: PageRequest) -> Response:
    """Whether there is a contact, and the form to record one."""
    return await _page(request, await load(request), Form({}))


async def record(request: PageRequest) -> Response:
    """Seals phone and address in the place of what was there."""
    check_right(request.actor, Right.MEMBERS_EDIT)
    member, form = await load(request), Form(request.form)
    draft = ContactDraft(phone=form.text("phone"), address=form.text("address"))
    try:
        if not draft.phone.strip() and not draft.address.strip():
            form.add_problem("phone", "Enter a value.")
        form.raise_if_invalid()
        await contacts.record(member.id, draft, by=request.actor)
    except ValidationFailed as error:
        form.problems |= error.problems
        return await _page(request, member, form, status=422)
    except Conflict as conflict:
        form.problems[""] = conflict.message
        return await _page(request, member, form, status=409)
    return redirect_with_flash(request, f"/admin/members/{member.id}/contact", _("Contact details sealed."))


async def remove(request: PageRequest) -> Response:
    """Takes the contact away."""
    check_right(request.actor, Right.MEMBERS_EDIT)
    member = await load(request)
    await contacts.record(member.id, ContactDraft(), by=request.actor)
    return redirect_with_flash(request, f"/admin/members/{member.id}/contact", _("Contact details erased."))


async def _page(request: PageRequest, member: Member, form: Form, *, status: int = 200) -> Response:
    return render(
        request,
        "privacy/contacts/show.html",
        status=status,
        member=member,
        form=form,
        sealed=await sealed_of(request, "member_contacts", member.id),
        may_edit=has_right(request.actor, Right.MEMBERS_EDIT),
        history=await history.entries(request, member),
    )
