"""The browser that signs in: its address, its device, and the relying party of its passkeys."""

import re
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import Request

from admin.kit.request import PageRequest, cookie_name
from edge.services import services_of
from records.access.staff import SignInOrigin
from records.access.staff.passkeys import RelyingParty

# The first match counts. Only enough for users to recognise their device.
_BROWSERS: Final = (
    (r"Edg(e|A|iOS)?/", "Edge"),
    (r"OPR/|Opera", "Opera"),
    (r"coc_coc_browser", "Cốc Cốc"),
    (r"SamsungBrowser/", "Samsung Internet"),
    (r"Firefox/|FxiOS/", "Firefox"),
    (r"Chrom(e|ium)/|CriOS/", "Chrome"),
    (r"Safari/", "Safari"),
)
_SYSTEMS: Final = (
    (r"Android", "Android"),
    (r"iPhone|iPad", "iOS"),
    (r"Windows", "Windows"),
    (r"Macintosh|Mac OS", "macOS"),
    (r"CrOS", "ChromeOS"),
    (r"Linux", "Linux"),
)


def relying_party(http_request: Request) -> RelyingParty:
    """The public address, to which passkeys are bound; without one, the address that the browser shows."""
    if public := services_of(http_request).settings.public_url:
        return RelyingParty(origin=public, host=urlsplit(public).hostname or "")
    return RelyingParty(
        origin=f"{http_request.url.scheme}://{http_request.url.netloc}", host=http_request.url.hostname or ""
    )


def device_name(agent: str) -> str:
    """A name of the device, from its user agent: "Chrome, Android"."""
    parts = [
        next((name for pattern, name in known if re.search(pattern, agent)), "")
        for known in (_BROWSERS, _SYSTEMS)
    ]
    return ", ".join(name for name in parts if name)


def request_origin(request: PageRequest) -> SignInOrigin:
    """The address and device of the request. The address is of the connection: headers can be forged."""
    http_request = request.http_request
    return SignInOrigin(
        address=http_request.client.host if http_request.client else "",
        device=device_name(http_request.headers.get("user-agent", "")),
        known=http_request.cookies.get(cookie_name(http_request, "device"), ""),
    )
