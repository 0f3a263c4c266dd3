"""Activities: quarterly meetings and outreach, as they were held."""

from records.nouns.activities.noun import NOUN, ActivityDraft, visible_to
from records.nouns.activities.quarters import (
    AlreadyMet,
    Quarter,
    QuarterState,
    has_not_met,
    met_by_quarter,
    missing,
    other_meetings,
    quarter_of,
    quarters_of,
)
from records.nouns.activities.recording import REASON, edit, outline_of, record, remove, restore
