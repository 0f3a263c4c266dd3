"""What the verbs are called with: drafts that are refused for their values, never for the right."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import uuid4

from records.access.guard import ApprovalRequest
from records.core.actor import Actor, ActorKind, Role, Scope
from records.core.language import Language
from records.core.rights import (
    ApprovalKind,
)
from records.delivery.webhooks import WebhookDraft
from records.metrics.periods import Period
from records.metrics.queries import MetricQuery
from records.nouns.education.cases import CaseDraft
from records.nouns.groups import GroupDraft
from records.nouns.members import MemberDraft
from records.nouns.tips import OutcomeDraft, TipDraft
from records.privacy.reporters import ReporterDraft
from records.tables import Area
from records.tables.activities import EducationReason
from records.tables.approvals import ApprovalAction
from records.tables.groups import GroupKind, MemberRole
from records.tables.tips import Channel, OutcomeKind
from tests.nouns import Attempt

NO_ONE, DAY = uuid4(), date(2025, 1, 1)


GROUP = GroupDraft("", "", GroupKind.ZALO, NO_ONE)


MEMBER = MemberDraft("Người mẫu", MemberRole.MEMBER, DAY)


TIP = TipDraft("", NO_ONE, Channel.ZALO, NO_ONE)


WEBHOOK = WebhookDraft("https://ketnoi.example", ["tip"])


REPORTER = ReporterDraft(name="Người mẫu")


CASE = CaseDraft(NO_ONE, EducationReason.OTHER, DAY)


OUTCOME = OutcomeDraft(OutcomeKind.FINE)


WANTED = ApprovalRequest(ApprovalAction.PARTNER_KEY, ApprovalKind.PARTNER_ACCESS, NO_ONE, frozenset(), {})


QUESTION = MetricQuery(["khong.co"], Area(id=NO_ONE), DAY, DAY, Period.MONTH)


def looks(visible_to: Callable[[Actor], Any]) -> Attempt:
    async def attempt(by: Actor) -> object:
        return await visible_to(by).count()

    return attempt


def with_groups(by: Actor) -> Actor:
    """`by` with the scope to read groups, which some verbs take besides their own right."""
    return replace(by, scopes=by.scopes | {Scope.GROUPS_READ}) if by.kind is ActorKind.PARTNER else by


async def nothing(_sql: str, _values: object) -> list[dict[str, Any]]:
    return []


NOBODY: dict[str, Any] = {"name": "", "email": "", "language": Language.VI, "role": Role.OFFICER, "areas": []}
