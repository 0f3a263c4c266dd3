"""What stands around both doors, the same for every route: who may ask, how much, how answers are kept safe.

It knows neither door. docs/reference/http.md tells what holds and why.
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
    """The middleware of the service, the outermost first. `hosts` are the names that it answers to."""
    return [
        Middleware(SecurityHeaders),
        Middleware(Compression),
        Middleware(RequestIds),
        Middleware(AllowedHosts, hosts=hosts),
        Middleware(TimeLimit),
        Middleware(BodyLimit),
    ]
