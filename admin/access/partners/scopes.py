"""The permissions of a partner that each scope gives, as people read them."""

from typing import Final

from records.core.actor import Scope
from records.core.language import gettext_noop as _

SCOPE_LABELS: Final = {
    Scope.AREAS_READ: _("read areas"),
    Scope.PROGRAMMES_READ: _("read programmes"),
    Scope.GROUPS_READ: _("read groups"),
    Scope.TIPS_READ: _("read tips"),
    Scope.TIPS_WRITE: _("send tips"),
    Scope.TIPS_WORK: _("read tips, add notes and outcomes to them"),
    Scope.ACTIVITIES_WRITE: _("record activities"),
    Scope.ENQUIRIES_WRITE: _("read enquiries and answer them"),
    Scope.FIGURES_WRITE: _("report figures"),
    Scope.ACTIVITIES_READ: _("read activities"),
    Scope.OUTLINES_READ: _("read outlines and their hand-downs"),
    Scope.REVIEWS_READ: _("read reviews of groups"),
    Scope.ENQUIRIES_READ: _("read published enquiries, and count the others"),
    Scope.CHANGES_READ: _("follow changes"),
    Scope.EXPORTS_RUN: _("export whole lists as files"),
    Scope.METRICS_READ: _("read metrics and figures"),
}
