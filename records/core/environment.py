"""The variables that set the service up: their names, and secrets that stand in files."""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Final

# Each of these may be given as NAME_FILE instead: the path of a file that holds the value.
SECRETS: Final = frozenset(
    {"DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_READER_URL", "KETNOI_OIDC_CLIENT_SECRET"}
)
VARIABLES: Final = SECRETS | {
    *("HOST", "PORT", "FORWARDED_ALLOW_IPS"),
    *("KETNOI_AUDIT_HEADS", "KETNOI_BREACHED_PASSWORDS", "KETNOI_CALLS_PER_MINUTE", "KETNOI_DATA_DIR"),
    *("KETNOI_DRAIN_SECONDS", "KETNOI_HOSTS", "KETNOI_SECURITY_CONTACT"),
    *(
        "KETNOI_KEY_FILE",
        "KETNOI_OIDC_ACR",
        "KETNOI_OIDC_CLIENT_ID",
        "KETNOI_OIDC_ISSUER",
        "KETNOI_OIDC_NAME",
    ),
    *("KETNOI_SECOND_FACTOR", "KETNOI_URL", "KETNOI_WEBHOOK_NETWORKS"),
}
_FILES: Final = {f"{name}_FILE": name for name in SECRETS}
# What Kubernetes sets in each container for a Service of the name "ketnoi".
_KUBERNETES: Final = re.compile(r"KETNOI_(SERVICE_(HOST|PORT\w*)|PORT(_\d+_(TCP|UDP)\w*)?)")


class OperatorError(Exception):
    """What the person who runs the service has to put right: one plain line, without secrets."""


def with_files(environ: Mapping[str, str]) -> dict[str, str]:
    """`environ` with each secret that stands in a file; one that is given as it is comes first.

    Raises `OperatorError`.
    """
    found = dict(environ)
    for file, name in _FILES.items():
        if environ.get(file) and not environ.get(name):
            found[name] = _content(file, environ[file])
    return found


def unknown(environ: Mapping[str, str]) -> list[str]:
    """What is wrong with the names in `environ`: one sentence for each that looks like ours and is not."""
    known = sorted(VARIABLES | _FILES.keys())
    return [
        f"{name} is not a setting" + (f"; did you mean {near}?" if near else "")
        for name in sorted(environ)
        if name not in known and not _KUBERNETES.fullmatch(name)
        for near in [_near(name, known)]
        if near or name.upper().startswith("KETNOI_")
    ]


def _near(name: str, known: list[str]) -> str | None:
    return next(iter(get_close_matches(name.upper(), known, n=1, cutoff=0.9)), None)


def _content(file: str, path: str) -> str:
    try:
        content = Path(path).expanduser().read_text(encoding="utf-8").strip()
    except OSError as error:
        raise OperatorError(f"{file} cannot be read: {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise OperatorError(f"{file} cannot be read: {path} is not text in UTF-8") from None
    if not content:
        raise OperatorError(f"{file} names an empty file")
    return content
