"""Who looks after which hamlet or group: assignments, handovers, and links between groups."""

from records.nouns.assignments.assigning import assign, end, replace
from records.nouns.assignments.noun import (
    NOUN,
    OFFICERS,
    ROLES,
    AssignmentDraft,
    can_manage,
    current,
    hamlets,
    in_charge_of,
    is_vacant_group,
    is_vacant_hamlet,
    of_areas,
    visible_to,
)
