"""Tips: what people pass on, from its arrival to what came of it."""

from records.nouns.tips.merging import merge
from records.nouns.tips.outcome_reports import report_outcome
from records.nouns.tips.status import (
    ACT,
    CLOSE,
    FINAL,
    MAY_HAVE_OUTCOME,
    MERGE,
    REJECT,
    REOPEN,
    VERIFY,
    WORK,
    can_add_note,
    can_assign,
    can_edit,
    can_extend,
)
from records.nouns.tips.submission import (
    ExternalRefReused,
    add_note,
    assign,
    close,
    edit,
    extend,
    reject,
    reopen,
    start_action,
    start_verifying,
    submit,
)
from records.nouns.tips.timeline import (
    NOUN,
    assignable,
    categories,
    events,
    find,
    outcomes,
    submitted_count,
    visible_to,
)
from records.nouns.tips.validation import MAX_OUTCOMES, NOTE, OutcomeDraft, TipDraft
