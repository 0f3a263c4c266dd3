"""The middleware shared by the API and the admin: hosts, limits, compression and security headers.

It imports neither of them. docs/reference/http.md describes it.
"""

from collections.abc import Sequence

from starlette.middleware import Middleware

from edge.assets import Assets
from edge.compression import Compression
from edge.headers import SecurityHeaders
from edge.hosts import AllowedHosts
from edge.limits import BodyLimit, TimeLimit
from edge.request_ids import RequestIds


def build_middleware(hosts: Sequence[str]) -> list[Middleware]:
    """The middleware of the service, outermost first. `hosts` are the host names that it accepts."""
    return [
        Middleware(SecurityHeaders),
        Middleware(Compression),
        Middleware(RequestIds),
        Middleware(AllowedHosts, hosts=hosts),
        Middleware(TimeLimit),
        Middleware(BodyLimit),
    ]
