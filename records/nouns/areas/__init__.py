"""Areas as staff keep them: hamlets are opened, renamed, ended, merged and split."""

from records.nouns.areas.changes import end, merge, open_hamlet, rename, split
from records.nouns.areas.contents import (
    Contents,
    Origin,
    assignments_in,
    contents_of,
    names_of,
    open_groups_in,
    origins_of,
    successors_of,
)
from records.nouns.areas.noun import (
    LEGAL_BASIS,
    NAMES,
    NOUN,
    AreaDraft,
    can_change,
    can_open_hamlet,
    find,
    siblings_of,
    visible_to,
)
from records.nouns.areas.tree import child_counts, children_of, roots
