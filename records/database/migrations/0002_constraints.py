"""Tortoise does not create a new table's constraints with the table: they are added here."""

from tortoise import migrations
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

from records.database.operations import AddConstraints


class Migration(migrations.Migration):
    dependencies = [("records", "0001_initial")]

    operations = [
        AddConstraints(
            {
                "Area": [
                    UniqueConstraint(fields=("code", "valid_from"), name="areas_code_valid_from_key"),
                    CheckConstraint(check="valid_to > valid_from", name="areas_life_check"),
                    CheckConstraint(
                        check="(parent_id IS NULL) = (kind = 'PROVINCE') AND parent_id <> id",
                        name="areas_parent_check",
                    ),
                    CheckConstraint(check="lat BETWEEN -90 AND 90", name="areas_lat_check"),
                    CheckConstraint(check="lon BETWEEN -180 AND 180", name="areas_lon_check"),
                    CheckConstraint(check="area_km2 > 0", name="areas_area_km2_check"),
                    CheckConstraint(
                        check="kind IN ('PROVINCE', 'DISTRICT', 'COMMUNE', 'HAMLET')", name="areas_kind_check"
                    ),
                ],
                "AreaAt": [
                    UniqueConstraint(fields=("epoch", "kind", "area_id", "home_id"), name="area_at_key"),
                    CheckConstraint(
                        check="kind IN ('PROVINCE', 'DISTRICT', 'COMMUNE', 'HAMLET')",
                        name="area_at_kind_check",
                    ),
                    CheckConstraint(
                        check="precision IN ('EXACT', 'ESTIMATED', 'UNAVAILABLE')",
                        name="area_at_precision_check",
                    ),
                ],
                "AreaReach": [
                    UniqueConstraint(fields=("ancestor_id", "area_id"), name="area_reach_key"),
                ],
                "AreaSuccession": [
                    UniqueConstraint(fields=("old_id", "new_id"), name="area_successions_old_new_key"),
                    CheckConstraint(check="old_id <> new_id", name="area_successions_ends_check"),
                ],
                "AuditEntry": [
                    CheckConstraint(
                        check="actor_kind IN ('STAFF', 'PARTNER', 'SYSTEM')",
                        name="audit_entries_actor_kind_check",
                    ),
                ],
                "Counter": [
                    CheckConstraint(check="number > 0", name="counters_number_check"),
                ],
                "Indicator": [
                    UniqueConstraint(fields=("code",), name="indicators_code_key"),
                    CheckConstraint(
                        check="(kind = 'RATIO' AND source = 'RECORDS') = (numerator_id IS NOT NULL AND denominator_id IS NOT NULL)",
                        name="indicators_ratio_check",
                    ),
                    CheckConstraint(check="kind IN ('FLOW', 'STOCK', 'RATIO')", name="indicators_kind_check"),
                    CheckConstraint(check="source IN ('RECORDS', 'FIGURES')", name="indicators_source_check"),
                ],
                "Job": [
                    CheckConstraint(check="progress BETWEEN 0 AND 100", name="jobs_progress_check"),
                    CheckConstraint(
                        check="(state IN ('DONE', 'FAILED')) = (finished_at IS NOT NULL)",
                        name="jobs_finished_check",
                    ),
                    CheckConstraint(
                        check="state IN ('WAITING', 'RUNNING', 'DONE', 'FAILED')", name="jobs_state_check"
                    ),
                ],
                "MetricCell": [
                    UniqueConstraint(fields=("indicator_id", "area_id", "month"), name="metric_cells_key"),
                    CheckConstraint(check="extract(day FROM month) = 1", name="metric_cells_month_check"),
                ],
                "MetricDelta": [
                    CheckConstraint(check="extract(day FROM month) = 1", name="metric_deltas_month_check"),
                ],
                "Organisation": [
                    UniqueConstraint(fields=("name", "area_id"), name="organisations_name_area_key"),
                    CheckConstraint(check="active_to > active_from", name="organisations_life_check"),
                    CheckConstraint(check="parent_id <> id", name="organisations_parent_check"),
                    CheckConstraint(
                        check="kind IN ('POLICE', 'FRONT', 'GOVERNMENT', 'OTHER')",
                        name="organisations_kind_check",
                    ),
                ],
                "Outline": [
                    UniqueConstraint(fields=("code", "edition"), name="outlines_code_edition_key"),
                    CheckConstraint(check="edition >= 1", name="outlines_edition_check"),
                    CheckConstraint(
                        check="(status = 'PUBLISHED') = (issued_on IS NOT NULL)",
                        name="outlines_issued_on_check",
                    ),
                    CheckConstraint(check="valid_until >= issued_on", name="outlines_valid_until_check"),
                    CheckConstraint(check="status IN ('DRAFT', 'PUBLISHED')", name="outlines_status_check"),
                ],
                "Partner": [
                    UniqueConstraint(fields=("name",), name="partners_name_key"),
                    CheckConstraint(check="jsonb_typeof(scopes) = 'array'", name="partners_scopes_check"),
                ],
                "PartnerArea": [
                    UniqueConstraint(fields=("partner_id", "area_id"), name="partner_areas_key"),
                ],
                "PartnerKey": [
                    UniqueConstraint(fields=("prefix",), name="partner_keys_prefix_key"),
                ],
                "Programme": [
                    UniqueConstraint(fields=("code",), name="programmes_code_key"),
                    CheckConstraint(check="ended_on >= started_on", name="programmes_life_check"),
                    CheckConstraint(
                        check="started_precision IN ('DAY', 'MONTH', 'YEAR')",
                        name="programmes_started_precision_check",
                    ),
                ],
                "Figure": [
                    UniqueConstraint(
                        fields=("supersedes_id",),
                        name="figures_supersedes_key",
                        condition="supersedes_id IS NOT NULL",
                    ),
                    CheckConstraint(check="period_to >= period_from", name="figures_period_check"),
                    CheckConstraint(check="supersedes_id <> id", name="figures_supersedes_self_check"),
                    CheckConstraint(
                        check="(value IS NULL) = (qualifier IN ('TENS', 'HUNDREDS', 'THOUSANDS'))",
                        name="figures_value_check",
                    ),
                    CheckConstraint(
                        check="qualifier IN ('EXACT', 'OVER', 'NEARLY', 'ABOUT', 'TENS', 'HUNDREDS', 'THOUSANDS')",
                        name="figures_qualifier_check",
                    ),
                ],
                "Group": [
                    UniqueConstraint(fields=("code",), name="groups_code_key"),
                    CheckConstraint(check="households BETWEEN 0 AND 100000", name="groups_households_check"),
                    CheckConstraint(
                        check="stated_members BETWEEN 0 AND 1000000", name="groups_stated_members_check"
                    ),
                    CheckConstraint(
                        check="(stated_members IS NULL) = (stated_on IS NULL)", name="groups_stated_on_check"
                    ),
                    CheckConstraint(
                        check="(status = 'MERGED') = (merged_into_id IS NOT NULL)",
                        name="groups_merged_into_check",
                    ),
                    CheckConstraint(check="merged_into_id <> id", name="groups_merged_into_self_check"),
                    CheckConstraint(
                        check="(status = 'ACTIVE') = (inactive_on IS NULL)", name="groups_inactive_on_check"
                    ),
                    CheckConstraint(
                        check="(status IN ('MERGED', 'DISSOLVED')) = (ended_on IS NOT NULL)",
                        name="groups_ended_on_check",
                    ),
                    CheckConstraint(
                        check="inactive_on >= founded_on AND ended_on >= inactive_on",
                        name="groups_life_check",
                    ),
                    CheckConstraint(
                        check="kind IN ('SELF_GOVERNING', 'ZALO', 'FACEBOOK')", name="groups_kind_check"
                    ),
                    CheckConstraint(
                        check="status IN ('ACTIVE', 'PAUSED', 'MERGED', 'DISSOLVED')",
                        name="groups_status_check",
                    ),
                ],
                "EducationCase": [
                    UniqueConstraint(fields=("code",), name="education_cases_code_key"),
                    CheckConstraint(check="closed_on >= opened_on", name="education_cases_life_check"),
                    CheckConstraint(
                        check="(closed_on IS NULL) = (result IS NULL)", name="education_cases_closed_check"
                    ),
                    CheckConstraint(
                        check="result IN ('IMPROVED', 'NOT_IMPROVED', 'MOVED_AWAY', 'HANDED_OVER')",
                        name="education_cases_result_check",
                    ),
                ],
                "EducationSubject": [
                    UniqueConstraint(fields=("case_id",), name="education_subjects_case_key"),
                ],
                "GroupLink": [
                    UniqueConstraint(
                        fields=("online_id", "group_id"),
                        name="group_links_live_key",
                        condition="ended_on IS NULL",
                    ),
                    CheckConstraint(check="ended_on >= linked_on", name="group_links_life_check"),
                    CheckConstraint(check="online_id <> group_id", name="group_links_ends_check"),
                ],
                "Member": [
                    UniqueConstraint(
                        fields=("group_id",),
                        name="members_one_head_key",
                        condition="role = 'HEAD' AND left_on IS NULL AND deleted_at IS NULL",
                    ),
                    CheckConstraint(check="left_on >= joined_on", name="members_term_check"),
                    CheckConstraint(
                        check="birth_year BETWEEN 1900 AND 2100", name="members_birth_year_check"
                    ),
                    CheckConstraint(
                        check="role IN ('HEAD', 'DEPUTY', 'SECRETARY', 'MEMBER', 'OFFICER')",
                        name="members_role_check",
                    ),
                ],
                "MemberContact": [
                    UniqueConstraint(fields=("member_id",), name="member_contacts_member_key"),
                ],
                "Scorecard": [
                    UniqueConstraint(
                        fields=("province_id", "year_from"), name="scorecards_province_year_key"
                    ),
                    CheckConstraint(
                        check="0 < fair_from AND fair_from < good_from AND good_from < excellent_from AND excellent_from <= 100",
                        name="scorecards_thresholds_check",
                    ),
                ],
                "Criterion": [
                    UniqueConstraint(fields=("scorecard_id", "position"), name="criteria_position_key"),
                    CheckConstraint(
                        check="max_points > 0 AND max_points <= 100", name="criteria_max_points_check"
                    ),
                ],
                "Review": [
                    UniqueConstraint(
                        fields=("group_id", "year"),
                        name="reviews_final_key",
                        condition="signed_on IS NOT NULL AND deleted_at IS NULL",
                    ),
                    CheckConstraint(check="year BETWEEN 2000 AND 2100", name="reviews_year_check"),
                    CheckConstraint(check="total BETWEEN 0 AND 100", name="reviews_total_check"),
                    CheckConstraint(
                        check="review_class IN ('EXCELLENT', 'GOOD', 'FAIR', 'WEAK')",
                        name="reviews_review_class_check",
                    ),
                ],
                "ReviewPoint": [
                    UniqueConstraint(fields=("review_id", "criterion_id"), name="review_points_key"),
                    CheckConstraint(check="points >= 0", name="review_points_points_check"),
                ],
                "Staff": [
                    UniqueConstraint(fields=("username",), name="staff_username_key"),
                    CheckConstraint(
                        check="role IN ('ADMINISTRATOR', 'COMMANDER', 'OFFICER', 'FRONT', 'ANALYST', 'CUSTODIAN', 'AUDITOR')",
                        name="staff_role_check",
                    ),
                    CheckConstraint(check="language IN ('vi', 'en')", name="staff_language_check"),
                ],
                "Activity": [
                    CheckConstraint(
                        check="group_id IS NOT NULL OR organisation_id IS NOT NULL",
                        name="activities_who_check",
                    ),
                    CheckConstraint(
                        check="attendance BETWEEN 0 AND 1000000", name="activities_attendance_check"
                    ),
                    CheckConstraint(
                        check="households_present BETWEEN 0 AND 100000",
                        name="activities_households_present_check",
                    ),
                    CheckConstraint(
                        check="kind IN ('QUARTERLY_MEETING', 'OUTREACH', 'TRAINING', 'PATROL', 'OTHER')",
                        name="activities_kind_check",
                    ),
                ],
                "Assignment": [
                    UniqueConstraint(
                        fields=("area_id", "kind"),
                        name="assignments_one_officer_key",
                        condition="kind = 'AREA_OFFICER' AND ends_on IS NULL AND deleted_at IS NULL",
                    ),
                    CheckConstraint(
                        check="staff_id IS NOT NULL OR officer_name <> ''", name="assignments_who_check"
                    ),
                    CheckConstraint(
                        check="(area_id IS NULL) <> (group_id IS NULL)", name="assignments_what_check"
                    ),
                    CheckConstraint(check="ends_on >= starts_on", name="assignments_term_check"),
                    CheckConstraint(
                        check="kind IN ('AREA_OFFICER', 'HAMLET_OFFICER', 'FRONT_CONTACT')",
                        name="assignments_kind_check",
                    ),
                ],
                "EducationSupervisor": [
                    UniqueConstraint(fields=("case_id", "staff_id"), name="education_supervisors_key"),
                ],
                "Enquiry": [
                    CheckConstraint(
                        check="(answer = '') = (answered_at IS NULL)", name="enquiries_answer_check"
                    ),
                    CheckConstraint(
                        check="NOT published OR answered_at IS NOT NULL", name="enquiries_published_check"
                    ),
                    CheckConstraint(
                        check="channel IN ('ZALO', 'FACEBOOK', 'PHONE', 'IN_PERSON', 'MEETING', 'BOX', 'API')",
                        name="enquiries_channel_check",
                    ),
                ],
                "HandDown": [
                    CheckConstraint(
                        check="(group_id IS NULL) <> (organisation_id IS NULL)", name="hand_downs_to_check"
                    ),
                    CheckConstraint(check="received_at >= sent_at", name="hand_downs_received_check"),
                ],
                "ImportBatch": [
                    UniqueConstraint(
                        fields=("noun", "sha256"),
                        name="import_batches_file_key",
                        condition="undone_at IS NULL",
                    ),
                    CheckConstraint(
                        check="rows_ok >= 0 AND rows_wrong >= 0", name="import_batches_rows_check"
                    ),
                ],
                "Session": [
                    UniqueConstraint(fields=("token_hash",), name="sessions_token_hash_key"),
                ],
                "StaffArea": [
                    UniqueConstraint(fields=("staff_id", "area_id"), name="staff_areas_key"),
                ],
                "TipCategory": [
                    UniqueConstraint(fields=("code",), name="tip_categories_code_key"),
                ],
                "Tip": [
                    UniqueConstraint(fields=("code",), name="tips_code_key"),
                    UniqueConstraint(
                        fields=("partner_id", "external_ref"),
                        name="tips_external_ref_key",
                        condition="external_ref IS NOT NULL",
                    ),
                    CheckConstraint(
                        check="external_ref IS NULL OR partner_id IS NOT NULL", name="tips_external_ref_check"
                    ),
                    CheckConstraint(
                        check="(status = 'DUPLICATE') = (duplicate_of_id IS NOT NULL)",
                        name="tips_duplicate_check",
                    ),
                    CheckConstraint(check="duplicate_of_id <> id", name="tips_duplicate_self_check"),
                    CheckConstraint(
                        check="(status IN ('CLOSED', 'REJECTED', 'DUPLICATE')) = (closed_at IS NOT NULL)",
                        name="tips_closed_check",
                    ),
                    CheckConstraint(
                        check="(legal_kind = 'SOURCE') = (due_at IS NULL)", name="tips_due_check"
                    ),
                    CheckConstraint(check="lat BETWEEN -90 AND 90", name="tips_lat_check"),
                    CheckConstraint(check="lon BETWEEN -180 AND 180", name="tips_lon_check"),
                    CheckConstraint(check="(lat IS NULL) = (lon IS NULL)", name="tips_place_pair_check"),
                    CheckConstraint(
                        check="legal_kind IN ('SOURCE', 'REPORT', 'DENUNCIATION', 'PROPOSAL')",
                        name="tips_legal_kind_check",
                    ),
                    CheckConstraint(
                        check="channel IN ('ZALO', 'FACEBOOK', 'PHONE', 'IN_PERSON', 'MEETING', 'BOX', 'API')",
                        name="tips_channel_check",
                    ),
                    CheckConstraint(
                        check="priority IN ('LOW', 'NORMAL', 'HIGH', 'URGENT')", name="tips_priority_check"
                    ),
                    CheckConstraint(
                        check="status IN ('RECEIVED', 'VERIFYING', 'ACTING', 'CLOSED', 'REJECTED', 'DUPLICATE')",
                        name="tips_status_check",
                    ),
                ],
                "Attachment": [
                    CheckConstraint(check="size > 0", name="attachments_size_check"),
                    CheckConstraint(check="sha256 ~ '^[0-9a-f]{64}$'", name="attachments_sha256_check"),
                ],
                "TipEvent": [
                    CheckConstraint(
                        check="kind IN ('SUBMITTED', 'EDITED', 'ASSIGNED', 'NOTED', 'VERIFYING', 'ACTING', 'CLOSED', 'REJECTED', 'REOPENED', 'MERGED', 'EXTENDED')",
                        name="tip_events_kind_check",
                    ),
                    CheckConstraint(
                        check="actor_kind IN ('STAFF', 'PARTNER', 'SYSTEM')",
                        name="tip_events_actor_kind_check",
                    ),
                    CheckConstraint(
                        check="from_status IN ('RECEIVED', 'VERIFYING', 'ACTING', 'CLOSED', 'REJECTED', 'DUPLICATE')",
                        name="tip_events_from_status_check",
                    ),
                    CheckConstraint(
                        check="to_status IN ('RECEIVED', 'VERIFYING', 'ACTING', 'CLOSED', 'REJECTED', 'DUPLICATE')",
                        name="tip_events_to_status_check",
                    ),
                ],
                "TipOutcome": [
                    CheckConstraint(check="count BETWEEN 1 AND 100000", name="tip_outcomes_count_check"),
                    CheckConstraint(
                        check="kind IN ('ARREST', 'CASE_SOLVED', 'SPOT_CLEARED', 'FINE', 'WARNING', 'REFERRED', 'UNFOUNDED', 'OTHER')",
                        name="tip_outcomes_kind_check",
                    ),
                ],
                "TipReporter": [
                    UniqueConstraint(fields=("tip_id",), name="tip_reporters_tip_key"),
                ],
            }
        ),
    ]
