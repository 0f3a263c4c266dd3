"""The audit as a whole: its chain, its checkpoints outside the database, and whether both still agree.

docs/explanation/audit.md says what this proves and what it does not.
"""

from records.audit.checkpoint_stores import (
    CheckpointStoreError,
    CheckpointWriter,
    StoredCheckpoints,
    open_store,
    read_checkpoints,
)
from records.audit.checkpoints import Checkpoint, create_checkpoint
from records.audit.linking import ChainWriter
from records.audit.verification import Defect, VerificationReport, verify
