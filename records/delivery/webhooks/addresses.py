"""The addresses that may be called: https at public ones; others only in networks that the operator allows.

The rule is about the address that a connection goes to, not about a name: whatever a name resolves to is
checked each time, and the connection goes to what was checked (`requests.py`).
"""

import re
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final, TypeAlias
from urllib.parse import urlsplit

from records.core.errors import Message, ProblemCode
from records.core.language import gettext_noop as _
from records.core.settings import installation

Ip: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network

LENGTH: Final = 500

# No user, no password, no fragment, nothing that two readers of addresses could take for two things.
_FORM: Final = re.compile(
    r"https?://(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)(?::[1-9][0-9]{0,4})?(?:[/?][!-~]*)?"
)
_UNSAFE: Final = frozenset('#\\"<>^`{|}')

# What is not for the public (IANA's registries of special-purpose addresses): private, shared (CGNAT),
# loopback, link-local, documentation, benchmarks, relays, multicast, reserved.
_NOT_PUBLIC: Final[tuple[Network, ...]] = tuple(
    map(
        ip_network,
        (
            *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
            *("192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15"),
            *("198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
            # Within what is for the public, addresses with another inside (Teredo, 6to4) and documentation.
            *("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"),
        ),
    )
)
# Everything else of IPv6 is for no public: mapped IPv4, NAT64, unique local, link-local, multicast.
_PUBLIC_IPV6: Final = IPv6Network("2000::/3")
# Whoever runs the machine tells it its secrets here; and what is no one host. No network allows these.
_NEVER: Final[tuple[Network, ...]] = tuple(
    map(
        ip_network,
        (
            *("169.254.169.254/32", "168.63.129.16/32", "100.100.100.200/32", "fd00:ec2::254/128"),
            *("0.0.0.0/32", "::/128", "255.255.255.255/32", "224.0.0.0/4", "ff00::/8"),
        ),
    )
)


def may_call(scheme: str, ip: Ip, port: int) -> bool:
    """Whether a delivery may go to this address."""
    if _in(ip, _NEVER):
        return False
    return _in(ip, _allowed()) or (scheme == "https" and port == 443 and is_public(ip))


def is_public(ip: Ip) -> bool:
    """Whether an address is one of the public internet."""
    if isinstance(ip, IPv6Address) and ip not in _PUBLIC_IPV6:
        return False
    return ip.is_global and not _in(ip, _NOT_PUBLIC)


def problem(address: str) -> Message | None:
    """The problem of an address that somebody entered, or None. No name is looked up for it."""
    if not _FORM.fullmatch(address) or _UNSAFE & set(address):
        return Message(
            _("Enter an address such as https://system.example/webhooks."), code=ProblemCode.MALFORMED
        )
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port or {"https": 443, "http": 80}[parts.scheme]
        literal = ip_address(host) if _looks_like_ip(host) else None
    except ValueError:
        return Message(
            _("Enter an address such as https://system.example/webhooks."), code=ProblemCode.MALFORMED
        )
    if not _allowed() and parts.scheme == "http":
        return Message(_("Enter an address that begins with https."), code=ProblemCode.MALFORMED)
    if not _allowed() and port != 443:
        return Message(_("Remove the port: only port 443 is allowed."), code=ProblemCode.INVALID)
    if literal is not None and not may_call(parts.scheme, literal, port):
        return Message(
            _("This address cannot be called: it is not public, and no network allows it."),
            code=ProblemCode.INVALID,
        )
    return None


def _allowed() -> tuple[Network, ...]:
    """The networks whose addresses may be called too, by http as well and at any port."""
    return installation.settings().webhook_networks


def _looks_like_ip(host: str) -> bool:
    return ":" in host or re.fullmatch(r"[0-9.]+", host) is not None


def _in(ip: Ip, networks: Iterable[Network]) -> bool:
    return any(ip in network for network in networks)
