"""Whoever writes into the outbox rings: a transaction tells its number to those who listen, once, when it commits."""

from tortoise import migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("records", "0018_reads")]

    initial = False

    operations = [
        ops.RunSQL(
            [
                (
                    "CREATE FUNCTION outbox_ring() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                    " PERFORM pg_notify('ketnoi_outbox', pg_current_xact_id()::text);"
                    " RETURN NULL; END $$"
                ),
                (
                    "CREATE TRIGGER outbox_events_ring AFTER INSERT ON outbox_events"
                    " FOR EACH STATEMENT EXECUTE FUNCTION outbox_ring()"
                ),
            ],
            ["DROP TRIGGER outbox_events_ring ON outbox_events", "DROP FUNCTION outbox_ring()"],
        ),
    ]
