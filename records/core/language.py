"""What people read: English source texts, their Vietnamese, the names of enum members, numbers and days.

The English text is the gettext id; `locale/<language>/LC_MESSAGES/ketnoi.po` holds the rest.
"""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from typing import Final

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

from records.core.actor import ActorKind, Role
from records.core.days import LOCAL
from records.core.errors import Message
from records.core.rights import ApprovalKind
from records.tables.activities import ActivityKind, EducationResult, OutlineStatus
from records.tables.approvals import Act, ApprovalState, Decision
from records.tables.areas import AreaKind, Precision
from records.tables.audit import JobState
from records.tables.delivery import DeliveryProblem, DeliveryState, ExportState, WebhookState
from records.tables.groups import AssignmentKind, GroupKind, GroupStatus, MemberRole
from records.tables.metrics import IndicatorKind, IndicatorSource, Qualifier
from records.tables.organisations import DatePrecision, OrganisationKind
from records.tables.privacy import KeptFor, RevealState, RevealStep, Then
from records.tables.reviews import ReviewClass
from records.tables.staff import FactorKind, Language, Strength
from records.tables.tips import Channel, LegalKind, OutcomeKind, Priority, TipEventKind, TipStatus

LOCALE: Final = Path(__file__).resolve().parents[2] / "locale"


def mark(text: str) -> str:
    """`text` itself: imported as `_`, it marks a text that is translated later, where it is shown."""
    return text


_ = mark


