"""The year of a page of reviews."""

from admin.kit.forms.fields import Form
from admin.kit.nouns.filters import read_year
from admin.kit.request import PageRequest
from records.core.dates import today


def requested_year(request: PageRequest) -> int:
    """The year that the address names, else this one."""
    return read_year(Form(request.http_request.query_params)) or today().year
