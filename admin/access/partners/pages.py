"""Partners: the systems that call the API, what each may do and where, and whether it is let in."""

from typing import Final

from starlette.responses import Response

from admin.access.partners.actions import ACTIONS, load
from admin.access.partners.scopes import SCOPES
from admin.kit import history
from admin.kit.approvals import or_ask, pending
from admin.kit.forms.fields import Choice, Form
from admin.kit.guard import need_proof
from admin.kit.nouns.editing import Editor, Opened, open_form, save_form
from admin.kit.nouns.lists import Sort, chosen, listed
from admin.kit.nouns.tables import Cell, Column
from admin.kit.pages import done, page
from admin.kit.pickers import area_choice, area_code, read_areas
from admin.kit.request import Visit
from records.access import partners
from records.core.actor import Scope
from records.core.days import now
from records.core.errors import Invalid
from records.core.language import mark as _
from records.core.rights import Right, check_may, is_guarded
from records.delivery import webhooks
from records.tables import Partner

SORTS: Final = (
    Sort("name", _("By name"), "name"),
    Sort("newest", _("Newest first"), "created_at", descending=True),
)
_COLUMNS: Final = (
    Column[Partner](_("Name"), lambda _visit, row: Cell(row.name, href=f"/admin/partners/{row.id}")),
    Column[Partner](
        _("Status"), lambda visit, row: visit._("Active") if row.active else visit._("Deactivated")
    ),
    Column[Partner](_("Scopes"), lambda _visit, row: list(row.scopes)),
    Column[Partner](_("Added"), lambda _visit, row: row.created_at),
)


async def index(visit: Visit) -> Response:
    """The partners that this person manages."""
    rows = partners.visible_to(visit.actor)
    listing = await listed(visit, rows, chosen(Form(visit.request.query_params), SORTS), SORTS)
    return page(visit, "access/partners/index.html", block="results", listing=listing, columns=_COLUMNS)


async def show(visit: Visit) -> Response:
    """One partner with its keys."""
    return await one(visit, await load(visit), Form({}))


async def one(visit: Visit, partner: Partner, form: Form, *, status: int = 200) -> Response:
    """The page of a partner; `form` is the one for a new key."""
    keys = await partners.keys_of(visit.actor, partner.id)
    return page(
        visit,
        "access/partners/show.html",
        block="record",
        into="#record",
        status=status,
        partner=partner,
        now=now(),
        scopes=[choice for choice in scope_choices(visit) if choice.value in partner.scopes],
        areas=[area_choice(area) for area in await partners.areas_of(partner.id)],
        live_keys=[key for key in keys if key.revoked_at is None],
        past_keys=[key for key in keys if key.revoked_at is not None],
        live_tokens=await partners.live_tokens(partner.id),
        documents=await (await partners.documents_of(visit.actor, partner.id)).count(),
        webhooks=await webhooks.visible_to(visit.actor).filter(partner_id=partner.id),
        usage=await partners.requests_by_day(visit.actor, partner.id),
        deprecated=await partners.deprecated_uses(visit.actor, partner.id),
        usage_days=partners.DAYS,
        offers=ACTIONS.offers(visit, partner),
        history=await history.entries(visit, partner),
        pending=await pending(visit, partner.id),
        guarded=is_guarded(partner.scopes),
        form=form,
    )


async def new(visit: Visit) -> Response:
    """The empty form."""
    check_may(visit.actor, Right.PARTNERS_MANAGE)
    need_proof(visit)
    return await _form(visit, None, Form({}))


async def create(visit: Visit) -> Response:
    """Adds a partner, without a key yet."""
    check_may(visit.actor, Right.PARTNERS_MANAGE)
    need_proof(visit)
    form = Form(visit.form)
    try:
        ids = await read_areas(form)
        form.done()
        row = await or_ask(
            visit,
            form,
            partners.create(
                name=form.text("name"),
                contact=form.text("contact"),
                scopes=_scopes(form),
                areas=ids,
                by=visit.actor,
            ),
        )
    except Invalid as no:
        form.problems |= no.problems
        return await _form(visit, None, form, status=422)
    return row if isinstance(row, Response) else done(visit, f"/admin/partners/{row.id}", "partner-created")


async def edit(visit: Visit) -> Response:
    """The form with what the partner is now."""
    partner = await load(visit)
    need_proof(visit)
    return await open_form(visit, _EDITOR, partner)


async def update(visit: Visit) -> Response:
    """Changes what a partner is called, what it may do and where."""
    partner = await load(visit)
    need_proof(visit)
    return await save_form(visit, _EDITOR, partner)


def scope_choices(visit: Visit) -> list[Choice]:
    """The scopes to choose from, in the person's language."""
    return [Choice(scope.value, visit._(text), scope.value) for scope, text in SCOPES.items()]


def _back(partner: Partner) -> str:
    return f"/admin/partners/{partner.id}"


def _scopes(form: Form) -> set[Scope]:
    return {Scope(value) for value in form.texts("scopes") if value in set(Scope)}


async def _values(_visit: Visit, partner: Partner) -> dict[str, str | list[str]]:
    """The partner as the form would hold it."""
    return {
        "name": partner.name,
        "contact": partner.contact,
        "areas": " ".join(area_code(area) for area in await partners.areas_of(partner.id)),
        "scopes": list(partner.scopes),
    }


async def _save(visit: Visit, partner: Partner, form: Form) -> object:
    ids = await read_areas(form)
    form.done()
    edited = partners.edit(
        partner.id,
        seen=partner.version,
        name=form.text("name"),
        contact=form.text("contact"),
        scopes=_scopes(form),
        areas=ids,
        by=visit.actor,
    )
    return await or_ask(visit, form, edited, back=_back(partner))


async def _words(visit: Visit, _partner: Partner, _form: Form) -> dict[str, list[Choice]]:
    return {"scopes": scope_choices(visit)}


async def _form(
    visit: Visit, partner: Partner | None, form: Form, opened: Opened | None = None, status: int = 200
) -> Response:
    return page(
        visit,
        "access/partners/form.html",
        status=status,
        partner=partner,
        form=form,
        opened=opened,
        scope_choices=scope_choices(visit),
    )


_EDITOR: Final = Editor[Partner](
    load=load,
    values=_values,
    words=_words,
    save=_save,
    show=_form,
    path=_back,
    said="partner-saved",
    # What a system may do is scopes in areas: none gets scopes that one chose in areas that another did.
    together=(("areas", "scopes"),),
)
