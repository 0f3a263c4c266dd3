"""Staff: who keeps the records, what they are and where, and how they come in."""

from typing import Final

from starlette.responses import Response
from tortoise.queryset import QuerySet

from admin.access.staff.actions import ACTIONS, load
from admin.kit import history
from admin.kit.approvals import deciders, or_ask, pending
from admin.kit.forms.fields import Choice, Form, choices
from admin.kit.guard import need_proof
from admin.kit.nouns.editing import Editor, Opened, open_form, save_form
from admin.kit.nouns.lists import Sort, chosen, empty, listed
from admin.kit.pages import page
from admin.kit.pickers import area_choice, area_code, read_area, read_areas
from admin.kit.request import Visit
from records.access import staff
from records.access.staff import factors, sessions
from records.areas.scope import lies_in
from records.core.actor import Role
from records.core.errors import Denied, Invalid
from records.core.language import Language
from records.core.language import mark as _
from records.core.rights import Right, account_kind, check_may, may
from records.core.search import matching
from records.tables import Staff, StaffArea

SORTS: Final = (
    Sort("name", _("By name"), "name_key"),
    Sort("newest", _("Newest first"), "created_at", descending=True),
)


async def index(visit: Visit) -> Response:
    """The staff whom this person may know of."""
    form = Form(visit.request.query_params)
    check_may(visit.actor, Right.STAFF_READ)
    try:
        rows = await _filtered(visit, form)
        form.done()
        listing = await listed(visit, rows, chosen(form, SORTS), SORTS)
        status = 200
    except Invalid as no:
        form.problems |= no.problems
        listing, status = empty(SORTS), 422
    ids = [row.id for row in listing.rows]
    return page(
        visit,
        "access/staff/index.html",
        block="results",
        status=status,
        form=form,
        listing=listing,
        areas=await staff.area_names(ids),
        seen=await sessions.last_seen(ids),
        roles=choices(visit, Role),
        may_manage=may(visit.actor, Right.STAFF_MANAGE),
    )


async def show(visit: Visit) -> Response:
    """One account: what they are and where, how they sign in, and what became of it."""
    row = await load(visit)
    kind = account_kind(row.role)
    return page(
        visit,
        "access/staff/show.html",
        block="record",
        into="#record",
        up="/admin/staff",
        up_title=visit._("Staff"),
        title=row.name,
        path=f"/admin/staff/{row.id}",
        row=row,
        areas=[area_choice(area) for area in await staff.areas_of(row.id)],
        seen=(await sessions.last_seen([row.id])).get(row.id),
        sessions=await sessions.live(row.id).count(),
        factors=sorted(await factors.kinds(row.id)),
        offers=ACTIONS.offers(visit, row),
        may_edit=staff.can_manage(visit.actor, row),
        is_oneself=row.id == visit.actor.id,
        history=await history.entries(visit, row),
        pending=await pending(visit, row.id),
        deciders=deciders(visit, kind) if kind else "",
    )


async def new(visit: Visit) -> Response:
    """The empty form."""
    check_may(visit.actor, Right.STAFF_MANAGE)
    need_proof(visit)
    return await _form(visit, None, Form({"language": Language.VI}))


async def create(visit: Visit) -> Response:
    """Adds somebody; the password of their first sign-in stands on the page that answers, nowhere else."""
    check_may(visit.actor, Right.STAFF_MANAGE)
    need_proof(visit)
    form = Form(visit.form)
    try:
        form.need("username")
        ids = await read_areas(form)
        role = form.one_of("role", Role, needed=True)
        language = form.one_of("language", Language, needed=True)
        form.done()
        invited = await or_ask(
            visit,
            form,
            staff.invite(
                username=form.text("username"),
                name=form.text("name"),
                email=form.text("email"),
                role=role,
                language=language,
                areas=ids,
                by=visit.actor,
            ),
        )
    except Invalid as no:
        form.problems |= no.problems
        return await _form(visit, None, form, status=422)
    if isinstance(invited, Response):
        return invited
    row, password = invited
    return page(visit, "access/staff/password.html", row=row, password=password)


async def edit(visit: Visit) -> Response:
    """The form with what the account is now."""
    row = await _load_to_change(visit)
    need_proof(visit)
    return await open_form(visit, _EDITOR, row)


async def update(visit: Visit) -> Response:
    """Changes an account."""
    row = await _load_to_change(visit)
    need_proof(visit)
    return await save_form(visit, _EDITOR, row)


async def _load_to_change(visit: Visit) -> Staff:
    check_may(visit.actor, Right.STAFF_MANAGE)
    row = await load(visit)
    if not staff.can_manage(visit.actor, row):
        raise Denied("You cannot change your own access. Ask another administrator.")
    return row


def _back(row: Staff) -> str:
    return f"/admin/staff/{row.id}"


async def _filtered(visit: Visit, form: Form) -> QuerySet[Staff]:
    rows = matching(staff.visible_to(visit.actor), form.searched("q"))
    if (role := form.one_of("role", Role)) is not None:
        rows = rows.filter(role=role)
    if (area := await read_area(visit, form, needed=False)) is not None:
        there = await StaffArea.filter(lies_in([area])).values_list("staff_id", flat=True)
        rows = rows.filter(id__in=there)
    if form.text("closed"):
        rows = rows.filter(active=False)
    return rows


async def _values(_visit: Visit, row: Staff) -> dict[str, str | list[str]]:
    """The account as the form would hold it."""
    return {
        "name": row.name,
        "email": row.email,
        "role": row.role,
        "areas": " ".join(area_code(area) for area in await staff.areas_of(row.id)),
        "language": row.language,
    }


async def _save(visit: Visit, row: Staff, form: Form) -> object:
    ids = await read_areas(form)
    role = form.one_of("role", Role, needed=True)
    language = form.one_of("language", Language, needed=True)
    form.done()
    edited = staff.edit(
        row.username,
        seen=row.version,
        name=form.text("name"),
        email=form.text("email"),
        role=role,
        language=language,
        areas=ids,
        by=visit.actor,
    )
    return await or_ask(visit, form, edited, back=_back(row))


async def _words(visit: Visit, _row: Staff, _form: Form) -> dict[str, list[Choice]]:
    return {"role": choices(visit, Role), "language": choices(visit, Language)}


async def _form(
    visit: Visit, row: Staff | None, form: Form, opened: Opened | None = None, status: int = 200
) -> Response:
    return page(
        visit,
        "access/staff/form.html",
        status=status,
        row=row,
        form=form,
        opened=opened,
        role_choices=choices(visit, Role),
        language_choices=choices(visit, Language),
    )


_EDITOR: Final = Editor[Staff](
    load=load,
    values=_values,
    words=_words,
    save=_save,
    show=_form,
    path=_back,
    said="staff-saved",
    # What somebody may do is a role in areas: nobody gets a role that one chose in areas that another did.
    together=(("role", "areas"),),
)
