"""Tortoise does not create a new table's constraints with the table: they are added here."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint


class Migration(migrations.Migration):
    dependencies = [("records", "0001_initial")]

    operations = [
        ops.AddConstraint(
            "Area", UniqueConstraint(fields=("code", "valid_from"), name="areas_code_valid_from_key")
        ),
        ops.AddConstraint("Area", CheckConstraint(check="valid_to > valid_from", name="areas_life_check")),
        ops.AddConstraint(
            "Area",
            CheckConstraint(
                check="(parent_id IS NULL) = (kind = 'PROVINCE') AND parent_id <> id",
                name="areas_parent_check",
            ),
        ),
        ops.AddConstraint("Area", CheckConstraint(check="lat BETWEEN -90 AND 90", name="areas_lat_check")),
        ops.AddConstraint("Area", CheckConstraint(check="lon BETWEEN -180 AND 180", name="areas_lon_check")),
        ops.AddConstraint("Area", CheckConstraint(check="area_km2 > 0", name="areas_area_km2_check")),
        ops.AddConstraint(
            "Area",
            CheckConstraint(
                check="kind IN ('PROVINCE', 'DISTRICT', 'COMMUNE', 'HAMLET')", name="areas_kind_check"
            ),
        ),
        ops.AddConstraint(
            "AreaAt", UniqueConstraint(fields=("epoch", "kind", "area_id", "home_id"), name="area_at_key")
        ),
        ops.AddConstraint(
            "AreaAt",
            CheckConstraint(
                check="kind IN ('PROVINCE', 'DISTRICT', 'COMMUNE', 'HAMLET')", name="area_at_kind_check"
            ),
        ),
        ops.AddConstraint(
            "AreaAt",
            CheckConstraint(
                check="precision IN ('EXACT', 'ESTIMATED', 'UNAVAILABLE')", name="area_at_precision_check"
            ),
        ),
        ops.AddConstraint(
            "AreaReach", UniqueConstraint(fields=("ancestor_id", "area_id"), name="area_reach_key")
        ),
        ops.AddConstraint(
            "AreaSuccession",
            UniqueConstraint(fields=("old_id", "new_id"), name="area_successions_old_new_key"),
        ),
        ops.AddConstraint(
            "AreaSuccession", CheckConstraint(check="old_id <> new_id", name="area_successions_ends_check")
        ),
        ops.AddConstraint(
            "AuditEntry",
            CheckConstraint(
                check="actor_kind IN ('STAFF', 'PARTNER', 'SYSTEM')", name="audit_entries_actor_kind_check"
            ),
        ),
        ops.AddConstraint("Counter", CheckConstraint(check="number > 0", name="counters_number_check")),
        ops.AddConstraint("Indicator", UniqueConstraint(fields=("code",), name="indicators_code_key")),
        ops.AddConstraint(
            "Indicator",
            CheckConstraint(
                check="(kind = 'RATIO' AND source = 'RECORDS') = (numerator_id IS NOT NULL AND denominator_id IS NOT NULL)",
                name="indicators_ratio_check",
            ),
        ),
        ops.AddConstraint(
            "Indicator",
            CheckConstraint(check="kind IN ('FLOW', 'STOCK', 'RATIO')", name="indicators_kind_check"),
        ),
        ops.AddConstraint(
            "Indicator",
            CheckConstraint(check="source IN ('RECORDS', 'FIGURES')", name="indicators_source_check"),
        ),
        ops.AddConstraint(
            "Job", CheckConstraint(check="progress BETWEEN 0 AND 100", name="jobs_progress_check")
        ),
        ops.AddConstraint(
            "Job",
            CheckConstraint(
                check="(state IN ('DONE', 'FAILED')) = (finished_at IS NOT NULL)", name="jobs_finished_check"
            ),
        ),
        ops.AddConstraint(
            "Job",
            CheckConstraint(
                check="state IN ('WAITING', 'RUNNING', 'DONE', 'FAILED')", name="jobs_state_check"
            ),
        ),
        ops.AddConstraint(
            "MetricCell",
            UniqueConstraint(fields=("indicator_id", "area_id", "month"), name="metric_cells_key"),
        ),
        ops.AddConstraint(
            "MetricCell",
            CheckConstraint(check="extract(day FROM month) = 1", name="metric_cells_month_check"),
        ),
        ops.AddConstraint(
            "MetricDelta",
            CheckConstraint(check="extract(day FROM month) = 1", name="metric_deltas_month_check"),
        ),
        ops.AddConstraint(
            "Organisation", UniqueConstraint(fields=("name", "area_id"), name="organisations_name_area_key")
        ),
        ops.AddConstraint(
            "Organisation", CheckConstraint(check="active_to > active_from", name="organisations_life_check")
        ),
        ops.AddConstraint(
            "Organisation", CheckConstraint(check="parent_id <> id", name="organisations_parent_check")
        ),
        ops.AddConstraint(
            "Organisation",
            CheckConstraint(
                check="kind IN ('POLICE', 'FRONT', 'GOVERNMENT', 'OTHER')", name="organisations_kind_check"
            ),
        ),
        ops.AddConstraint(
            "Outline", UniqueConstraint(fields=("code", "edition"), name="outlines_code_edition_key")
        ),
        ops.AddConstraint("Outline", CheckConstraint(check="edition >= 1", name="outlines_edition_check")),
        ops.AddConstraint(
            "Outline",
            CheckConstraint(
                check="(status = 'PUBLISHED') = (issued_on IS NOT NULL)", name="outlines_issued_on_check"
            ),
        ),
        ops.AddConstraint(
            "Outline", CheckConstraint(check="valid_until >= issued_on", name="outlines_valid_until_check")
        ),
        ops.AddConstraint(
            "Outline", CheckConstraint(check="status IN ('DRAFT', 'PUBLISHED')", name="outlines_status_check")
        ),
        ops.AddConstraint("Partner", UniqueConstraint(fields=("name",), name="partners_name_key")),
        ops.AddConstraint(
            "Partner", CheckConstraint(check="jsonb_typeof(scopes) = 'array'", name="partners_scopes_check")
        ),
        ops.AddConstraint(
            "PartnerArea", UniqueConstraint(fields=("partner_id", "area_id"), name="partner_areas_key")
        ),
        ops.AddConstraint("PartnerKey", UniqueConstraint(fields=("prefix",), name="partner_keys_prefix_key")),
        ops.AddConstraint("Programme", UniqueConstraint(fields=("code",), name="programmes_code_key")),
        ops.AddConstraint(
            "Programme", CheckConstraint(check="ended_on >= started_on", name="programmes_life_check")
        ),
        ops.AddConstraint(
            "Programme",
            CheckConstraint(
                check="started_precision IN ('DAY', 'MONTH', 'YEAR')",
                name="programmes_started_precision_check",
            ),
        ),
        ops.AddConstraint(
            "Figure",
            UniqueConstraint(
                fields=("supersedes_id",),
                name="figures_supersedes_key",
                condition="supersedes_id IS NOT NULL",
            ),
        ),
        ops.AddConstraint(
            "Figure", CheckConstraint(check="period_to >= period_from", name="figures_period_check")
        ),
        ops.AddConstraint(
            "Figure", CheckConstraint(check="supersedes_id <> id", name="figures_supersedes_self_check")
        ),
        ops.AddConstraint(
            "Figure",
            CheckConstraint(
                check="(value IS NULL) = (qualifier IN ('TENS', 'HUNDREDS', 'THOUSANDS'))",
                name="figures_value_check",
            ),
        ),
        ops.AddConstraint(
            "Figure",
            CheckConstraint(
                check="qualifier IN ('EXACT', 'OVER', 'NEARLY', 'ABOUT', 'TENS', 'HUNDREDS', 'THOUSANDS')",
                name="figures_qualifier_check",
            ),
        ),
        ops.AddConstraint("Group", UniqueConstraint(fields=("code",), name="groups_code_key")),
        ops.AddConstraint(
            "Group", CheckConstraint(check="households BETWEEN 0 AND 100000", name="groups_households_check")
        ),
        ops.AddConstraint(
            "Group",
            CheckConstraint(check="stated_members BETWEEN 0 AND 1000000", name="groups_stated_members_check"),
        ),
        ops.AddConstraint(
            "Group",
            CheckConstraint(
                check="(stated_members IS NULL) = (stated_on IS NULL)", name="groups_stated_on_check"
            ),
        ),
        ops.AddConstraint(
            "Group",
            CheckConstraint(
                check="(status = 'MERGED') = (merged_into_id IS NOT NULL)", name="groups_merged_into_check"
            ),
        ),
        ops.AddConstraint(
            "Group", CheckConstraint(check="merged_into_id <> id", name="groups_merged_into_self_check")
        ),
        ops.AddConstraint(
            "Group",
            CheckConstraint(
                check="(status = 'ACTIVE') = (inactive_on IS NULL)", name="groups_inactive_on_check"
            ),
        ),
        ops.AddConstraint(
            "Group",
            CheckConstraint(
                check="(status IN ('MERGED', 'DISSOLVED')) = (ended_on IS NOT NULL)",
                name="groups_ended_on_check",
            ),
        ),
        ops.AddConstraint(
            "Group",
            CheckConstraint(
                check="inactive_on >= founded_on AND ended_on >= inactive_on", name="groups_life_check"
            ),
        ),
        ops.AddConstraint(
            "Group",
            CheckConstraint(check="kind IN ('SELF_GOVERNING', 'ZALO', 'FACEBOOK')", name="groups_kind_check"),
        ),
        ops.AddConstraint(
            "Group",
            CheckConstraint(
                check="status IN ('ACTIVE', 'PAUSED', 'MERGED', 'DISSOLVED')", name="groups_status_check"
            ),
        ),
        ops.AddConstraint(
            "EducationCase", UniqueConstraint(fields=("code",), name="education_cases_code_key")
        ),
        ops.AddConstraint(
            "EducationCase",
            CheckConstraint(check="closed_on >= opened_on", name="education_cases_life_check"),
        ),
        ops.AddConstraint(
            "EducationCase",
            CheckConstraint(
                check="(closed_on IS NULL) = (result IS NULL)", name="education_cases_closed_check"
            ),
        ),
        ops.AddConstraint(
            "EducationCase",
            CheckConstraint(
                check="result IN ('IMPROVED', 'NOT_IMPROVED', 'MOVED_AWAY', 'HANDED_OVER')",
                name="education_cases_result_check",
            ),
        ),
        ops.AddConstraint(
            "EducationSubject", UniqueConstraint(fields=("case_id",), name="education_subjects_case_key")
        ),
        ops.AddConstraint(
            "GroupLink",
            UniqueConstraint(
                fields=("online_id", "group_id"), name="group_links_live_key", condition="ended_on IS NULL"
            ),
        ),
        ops.AddConstraint(
            "GroupLink", CheckConstraint(check="ended_on >= linked_on", name="group_links_life_check")
        ),
        ops.AddConstraint(
            "GroupLink", CheckConstraint(check="online_id <> group_id", name="group_links_ends_check")
        ),
        ops.AddConstraint(
            "Member",
            UniqueConstraint(
                fields=("group_id",),
                name="members_one_head_key",
                condition="role = 'HEAD' AND left_on IS NULL AND deleted_at IS NULL",
            ),
        ),
        ops.AddConstraint("Member", CheckConstraint(check="left_on >= joined_on", name="members_term_check")),
        ops.AddConstraint(
            "Member",
            CheckConstraint(check="birth_year BETWEEN 1900 AND 2100", name="members_birth_year_check"),
        ),
        ops.AddConstraint(
            "Member",
            CheckConstraint(
                check="role IN ('HEAD', 'DEPUTY', 'SECRETARY', 'MEMBER', 'OFFICER')",
                name="members_role_check",
            ),
        ),
        ops.AddConstraint(
            "MemberContact", UniqueConstraint(fields=("member_id",), name="member_contacts_member_key")
        ),
        ops.AddConstraint(
            "Scorecard",
            UniqueConstraint(fields=("province_id", "year_from"), name="scorecards_province_year_key"),
        ),
        ops.AddConstraint(
            "Scorecard",
            CheckConstraint(
                check="0 < fair_from AND fair_from < good_from AND good_from < excellent_from AND excellent_from <= 100",
                name="scorecards_thresholds_check",
            ),
        ),
        ops.AddConstraint(
            "Criterion", UniqueConstraint(fields=("scorecard_id", "position"), name="criteria_position_key")
        ),
        ops.AddConstraint(
            "Criterion",
            CheckConstraint(check="max_points > 0 AND max_points <= 100", name="criteria_max_points_check"),
        ),
        ops.AddConstraint(
            "Review",
            UniqueConstraint(
                fields=("group_id", "year"),
                name="reviews_final_key",
                condition="signed_on IS NOT NULL AND deleted_at IS NULL",
            ),
        ),
        ops.AddConstraint(
            "Review", CheckConstraint(check="year BETWEEN 2000 AND 2100", name="reviews_year_check")
        ),
        ops.AddConstraint(
            "Review", CheckConstraint(check="total BETWEEN 0 AND 100", name="reviews_total_check")
        ),
        ops.AddConstraint(
            "Review",
            CheckConstraint(
                check="review_class IN ('EXCELLENT', 'GOOD', 'FAIR', 'WEAK')",
                name="reviews_review_class_check",
            ),
        ),
        ops.AddConstraint(
            "ReviewPoint", UniqueConstraint(fields=("review_id", "criterion_id"), name="review_points_key")
        ),
        ops.AddConstraint(
            "ReviewPoint", CheckConstraint(check="points >= 0", name="review_points_points_check")
        ),
        ops.AddConstraint("Staff", UniqueConstraint(fields=("username",), name="staff_username_key")),
        ops.AddConstraint(
            "Staff",
            CheckConstraint(
                check="role IN ('ADMINISTRATOR', 'COMMANDER', 'OFFICER', 'FRONT', 'ANALYST', 'CUSTODIAN', 'AUDITOR')",
                name="staff_role_check",
            ),
        ),
        ops.AddConstraint(
            "Staff", CheckConstraint(check="language IN ('vi', 'en')", name="staff_language_check")
        ),
        ops.AddConstraint(
            "Activity",
            CheckConstraint(
                check="group_id IS NOT NULL OR organisation_id IS NOT NULL", name="activities_who_check"
            ),
        ),
        ops.AddConstraint(
            "Activity",
            CheckConstraint(check="attendance BETWEEN 0 AND 1000000", name="activities_attendance_check"),
        ),
        ops.AddConstraint(
            "Activity",
            CheckConstraint(
                check="households_present BETWEEN 0 AND 100000", name="activities_households_present_check"
            ),
        ),
        ops.AddConstraint(
            "Activity",
            CheckConstraint(
                check="kind IN ('QUARTERLY_MEETING', 'OUTREACH', 'TRAINING', 'PATROL', 'OTHER')",
                name="activities_kind_check",
            ),
        ),
        ops.AddConstraint(
            "Assignment",
            UniqueConstraint(
                fields=("area_id", "kind"),
                name="assignments_one_officer_key",
                condition="kind = 'AREA_OFFICER' AND ends_on IS NULL AND deleted_at IS NULL",
            ),
        ),
        ops.AddConstraint(
            "Assignment",
            CheckConstraint(check="staff_id IS NOT NULL OR officer_name <> ''", name="assignments_who_check"),
        ),
        ops.AddConstraint(
            "Assignment",
            CheckConstraint(check="(area_id IS NULL) <> (group_id IS NULL)", name="assignments_what_check"),
        ),
        ops.AddConstraint(
            "Assignment", CheckConstraint(check="ends_on >= starts_on", name="assignments_term_check")
        ),
        ops.AddConstraint(
            "Assignment",
            CheckConstraint(
                check="kind IN ('AREA_OFFICER', 'HAMLET_OFFICER', 'FRONT_CONTACT')",
                name="assignments_kind_check",
            ),
        ),
        ops.AddConstraint(
            "EducationSupervisor",
            UniqueConstraint(fields=("case_id", "staff_id"), name="education_supervisors_key"),
        ),
        ops.AddConstraint(
            "Enquiry",
            CheckConstraint(check="(answer = '') = (answered_at IS NULL)", name="enquiries_answer_check"),
        ),
        ops.AddConstraint(
            "Enquiry",
            CheckConstraint(
                check="NOT published OR answered_at IS NOT NULL", name="enquiries_published_check"
            ),
        ),
        ops.AddConstraint(
            "Enquiry",
            CheckConstraint(
                check="channel IN ('ZALO', 'FACEBOOK', 'PHONE', 'IN_PERSON', 'MEETING', 'BOX', 'API')",
                name="enquiries_channel_check",
            ),
        ),
        ops.AddConstraint(
            "HandDown",
            CheckConstraint(
                check="(group_id IS NULL) <> (organisation_id IS NULL)", name="hand_downs_to_check"
            ),
        ),
        ops.AddConstraint(
            "HandDown", CheckConstraint(check="received_at >= sent_at", name="hand_downs_received_check")
        ),
        ops.AddConstraint(
            "ImportBatch",
            UniqueConstraint(
                fields=("noun", "sha256"), name="import_batches_file_key", condition="undone_at IS NULL"
            ),
        ),
        ops.AddConstraint(
            "ImportBatch",
            CheckConstraint(check="rows_ok >= 0 AND rows_wrong >= 0", name="import_batches_rows_check"),
        ),
        ops.AddConstraint(
            "Session", UniqueConstraint(fields=("token_hash",), name="sessions_token_hash_key")
        ),
        ops.AddConstraint(
            "StaffArea", UniqueConstraint(fields=("staff_id", "area_id"), name="staff_areas_key")
        ),
        ops.AddConstraint("TipCategory", UniqueConstraint(fields=("code",), name="tip_categories_code_key")),
        ops.AddConstraint("Tip", UniqueConstraint(fields=("code",), name="tips_code_key")),
        ops.AddConstraint(
            "Tip",
            UniqueConstraint(
                fields=("partner_id", "external_ref"),
                name="tips_external_ref_key",
                condition="external_ref IS NOT NULL",
            ),
        ),
        ops.AddConstraint(
            "Tip",
            CheckConstraint(
                check="external_ref IS NULL OR partner_id IS NOT NULL", name="tips_external_ref_check"
            ),
        ),
        ops.AddConstraint(
            "Tip",
            CheckConstraint(
                check="(status = 'DUPLICATE') = (duplicate_of_id IS NOT NULL)", name="tips_duplicate_check"
            ),
        ),
        ops.AddConstraint(
            "Tip", CheckConstraint(check="duplicate_of_id <> id", name="tips_duplicate_self_check")
        ),
        ops.AddConstraint(
            "Tip",
            CheckConstraint(
                check="(status IN ('CLOSED', 'REJECTED', 'DUPLICATE')) = (closed_at IS NOT NULL)",
                name="tips_closed_check",
            ),
        ),
        ops.AddConstraint(
            "Tip", CheckConstraint(check="(legal_kind = 'SOURCE') = (due_at IS NULL)", name="tips_due_check")
        ),
        ops.AddConstraint("Tip", CheckConstraint(check="lat BETWEEN -90 AND 90", name="tips_lat_check")),
        ops.AddConstraint("Tip", CheckConstraint(check="lon BETWEEN -180 AND 180", name="tips_lon_check")),
        ops.AddConstraint(
            "Tip", CheckConstraint(check="(lat IS NULL) = (lon IS NULL)", name="tips_place_pair_check")
        ),
        ops.AddConstraint(
            "Tip",
            CheckConstraint(
                check="legal_kind IN ('SOURCE', 'REPORT', 'DENUNCIATION', 'PROPOSAL')",
                name="tips_legal_kind_check",
            ),
        ),
        ops.AddConstraint(
            "Tip",
            CheckConstraint(
                check="channel IN ('ZALO', 'FACEBOOK', 'PHONE', 'IN_PERSON', 'MEETING', 'BOX', 'API')",
                name="tips_channel_check",
            ),
        ),
        ops.AddConstraint(
            "Tip",
            CheckConstraint(
                check="priority IN ('LOW', 'NORMAL', 'HIGH', 'URGENT')", name="tips_priority_check"
            ),
        ),
        ops.AddConstraint(
            "Tip",
            CheckConstraint(
                check="status IN ('RECEIVED', 'VERIFYING', 'ACTING', 'CLOSED', 'REJECTED', 'DUPLICATE')",
                name="tips_status_check",
            ),
        ),
        ops.AddConstraint("Attachment", CheckConstraint(check="size > 0", name="attachments_size_check")),
        ops.AddConstraint(
            "Attachment", CheckConstraint(check="sha256 ~ '^[0-9a-f]{64}$'", name="attachments_sha256_check")
        ),
        ops.AddConstraint(
            "TipEvent",
            CheckConstraint(
                check="kind IN ('SUBMITTED', 'EDITED', 'ASSIGNED', 'NOTED', 'VERIFYING', 'ACTING', 'CLOSED', 'REJECTED', 'REOPENED', 'MERGED', 'EXTENDED')",
                name="tip_events_kind_check",
            ),
        ),
        ops.AddConstraint(
            "TipEvent",
            CheckConstraint(
                check="actor_kind IN ('STAFF', 'PARTNER', 'SYSTEM')", name="tip_events_actor_kind_check"
            ),
        ),
        ops.AddConstraint(
            "TipEvent",
            CheckConstraint(
                check="from_status IN ('RECEIVED', 'VERIFYING', 'ACTING', 'CLOSED', 'REJECTED', 'DUPLICATE')",
                name="tip_events_from_status_check",
            ),
        ),
        ops.AddConstraint(
            "TipEvent",
            CheckConstraint(
                check="to_status IN ('RECEIVED', 'VERIFYING', 'ACTING', 'CLOSED', 'REJECTED', 'DUPLICATE')",
                name="tip_events_to_status_check",
            ),
        ),
        ops.AddConstraint(
            "TipOutcome", CheckConstraint(check="count BETWEEN 1 AND 100000", name="tip_outcomes_count_check")
        ),
        ops.AddConstraint(
            "TipOutcome",
            CheckConstraint(
                check="kind IN ('ARREST', 'CASE_SOLVED', 'SPOT_CLEARED', 'FINE', 'WARNING', 'REFERRED', 'UNFOUNDED', 'OTHER')",
                name="tip_outcomes_kind_check",
            ),
        ),
        ops.AddConstraint("TipReporter", UniqueConstraint(fields=("tip_id",), name="tip_reporters_tip_key")),
    ]