# By enum first: members of two enums with the same value are equal.
LABELS: Final[dict[type[StrEnum], dict[StrEnum, str]]] = {
    Role: {
        Role.ADMINISTRATOR: _("Administrator"),
        Role.COMMANDER: _("Commander"),
        Role.OFFICER: _("Area officer"),
        Role.FRONT: _("Fatherland Front"),
        Role.ANALYST: _("Analyst"),
        Role.CUSTODIAN: _("Custodian of sealed data"),
        Role.AUDITOR: _("Auditor"),
    },
    ActorKind: {
        ActorKind.STAFF: _("Staff"),
        ActorKind.PARTNER: _("Partner system"),
        ActorKind.SYSTEM: _("This service"),
    },
    RevealStep: {
        RevealStep.ASKED: _("Asked to see it"),
        RevealStep.APPROVED: _("Approved"),
        RevealStep.REFUSED: _("Refused"),
        RevealStep.WITHDRAWN: _("Withdrawn"),
        RevealStep.LOOKED: _("Looked at it"),
    },
    RevealState: {
        RevealState.WAITING: _("Waits for a custodian"),
        RevealState.LIVE: _("May be looked at"),
        RevealState.REFUSED: _("Refused"),
        RevealState.WITHDRAWN: _("Withdrawn"),
        RevealState.ENDED: _("Time is over"),
    },
    ApprovalKind: {
        ApprovalKind.PHONE_LOOKUP: _("Look-up by phone"),
        ApprovalKind.PARTNER_ACCESS: _("Access of a partner system to tips"),
        ApprovalKind.TIP_ACCOUNT: _("Account that reads tips"),
        ApprovalKind.DECIDER_ACCOUNT: _("Account of a commander, custodian or auditor"),
    },
    Act: {
        Act.PHONE_LOOKUP: _("Look up what is kept under a phone"),
        Act.PARTNER_ADD: _("Add a partner system"),
        Act.PARTNER_EDIT: _("Give a partner system more scopes or areas"),
        Act.PARTNER_OPEN: _("Let a partner system in again"),
        Act.PARTNER_SIGNING_KEYS: _("Change a partner system's signing keys"),
        Act.PARTNER_KEY: _("Issue a key to a partner system"),
        Act.PARTNER_KEY_ROTATION: _("Rotate a partner system's key"),
        Act.STAFF_ADD: _("Add an account"),
        Act.STAFF_EDIT: _("Change the role or areas of an account"),
        Act.STAFF_OPEN: _("Open an account again"),
        Act.STAFF_PASSWORD: _("Hand over a new password"),
        Act.STAFF_FACTORS: _("Remove all further factors"),
        Act.STAFF_IDENTITY: _("Link an account at the sign-in provider"),
    },
    Decision: {Decision.APPROVED: _("Approved"), Decision.REFUSED: _("Refused")},
    ApprovalState: {
        ApprovalState.WAITING: _("Waiting for approval"),
        ApprovalState.APPROVED: _("Approved"),
        ApprovalState.REFUSED: _("Refused"),
        ApprovalState.WITHDRAWN: _("Withdrawn"),
        ApprovalState.DONE: _("Done"),
        ApprovalState.EXPIRED: _("Expired"),
    },
    KeptFor: {
        KeptFor.HOLD: _("A legal hold keeps it"),
        KeptFor.PROCEDURE: _("A formal report is not decided yet (Criminal Procedure Code, article 147)"),
    },
    Then: {
        Then.ERASE_PERSON: _("Erase who it names"),
        Then.REMOVE: _("Remove it"),
    },
    Language: {Language.VI: "Tiếng Việt", Language.EN: "English"},
    FactorKind: {
        FactorKind.TOTP: _("Authenticator app"),
        FactorKind.PASSKEY: _("Passkey"),
    },
    Strength: {
        Strength.ONE: _("One factor"),
        Strength.TWO: _("Two factors"),
    },
    AreaKind: {
        AreaKind.PROVINCE: _("Province"),
        AreaKind.DISTRICT: _("District"),
        AreaKind.COMMUNE: _("Commune or ward"),
        AreaKind.HAMLET: _("Hamlet"),
    },
    Precision: {
        Precision.EXACT: _("Exact"),
        Precision.ESTIMATED: _("Estimated"),
        Precision.UNAVAILABLE: _("Not available"),
    },
    OrganisationKind: {
        OrganisationKind.POLICE: _("Police"),
        OrganisationKind.FRONT: _("Fatherland Front committee"),
        OrganisationKind.GOVERNMENT: _("Government"),
        OrganisationKind.OTHER: _("Other"),
    },
    DatePrecision: {
        DatePrecision.DAY: _("Day"),
        DatePrecision.MONTH: _("Month"),
        DatePrecision.YEAR: _("Year"),
    },
    GroupKind: {
        GroupKind.SELF_GOVERNING: _("Self-governing people's group"),
        GroupKind.ZALO: _("Zalo group"),
        GroupKind.FACEBOOK: _("Facebook group"),
    },
    GroupStatus: {
        GroupStatus.ACTIVE: _("Active"),
        GroupStatus.PAUSED: _("Paused"),
        GroupStatus.MERGED: _("Merged into another group"),
        GroupStatus.DISSOLVED: _("Dissolved"),
    },
    MemberRole: {
        MemberRole.HEAD: _("Head"),
        MemberRole.DEPUTY: _("Deputy head"),
        MemberRole.SECRETARY: _("Secretary"),
        MemberRole.MEMBER: _("Member"),
        MemberRole.OFFICER: _("Police officer in the group"),
    },
    AssignmentKind: {
        AssignmentKind.AREA_OFFICER: _("Area officer"),
        AssignmentKind.HAMLET_OFFICER: _("Hamlet officer"),
        AssignmentKind.FRONT_CONTACT: _("Contact at the Fatherland Front"),
    },
    LegalKind: {
        LegalKind.SOURCE: _("Information (informal)"),
        LegalKind.REPORT: _("Report of a crime"),
        LegalKind.DENUNCIATION: _("Denunciation of a crime"),
        LegalKind.PROPOSAL: _("Proposal to prosecute"),
    },
    Channel: {
        Channel.ZALO: "Zalo",
        Channel.FACEBOOK: "Facebook",
        Channel.PHONE: _("Phone"),
        Channel.IN_PERSON: _("In person"),
        Channel.MEETING: _("At a group meeting"),
        Channel.BOX: _("Letter box"),
        Channel.API: _("From another system"),
    },
    Priority: {
        Priority.LOW: _("Low"),
        Priority.NORMAL: _("Normal"),
        Priority.HIGH: _("High"),
        Priority.URGENT: _("Urgent"),
    },
    TipStatus: {
        TipStatus.RECEIVED: _("Received"),
        TipStatus.VERIFYING: _("Being verified"),
        TipStatus.ACTING: _("Being acted on"),
        TipStatus.CLOSED: _("Closed"),
        TipStatus.REJECTED: _("Rejected"),
        TipStatus.DUPLICATE: _("Duplicate"),
    },
    TipEventKind: {
        TipEventKind.SUBMITTED: _("The tip was received"),
        TipEventKind.EDITED: _("The tip was corrected"),
        TipEventKind.ASSIGNED: _("The tip was assigned"),
        TipEventKind.NOTED: _("A note was added"),
        TipEventKind.REPORTED: _("An outcome was reported"),
        TipEventKind.VERIFYING: _("Verification started"),
        TipEventKind.ACTING: _("Action started"),
        TipEventKind.CLOSED: _("The tip was closed"),
        TipEventKind.REJECTED: _("The tip was rejected"),
        TipEventKind.REOPENED: _("The tip was reopened"),
        TipEventKind.MERGED: _("The tip was marked as a duplicate"),
        TipEventKind.EXTENDED: _("The deadline was extended"),
    },
    OutcomeKind: {
        OutcomeKind.ARREST: _("People arrested"),
        OutcomeKind.CASE_SOLVED: _("Cases solved"),
        OutcomeKind.SPOT_CLEARED: _("Trouble spots cleared"),
        OutcomeKind.FINE: _("Administrative penalties"),
        OutcomeKind.WARNING: _("Warnings"),
        OutcomeKind.REFERRED: _("Referred to another body"),
        OutcomeKind.UNFOUNDED: _("Unfounded"),
        OutcomeKind.OTHER: _("Other"),
    },
    ActivityKind: {
        ActivityKind.QUARTERLY_MEETING: _("Quarterly meeting"),
        ActivityKind.OUTREACH: _("Outreach session"),
        ActivityKind.TRAINING: _("Training"),
        ActivityKind.PATROL: _("Patrol"),
        ActivityKind.OTHER: _("Other"),
    },
    EducationResult: {
        EducationResult.IMPROVED: _("Improved"),
        EducationResult.NOT_IMPROVED: _("Not improved"),
        EducationResult.MOVED_AWAY: _("Moved away"),
        EducationResult.HANDED_OVER: _("Handed over"),
    },
    OutlineStatus: {OutlineStatus.DRAFT: _("Draft"), OutlineStatus.PUBLISHED: _("Published")},
    ReviewClass: {
        ReviewClass.EXCELLENT: _("Excellent"),
        ReviewClass.GOOD: _("Good"),
        ReviewClass.FAIR: _("Fair"),
        ReviewClass.WEAK: _("Weak"),
    },
    IndicatorKind: {
        IndicatorKind.FLOW: _("Sum over a period"),
        IndicatorKind.STOCK: _("Value at the end of a period"),
        IndicatorKind.RATIO: _("Ratio"),
    },
    IndicatorSource: {
        IndicatorSource.RECORDS: _("Counted from records"),
        IndicatorSource.FIGURES: _("Reported figures"),
    },
    Qualifier: {
        Qualifier.EXACT: _("Exactly"),
        Qualifier.OVER: _("Over"),
        Qualifier.NEARLY: _("Nearly"),
        Qualifier.ABOUT: _("About"),
        Qualifier.TENS: _("Tens"),
        Qualifier.HUNDREDS: _("Hundreds"),
        Qualifier.THOUSANDS: _("Thousands"),
    },
    ExportState: {
        ExportState.WAITING: _("Waiting"),
        ExportState.RUNNING: _("Being written"),
        ExportState.DONE: _("Done"),
        ExportState.FAILED: _("Failed"),
    },
    WebhookState: {
        WebhookState.ACTIVE: _("Active"),
        WebhookState.PAUSED: _("Paused"),
        WebhookState.GONE: _("Stopped: the receiver wants no more"),
        WebhookState.FAILING: _("Stopped: the receiver took nothing for days"),
    },
    DeliveryState: {
        DeliveryState.WAITING: _("Waiting"),
        DeliveryState.DELIVERED: _("Delivered"),
        DeliveryState.FAILED: _("Given up"),
        DeliveryState.WITHHELD: _("Withheld: the partner may not know of it any more"),
    },
    DeliveryProblem: {
        DeliveryProblem.ADDRESS: _("The address may not be called"),
        DeliveryProblem.NAME: _("The name of the host is not known"),
        DeliveryProblem.CONNECTION: _("There is no connection"),
        DeliveryProblem.CERTIFICATE: _("The certificate is not valid for the host"),
        DeliveryProblem.TIMEOUT: _("No answer came in time"),
        DeliveryProblem.ANSWER: _("The answer was no success"),
    },
    JobState: {
        JobState.WAITING: _("Waiting"),
        JobState.RUNNING: _("Running"),
        JobState.DONE: _("Done"),
        JobState.FAILED: _("Failed"),
    },
}


