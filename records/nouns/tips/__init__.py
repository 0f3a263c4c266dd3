"""Tips: what people pass on, from its arrival to what came of it."""

from records.nouns.tips.merging import merge
from records.nouns.tips.outcome_reports import report_outcome
from records.nouns.tips.status import (
    ACT,
    BEARING,
    CLOSE,
    ENDED,
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
    act,
    add_note,
    assign,
    close,
    edit,
    extend,
    reject,
    reopen,
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
    submitted_by,
    visible_to,
)
from records.nouns.tips.validation import MAX_OUTCOMES, NOTE, OutcomeDraft, TipDraft
