"""Every way to ask for records over GraphQL, as data: each root field, argument, order, filter and link.

`%(name)s` is filled in by test_elsewhere.py: `their_…` are ids of records of another area, `our_…` are ids of
one's own or places in lists of them.
"""

from tests.api import elsewhere_work

_GROUP = "id code name version tipCounts { status count }"
_GROUPS = f"""totalCount count(upTo: 1) {{ value qualifier }} nodes {{ {_GROUP} }} edges {{ cursor }}
              pageInfo {{ hasNextPage hasPreviousPage }}"""
_TIP = """id code title version outcomes { kind count }
          group { code tipCounts { count } } duplicateOf { code }"""
_TIPS = f"""count(upTo: 100) {{ value qualifier }} edges {{ cursor node {{ {_TIP} }} }}
            pageInfo {{ hasNextPage hasPreviousPage }}"""
_FIGURES = """totalCount nodes { id value sourceText version indicator { code } organisation { name } }
              pageInfo { hasNextPage hasPreviousPage }"""
_ENQUIRIES = """totalCount nodes { id topic question channel askedAt version }
                edges { cursor } pageInfo { hasNextPage hasPreviousPage }"""
_MET = 'kind: PATROL, heldOn: "2025-09-01", attendance: 1'
_REPORTED = """indicator: "reported.tips", area: "%(here)s", organisationId: "%(office)s", value: 7,
               period: "Mẫu", sourceName: "Mẫu", sourceText: "7 tin" """
_SERIES = "area { code } points { period value precision protected }"
_DAYS = '{gte: "2025-01-01", lt: "2099-01-01"}'


def _groups(arguments: str) -> str:
    return f"{{ groups({arguments}) {{ {_GROUPS} }} }}"


def _tips(arguments: str) -> str:
    return f"{{ tips({arguments}) {{ {_TIPS} }} }}"


def _figures(arguments: str) -> str:
    return f"{{ figures({arguments}) {{ {_FIGURES} }} }}"


def _enquiries(arguments: str) -> str:
    return f"{{ openEnquiries({arguments}) {{ {_ENQUIRIES} }} }}"


def _metrics(**changes: str) -> str:
    given = {
        "indicators": '["tips.received", "groups.active", "reported.tips"]',
        "area": '"877"',
        "by": "COMMUNE",
        "from": '"2024-01"',
        "to": '"2026-06"',
        "period": "YEAR",
    } | changes
    return "{ metrics(" + ", ".join(f"{k}: {v}" for k, v in given.items()) + f") {{ {_SERIES} }} }}"


def _changes(arguments: str) -> str:
    return f"""{{ changes({arguments}) {{ changes {{ type recordId deleted
      record {{ ... on Group {{ {_GROUP} }} ... on Tip {{ {_TIP} }} }} }} }} }}"""


def _change(mutation: str, fields: str) -> str:
    return f"mutation {{ {mutation}(input: {{{fields}}}) {{ recordId problems {{ field code message }} }} }}"


def _followed(arguments: str) -> str:
    return "subscription " + _changes(arguments)


def _submit(field: str) -> str:
    return f"""mutation {{ submitTip(input: {{title: "", category: "THEFT", area: "%(here)s", {field}}})
               {{ code tip {{ code }} problems {{ field message }} }} }}"""


