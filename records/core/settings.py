"""Where the service keeps its data and where it listens, read from the environment once."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Final, Self
from urllib.parse import urlsplit

from records.core.environment import OperatorError, with_files

__all__ = ["OperatorError", "ProviderSettings", "Settings"]

ROOT: Final = Path(__file__).resolve().parents[2]

# An address that may stand in a link and, as it is, in code of every language.
_ADDRESS: Final = re.compile(r"https?://([\w.-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?", re.ASCII | re.IGNORECASE)
# A name, an IPv4 or a bracketed IPv6 address, with or without a port; empty for a Unix socket.
_HOST: Final = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[\w.-]*)(:\d{1,5})?")


_FACTOR: Final = {True: "required", False: "optional"}
_CALLS: Final = 1200
_DRAIN_SECONDS: Final = 5
_LOOPBACK: Final = ("127.0.0.1", "localhost", "[::1]")
_EVERYWHERE: Final = ("0.0.0.0", "[::]")  # noqa: S104 - compared, not bound


@dataclass(frozen=True, slots=True)
class ProviderSettings:
    """An OpenID Connect provider at which staff may sign in, and what this service is called there."""

    issuer: str
    client_id: str
    # What people read on the button.
    name: str
    # None for a public client.
    secret: str | None = field(default=None, repr=False)
    # Authentication context classes that count as two factors; the provider is asked for them.
    acr: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Settings:
    """How this process runs. Without `database_url` the embedded PostgreSQL in `data_dir` serves.

    The addresses hold passwords: they stay out of the `repr`, and so out of logs.
    """

    data_dir: Path
    host: str
    port: int
    database_url: str | None = field(default=None, repr=False)
    owner_url: str | None = field(default=None, repr=False)
    reader_url: str | None = field(default=None, repr=False)
    key_path: Path | None = None
    # The names that the operator gave; `names` has all that the service answers to.
    hosts: tuple[str, ...] = ()
    # Where people find the service, when that is not where it listens.
    public_url: str | None = None
    # Whom to tell of a weakness: a mailto: or https: address, shown to everybody.
    security_contact: str | None = None
    provider: ProviderSettings | None = None
    # Whether staff need a further factor, and how many calls each caller has a minute (0 for any number):
    # None where nobody said, which `ketnoi serve` takes for the strict answer and all else for the easy one.
    second_factor: bool | None = None
    calls: int | None = None
    # Seconds for which readiness says that the service stops, before it does; None as above.
    drain: int | None = None
    # A list of breached passwords, of the operator's choice.
    breached: Path | None = None
    # Networks in which webhooks may be called, beside public addresses.
    webhook_networks: tuple[IPv4Network | IPv6Network, ...] = ()
    # Where checkpoints of the audit are kept, when that is not the data folder. An address may hold a secret.
    heads: Path | str | None = field(default=None, repr=False)

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Self:
        """The settings that the environment gives; `OperatorError` names the first variable that is wrong."""
        environ = with_files(environ)
        database_url = _database(environ, "DATABASE_URL")
        return cls(
            data_dir=Path(environ.get("KETNOI_DATA_DIR") or ROOT / "var").expanduser().absolute(),
            host=_host(environ),
            port=_port(environ),
            database_url=database_url,
            owner_url=_database(environ, "DATABASE_OWNER_URL") or database_url,
            reader_url=_database(environ, "DATABASE_READER_URL") or database_url,
            key_path=_path(environ, "KETNOI_KEY_FILE"),
            hosts=_hosts(environ),
            public_url=_public_url(environ),
            security_contact=_security_contact(environ),
            provider=_provider(environ),
            second_factor=_second_factor(environ),
            calls=_calls(environ),
            drain=_drain(environ),
            breached=_path(environ, "KETNOI_BREACHED_PASSWORDS"),
            webhook_networks=_networks(environ, "KETNOI_WEBHOOK_NETWORKS"),
            heads=_heads(environ),
        )

    @property
    def key_file(self) -> Path:
        """The file with the keys of sealed data."""
        return self.key_path or self.data_dir / "keys.json"

    @property
    def attachments(self) -> Path:
        """The folder with the files of pictures."""
        return self.data_dir / "attachments"

    @property
    def exports(self) -> Path:
        """The folder with the files that partners take away."""
        return self.data_dir / "exports"

    @property
    def audit_heads(self) -> Path | str:
        """Where checkpoints of the audit are kept: a folder, or an https address."""
        return self.heads or self.data_dir / "audit-heads"

    @property
    def url(self) -> str:
        """Where a browser on this machine finds the service."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104 - compared, not bound
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    @property
    def address(self) -> str:
        """Where people find the service, without a path."""
        return self.public_url or self.url

    @property
    def names(self) -> tuple[str, ...]:
        """The hosts that the service answers to.

        Where none are given these are its own on this machine: no site leads a browser here by another name.
        """
        own = f"[{self.host}]" if ":" in self.host else self.host
        known = self.hosts or (_LOOPBACK if own in _EVERYWHERE else (*_LOOPBACK, own))
        public = _ADDRESS.fullmatch(self.public_url or "")
        return tuple(dict.fromkeys((*known, public[1].lower()) if public else known))

    def require_public(self) -> None:
        """Raises `OperatorError` unless it is said where people find the service, and under which names."""
        lacks = [] if self.hosts and "*" not in self.hosts else ["KETNOI_HOSTS"]
        lacks += [] if self.public_url else ["KETNOI_URL"]
        if lacks:
            examples = {"KETNOI_HOSTS": "ketnoi.example", "KETNOI_URL": "https://ketnoi.example"}
            like = " ".join(f"{name}={examples[name]}" for name in lacks)
            raise OperatorError(f"Set {' and '.join(lacks)}, which say how people reach the service: {like}")

    def at(self, url: str) -> Self:
        """The same settings with one server for every purpose."""
        return replace(self, database_url=url, owner_url=url, reader_url=url)

    def strict(self) -> Self:
        """The same settings with the strict answer to what nobody said: for people's real records."""
        return replace(
            self,
            second_factor=True if self.second_factor is None else self.second_factor,
            calls=_CALLS if self.calls is None else self.calls,
            drain=_DRAIN_SECONDS if self.drain is None else self.drain,
        )

    def environment(self) -> dict[str, str]:
        """The variables from which a child process reads these same settings."""
        given = {
            "KETNOI_DATA_DIR": str(self.data_dir),
            "HOST": self.host,
            "PORT": str(self.port),
            "DATABASE_URL": self.database_url,
            "DATABASE_OWNER_URL": self.owner_url,
            "DATABASE_READER_URL": self.reader_url,
            "KETNOI_KEY_FILE": str(self.key_path) if self.key_path else None,
            "KETNOI_HOSTS": ",".join(self.hosts) or None,
            "KETNOI_URL": self.public_url,
            "KETNOI_SECURITY_CONTACT": self.security_contact,
            "KETNOI_SECOND_FACTOR": None if self.second_factor is None else _FACTOR[self.second_factor],
            "KETNOI_CALLS_PER_MINUTE": None if self.calls is None else str(self.calls),
            "KETNOI_DRAIN_SECONDS": None if self.drain is None else str(self.drain),
            "KETNOI_BREACHED_PASSWORDS": str(self.breached) if self.breached else None,
            "KETNOI_WEBHOOK_NETWORKS": ",".join(map(str, self.webhook_networks)) or None,
            "KETNOI_AUDIT_HEADS": str(self.heads) if self.heads else None,
        }
        if self.provider is not None:
            given |= {
                "KETNOI_OIDC_ISSUER": self.provider.issuer,
                "KETNOI_OIDC_CLIENT_ID": self.provider.client_id,
                "KETNOI_OIDC_CLIENT_SECRET": self.provider.secret,
                "KETNOI_OIDC_NAME": self.provider.name,
                "KETNOI_OIDC_ACR": " ".join(self.provider.acr),
            }
        return {name: value for name, value in given.items() if value is not None}


