"""Who may read what over GraphQL: every field of the schema stands here, with the right that it needs.

A new type or field without an entry fails: nothing becomes public by accident.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from graphql import GraphQLObjectType, get_named_type

from api.errors import to_camel_case
from api.reads.declared import DECLARATION, RECORD_TYPES, Linked
from api.schema.assembly import schema
from records.core.actor import Scope
from records.core.rights import SCOPE_RIGHTS, Right
from tests.api.streaming import first_message
from tests.api.support import Ask, error

# Records: the right to read them, whether they are seen only in the caller's areas, and what they show.
RECORDS = {
    "Area": (
        Right.AREAS_READ,
        False,
        """id code name kind validFrom validTo lat lon areaKm2 parent predecessors successors
        successions origins ancestors""",
    ),
    "AreaSuccession": (Right.AREAS_READ, False, "id old new whole effectiveOn legalBasis"),
    "Organisation": (
        Right.AREAS_READ,
        False,
        "id name kind activeFrom activeTo area parent updatedAt version",
    ),
    "Programme": (
        Right.PROGRAMMES_READ,
        False,
        """id code name host partner area startedOn startedPrecision endedOn channel summary updatedAt
        version""",
    ),
    "Group": (
        Right.GROUPS_READ,
        True,
        """id code name kind status area programme foundedOn inactiveOn households memberCount statedOn
        endedOn mergedInto linkedGroups memberCounts tipCounts updatedAt version""",
    ),
    "TipCategory": (Right.AREAS_READ, False, "id code name active parent sensitive formal updatedAt"),
    "Tip": (
        Right.TIPS_READ,
        True,
        """id code legalKind category title body channel priority status area group place lat lon occurredAt
        receivedAt firstResponseAt dueAt extended closedAt duplicateOf outcomes anonymous updatedAt
        version""",
    ),
    "Indicator": (
        Right.METRICS_READ,
        False,
        "id code name unit kind source sensitive higherIsBetter numerator denominator updatedAt",
    ),
    "OpenEnquiry": (Right.ENQUIRIES_ANSWER, True, "id topic question channel area askedAt version"),
    "Figure": (
        Right.FIGURES_READ,
        True,
        """id indicator area organisation programme value qualifier period periodFrom periodTo protected
        sourceName sourceOn sourceText updatedAt version""",
    ),
    # Neither minutes nor findings, actions or signatories: they may name people.
    "Activity": (
        Right.ACTIVITIES_READ,
        True,
        """id kind group organisation area heldOn quarter attendance householdsPresent topics outline
        updatedAt version""",
    ),
    "Outline": (
        Right.OUTLINES_READ,
        False,
        """id code edition title topics body organisation issuedOn validUntil editions handDownCounts
        updatedAt version""",
    ),
    "HandDown": (
        Right.OUTLINES_READ,
        True,
        "id outline sender group organisation area sentAt receivedAt activity updatedAt version",
    ),
    "Scorecard": (
        Right.REVIEWS_READ,
        False,
        "id name province yearFrom excellentFrom goodFrom fairFrom criteria updatedAt version",
    ),
    "Review": (
        Right.REVIEWS_READ,
        True,
        "id group area year scorecard points total reviewClass signedOn updatedAt version",
    ),
    "FrequentQuestion": (
        Right.FAQ_READ,
        True,
        "id area topic question answer answeredAt updatedAt version",
    ),
}
# Values: seen only as a part of what has a right.
VALUES = {
    "TipCount": "status count",
    "TipOutcome": "kind count onDay",
    "MemberCount": "role count",
    "MemberTotals": "area precision groups groupsStating stated roster",
    "HandDownCount": "received count",
    "EnquiryCount": "topic channel answered count",
    "Criterion": "position name maxPoints",
    "ReviewPoint": "position criterion points maxPoints",
    "MetricSeries": "indicator area points",
    "MetricPoint": "period start end value qualifier precision complete protected",
    "InputProblem": "field code message",
    "SubmitTipPayload": "recordId code tip problems",
    "AddTipNotePayload": "recordId tip problems",
    "ReportTipOutcomePayload": "recordId tip problems",
    "RecordActivityPayload": "recordId activity problems",
    "AnswerEnquiryPayload": "recordId problems",
    "ReportFigurePayload": "recordId figure problems",
    "Change": "type recordId action at deleted record",
    "ChangeFeed": "changes cursor hasMore",
    "Export": "id root state rows path digest error createdAt finishedAt expiresAt",
    "StartExportPayload": "recordId export problems",
    "Viewer": "name scopes areas documentsOnly credential budget",
    "Budget": "limit remaining restorePerSecond",
    "Credential": "kind prefix expiresAt",
    "Count": "value qualifier",
    "_Service": "sdl",
    "PageInfo": "hasNextPage hasPreviousPage startCursor endCursor",
} | {
    f"{name}{part}": fields
    for name in (
        *("Area", "AreaSuccession", "Organisation", "Programme", "Group", "Tip", "Figure", "Activity"),
        *("Outline", "HandDown", "Review", "FrequentQuestion", "OpenEnquiry"),
    )
    for part, fields in (("Connection", "edges nodes pageInfo totalCount count"), ("Edge", "cursor node"))
}
# The answers of mutations, each with the right that the mutation needs.
PAYLOADS = {
    "SubmitTipPayload": Right.TIPS_SUBMIT,
    "AddTipNotePayload": Right.TIPS_NOTE,
    "ReportTipOutcomePayload": Right.TIPS_REPORT,
    "RecordActivityPayload": Right.ACTIVITIES_RECORD,
    "AnswerEnquiryPayload": Right.ENQUIRIES_ANSWER,
    "ReportFigurePayload": Right.FIGURES_REPORT,
    "StartExportPayload": Right.EXPORTS_RUN,
}
_SUBMIT = 'submitTip(input: {title: "Mẫu", category: "THEFT", area: "29905"}) { code }'
_OUTCOME = 'reportTipOutcome(input: {tipId: "x", version: 1, kind: FINE})'
_MET = 'kind: PATROL, heldOn: "2025-09-01", attendance: 1'
_FIGURE = 'indicator: "x", area: "82", organisationId: "x", period: "", sourceText: "", sourceName: ""'
# The roots: the right that each needs, and the shortest way to use it.
ROOTS: dict[str, dict[str, tuple[Right | None, str]]] = {
    "Query": {
        "area": (Right.AREAS_READ, '{ area(code: "82") { code } }'),
        "areas": (Right.AREAS_READ, "{ areas(first: 1) { nodes { code } } }"),
        "areaSuccessions": (Right.AREAS_READ, "{ areaSuccessions(first: 1) { nodes { whole } } }"),
        "programme": (Right.PROGRAMMES_READ, '{ programme(code: "x") { code } }'),
        "programmes": (Right.PROGRAMMES_READ, "{ programmes { nodes { code } } }"),
        "group": (Right.GROUPS_READ, '{ group(code: "x") { code } }'),
        "groups": (Right.GROUPS_READ, "{ groups { nodes { code } } }"),
        "tipCategory": (Right.AREAS_READ, '{ tipCategory(code: "THEFT") { code } }'),
        "tipCategories": (Right.AREAS_READ, "{ tipCategories { code } }"),
        "tip": (Right.TIPS_READ, '{ tip(code: "x") { code } }'),
        "tips": (Right.TIPS_READ, "{ tips { nodes { code } } }"),
        "indicator": (Right.METRICS_READ, '{ indicator(code: "x") { code } }'),
        "indicators": (Right.METRICS_READ, "{ indicators { code } }"),
        "metrics": (
            Right.METRICS_READ,
            """{ metrics(indicators: ["tips.received"], area: "82", from: "2025-01", to: "2025-01",
                         period: MONTH) { points { value } } }""",
        ),
        "figures": (Right.FIGURES_READ, "{ figures { nodes { value } } }"),
        "openEnquiries": (Right.ENQUIRIES_ANSWER, "{ openEnquiries { nodes { question } } }"),
        "organisations": (Right.AREAS_READ, "{ organisations { nodes { name } } }"),
        "memberCounts": (Right.GROUPS_READ, '{ memberCounts(area: "82") { stated } }'),
        "faq": (Right.FAQ_READ, "{ faq { nodes { question } } }"),
        "enquiryCounts": (Right.FAQ_READ, "{ enquiryCounts { count } }"),
        "outlines": (Right.OUTLINES_READ, "{ outlines { nodes { code } } }"),
        "handDowns": (Right.OUTLINES_READ, "{ handDowns { nodes { sentAt } } }"),
        "activities": (Right.ACTIVITIES_READ, "{ activities { nodes { heldOn } } }"),
        "reviews": (Right.REVIEWS_READ, "{ reviews { nodes { total } } }"),
        "scorecards": (Right.REVIEWS_READ, "{ scorecards { name } }"),
        # Of the records, those whose scope the key has: see test_changes.py.
        "changes": (Right.CHANGES_READ, "{ changes(types: []) { cursor } }"),
        "export": (Right.EXPORTS_RUN, '{ export(id: "x") { state } }'),
        "exports": (Right.EXPORTS_RUN, "{ exports { state } }"),
        "viewer": (None, "{ viewer { name scopes } }"),
        # These two have the right of whatever the id names: see test_node.py.
        "node": (None, '{ node(id: "x") { id } }'),
        "nodes": (None, '{ nodes(ids: ["x"]) { id } }'),
        "_entities": (None, "{ _entities(representations: []) { __typename } }"),
        # The schema, which is no secret.
        "_service": (None, "{ _service { sdl } }"),
    },
    "Mutation": {
        "submitTip": (Right.TIPS_SUBMIT, f"mutation {{ {_SUBMIT} }}"),
        "addTipNote": (
            Right.TIPS_NOTE,
            'mutation { addTipNote(input: {tipId: "x", note: "x"}) { recordId } }',
        ),
        "reportTipOutcome": (Right.TIPS_REPORT, f"mutation {{ {_OUTCOME} {{ recordId }} }}"),
        "recordActivity": (
            Right.ACTIVITIES_RECORD,
            f"mutation {{ recordActivity(input: {{{_MET}}}) {{ recordId }} }}",
        ),
        "answerEnquiry": (
            Right.ENQUIRIES_ANSWER,
            'mutation { answerEnquiry(input: {enquiryId: "x", version: 1, answer: "x"}) { recordId } }',
        ),
        "startExport": (Right.EXPORTS_RUN, 'mutation { startExport(input: {query: ""}) { recordId } }'),
        "reportFigure": (
            Right.FIGURES_REPORT,
            f"mutation {{ reportFigure(input: {{{_FIGURE}}}) {{ recordId }} }}",
        ),
    },
    # The same as the query of that name, as it grows: see test_live.py.
    "Subscription": {"changes": (Right.CHANGES_READ, "subscription { changes(types: []) { cursor } }")},
}
# Links and filters that need more than the record that they belong to: the right, and the shortest way.
LINKS: dict[str, tuple[Right, str]] = {
    "Programme.host": (Right.AREAS_READ, "{ programmes { nodes { host { id } } } }"),
    "Programme.partner": (Right.AREAS_READ, "{ programmes { nodes { partner { id } } } }"),
    "Programme.area": (Right.AREAS_READ, "{ programmes { nodes { area { id } } } }"),
    "Group.programme": (Right.PROGRAMMES_READ, "{ groups { nodes { programme { id } } } }"),
    "Group.tipCounts": (Right.TIPS_READ, "{ groups { nodes { tipCounts { count } } } }"),
    "Tip.group": (Right.GROUPS_READ, "{ tips { nodes { group { id } } } }"),
    "Viewer.areas": (Right.AREAS_READ, "{ viewer { areas { code } } }"),
    "Figure.programme": (Right.PROGRAMMES_READ, "{ figures { nodes { programme { id } } } }"),
    "Activity.group": (Right.GROUPS_READ, "{ activities { nodes { group { id } } } }"),
    "Activity.outline": (Right.OUTLINES_READ, "{ activities { nodes { outline { id } } } }"),
    "HandDown.group": (Right.GROUPS_READ, "{ handDowns { nodes { group { id } } } }"),
    "HandDown.activity": (Right.ACTIVITIES_READ, "{ handDowns { nodes { activity { id } } } }"),
    "Review.group": (Right.GROUPS_READ, "{ reviews { nodes { group { id } } } }"),
    "SubmitTipPayload.tip": (
        Right.TIPS_READ,
        'mutation { submitTip(input: {title: "", category: "THEFT", area: "29905"}) { tip { id } } }',
    ),
    "ReportFigurePayload.figure": (
        Right.FIGURES_READ,
        f"mutation {{ reportFigure(input: {{{_FIGURE}}}) {{ figure {{ id }} }} }}",
    ),
    "RecordActivityInput.groupId": (
        Right.GROUPS_READ,
        f'mutation {{ recordActivity(input: {{{_MET}, groupId: "x"}}) {{ recordId }} }}',
    ),
    "ReportFigureInput.programme": (
        Right.PROGRAMMES_READ,
        f'mutation {{ reportFigure(input: {{{_FIGURE}, programme: "x"}}) {{ recordId }} }}',
    ),
}
# Inputs that name records of another right than the mutation's.
GIVEN = {"RecordActivityInput.groupId", "ReportFigureInput.programme"}
# Filters that name records of another right than those that they filter.
FILTERS: dict[str, tuple[Right, str]] = {
    "TipFilter.group": (Right.GROUPS_READ, '{ tips(filter: {group: ["x"]}) { totalCount } }'),
    "TipFilter.groupId": (Right.GROUPS_READ, '{ tips(filter: {groupId: ["x"]}) { totalCount } }'),
    "GroupFilter.programme": (Right.PROGRAMMES_READ, '{ groups(filter: {programme: ["x"]}) { totalCount } }'),
    "FigureFilter.programme": (
        Right.PROGRAMMES_READ,
        '{ figures(filter: {programme: ["x"]}) { totalCount } }',
    ),
    "ActivityFilter.group": (Right.GROUPS_READ, '{ activities(filter: {group: ["x"]}) { totalCount } }'),
    "ActivityFilter.groupId": (Right.GROUPS_READ, '{ activities(filter: {groupId: ["x"]}) { totalCount } }'),
    "ActivityFilter.outlineId": (
        Right.OUTLINES_READ,
        '{ activities(filter: {outlineId: ["x"]}) { totalCount } }',
    ),
    "HandDownFilter.group": (Right.GROUPS_READ, '{ handDowns(filter: {group: ["x"]}) { totalCount } }'),
    "HandDownFilter.groupId": (Right.GROUPS_READ, '{ handDowns(filter: {groupId: ["x"]}) { totalCount } }'),
    "ReviewFilter.group": (Right.GROUPS_READ, '{ reviews(filter: {group: ["x"]}) { totalCount } }'),
    "ReviewFilter.groupId": (Right.GROUPS_READ, '{ reviews(filter: {groupId: ["x"]}) { totalCount } }'),
    "EnquiryCountFilter.groupId": (
        Right.GROUPS_READ,
        '{ enquiryCounts(filter: {groupId: ["x"]}) { count } }',
    ),
    "ProgrammeFilter.hostId": (Right.AREAS_READ, '{ programmes(filter: {hostId: ["x"]}) { totalCount } }'),
}
# Links to values, which nobody sees but through the record: no right of their own.
PACKAGES = {
    *(
        "Tip.outcomes",
        "MetricSeries.points",
        "Viewer.credential",
        "Viewer.budget",
        "StartExportPayload.export",
    ),
    *("Group.memberCounts", "Outline.handDownCounts", "Scorecard.criteria", "Review.points"),
    *(f"{name}.problems" for name in PAYLOADS),
}
# What is counted and is no record itself, and whose right counting it needs.
COUNTED = {"EnquiryCount": Right.FAQ_READ}
USES = [(right, query) for roots in ROOTS.values() for right, query in roots.values()]
Reading = Callable[..., Awaitable[str]]


@pytest.fixture
def run(ask: Ask, served: str) -> Ask:
    """Asks a query or a change; of a subscription it gives the first message."""

    async def run(query: str, *, key: str) -> dict[str, Any]:
        return await (
            first_message(served, key, query) if query.startswith("subscription") else ask(query, key=key)
        )

    return run


def test_matrix_lists_each_type_and_field_of_schema() -> None:
    list_size = {name: set(fields.split()) for name, (_, _, fields) in RECORDS.items()}
    list_size |= {name: set(fields.split()) for name, fields in VALUES.items()}
    list_size |= {name: set(roots) for name, roots in ROOTS.items()}
    there = {
        name: set(type_.fields)
        for name, type_ in schema._schema.type_map.items()
        if isinstance(type_, GraphQLObjectType) and not name.startswith("__")
    }
    assert there == list_size


def test_records_declare_right_and_bounds_of_matrix() -> None:
    declared = {name: (noun.right, noun.scoped) for name, noun in RECORD_TYPES.items()}
    assert declared == {name: (right, scoped) for name, (right, scoped, _) in RECORDS.items()}


@pytest.mark.parametrize(("right", "query"), USES)
async def test_field_is_refused_when_scope_is_missing(
    run: Ask, partner_key: Reading, right: Right | None, query: str
) -> None:
    giving = {scope for scope in Scope if right in SCOPE_RIGHTS[scope]}
    others = set(Scope) - giving
    if right is not None:
        assert giving
        if others:
            refused = await run(query, key=await partner_key(scopes=others))
            assert [error["extensions"]["code"] for error in refused["errors"]] == ["FORBIDDEN"]
    for scope in giving or others:
        given = await run(query, key=await partner_key(scopes={scope}))
        assert "errors" not in given, given


def test_table_lists_links_that_need_another_right() -> None:
    """Where each scope that shows a record shows what it links to as well, there is nothing to ask for."""
    found = set()
    for name, type_ in schema._schema.type_map.items():
        if name not in RECORDS and name not in {"MetricSeries", "Viewer", *PAYLOADS}:
            continue
        assert isinstance(type_, GraphQLObjectType)
        for field, shown in type_.fields.items():
            below = get_named_type(shown.type)
            if isinstance(below, GraphQLObjectType) and not _comes_along(name, below.name):
                found.add(f"{name}.{field}")
    assert found == set(LINKS) - GIVEN | PACKAGES


def test_table_lists_filters_that_need_another_right() -> None:
    found = set()
    for name in [*RECORDS, *COUNTED]:
        type_ = schema._schema.type_map.get(f"{name}Filter")
        fields: list[Any] = type_.extensions["strawberry-definition"].fields if type_ else []
        for field in fields:
            reads = field.metadata[DECLARATION]
            if isinstance(reads, Linked) and not _comes_along(name, reads.type_name):
                found.add(f"{name}Filter.{to_camel_case(field.python_name)}")
    assert found == set(FILTERS)


def _comes_along(name: str, below: str) -> bool:
    if name == "Viewer":
        return False
    owners = COUNTED | {"MetricSeries": Right.METRICS_READ} | PAYLOADS
    right = owners[name] if name in owners else RECORDS[name][0]
    return below in RECORDS and all(
        RECORDS[below][0] in given for given in SCOPE_RIGHTS.values() if right in given
    )


@pytest.mark.parametrize("link", LINKS | FILTERS)
async def test_link_is_refused_when_scope_of_its_target_is_missing(
    ask: Ask, partner_key: Reading, link: str
) -> None:
    right, query = (LINKS | FILTERS)[link]
    giving = {scope for scope in Scope if right in SCOPE_RIGHTS[scope]}
    # The scopes of records give the areas with them: only a key for programmes alone lacks areas.
    lacking = {Scope.PROGRAMMES_READ} if right is Right.AREAS_READ else set(Scope) - giving
    refused = error(await ask(query, key=await partner_key(scopes=lacking)))
    assert refused["extensions"]["code"] == "FORBIDDEN"
    assert refused["extensions"]["field"] == link
    assert set(refused["extensions"]["scopes"]) == {scope.value for scope in giving}
    assert all(part in refused["message"] for part in (link, *giving))
    given = await ask(query, key=await partner_key(scopes=lacking | giving))
    assert "errors" not in given, given


@pytest.mark.parametrize(("right", "query"), USES)
async def test_root_fields_are_refused_when_key_is_missing(run: Ask, right: Right | None, query: str) -> None:
    refused = await run(query, key="")
    assert {error["extensions"]["code"] for error in refused["errors"]} == {"UNAUTHENTICATED"}
    assert not any((refused.get("data") or {}).values())
