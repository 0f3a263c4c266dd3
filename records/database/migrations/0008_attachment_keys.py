"""A data key for each picture.

Until now the key of a file followed from the key file, which SQL has not: files from before cannot be sealed again here,
and under a derived key they could never be erased. Their rows are marked as removed; `ketnoi retention apply` then takes
the files away. No version with such files was ever released.
"""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint


class Migration(migrations.Migration):
    dependencies = [("records", "0007_change_feed")]

    operations = [
        ops.AddField("Attachment", "data_key", fields.BinaryField(null=True)),
        ops.RunSQL("UPDATE attachments SET deleted_at = coalesce(deleted_at, now())", "SELECT 1"),
        ops.AddConstraint(
            "Attachment",
            CheckConstraint(
                check="(data_key IS NULL) = (deleted_at IS NOT NULL)", name="attachments_data_key_check"
            ),
        ),
    ]
