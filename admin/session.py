"""Signing in and out."""

from starlette.responses import RedirectResponse, Response

from admin.forms import Form
from admin.pages import done, page
from admin.visit import Visit, inside, session_cookie
from records import staff
from records.core.errors import Message


async def form(visit: Visit) -> Response:
    """The sign-in form."""
    if visit.member is not None:
        return RedirectResponse("/admin", status_code=303)
    return _form(visit, Form({"next": visit.request.query_params.get("next", "")}))


async def sign_in(visit: Visit) -> Response:
    """Starts a session and goes on to the page that was wanted."""
    form = Form(visit.form)
    given = await staff.sign_in(form.text("username").strip(), form.text("password"))
    if given is None:
        form.problems[""] = Message("This name and password do not fit. Check both and try again.")
        return _form(visit, form, status=422)
    response = RedirectResponse(inside(form.text("next")), status_code=303)
    visit.set_cookie(response, session_cookie(visit.request), given[0])
    return response


async def sign_out(visit: Visit) -> Response:
    """Ends the session, in the browser and in the records."""
    name = session_cookie(visit.request)
    await staff.sign_out(visit.request.cookies[name])
    response = done(visit, "/admin/sign-in", "signed-out")
    response.delete_cookie(name, path="/", secure=visit.request.url.scheme == "https", httponly=True)
    return response


def _form(visit: Visit, form: Form, *, status: int = 200) -> Response:
    return page(visit, "session/sign_in.html", status=status, form=form)
