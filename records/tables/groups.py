"""Groups of people, who is in them, and which officer looks after them."""

from datetime import date
from uuid import UUID

from tortoise import fields

from records.core.labels import Labelled
from records.core.language import gettext_noop as _
from records.tables.areas import Area
from records.tables.base import Editable, check, enum_column, foreign_key, index, unique
from records.tables.organisations import Programme
from records.tables.staff import Staff


class GroupKind(Labelled):
    """What kind of group it is."""

    SELF_GOVERNING = (
        "SELF_GOVERNING",
        _("Self-governing people's group"),
        "A self-governing people's group (tổ nhân dân tự quản).",
    )
    ZALO = "ZALO", _("Zalo group"), "A Zalo group (nhóm Zalo) that connects an area officer with such groups."
    FACEBOOK = (
        "FACEBOOK",
        _("Facebook group"),
        "A Facebook group (nhóm Facebook) that connects an area officer with such groups.",
    )


class GroupStatus(Labelled):
    """The status of a group."""

    ACTIVE = "ACTIVE", _("Active"), "It is active."
    PAUSED = "PAUSED", _("Paused"), "It is temporarily inactive."
    MERGED = "MERGED", _("Merged into another group"), "It was merged into another group."
    DISSOLVED = "DISSOLVED", _("Dissolved"), "It ended."


class MemberRole(Labelled):
    """The role of a member in a group."""

    HEAD = "HEAD", _("Head"), "Its head (tổ trưởng, trưởng nhóm)."
    DEPUTY = "DEPUTY", _("Deputy head"), "A deputy (tổ phó)."
    SECRETARY = "SECRETARY", _("Secretary"), "Its secretary (thư ký)."
    MEMBER = "MEMBER", _("Member"), "A member (thành viên)."
    OFFICER = (
        "OFFICER",
        _("Police officer in charge"),
        "The police officer in charge (cán bộ công an phụ trách).",
    )


class AssignmentKind(Labelled):
    """In which capacity somebody looks after an area or a group."""

    AREA_OFFICER = "AREA_OFFICER", _("Area officer")
    HAMLET_OFFICER = "HAMLET_OFFICER", _("Hamlet officer")
    FRONT_CONTACT = "FRONT_CONTACT", _("Fatherland Front contact")


class Group(Editable):
    """A group. Most report a head count (`stated_members`, on `stated_on`) rather than a roster."""

    code = fields.CharField(max_length=32)
    name = fields.CharField(max_length=200)
    name_key = fields.TextField()
    folded = fields.TextField()
    kind: GroupKind = enum_column(GroupKind)
    programme: fields.ForeignKeyNullableRelation[Programme] = foreign_key("Programme", null=True)
    programme_id: UUID | None
    area: fields.ForeignKeyRelation[Area] = foreign_key("Area", index=False)
    area_id: UUID
    founded_on: date | None = fields.DateField(null=True)
    status: GroupStatus = enum_column(GroupStatus, default=GroupStatus.ACTIVE)
    # Since when it is not active, and when it ended; a paused group may end later.
    inactive_on: date | None = fields.DateField(null=True)
    ended_on: date | None = fields.DateField(null=True)
    merged_into: fields.ForeignKeyNullableRelation["Group"] = foreign_key("Group", null=True)
    merged_into_id: UUID | None
    households: int | None = fields.IntField(null=True)
    stated_members: int | None = fields.IntField(null=True)
    stated_on: date | None = fields.DateField(null=True)
    meeting_place = fields.CharField(max_length=200, null=True)
    external_id = fields.CharField(max_length=120, null=True)
    external_url = fields.CharField(max_length=500, default="")

    class Meta:
        table = "groups"
        constraints = (
            unique("code"),
            check("code", "code = upper(code)"),
            check("households", "households BETWEEN 0 AND 100000"),
            check("stated_members", "stated_members BETWEEN 0 AND 1000000"),
            check("stated_on", "(stated_members IS NULL) = (stated_on IS NULL)"),
            check("merged_into", "(status = 'MERGED') = (merged_into_id IS NOT NULL)"),
            check("merged_into_self", "merged_into_id <> id"),
            check("inactive_on", "(status = 'ACTIVE') = (inactive_on IS NULL)"),
            check("ended_on", "(status IN ('MERGED', 'DISSOLVED')) = (ended_on IS NOT NULL)"),
            check("life", "inactive_on >= founded_on AND ended_on >= inactive_on"),
        )
        indexes = (
            index("area_id", "name_key", "id", name="area_name"),
            index("name_key", "id", name="name"),
            index("updated_at", "id", name="updated"),
        )


class GroupLink(Editable):
    """An online group links an officer with a self-governing group, from one day to another."""

    online: fields.ForeignKeyRelation[Group] = foreign_key("Group")
    online_id: UUID
    group: fields.ForeignKeyRelation[Group] = foreign_key("Group")
    group_id: UUID
    linked_on = fields.DateField()
    ended_on: date | None = fields.DateField(null=True)

    class Meta:
        table = "group_links"
        constraints = (
            unique("online_id", "group_id", name="live", where="ended_on IS NULL"),
            check("life", "ended_on >= linked_on"),
            check("ends", "online_id <> group_id"),
        )


class Member(Editable):
    """A person's term in a group; leaving closes it and never erases it. Phone and address are sealed."""

    group: fields.ForeignKeyRelation[Group] = foreign_key("Group")
    group_id: UUID
    name = fields.CharField(max_length=120)
    name_key = fields.TextField()
    folded = fields.TextField()
    role: MemberRole = enum_column(MemberRole, default=MemberRole.MEMBER)
    joined_on = fields.DateField()
    left_on: date | None = fields.DateField(null=True)
    birth_year: int | None = fields.SmallIntField(null=True)

    class Meta:
        table = "members"
        constraints = (
            unique(
                "group_id", name="one_head", where="role = 'HEAD' AND left_on IS NULL AND deleted_at IS NULL"
            ),
            check("term", "left_on >= joined_on"),
            check("birth_year", "birth_year BETWEEN 1900 AND 2100"),
        )


class Assignment(Editable):
    """Who looks after an area or a group: a staff member or a named officer, from one day to another."""

    kind: AssignmentKind = enum_column(AssignmentKind)
    staff: fields.ForeignKeyNullableRelation[Staff] = foreign_key("Staff", null=True)
    staff_id: UUID | None
    officer_name = fields.CharField(max_length=120, default="")
    area: fields.ForeignKeyNullableRelation[Area] = foreign_key("Area", null=True)
    area_id: UUID | None
    group: fields.ForeignKeyNullableRelation[Group] = foreign_key("Group", null=True)
    group_id: UUID | None
    starts_on = fields.DateField()
    # The first day on which they no longer do.
    ends_on: date | None = fields.DateField(null=True)

    class Meta:
        table = "assignments"
        constraints = (
            unique(
                "area_id",
                "kind",
                name="one_officer",
                where="kind = 'AREA_OFFICER' AND ends_on IS NULL AND deleted_at IS NULL",
            ),
            check("who", "staff_id IS NOT NULL OR officer_name <> ''"),
            check("what", "(area_id IS NULL) <> (group_id IS NULL)"),
            check("term", "ends_on >= starts_on"),
        )

    @property
    def holder(self) -> str:
        """The name of whoever has it; a staff member must be loaded."""
        return self.staff.name if self.staff else self.officer_name

    @property
    def lies_in(self) -> UUID | None:
        """The id of the area that it is about; a group must be loaded."""
        return self.group.area_id if self.group else self.area_id
