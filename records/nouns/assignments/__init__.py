"""Who looks after which hamlet or group: assignments, handovers, and links between groups."""

from records.nouns.assignments.assigning import assign, end, problems_of, replace
from records.nouns.assignments.noun import (
    NOUN,
    OFFICERS,
    ROLES,
    AssignmentDraft,
    can_manage,
    current,
    hamlets,
    in_charge_of,
    is_vacant,
    of_areas,
    vacant_hamlets,
    visible_to,
)