# Each shows a record of theirs to whoever may see it; to others it must be as if that were not there.
ASKED: dict[str, str] = {
    "Query.groups": f"{{ groups {{ {_GROUPS} }} }}",
    "Query.groups(filter.area)": _groups('filter: {area: "877"}'),
    "Query.groups(filter.code)": _groups('filter: {code: ["TO-HERE", "TO-THERE"]}'),
    "Query.groups(filter.kind)": _groups("filter: {kind: [SELF_GOVERNING]}"),
    "Query.groups(filter.search)": _groups('filter: {search: "mau"}'),
    "Query.groups(filter.status)": _groups("filter: {status: [ACTIVE]}"),
    "Query.groups(filter.updatedAt)": _groups(f"filter: {{updatedAt: {_DAYS}}}"),
    "Query.groups(filter.id)": _groups('filter: {id: ["%(our_group)s", "%(their_group)s"]}'),
    "Query.groups(filter.foundedOn)": _groups(f"filter: {{foundedOn: {_DAYS}}}"),
    "Query.groups(filter.households)": _groups("filter: {households: {gt: 5, lte: 50}}"),
    "Query.groups(filter.memberCount)": _groups("filter: {memberCount: {gte: 1, lt: 500}}"),
    "Query.groups(filter.programme)": _groups('filter: {programme: ["MAU"]}'),
    "Query.groups(filter.updatedSince)": _groups('filter: {updatedSince: "2025-01-01T00:00:00Z"}'),
    "Query.group": '{ group(code: "TO-THERE") { id } }',
    "Query.group(code)": f'{{ group(code: "TO-THERE") {{ {_GROUP} }} }}',
    "Query.groups(orderBy: FOUNDED_ON)": _groups("orderBy: FOUNDED_ON"),
    "Query.groups(orderBy: FOUNDED_ON_DESC)": _groups("orderBy: FOUNDED_ON_DESC"),
    "Query.groups(orderBy: NAME)": _groups("orderBy: NAME"),
    "Query.groups(orderBy: NAME_DESC)": _groups("orderBy: NAME_DESC"),
    "Query.groups(orderBy: CODE)": _groups("orderBy: CODE"),
    "Query.groups(orderBy: CODE_DESC)": _groups("orderBy: CODE_DESC"),
    "Query.groups(orderBy: UPDATED_AT)": _groups("orderBy: UPDATED_AT"),
    "Query.groups(orderBy: UPDATED_AT_DESC)": _groups("orderBy: UPDATED_AT_DESC"),
    "Query.groups(first)": _groups("first: 1"),
    "Query.groups(last)": _groups("last: 1"),
    "Query.groups(after)": _groups('orderBy: CODE, after: "%(our_group_place)s"'),
    "Query.groups(before)": _groups('orderBy: CODE_DESC, last: 5, before: "%(our_group_place_back)s"'),
    "Query.tips": f"{{ tips {{ {_TIPS} }} }}",
    "Query.tips(filter.area)": _tips('filter: {area: "82"}'),
    "Query.tips(filter.category)": _tips('filter: {category: ["THEFT"]}'),
    "Query.tips(filter.channel)": _tips("filter: {channel: [ZALO]}"),
    "Query.tips(filter.code)": _tips('filter: {code: ["TB-HERE", "TB-THERE"]}'),
    "Query.tips(filter.groupId)": _tips('filter: {groupId: ["%(our_group)s", "%(their_group)s"]}'),
    "Query.tips(filter.legalKind)": _tips("filter: {legalKind: [SOURCE]}"),
    "Query.tips(filter.priority)": _tips("filter: {priority: [NORMAL]}"),
    "Query.tips(filter.receivedAt)": _tips(f"filter: {{receivedAt: {_DAYS}}}"),
    "Query.tips(filter.search)": _tips('filter: {search: "tin mau"}'),
    "Query.tips(filter.status)": _tips("filter: {status: [RECEIVED]}"),
    "Query.tips(filter.updatedAt)": _tips(f"filter: {{updatedAt: {_DAYS}}}"),
    "Query.tips(filter.id)": _tips('filter: {id: ["%(our_tip)s", "%(their_tip)s"]}'),
    "Query.tips(filter.group)": _tips('filter: {group: ["TO-HERE", "TO-THERE"]}'),
    "Query.tips(filter.duplicateOf)": _tips('filter: {duplicateOf: ["TB-THERE"]}'),
    "Query.tips(filter.anonymous)": _tips("filter: {anonymous: true}"),
    "Query.tips(filter.hasOutcome)": _tips("filter: {hasOutcome: true}"),
    "Query.tips(filter.overdue)": _tips("filter: {overdue: false}"),
    "Query.tips(filter.occurredAt)": _tips(f"filter: {{occurredAt: {_DAYS}}}"),
    "Query.tips(filter.dueAt)": _tips(f"filter: {{dueAt: {_DAYS}}}"),
    "Query.tips(filter.closedAt)": _tips(f"filter: {{closedAt: {_DAYS}}}"),
    "Query.tips(filter.updatedSince)": _tips('filter: {updatedSince: "2025-01-01T00:00:00Z"}'),
    "Query.tip": '{ tip(code: "TB-THERE") { id } }',
    "Query.tip(code)": f'{{ tip(code: "TB-THERE") {{ {_TIP} }} }}',
    "Query.tips(orderBy: DUE_AT)": _tips("orderBy: DUE_AT"),
    "Query.tips(orderBy: DUE_AT_DESC)": _tips("orderBy: DUE_AT_DESC"),
    "Query.tips(orderBy: RECEIVED_AT)": _tips("orderBy: RECEIVED_AT"),
    "Query.tips(orderBy: RECEIVED_AT_DESC)": _tips("orderBy: RECEIVED_AT_DESC"),
    "Query.tips(orderBy: UPDATED_AT)": _tips("orderBy: UPDATED_AT"),
    "Query.tips(orderBy: UPDATED_AT_DESC)": _tips("orderBy: UPDATED_AT_DESC"),
    "Query.tips(orderBy: CODE)": _tips("orderBy: CODE"),
    "Query.tips(orderBy: CODE_DESC)": _tips("orderBy: CODE_DESC"),
    "Query.tips(first)": _tips("first: 1"),
    "Query.tips(last)": _tips("last: 1"),
    "Query.tips(after)": _tips('orderBy: CODE, after: "%(our_tip_place)s"'),
    "Query.tips(before)": _tips('orderBy: CODE_DESC, last: 5, before: "%(our_tip_place_back)s"'),
    "Query.figures": f"{{ figures {{ {_FIGURES} }} }}",
    "Query.figures(filter.area)": _figures('filter: {area: "877"}'),
    "Query.figures(filter.indicator)": _figures('filter: {indicator: ["reported.tips"]}'),
    "Query.figures(filter.qualifier)": _figures("filter: {qualifier: [ABOUT]}"),
    "Query.figures(filter.id)": _figures('filter: {id: ["%(their_figure)s"]}'),
    "Query.figures(filter.organisationId)": _figures('filter: {organisationId: ["%(office)s"]}'),
    "Query.figures(filter.periodFrom)": _figures(f"filter: {{periodFrom: {_DAYS}}}"),
    "Query.figures(filter.periodTo)": _figures(f"filter: {{periodTo: {_DAYS}}}"),
    "Query.figures(filter.programme)": _figures('filter: {programme: ["MAU"]}'),
    "Query.figures(filter.updatedAt)": _figures(f"filter: {{updatedAt: {_DAYS}}}"),
    "Query.figures(filter.updatedSince)": _figures('filter: {updatedSince: "2025-01-01T00:00:00Z"}'),
    "Query.figures(orderBy: PERIOD)": _figures("orderBy: PERIOD"),
    "Query.figures(orderBy: PERIOD_DESC)": _figures("orderBy: PERIOD_DESC"),
    "Query.figures(orderBy: UPDATED_AT)": _figures("orderBy: UPDATED_AT"),
    "Query.figures(orderBy: UPDATED_AT_DESC)": _figures("orderBy: UPDATED_AT_DESC"),
    "Query.figures(first)": _figures("first: 1"),
    "Query.figures(last)": _figures("last: 1"),
    "Query.figures(after)": _figures('orderBy: PERIOD, after: "%(our_figure_place)s"'),
    "Query.figures(before)": _figures('orderBy: PERIOD_DESC, last: 5, before: "%(our_figure_place_back)s"'),
    "Query.openEnquiries": f"{{ openEnquiries {{ {_ENQUIRIES} }} }}",
    "Query.openEnquiries(filter.area)": _enquiries('filter: {area: "877"}'),
    "Query.openEnquiries(filter.channel)": _enquiries("filter: {channel: [BOX]}"),
    "Query.openEnquiries(orderBy: ASKED_AT)": _enquiries("orderBy: ASKED_AT"),
    "Query.openEnquiries(orderBy: ASKED_AT_DESC)": _enquiries("orderBy: ASKED_AT_DESC"),
    "Query.openEnquiries(first)": _enquiries("first: 1"),
    "Query.openEnquiries(last)": _enquiries("last: 1"),
    "Query.openEnquiries(after)": _enquiries('after: "%(our_enquiry_place)s"'),
    "Query.openEnquiries(before)": _enquiries(
        'orderBy: ASKED_AT_DESC, last: 5, before: "%(our_enquiry_place_back)s"'
    ),
    "Query.metrics": _metrics(),
    "Query.metrics(indicators)": _metrics(indicators='["tips.received"]'),
    "Query.metrics(area)": _metrics(area='"%(there)s"', by="null"),
    "Query.metrics(from)": _metrics(**{"from": '"2026-01"'}),
    "Query.metrics(to)": _metrics(to='"2027-12"'),
    "Query.metrics(by)": _metrics(area='"82"'),
    "Query.metrics(period)": _metrics(period="MONTH"),
    "Query.metrics(mostAreas)": _metrics(mostAreas="10"),
    "Query.metrics(geography)": _metrics(geography='"2025-07-01"'),
    "Query.changes": _changes("first: 100"),
    "Query.changes(after)": _changes('after: "%(our_feed_place)s"'),
    "Query.changes(types)": _changes("types: [TIP]"),
    "Query.changes(area)": _changes('area: "877"'),
    "Query.changes(first)": _changes("first: 2"),
    "Subscription.changes": _followed("first: 100"),
    "Subscription.changes(after)": _followed('after: "%(our_feed_place)s"'),
    "Subscription.changes(types)": _followed("types: [TIP]"),
    "Subscription.changes(area)": _followed('area: "877"'),
    "Subscription.changes(first)": _followed("first: 2"),
    "Query.node(id)": '{ node(id: "%(their_tip)s") { id ... on Tip { code } } }',
    "Query.nodes(ids)": """{ nodes(ids: ["%(their_group)s", "%(our_tip)s", "%(their_tip)s",
                             "%(their_figure)s"]) { id __typename } }""",
    "Query._entities(representations)": """{ _entities(representations: [
        {__typename: "Group", id: "%(their_group)s"}, {__typename: "Tip", id: "%(our_tip)s"},
        {__typename: "Tip", id: "%(their_tip)s"}, {__typename: "Figure", id: "%(their_figure)s"}
      ]) { __typename ... on Tip { code } } }""",
    "Group.tipCounts": '{ node(id: "%(our_group)s") { ... on Group { tipCounts { status count } } } }',
    "Group.linkedGroups": '{ node(id: "%(our_group)s") { ... on Group { linkedGroups { code } } } }',
    "Group.mergedInto": '{ node(id: "%(our_merged_group)s") { ... on Group { mergedInto { code } } } }',
    "Tip.group": '{ node(id: "%(our_tip)s") { ... on Tip { group { code tipCounts { count } } } } }',
    "Tip.duplicateOf": '{ node(id: "%(our_copy)s") { ... on Tip { duplicateOf { code title } } } }',
    "Tip.outcomes": '{ node(id: "%(their_tip)s") { ... on Tip { outcomes { kind count } } } }',
    "ChangeFeed.changes": "{ changes { changes { recordId deleted } } }",
    "MetricSeries.points": _metrics(period="QUARTER"),
    "Mutation.submitTip(input.groupId)": _submit('groupId: "%(their_group)s"'),
    "Mutation.addTipNote(input.tipId)": _change("addTipNote", 'tipId: "%(their_tip)s", note: "Mẫu"'),
    "Mutation.reportTipOutcome(input.tipId)": _change(
        "reportTipOutcome", 'tipId: "%(their_tip)s", version: 1, kind: FINE'
    ),
    "Mutation.recordActivity(input.groupId)": _change(
        "recordActivity", f'{_MET}, groupId: "%(their_group)s"'
    ),
    "Mutation.answerEnquiry(input.enquiryId)": _change(
        "answerEnquiry", 'enquiryId: "%(their_enquiry)s", version: 1, answer: "Mẫu"'
    ),
    "Mutation.reportFigure(input.supersedes)": _change(
        "reportFigure", f'{_REPORTED}, supersedes: "%(their_figure)s"'
    ),
} | elsewhere_work.WORK

