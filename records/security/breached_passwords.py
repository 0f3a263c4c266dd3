"""A local list of breached passwords, provided by the operator and searched without reading it whole.

Its form is that of the "Pwned Passwords" download, ordered by hash: a line for each password with its SHA-1
in hexadecimal, perhaps with a colon and how often it was seen. The file may have any size.
"""

import hashlib
import os
from pathlib import Path

from records.core.settings import installation


def is_breached(password: str) -> bool:
    """Whether the list holds `password`: about thirty short reads, however long the list is."""
    path = installation.settings().breached
    if path is None:
        return False
    # The lists use SHA-1; nothing of ours is stored under it.
    digest = hashlib.sha1(password.encode(errors="surrogatepass"), usedforsecurity=False)
    return _contains(path, digest.hexdigest().upper().encode())


def _contains(path: Path, suffix: bytes) -> bool:
    with path.open("rb") as file:
        low, high = 0, file.seek(0, os.SEEK_END)
        # The line, if present, begins in [low, high).
        while low < high:
            middle = (low + high) // 2
            file.seek(middle)
            if middle:
                file.seek(middle - 1)
                file.readline()
            begins = file.tell()
            line = file.readline()[:40].upper() if begins < high else b""
            if line == suffix:
                return True
            if not line or line > suffix:
                high = middle
            else:
                low = begins + 1
    return False
