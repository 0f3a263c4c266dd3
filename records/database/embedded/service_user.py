"""PostgreSQL refuses to run as root: the user it runs as instead, and that user's way to our folders."""

import fcntl
import os
import pwd
import shutil
import struct
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from records.core.settings import OperatorError

NAME: Final = "ketnoi-postgres"

# A POSIX access control list as Linux stores it: a version, then (tag, permissions, id), sorted.
_ACL: Final = "system.posix_acl_access"
_VERSION: Final = struct.pack("<I", 2)
_ENTRY: Final = struct.Struct("<HHI")
_OWNER, _USER, _GROUP, _MASK, _OTHERS = 0x01, 0x02, 0x04, 0x10, 0x20
_NO_ID: Final = 0xFFFFFFFF
_PASS: Final = 0o1


@dataclass(frozen=True, slots=True)
class ServiceUser:
    """The user that a process switches to; without values it keeps its own."""

    uid: int | None = None
    gid: int | None = None
    groups: tuple[int, ...] | None = None


def service_user(folder: Path, *, passes: Sequence[Path]) -> ServiceUser:
    """The user for the server on `folder`: ourselves, or for root the folder's owner, or a user of its own.

    Root's server must reach `passes`. Where a folder above them is closed to others, such as a home of mode
    0700, this user alone is let pass through it: it cannot list it, and for everybody else nothing opens.
    """
    if os.geteuid() != 0:
        if folder.exists() and folder.stat().st_uid != os.geteuid():
            raise OperatorError(f"{folder} belongs to another user: run as that user, or set KETNOI_DATA_DIR")
        return ServiceUser()
    if folder.exists() and (owner := folder.stat()).st_uid != 0:
        user = ServiceUser(owner.st_uid, owner.st_gid, ())
    else:
        entry = _own_user()
        user = ServiceUser(entry.pw_uid, entry.pw_gid, ())
    for path in passes:
        if not _can_reach(path, user):
            _grant_traversal(path, user)
    return user


def _own_user() -> pwd.struct_passwd:
    # Of two that start at once, the second would make the user again, under another number.
    etc = os.open("/etc", os.O_RDONLY)
    try:
        fcntl.flock(etc, fcntl.LOCK_EX)
        try:
            return pwd.getpwnam(NAME)
        except KeyError:
            return _make_user()
    finally:
        os.close(etc)


def _make_user() -> pwd.struct_passwd:
    add = shutil.which("useradd", path=f"{os.environ.get('PATH', os.defpath)}{os.pathsep}/usr/sbin")
    command = [add or "useradd", "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
    try:
        subprocess.run([*command, "--shell", "/usr/sbin/nologin", NAME], check=True, capture_output=True)
        return pwd.getpwnam(NAME)
    except (OSError, subprocess.CalledProcessError, KeyError):
        raise OperatorError(
            f"PostgreSQL does not run as root, and the user {NAME} could not be made for it: "
            "run as another user, or set DATABASE_URL"
        ) from None


def _can_reach(path: Path, user: ServiceUser) -> bool:
    tried = subprocess.run(
        ["/bin/sh", "-c", 'test -x "$1"', "sh", path],
        check=False,
        cwd="/",
        user=user.uid,
        group=user.gid,
        extra_groups=user.groups,
    )
    return tried.returncode == 0


def _grant_traversal(path: Path, user: ServiceUser) -> None:
    closed = OperatorError(
        f"As root, PostgreSQL runs as another user, and that user may not enter {path}: "
        "move the project or KETNOI_DATA_DIR elsewhere, run as another user, or set DATABASE_URL"
    )
    if sys.platform != "linux" or user.uid is None:
        raise closed
    try:
        for folder in [*reversed(path.parents), path]:
            if not folder.stat().st_mode & _PASS:
                _let_pass_one(folder, user.uid)
    except OSError:
        raise closed from None
    if not _can_reach(path, user):
        raise closed


def _let_pass_one(folder: Path, uid: int) -> None:
    """Adds the right to pass through, for one user, to whatever rights there are."""
    if sys.platform != "linux":
        return
    mode = folder.stat().st_mode
    try:
        entries = list(_ENTRY.iter_unpack(os.getxattr(folder, _ACL)[len(_VERSION) :]))
    except OSError:
        entries = [
            (_OWNER, mode >> 6 & 7, _NO_ID),
            (_GROUP, mode >> 3 & 7, _NO_ID),
            (_OTHERS, mode & 7, _NO_ID),
        ]
    rights = {(tag, who): permissions for tag, permissions, who in entries}
    rights[_USER, uid] = rights.get((_USER, uid), 0) | _PASS
    # The mask limits all but the owner and the others; without one, it has to allow what the group may.
    rights[_MASK, _NO_ID] = rights.get((_MASK, _NO_ID), mode >> 3 & 7) | _PASS
    packed = (_ENTRY.pack(tag, permissions, who) for (tag, who), permissions in sorted(rights.items()))
    os.setxattr(folder, _ACL, _VERSION + b"".join(packed))
