"""Pictures that belong to a record: made anew from their pixels, sealed, and stored in the data folder.

Each is sealed under a data key of its own, which is in its row; erasing destroys the key first and the file
afterwards. A file without such a row is noise, left by an interruption: `orphaned_files` finds it.
"""

from records.privacy.attachments.adding import MAX_ATTACHMENTS, add, attach, can_add
from records.privacy.attachments.erasure import can_erase, delete_files, erase, erase_all, orphaned_files
from records.privacy.attachments.owners import ACTIVITIES, OWNERS, TIPS, Owner
from records.privacy.attachments.pictures import MAX_BYTES, THUMBNAIL_SIDE, Picture, encode
from records.privacy.attachments.reading import content, load, of_record, thumbnail
