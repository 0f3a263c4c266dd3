"""Reverting a change, from the history of a record."""

from dataclasses import dataclass

from starlette.responses import Response
from starlette.routing import Route

from admin.kit import history
from admin.kit.forms.field_labels import labels_of
from admin.kit.forms.fields import Form
from admin.kit.nouns.references import title_of
from admin.kit.pages import redirect_with_flash, render
from admin.kit.request import PageRequest
from admin.kit.routing import page_at
from records.core.errors import Conflict, ValidationFailed
from records.core.language import gettext_noop as _
from records.registry import reversals
from records.registry.nouns import NOUNS
from records.registry.reversals import Reversal


@dataclass(frozen=True)
class ReversalPages:
    """The pages that revert a change to a record of the noun with pages at `path`."""

    noun: str
    path: str

    def routes(self) -> list[Route]:
        """Their routes."""
        return page_at(f"{self.path}/{{id:uuid}}/reversal", get=self.show_form, post=self.submit)

    async def show_form(self, request: PageRequest) -> Response:
        """The form to revert a change: its effect, and the reason."""
        reversal = await self._plan(request, Form(request.http_request.query_params))
        return await self._form(request, reversal, Form({"expected_version": str(reversal.row.version)}))

    async def submit(self, request: PageRequest) -> Response:
        """Reverts the change. If it is refused, the page shows why, and the effect on the current record."""
        form = Form(request.form)
        reversal = await self._plan(request, form)
        try:
            await reversals.revert(
                self.noun,
                request.id,
                reversal.entry.seq,
                expected_version=form.expected_version(),
                motive=form.text("motive"),
                by=request.actor,
            )
        except ValidationFailed as error:
            form.problems |= error.problems
            return await self._form(request, reversal, form, status=422)
        except Conflict as conflict:
            form.problems[""] = conflict.message
            return await self._form(request, await self._plan(request, form), form, status=409)
        return redirect_with_flash(request, f"{self.path}/{request.id}", _("Change reverted."))

    async def _plan(self, request: PageRequest, form: Form) -> Reversal:
        return await reversals.plan_revert(
            self.noun, request.id, form.integer("entry") or 0, by=request.actor
        )

    async def _form(
        self, request: PageRequest, reversal: Reversal, form: Form, *, status: int = 200
    ) -> Response:
        problems = dict(form.problems)
        motive = problems.pop("motive", None)
        labels = labels_of(type(reversal.row))
        named = [(labels.get(name, ""), request.translate(message)) for name, message in problems.items()]
        form.problems = {"motive": motive} if motive else {}
        known = NOUNS[self.noun].history
        return render(
            request,
            "kit/templates/reversal.html",
            status=status,
            reversal=reversal,
            differences=await history.revert_preview(request, reversal),
            since=[request._(known[name].label) for name in known if name in reversal.changed_since],
            refusals=[f"{request._(word)}: {message}" if word else message for word, message in named],
            form=form,
            back=f"{self.path}/{request.id}",
            back_title=getattr(reversal.row, "code", "") or title_of(request, reversal.row),
        )
