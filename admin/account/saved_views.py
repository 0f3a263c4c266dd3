"""One's own saved views of lists: saved and removed on the list itself."""

from starlette.responses import Response

from admin.kit.forms.fields import Form
from admin.kit.pages import redirect_with_flash
from admin.kit.request import PageRequest, safe_path
from records.access import saved_views
from records.access.saved_views import SavedViewDraft
from records.core.language import gettext_noop as _


async def save(request: PageRequest) -> Response:
    """Saves the view of a list, and shows it."""
    form = Form(request.form)
    draft = SavedViewDraft(form.text("name"), safe_path(form.text("path")), form.text("query"))
    view = await saved_views.save(draft, by=request.actor)
    path = f"{view.path}?{view.query}" if view.query else view.path
    return redirect_with_flash(request, path, _("View saved."))


async def remove(request: PageRequest) -> Response:
    """Removes a view, and shows the list."""
    view = await saved_views.remove(request.id, by=request.actor)
    return redirect_with_flash(request, view.path, _("View removed."))
