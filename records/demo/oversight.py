"""Records for custodians, auditors and administrators: reveals, a failing webhook, a key that expires."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from records.access import partners
from records.core.actor import Actor, Role, system_actor
from records.core.dates import now
from records.delivery import webhooks
from records.delivery.webhooks import WebhookDraft
from records.privacy import reporters, reveals
from records.privacy.reporters import ReporterDraft
from records.tables import Partner, Reveal, Tip, Webhook, WebhookDelivery
from records.tables.delivery import DeliveryProblem, DeliveryState, WebhookState

REPORTER: Final = ReporterDraft(name="Người báo tin mẫu", address="Khóm mẫu 1 (mẫu)", may_contact=True)
_SEALED: Final = "tip_reporters"
_KEY_DAYS: Final = 9
# Hours ago, and what came of it.
_DELIVERIES: Final = (
    (150, None, 200),
    (126, DeliveryProblem.ANSWER, 503),
    (102, DeliveryProblem.ANSWER, 503),
    (78, DeliveryProblem.TIMEOUT, None),
    (54, DeliveryProblem.CONNECTION, None),
)


async def load_reveals(made: Sequence[Tip], actors_by_role: dict[Role, Actor]) -> None:
    """Three requests to see who gave a tip: one that was used, one that was refused, and one that waits."""
    officer, custodian = actors_by_role[Role.OFFICER], actors_by_role[Role.CUSTODIAN]
    own = [tip for tip in made if tip.assignee_id == officer.id and tip.closed_at is None]
    motives = (
        "Cần hỏi lại thời điểm xảy ra vụ việc (mẫu)",
        "Cần biết người báo tin ở khóm nào (mẫu)",
        "Mời người báo tin đến làm việc (mẫu)",
    )
    used, refused, _waiting = [
        await _request(tip, motive, officer)
        for tip, motive in zip(own[-len(motives) :], motives, strict=True)
    ]
    await reveals.decide(used.id, approve=True, minutes=reveals.MAX_MINUTES, by=custodian)
    await reveals.open_reveal(used.id, by=officer)
    await reveals.decide(
        refused.id, approve=False, refusal="Có thể hỏi tổ trưởng, không cần danh tính (mẫu)", by=custodian
    )


async def _request(tip: Tip, motive: str, by: Actor) -> Reveal:
    await reporters.record(tip.id, REPORTER, by=by)
    return await reveals.request_reveal(_SEALED, tip.id, motive, by=by)


async def load_failures() -> None:
    """A webhook that was stopped because its deliveries failed, and a key that expires within days."""
    task = system_actor("demo")
    first, second = await Partner.all().order_by("created_at", "id")
    draft = WebhookDraft("https://he-thong-mau.example/webhook", ["tip", "group"], "Máy chủ tiếp nhận (mẫu)")
    row, _secret = await webhooks.create(first.id, draft, by=task)
    moment = now()
    for hours, problem, status in _DELIVERIES:
        at = moment - timedelta(hours=hours)
        delivery = await WebhookDelivery.create(
            webhook_id=row.id,
            state=DeliveryState.FAILED if problem else DeliveryState.DELIVERED,
            attempts=len(webhooks.DELAYS) if problem else 1,
            due_at=at,
            tried_at=at,
            status=status,
            problem=problem,
        )
        await WebhookDelivery.filter(id=delivery.id).update(created_at=at)
    failed = [hours for hours, problem, _status in _DELIVERIES if problem]
    # Stopped, so that nothing is sent to an address that is nobody's.
    await Webhook.filter(id=row.id).update(
        state=WebhookState.FAILING,
        failures=len(failed) * len(webhooks.DELAYS),
        failing_since=moment - timedelta(hours=max(failed)),
    )
    await partners.issue_key(second.id, expires_at=moment + timedelta(days=_KEY_DAYS), by=task)
