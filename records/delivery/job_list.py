"""The background jobs that somebody may see."""

from tortoise.expressions import Q, Subquery
from tortoise.queryset import QuerySet

from records.access import partners
from records.core.actor import Actor
from records.delivery import exports, webhooks
from records.tables import Export, Job


def visible_to(actor: Actor) -> QuerySet[Job]:
    """The jobs of the installation, and the exports of partners that `actor` manages.

    Webhooks are on the pages of their partners. Raises `PermissionDenied`.
    """
    managed = Subquery(partners.visible_to(actor).values("id"))
    theirs = Subquery(Export.filter(partner_id__in=managed).values("job_id"))
    return Job.filter(~Q(kind__in=[exports.JOB, webhooks.JOB]) | Q(kind=exports.JOB, id__in=theirs))
