"""The audit as a whole: its chain, its checkpoints outside the database, and whether both still agree.

docs/explanation/audit.md says what this proves and what it does not.
"""

from records.audit.checkpoints import Checkpoint, newest
from records.audit.heads import Heads, HeadsError, Keeper, read_heads, store_at
from records.audit.linking import Linker
from records.audit.verification import Flaw, Verdict, verify
