"""A phone is looked up in sealed data for a data subject's request alone, and under a live approval."""

from tortoise import migrations
from tortoise.migrations import operations as ops

# table: the column of the record that a sealed row belongs to, and how one comes from it to an area.
_AREAS = {
    "tip_reporters": ("tip_id", "JOIN tips o ON o.id = s.tip_id"),
    "member_contacts": (
        "member_id",
        "JOIN members m ON m.id = s.member_id JOIN groups o ON o.id = m.group_id",
    ),
}
_FOUND = " ".join(
    f"WHEN '{table}' THEN RETURN QUERY SELECT s.{owner} FROM {table} s {joined}"
    " JOIN area_reach r ON r.area_id = o.area_id"
    " WHERE s.phone_index = given.phone_index AND r.ancestor_id = given.area_id;"
    for table, (owner, joined) in _AREAS.items()
)
_OF_REQUEST = (
    # The records in the area of a request whose sealed phone is the one that it asks about: no index is
    # handed in, so none can be tried out. Whoever approved it must still be somebody who may.
    "CREATE FUNCTION sealed_of_request(sealed text, request uuid) RETURNS SETOF uuid"
    " LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$"
    " DECLARE given data_requests; BEGIN"
    " SELECT d.* INTO given FROM data_requests d WHERE d.id = request AND d.phone_index IS NOT NULL"
    " AND EXISTS (SELECT FROM approvals a WHERE a.act = 'PHONE_LOOKUP' AND a.subject_id = d.id"
    " AND a.asked_by_id = nullif(current_setting('ketnoi.actor', TRUE), '')::uuid"
    " AND a.decision = 'APPROVED' AND a.expires_at > now()"
    " AND approval_decides(a.id, a.kind, a.decided_by_id));"
    " IF given.id IS NULL THEN RETURN; END IF; CASE sealed " + _FOUND + " END CASE; END $$"
)
# What was approved cannot be turned into a look for another phone or in another area.
_STAYS = (
    "CREATE FUNCTION data_requests_stay() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
    " IF NEW.area_id <> OLD.area_id OR coalesce(NEW.phone_index <> OLD.phone_index, NEW.phone_index IS NOT NULL)"
    " THEN RAISE EXCEPTION 'a request stays about one phone in one area' USING ERRCODE = 'check_violation';"
    " END IF; RETURN NEW; END $$"
)
_BY_PHONE = (
    "CREATE FUNCTION sealed_by_phone(sealed text, given bytea) RETURNS SETOF uuid"
    " LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$"
    " BEGIN CASE sealed"
    " WHEN 'tip_reporters' THEN RETURN QUERY SELECT tip_id FROM tip_reporters WHERE phone_index = given;"
    " WHEN 'member_contacts' THEN RETURN QUERY SELECT member_id FROM member_contacts"
    " WHERE phone_index = given; END CASE; END $$"
)


class Migration(migrations.Migration):
    dependencies = [("records", "0030_approvals")]

    initial = False

    operations = [
        ops.RunSQL(
            [
                "DROP FUNCTION sealed_by_phone(text, bytea)",
                _OF_REQUEST,
                _STAYS,
                (
                    "CREATE TRIGGER data_requests_stay BEFORE UPDATE ON data_requests"
                    " FOR EACH ROW EXECUTE FUNCTION data_requests_stay()"
                ),
            ],
            [
                "DROP TRIGGER data_requests_stay ON data_requests",
                "DROP FUNCTION data_requests_stay()",
                "DROP FUNCTION sealed_of_request(text, uuid)",
                _BY_PHONE,
            ],
        ),
    ]
