"""Actors: a staff member, a partner system, or this service itself."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from records.core import events
from records.core.labels import Described, Labelled
from records.core.language import gettext_noop as _


class Role(Labelled):
    """The role of a staff member."""

    ADMINISTRATOR = "ADMINISTRATOR", _("Administrator")
    COMMANDER = "COMMANDER", _("Commander")
    OFFICER = "OFFICER", _("Area officer")
    FRONT = "FRONT", _("Fatherland Front")
    ANALYST = "ANALYST", _("Analyst")
    CUSTODIAN = "CUSTODIAN", _("Custodian of sealed data")
    AUDITOR = "AUDITOR", _("Auditor")


class Scope(StrEnum):
    """What a partner's key may be used for."""

    AREAS_READ = "areas:read"
    PROGRAMMES_READ = "programmes:read"
    GROUPS_READ = "groups:read"
    TIPS_READ = "tips:read"
    TIPS_WRITE = "tips:write"
    TIPS_WORK = "tips:work"
    ACTIVITIES_WRITE = "activities:write"
    ENQUIRIES_WRITE = "enquiries:write"
    FIGURES_WRITE = "figures:write"
    ACTIVITIES_READ = "activities:read"
    OUTLINES_READ = "outlines:read"
    REVIEWS_READ = "reviews:read"
    ENQUIRIES_READ = "enquiries:read"
    METRICS_READ = "metrics:read"
    CHANGES_READ = "changes:read"
    EXPORTS_RUN = "exports:run"


class ActorKind(Labelled):
    """The kind of actor in an audit row."""

    STAFF = "STAFF", _("Staff")
    PARTNER = "PARTNER", _("Partner system")
    SYSTEM = "SYSTEM", _("This service")


class CredentialKind(Described):
    """The kind of a partner's credential."""

    KEY = "KEY", "A key of its own."
    TOKEN = "TOKEN", "A token issued for a key or for a signed assertion."


@dataclass(frozen=True)
class Credential:
    """What a partner calls with: the part of its key that may be seen, if it has one, and when it ends."""

    kind: CredentialKind
    prefix: str | None
    expires_at: datetime | None


@dataclass(frozen=True)
class Allowance:
    """What a partner may ask for, in costs of requests: `limit` at once, `restore` more each second."""

    limit: int
    restore: int


@dataclass(frozen=True)
class Actor:
    """Who acts, and where: `areas` are the ids of the areas given, each reaching what lies in it.

    `areas` is None only for the service itself, which is bound to no area.
    """

    kind: ActorKind
    id: UUID | None
    name: str
    role: Role | None = None
    scopes: frozenset[Scope] = frozenset()
    areas: frozenset[UUID] | None = frozenset()
    # Whether the partner may only run GraphQL documents registered for it.
    documents_only: bool = False
    credential: Credential | None = None
    # None for actors without a budget.
    allowance: Allowance | None = None
    request_id: str = field(default_factory=events.request_id)


def system_actor(task: str) -> Actor:
    """The service itself, doing `task`."""
    return Actor(kind=ActorKind.SYSTEM, id=None, name=task, areas=None)
