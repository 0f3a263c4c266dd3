"""Readers of values that an environment gives: each raises `ValueError` for a wrong one."""

import re
from collections.abc import Callable
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

# An address that may stand in a link and, as it is, in code of every language.
ADDRESS: Final = re.compile(r"https?://([\w.-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?", re.ASCII | re.IGNORECASE)
# A name, an IPv4 or a bracketed IPv6 address, with or without a port; empty for a Unix socket.
_HOST: Final = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[\w.-]*)(:\d{1,5})?")
_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")


def is_safe_address(url: str) -> bool:
    """Whether `url` names a host by https; by http only on this machine, for development and tests."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return False
    if not host or parts.username is not None or parts.fragment or not url.isprintable():
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK)


def fitting(pattern: str) -> Callable[[str], str]:
    """Reads a text that fits `pattern` as a whole."""

    def parse(given: str) -> str:
        if not re.fullmatch(pattern, given):
            raise ValueError
        return given

    return parse


def number(minimum: int, maximum: int) -> Callable[[str], int]:
    """Reads a number in a range."""

    def parse(given: str) -> int:
        if not re.fullmatch(r"[0-9]{1,7}", given) or not minimum <= int(given) <= maximum:
            raise ValueError
        return int(given)

    return parse


def path(value: str) -> Path:
    return Path(value).expanduser().absolute()


def existing_file(value: str) -> Path:
    file = path(value)
    if not file.is_file():
        raise ValueError
    return file


def _list(value: str) -> list[str]:
    return [part.strip() for part in value.split(",") if part.strip()]


def hosts(value: str) -> tuple[str, ...]:
    return tuple(fitting(r"\*|\[[0-9a-f:.]+\]|[\w.-]+")(name.lower()) for name in _list(value))


def networks(value: str) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(part) for part in _list(value))


def written_list(values: tuple[object, ...]) -> str:
    return ",".join(map(str, values))


def safe_address(value: str) -> str:
    if not is_safe_address(value):
        raise ValueError
    return value


def issuer(value: str) -> str:
    if "?" in value:
        raise ValueError
    return safe_address(value)


def public_url(value: str) -> str:
    url = safe_address(value.rstrip("/"))
    if not ADDRESS.fullmatch(url):
        raise ValueError
    return url


def folder_or_address(value: str) -> Path | str:
    return safe_address(value) if "://" in value else path(value)


def database(url: str) -> str:
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    if (
        parts.scheme not in {"postgresql", "postgres"}
        or not parts.path.strip("/")
        or not _HOST.fullmatch(host)
    ):
        raise ValueError
    return url
