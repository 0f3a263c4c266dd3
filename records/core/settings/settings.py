"""Where the service keeps its data and where it listens, read from the environment once."""

import os
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, replace
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Final, Self
from urllib.parse import urlsplit

from records.core.settings import readers
from records.core.settings.environment import OperatorError, Variable, read, variable, variables, written

ROOT: Final = Path(__file__).resolve().parents[3]

# Whether a second factor is required: by False and True.
_FACTOR: Final = ("optional", "required")
_CALLS: Final = 1200
_DRAIN_SECONDS: Final = 5
_LOOPBACK: Final = ("127.0.0.1", "localhost", "[::1]")
_ANY_ADDRESS: Final = ("0.0.0.0", "[::]")  # noqa: S104 - compared, not bound
_DATABASE: Final = "is not a PostgreSQL address; expected postgresql://user:password@host:5432/name"
_PROVIDER: Final = (
    "and KETNOI_OIDC_CLIENT_ID go together; expected an issuer like https://sso.example/realms/police"
)


@dataclass(frozen=True, slots=True)
class ProviderSettings:
    """An OpenID Connect provider at which staff may sign in, and what this service is called there."""

    issuer: str = variable("KETNOI_OIDC_ISSUER", readers.issuer, _PROVIDER, default=MISSING)
    client_id: str = variable("KETNOI_OIDC_CLIENT_ID", default=MISSING)
    # What people read on the button.
    name: str = variable("KETNOI_OIDC_NAME", default=MISSING)
    # None for a public client.
    secret: str | None = variable("KETNOI_OIDC_CLIENT_SECRET", secret=True)
    # Authentication context classes that count as two factors; the provider is asked for them.
    acr: tuple[str, ...] = variable(
        "KETNOI_OIDC_ACR", lambda values: tuple(values.split()), default=(), write=" ".join
    )


