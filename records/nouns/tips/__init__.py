"""Tips: what people pass on, from its arrival to what came of it."""

from records.nouns.tips.drafts import MAX_OUTCOMES, NOTE, OutcomeDraft, TipDraft, outcome_problems
from records.nouns.tips.duplicates import LikelyDuplicate, likely_duplicates
from records.nouns.tips.merging import merge
from records.nouns.tips.noun import NOUN, categories, find, load, submitted_count, visible_to
from records.nouns.tips.outcome_reports import outcomes, report_outcome
from records.nouns.tips.queues import OPEN, due_soon, overdue, unassigned, unfinished
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
from records.nouns.tips.submission import ExternalRefReused, Suggestions, edit, submit, suggest
from records.nouns.tips.timeline import events
from records.nouns.tips.transitions import close, extend, reject, reopen, start_action, start_verifying
from records.nouns.tips.work import (
    MAX_AT_ONCE,
    add_note,
    assign,
    assign_all,
    assignable,
    can_take_on,
    note_all,
    take_on,
)
