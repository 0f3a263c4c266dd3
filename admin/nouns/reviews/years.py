"""The year of a page of reviews."""

from typing import Final

from admin.kit.forms.fields import Choice, Form
from admin.kit.request import PageRequest
from records.core.dates import today

_FIRST: Final = 1900
_LAST: Final = 2100


def requested_year(request: PageRequest) -> int:
    """The year that the address names, else this one."""
    form = Form(request.http_request.query_params)
    return _read(form) or today().year


async def read_year(_request: PageRequest, form: Form) -> int | None:
    """The year that was chosen."""
    return _read(form)


def choices(years: set[int]) -> list[Choice]:
    """The years as choices, the last first."""
    return [Choice(str(year), str(year)) for year in sorted(years, reverse=True)]


def _read(form: Form) -> int | None:
    year = form.integer("year")
    if year is not None and not _FIRST <= year <= _LAST:
        form.add_problem("year", "Enter a number from {least} to {most}.", least=_FIRST, most=_LAST)
        return None
    return year