@dataclass(frozen=True, slots=True)
class Settings:
    """How this process runs. Without `database_url` the embedded PostgreSQL in `data_dir` serves.

    The addresses hold passwords: they stay out of the `repr`, and so out of logs.
    """

    data_dir: Path = variable("KETNOI_DATA_DIR", readers.path, default=ROOT / "var")
    host: str = variable(
        "HOST",
        readers.fitting(r"[\w.:-]+"),
        "is not an address to listen on; expected something like 127.0.0.1 or ::1",
        default="127.0.0.1",
    )
    port: int = variable(
        "PORT", readers.number(1, 65535), "is not a port; expected a number from 1 to 65535", default=8000
    )
    database_url: str | None = variable("DATABASE_URL", readers.database, _DATABASE, secret=True)
    owner_url: str | None = variable("DATABASE_OWNER_URL", readers.database, _DATABASE, secret=True)
    reader_url: str | None = variable("DATABASE_READER_URL", readers.database, _DATABASE, secret=True)
    key_path: Path | None = variable("KETNOI_KEY_FILE", readers.path)
    # The names that the operator gave; `database_names` has all that the service answers to.
    hosts: tuple[str, ...] = variable(
        "KETNOI_HOSTS",
        readers.hosts,
        "is not a list of names; expected something like ketnoi.example,10.0.0.5",
        default=(),
        write=readers.written_list,
    )
    # Where people find the service, when that is not where it listens.
    public_url: str | None = variable(
        "KETNOI_URL", readers.public_url, "is not an address; expected something like https://ketnoi.example"
    )
    # Whom to tell of a weakness: a mailto: or https: address, shown to everybody.
    security_contact: str | None = variable(
        "KETNOI_SECURITY_CONTACT",
        readers.fitting(r"(?a:mailto:[\w.+-]+@[\w.-]+|https://[!-~]+)"),
        "is no address; expected something like mailto:security@ketnoi.example",
    )
    provider: ProviderSettings | None = None
    # Whether staff need a second factor, and how many calls each caller has a minute (0 for any number):
    # None where nobody said, which `ketnoi serve` takes for the strict answer and all else for the easy one.
    second_factor: bool | None = variable(
        "KETNOI_SECOND_FACTOR",
        lambda values: bool(_FACTOR.index(values)),
        "is neither required nor optional",
        write=lambda wanted: _FACTOR[wanted],
    )
    calls: int | None = variable(
        "KETNOI_CALLS_PER_MINUTE",
        readers.number(0, 9_999_999),
        "is not a number; 0 means any number of calls",
    )
    # Seconds for which readiness says that the service stops, before it does; None as above.
    drain: int | None = variable(
        "KETNOI_DRAIN_SECONDS", readers.number(0, 999), "is not a number of seconds; 0 means to stop at once"
    )
    # A list of breached passwords, of the operator's choice.
    breached: Path | None = variable(
        "KETNOI_BREACHED_PASSWORDS", readers.existing_file, "names no file that is there"
    )
    # Networks in which webhooks may be called, beside public addresses.
    webhook_networks: tuple[IPv4Network | IPv6Network, ...] = variable(
        "KETNOI_WEBHOOK_NETWORKS",
        readers.networks,
        "is not a list of networks; expected something like 10.1.0.0/16,fd12:3456::/48",
        default=(),
        write=readers.written_list,
    )
    # Where checkpoints of the audit are kept, when that is not the data folder. An address may hold a secret.
    heads: Path | str | None = variable(
        "KETNOI_AUDIT_HEADS",
        readers.folder_or_address,
        "is neither a folder nor an https address such as https://keeper.example/heads",
        shown=False,
    )

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Self:
        """The settings that the environment gives. Raises `OperatorError` for every wrong variable."""
        problems: list[str] = []
        values = read(cls, environ, problems)
        provider = _provider(environ, problems)
        if problems:
            raise OperatorError("\n".join(dict.fromkeys(problems)))
        for url in ("owner_url", "reader_url"):
            values.setdefault(url, values.get("database_url"))
        return cls(**values, provider=provider)

    def environment(self) -> dict[str, str]:
        """The variables from which a child process reads these same settings."""
        return written(self) | (written(self.provider) if self.provider else {})

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
        """The folder with the files of exports."""
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
    def database_names(self) -> tuple[str, ...]:
        """The hosts that the service answers to.

        Where none are given these are its own on this machine: no site leads a browser here by another name.
        """
        own = f"[{self.host}]" if ":" in self.host else self.host
        known = self.hosts or (_LOOPBACK if own in _ANY_ADDRESS else (*_LOOPBACK, own))
        public = readers.ADDRESS.fullmatch(self.public_url or "")
        return tuple(dict.fromkeys((*known, public[1].lower()) if public else known))

    def check_public(self) -> None:
        """Raises `OperatorError` unless it is said where people find the service, and under which names."""
        lacks = [] if self.hosts and "*" not in self.hosts else ["KETNOI_HOSTS"]
        lacks += [] if self.public_url else ["KETNOI_URL"]
        if lacks:
            examples = {"KETNOI_HOSTS": "ketnoi.example", "KETNOI_URL": "https://ketnoi.example"}
            like = " ".join(f"{name}={examples[name]}" for name in lacks)
            raise OperatorError(f"Set {' and '.join(lacks)}, which say how people reach the service: {like}")

    def with_database_url(self, url: str) -> Self:
        """The same settings with one server for every purpose."""
        return replace(self, database_url=url, owner_url=url, reader_url=url)

    def for_production(self) -> Self:
        """The same settings with the strict answer to what nobody said: for people's real records."""
        return replace(
            self,
            second_factor=True if self.second_factor is None else self.second_factor,
            calls=_CALLS if self.calls is None else self.calls,
            drain=_DRAIN_SECONDS if self.drain is None else self.drain,
        )


def _provider(environ: Mapping[str, str], problems: list[str]) -> ProviderSettings | None:
    """The provider that the environment names; what is wrong with it is added to `problems`."""
    values = read(ProviderSettings, environ, problems)
    named = {"issuer", "client_id"} & values.keys()
    if len(named) == 1:
        problems.append(f"KETNOI_OIDC_ISSUER {_PROVIDER}")
    if len(named) < 2:
        return None
    return ProviderSettings(**{"name": urlsplit(values["issuer"]).netloc, **values})


VARIABLES: Final[list[Variable]] = [*variables(Settings).values(), *variables(ProviderSettings).values()]