# These show only what every key with the scope sees: areas, programmes, organisations and other catalogues.
CATALOGUES = (
    elsewhere_work.CATALOGUES
    + """
Query.area Query.area(code) Query.areas Query.areas(filter.area) Query.areas(filter.code)
Query.areas(filter.kind) Query.areas(filter.search) Query.areas(validOn) Query.areas(allTime)
Query.areas(orderBy: NAME) Query.areas(orderBy: NAME_DESC) Query.areas(orderBy: CODE)
Query.areas(orderBy: CODE_DESC) Query.areas(first) Query.areas(after) Query.areas(last) Query.areas(before)
Query.area(validOn) Query.areas(filter.id) Query.areas(filter.parent) Query.areaSuccessions
Query.areaSuccessions(filter.area) Query.areaSuccessions(filter.id) Query.areaSuccessions(filter.old)
Query.areaSuccessions(filter.new) Query.areaSuccessions(filter.whole)
Query.areaSuccessions(filter.effectiveOn) Query.areaSuccessions(orderBy: EFFECTIVE_ON)
Query.areaSuccessions(orderBy: EFFECTIVE_ON_DESC) Query.areaSuccessions(first)
Query.areaSuccessions(after) Query.areaSuccessions(last) Query.areaSuccessions(before)
Query.programme Query.programme(code) Query.programmes(filter.id) Query.programmes(filter.hostId)
Query.programmes(filter.startedOn) Query.programmes(filter.endedOn) Query.programmes(filter.active)
Query.programmes(filter.updatedAt) Query.programmes(filter.updatedSince) Query.programmes(filter.search)
Query.programmes(orderBy: UPDATED_AT) Query.programmes(orderBy: UPDATED_AT_DESC)
Query.programmes Query.programmes(filter.area) Query.programmes(filter.code) Query.programmes(orderBy: CODE)
Query.programmes(orderBy: CODE_DESC) Query.programmes(orderBy: STARTED_ON)
Query.programmes(orderBy: STARTED_ON_DESC) Query.programmes(orderBy: ENDED_ON)
Query.programmes(orderBy: ENDED_ON_DESC) Query.programmes(first) Query.programmes(after)
Query.programmes(last) Query.programmes(before) Query.tipCategory Query.tipCategory(code)
Query.tipCategories Query.tipCategories(filter.id) Query.tipCategories(filter.code)
Query.tipCategories(filter.updatedSince) Query.tipCategories(inactive)
Query.indicator Query.indicator(code) Query.indicators Query.indicators(filter.id)
Query.indicators(filter.code) Query.indicators(filter.kind) Query.indicators(filter.source)
Query.indicators(filter.sensitive) Query.indicators(filter.updatedSince)
Area.parent Area.predecessors Area.successors Area.successions Area.origins Area.ancestors
AreaSuccession.old AreaSuccession.new TipCategory.parent Indicator.numerator Indicator.denominator
Organisation.area Organisation.parent Programme.area
Programme.host Programme.partner Group.area Group.programme Tip.area Tip.category
OpenEnquiry.area Figure.area Figure.indicator Figure.organisation Figure.programme
MetricSeries.area MetricSeries.indicator Query._service
"""
)
# These show what the caller has just sent, and look up no record of anybody's area.
OWN = """
Query.export Query.export(id) Query.exports Mutation.startExport StartExportPayload.export
StartExportPayload.problems Mutation.startExport(input.query) Mutation.startExport(input.variables)
Mutation.startExport(input.idempotencyKey) Query.viewer Viewer.areas Viewer.credential Viewer.budget
Query._entities
Query.node Query.nodes Mutation.submitTip SubmitTipPayload.tip SubmitTipPayload.problems
Mutation.submitTip(input.title) Mutation.submitTip(input.body) Mutation.submitTip(input.category)
Mutation.submitTip(input.area) Mutation.submitTip(input.channel) Mutation.submitTip(input.legalKind)
Mutation.submitTip(input.priority) Mutation.submitTip(input.place) Mutation.submitTip(input.lat)
Mutation.submitTip(input.lon) Mutation.submitTip(input.occurredAt) Mutation.submitTip(input.receivedAt)
Mutation.submitTip(input.externalRef) Mutation.submitTip(input.idempotencyKey)
Mutation.addTipNote AddTipNotePayload.tip AddTipNotePayload.problems
Mutation.addTipNote(input.note) Mutation.addTipNote(input.idempotencyKey)
Mutation.reportTipOutcome ReportTipOutcomePayload.tip ReportTipOutcomePayload.problems
Mutation.reportTipOutcome(input.version) Mutation.reportTipOutcome(input.kind)
Mutation.reportTipOutcome(input.count) Mutation.reportTipOutcome(input.onDay)
Mutation.reportTipOutcome(input.note) Mutation.reportTipOutcome(input.idempotencyKey)
Mutation.recordActivity RecordActivityPayload.activity RecordActivityPayload.problems
Mutation.recordActivity(input.kind) Mutation.recordActivity(input.heldOn)
Mutation.recordActivity(input.attendance)
Mutation.recordActivity(input.organisationId) Mutation.recordActivity(input.area)
Mutation.recordActivity(input.householdsPresent) Mutation.recordActivity(input.topics)
Mutation.recordActivity(input.outline) Mutation.recordActivity(input.minutes)
Mutation.recordActivity(input.idempotencyKey)
Mutation.answerEnquiry AnswerEnquiryPayload.problems
Mutation.answerEnquiry(input.version) Mutation.answerEnquiry(input.answer)
Mutation.answerEnquiry(input.idempotencyKey)
Mutation.reportFigure ReportFigurePayload.figure ReportFigurePayload.problems
Mutation.reportFigure(input.indicator) Mutation.reportFigure(input.area)
Mutation.reportFigure(input.organisationId) Mutation.reportFigure(input.value)
Mutation.reportFigure(input.qualifier) Mutation.reportFigure(input.period)
Mutation.reportFigure(input.periodFrom) Mutation.reportFigure(input.periodTo)
Mutation.reportFigure(input.sourceText) Mutation.reportFigure(input.sourceName)
Mutation.reportFigure(input.sourceOn) Mutation.reportFigure(input.programme)
Mutation.reportFigure(input.idempotencyKey)
"""
