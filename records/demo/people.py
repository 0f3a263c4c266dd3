"""Demonstration staff, one of each role, and partners; their passwords and keys are new each time."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from records.access import partners, staff
from records.areas import areas
from records.core.actor import Actor, ActorKind, Role, Scope, system_actor
from records.tables import Staff


@dataclass(frozen=True)
class SignIn:
    """The sign-in of a demonstration staff member, and the codes of their areas."""

    username: str
    password: str
    role: str
    areas: list[str]


@dataclass(frozen=True)
class Key:
    """A demonstration partner's key, what it may be used for, and the codes of its areas."""

    name: str
    key: str
    scopes: list[str]
    areas: list[str]


CHAU_THANH: Final = ("30244", "30253", "30259")
STAFF: Final[tuple[tuple[str, str, Role, Sequence[str]], ...]] = (
    ("quantri", "Quản trị viên mẫu", Role.ADMINISTRATOR, ["82"]),
    ("chihuy", "Chỉ huy mẫu", Role.COMMANDER, ["82"]),
    ("canhsat", "Cảnh sát khu vực mẫu", Role.OFFICER, ["29905"]),
    ("mattran", "Cán bộ Mặt trận mẫu", Role.FRONT, CHAU_THANH),
    ("phantich", "Cán bộ phân tích mẫu", Role.ANALYST, ["82"]),
    ("baomat", "Cán bộ quản lý dữ liệu niêm phong mẫu", Role.CUSTODIAN, ["82"]),
    ("kiemtra", "Cán bộ kiểm tra mẫu", Role.AUDITOR, ["82"]),
)
PARTNERS: Final[tuple[tuple[str, Sequence[Scope], Sequence[str]], ...]] = (
    ("Hệ thống tỉnh (mẫu)", [*Scope], ["82"]),
    ("Phường Sa Đéc (mẫu)", [Scope.GROUPS_READ, Scope.METRICS_READ], ["29905"]),
)


async def load_staff() -> tuple[list[SignIn], dict[Role, Actor]]:
    """The sign-ins of the staff, and each as the actor of their role."""
    sign_ins, cast = [], {}
    for username, name, role, codes in STAFF:
        password = secrets.token_urlsafe(12)
        ids = [(await areas.resolve_reference(code)).id for code in codes]
        row: Staff = await staff.create(
            username=username, name=name, password=password, role=role, areas=ids, by=system_actor("demo")
        )
        sign_ins.append(SignIn(username, password, role.value, list(codes)))
        cast[role] = Actor(ActorKind.STAFF, row.id, row.name, role=role, areas=frozenset(ids))
    return sign_ins, cast


async def load_partners() -> list[Key]:
    """The partners' keys, that of the whole province first."""
    keys = []
    for name, scopes, codes in PARTNERS:
        ids = [(await areas.resolve_reference(code)).id for code in codes]
        row = await partners.create(name=name, scopes=scopes, areas=ids, by=system_actor("demo"))
        key = await partners.issue_key(row.id, by=system_actor("demo"))
        keys.append(Key(name, key, [scope.value for scope in scopes], list(codes)))
    return keys