def is_safe_address(url: str) -> bool:
    """Whether `url` names a host by https; by http only on this machine, for development and tests."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return False
    if not host or parts.username is not None or parts.fragment or not url.isprintable():
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and (host in _LOOPBACK or host == "::1"))


def _provider(environ: Mapping[str, str]) -> ProviderSettings | None:
    issuer, client_id = environ.get("KETNOI_OIDC_ISSUER", ""), environ.get("KETNOI_OIDC_CLIENT_ID", "")
    if not issuer and not client_id:
        return None
    if not client_id or not is_safe_address(issuer) or "?" in issuer:
        raise OperatorError(
            "KETNOI_OIDC_ISSUER and KETNOI_OIDC_CLIENT_ID go together; expected an issuer like "
            "https://sso.example/realms/police"
        )
    return ProviderSettings(
        issuer=issuer,
        client_id=client_id,
        name=environ.get("KETNOI_OIDC_NAME") or urlsplit(issuer).netloc,
        secret=environ.get("KETNOI_OIDC_CLIENT_SECRET") or None,
        acr=tuple(environ.get("KETNOI_OIDC_ACR", "").split()),
    )


def _public_url(environ: Mapping[str, str]) -> str | None:
    given = environ.get("KETNOI_URL", "").rstrip("/")
    if given and not (is_safe_address(given) and _ADDRESS.fullmatch(given)):
        raise OperatorError("KETNOI_URL is not an address; expected something like https://ketnoi.example")
    return given or None


def _security_contact(environ: Mapping[str, str]) -> str | None:
    given = environ.get("KETNOI_SECURITY_CONTACT") or None
    if given is not None and not re.fullmatch(r"(mailto:[\w.+-]+@[\w.-]+|https://[!-~]+)", given, re.ASCII):
        raise OperatorError(
            "KETNOI_SECURITY_CONTACT is no address; expected something like mailto:security@ketnoi.example"
        )
    return given


def _path(environ: Mapping[str, str], name: str) -> Path | None:
    given = environ.get(name)
    return Path(given).expanduser().absolute() if given else None


def _hosts(environ: Mapping[str, str]) -> tuple[str, ...]:
    given = tuple(name.strip().lower() for name in environ.get("KETNOI_HOSTS", "").split(",") if name.strip())
    if not all(re.fullmatch(r"\*|\[[0-9a-f:.]+\]|[\w.-]+", name) for name in given):
        raise OperatorError(
            "KETNOI_HOSTS is not a list of names; expected something like ketnoi.example,10.0.0.5"
        )
    return given


def _networks(environ: Mapping[str, str], name: str) -> tuple[IPv4Network | IPv6Network, ...]:
    given = [part.strip() for part in environ.get(name, "").split(",") if part.strip()]
    try:
        return tuple(ip_network(part) for part in given)
    except ValueError:
        raise OperatorError(
            f"{name} is not a list of networks; expected something like 10.1.0.0/16,fd12:3456::/48"
        ) from None


def _heads(environ: Mapping[str, str]) -> Path | str | None:
    given = environ.get("KETNOI_AUDIT_HEADS", "")
    if "://" not in given:
        return _path(environ, "KETNOI_AUDIT_HEADS")
    if not is_safe_address(given):
        raise OperatorError(
            "KETNOI_AUDIT_HEADS is neither a folder nor an https address such as https://keeper.example/heads"
        )
    return given


def _second_factor(environ: Mapping[str, str]) -> bool | None:
    given = environ.get("KETNOI_SECOND_FACTOR") or None
    if given not in {None, *_FACTOR.values()}:
        raise OperatorError("KETNOI_SECOND_FACTOR is neither required nor optional")
    return None if given is None else given == _FACTOR[True]


def _calls(environ: Mapping[str, str]) -> int | None:
    given = environ.get("KETNOI_CALLS_PER_MINUTE") or None
    if given is not None and not re.fullmatch(r"[0-9]{1,7}", given):
        raise OperatorError("KETNOI_CALLS_PER_MINUTE is not a number; 0 means any number of calls")
    return None if given is None else int(given)


def _drain(environ: Mapping[str, str]) -> int | None:
    given = environ.get("KETNOI_DRAIN_SECONDS") or None
    if given is not None and not re.fullmatch(r"[0-9]{1,3}", given):
        raise OperatorError("KETNOI_DRAIN_SECONDS is not a number of seconds; 0 means to stop at once")
    return None if given is None else int(given)


def _host(environ: Mapping[str, str]) -> str:
    host = environ.get("HOST") or "127.0.0.1"
    if not re.fullmatch(r"[\w.:-]+", host):
        raise OperatorError("HOST is not an address to listen on; expected something like 127.0.0.1 or ::1")
    return host


def _port(environ: Mapping[str, str]) -> int:
    given = environ.get("PORT") or "8000"
    if not re.fullmatch(r"[0-9]{1,5}", given) or not 1 <= int(given) <= 65535:
        raise OperatorError(f"PORT is not a port: {given[:20]!r}; expected a number from 1 to 65535")
    return int(given)


def _database(environ: Mapping[str, str], name: str) -> str | None:
    url = environ.get(name)
    if not url:
        return None
    expected = f"{name} is not a PostgreSQL address; expected postgresql://user:password@host:5432/name"
    try:
        parts = urlsplit(url)
    except ValueError:
        raise OperatorError(expected) from None
    host = parts.netloc.rpartition("@")[2]
    if (
        parts.scheme not in {"postgresql", "postgres"}
        or not parts.path.strip("/")
        or not _HOST.fullmatch(host)
    ):
        raise OperatorError(expected)
    return url
