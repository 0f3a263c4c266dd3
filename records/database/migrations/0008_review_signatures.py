"""Reviews are signed by two sides, and criteria say what the records know of them."""

from typing import Final

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

# One act was the signature of both sides; what nobody signed has no names yet, and one review remains.
_SIGNATURES: Final = [
    "DROP TRIGGER reviews_stay ON reviews",
    """
    UPDATE reviews SET police_signed_on = signed_on, front_signed_on = signed_on
    WHERE signed_on IS NOT NULL
    """,
    "UPDATE reviews SET by_police = '', by_front = '' WHERE signed_on IS NULL",
    """
    UPDATE reviews r SET deleted_at = now()
    WHERE signed_on IS NULL AND deleted_at IS NULL AND EXISTS (
        SELECT FROM reviews o
        WHERE o.group_id = r.group_id AND o.year = r.year AND o.deleted_at IS NULL
        AND (o.signed_on IS NOT NULL OR o.id > r.id)
    )
    """,
]
_REVIEW: Final = (
    "group_id, area_id, year, scorecard_id, total, review_class, findings, actions, by_police,"
    " police_signer_id, police_signed_on, by_front, front_signer_id, front_signed_on, signed_on"
)
_SCORECARD: Final = "name, province_id, year_from, excellent_from, good_from, fair_from"


def _values(row: str, columns: str) -> str:
    return ", ".join(f"{row}.{column}" for column in columns.split(", "))


# What was signed stays, and the scorecard by which a group was reviewed, with its criteria.
_FIXED: Final = [
    f"""
    CREATE TRIGGER reviews_stay BEFORE UPDATE ON reviews FOR EACH ROW
    WHEN (OLD.signed_on IS NOT NULL
        AND ({_values("OLD", _REVIEW)}) IS DISTINCT FROM ({_values("NEW", _REVIEW)}))
    EXECUTE FUNCTION stays_as_it_is()
    """,
    """
    CREATE FUNCTION used_scorecard_stays() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (
            SELECT FROM public.reviews
            WHERE scorecard_id = (to_jsonb(coalesce(OLD, NEW)) ->> TG_ARGV[0])::uuid
        ) THEN
            RAISE EXCEPTION 'a used scorecard stays as it is' USING ERRCODE = 'check_violation';
        END IF;
        RETURN coalesce(NEW, OLD);
    END $$
    """,
    f"""
    CREATE TRIGGER scorecards_stay BEFORE UPDATE ON scorecards FOR EACH ROW
    WHEN (({_values("OLD", _SCORECARD)}) IS DISTINCT FROM ({_values("NEW", _SCORECARD)}))
    EXECUTE FUNCTION used_scorecard_stays('id')
    """,
    """
    CREATE TRIGGER criteria_stay BEFORE INSERT OR UPDATE OR DELETE ON criteria FOR EACH ROW
    EXECUTE FUNCTION used_scorecard_stays('scorecard_id')
    """,
]


class Migration(migrations.Migration):
    dependencies = [("records", "0007_hand_downs_reminded")]

    initial = False

    operations = [
        ops.AddField(
            model_name="Criterion",
            name="measure",
            field=fields.CharField(null=True, max_length=24),
        ),
        ops.AddConstraint(
            model_name="Criterion",
            constraint=CheckConstraint(
                check="measure IN ('MEETINGS', 'HOUSEHOLDS', 'OUTLINES', 'TIPS', 'LEADERS')",
                name="criteria_measure_check",
            ),
        ),
        ops.RemoveConstraint(model_name="Review", name="reviews_final_key"),
        ops.RemoveConstraint(
            model_name="Review",
            name="reviews_signed_check",
        ),
        ops.AlterField(
            model_name="Review",
            name="review_class",
            field=fields.CharField(null=True, max_length=24),
        ),
        ops.AddField(
            model_name="Review",
            name="front_signed_on",
            field=fields.DateField(null=True),
        ),
        ops.AddField(
            model_name="Review",
            name="front_signer",
            field=fields.ForeignKeyField(
                "records.Staff",
                source_field="front_signer_id",
                null=True,
                db_constraint=True,
                to_field="id",
                related_name=False,
                on_delete=OnDelete.RESTRICT,
            ),
        ),
        ops.AddField(
            model_name="Review",
            name="police_signed_on",
            field=fields.DateField(null=True),
        ),
        ops.AddField(
            model_name="Review",
            name="police_signer",
            field=fields.ForeignKeyField(
                "records.Staff",
                source_field="police_signer_id",
                null=True,
                db_constraint=True,
                to_field="id",
                related_name=False,
                on_delete=OnDelete.RESTRICT,
            ),
        ),
        ops.RunSQL(_SIGNATURES),
        ops.AddConstraint(
            model_name="Review",
            constraint=UniqueConstraint(
                fields=("group_id", "year"),
                name="reviews_group_year_key",
                condition="deleted_at IS NULL",
            ),
        ),
        ops.AddConstraint(
            model_name="Review",
            constraint=CheckConstraint(
                check="(police_signed_on IS NULL) = (by_police = '')", name="reviews_police_check"
            ),
        ),
        ops.AddConstraint(
            model_name="Review",
            constraint=CheckConstraint(
                check="(front_signed_on IS NULL) = (by_front = '')", name="reviews_front_check"
            ),
        ),
        ops.AddConstraint(
            model_name="Review",
            constraint=CheckConstraint(
                check="signed_on IS NOT DISTINCT FROM CASE WHEN police_signed_on IS NOT NULL AND front_signed_on IS NOT NULL THEN greatest(police_signed_on, front_signed_on) END",
                name="reviews_signed_check",
            ),
        ),
        ops.AddConstraint(
            model_name="Review",
            constraint=CheckConstraint(
                check="review_class IS NOT NULL OR (police_signed_on IS NULL AND front_signed_on IS NULL)",
                name="reviews_scored_check",
            ),
        ),
        ops.AlterModelOptions(
            name="ReviewPoint",
            options={
                "table": "review_points",
                "app": "records",
                "constraints": [
                    UniqueConstraint(fields=("review_id", "criterion_id"), name="review_points_key"),
                    CheckConstraint(check="points >= 0", name="review_points_points_check"),
                ],
                "pk_attr": "id",
                "table_description": "The points that a review gave for one criterion; None while it is not scored.",
            },
        ),
        ops.AlterField(
            model_name="ReviewPoint",
            name="points",
            field=fields.DecimalField(null=True, max_digits=5, decimal_places=2),
        ),
        ops.RunSQL(_FIXED),
    ]