def translate(language: Language | str, text: str, **values: str | int) -> str:
    """`text` (English, with `{name}` placeholders) in `language`, with `values` put in."""
    said = _catalogue(Language(language)).gettext(text)
    if not values:
        return said
    return said.format_map({name: _shown(language, value) for name, value in values.items()})


def say(language: Language | str, message: Message) -> str:
    """`message` in `language`."""
    return translate(language, message.text, **message.values)


def label(language: Language | str, member: StrEnum) -> str:
    """The name of an enum member in `language`."""
    return translate(language, LABELS[type(member)][member])


def number(language: Language | str, value: float | Decimal, decimals: int = 1) -> str:
    """`value` with at most `decimals` decimals: 1.234.567,5 in Vietnamese, 1,234,567.5 in English."""
    pattern = "#,##0." + "#" * decimals if decimals else "#,##0"
    return format_decimal(value, format=pattern, locale=str(language))


def day(value: date) -> str:
    """`value` as dd/MM/yyyy, in either language."""
    return f"{value:%d/%m/%Y}"


def moment(value: datetime) -> str:
    """`value` as dd/MM/yyyy HH:mm in the time of Viet Nam."""
    return f"{value.astimezone(LOCAL):%d/%m/%Y %H:%M}"


def _shown(language: Language | str, value: str | int) -> str:
    # Inside a sentence a number of four digits may be a year, and is read as easily without a point.
    return str(value) if isinstance(value, str) or abs(value) < 10_000 else number(language, value)


@cache
def _catalogue(language: Language) -> NullTranslations:
    """The catalogue of `language`; English needs none, its texts are the ids."""
    if language is Language.EN:
        return NullTranslations()
    with (LOCALE / language / "LC_MESSAGES" / "ketnoi.po").open("rb") as source:
        catalogue = read_po(source, locale=str(language), domain="ketnoi", abort_invalid=True)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled)
