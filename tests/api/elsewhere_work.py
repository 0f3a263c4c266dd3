"""Ways to ask for what groups do: activities, hand-downs, reviews, questions, members; see elsewhere.py."""

_DAYS = '{gte: "2025-01-01", lt: "2099-01-01"}'
_PAGE = "count(upTo: 9) { value } edges { cursor } pageInfo { hasNextPage hasPreviousPage }"
_CHANGED = {"updatedAt": _DAYS, "updatedSince": '"2025-01-01T00:00:00Z"'}
_IN = {"area": '"877"'}
_GROUP = {"group": '["TO-HERE", "TO-THERE"]', "groupId": '["%(our_group)s", "%(their_group)s"]'}
_OFFICE = '["%(office)s"]'
# Root field: what is shown of a record, examples of its filters, its first order, its id among the values.
_LISTS: dict[str, tuple[str, dict[str, str], str, str]] = {
    "activities": (
        "id attendance group { code } organisation { name } outline { code } area { code } version",
        _IN
        | _GROUP
        | {
            "id": '["%(their_activity)s"]',
            "kind": "[QUARTERLY_MEETING]",
            "organisationId": _OFFICE,
            "outlineId": '["%(outline)s"]',
            "topic": '["Phòng cháy"]',
            "heldOn": _DAYS,
            "attendance": "{gt: 1, lte: 100}",
        }
        | _CHANGED,
        "HELD_ON",
        "activity",
    ),
    "handDowns": (
        "id sentAt group { code } sender { name } outline { code } activity { id } version",
        _IN
        | _GROUP
        | {
            "id": '["%(their_hand_down)s"]',
            "outlineId": '["%(outline)s"]',
            "senderId": _OFFICE,
            "organisationId": _OFFICE,
            "received": "true",
            "sentAt": _DAYS,
            "receivedAt": _DAYS,
        }
        | _CHANGED,
        "SENT_AT",
        "hand_down",
    ),
    "reviews": (
        "id year total reviewClass group { code } points { points } scorecard { name } version",
        _IN
        | _GROUP
        | {
            "id": '["%(their_review)s"]',
            "scorecardId": '["%(scorecard)s"]',
            "year": "{gte: 2024, lt: 2030}",
            "reviewClass": "[GOOD]",
            "signedOn": _DAYS,
        }
        | _CHANGED,
        "SIGNED_ON",
        "review",
    ),
    "faq": (
        "id topic question answer area { code } version",
        _IN
        | {
            "id": '["%(their_question)s"]',
            "topic": '["CƯ TRÚ"]',
            "answeredAt": _DAYS,
            "search": '"hoi mau"',
        }
        | _CHANGED,
        "ANSWERED_AT",
        "question",
    ),
}
_COUNTED = (
    _IN
    | {"groupId": _GROUP["groupId"], "channel": "[ZALO]", "answered": "true", "published": "true"}
    | {"askedAt": _DAYS}
)
_MEMBERS = "{ precision groups groupsStating stated roster { role count } area { code } }"


def _of_list(root: str) -> dict[str, str]:
    shown, filters, order, noun = _LISTS[root]

    def asked(arguments: str) -> str:
        return f"{{ {root}({arguments}) {{ nodes {{ {shown} }} {_PAGE} }} }}"

    ways = {f"Query.{root}": f"{{ {root} {{ nodes {{ {shown} }} {_PAGE} }} }}"}
    ways |= {
        f"Query.{root}(filter.{name})": asked(f"filter: {{{name}: {value}}}")
        for name, value in filters.items()
    }
    for key in (order, "UPDATED_AT"):
        for name in (key, f"{key}_DESC"):
            ways[f"Query.{root}(orderBy: {name})"] = asked(f"orderBy: {name}")
    return ways | {
        f"Query.{root}(first)": asked("first: 1"),
        f"Query.{root}(last)": asked("last: 1"),
        f"Query.{root}(after)": asked(f'orderBy: {order}, after: "%(our_{noun}_place)s"'),
        f"Query.{root}(before)": asked(
            f'orderBy: {order}_DESC, last: 5, before: "%(our_{noun}_place_back)s"'
        ),
    }


def _one(noun: str, type_name: str, shown: str) -> str:
    return f'{{ node(id: "%({noun})s") {{ ... on {type_name} {{ {shown} }} }} }}'


PLACES = {noun: (root, order) for root, (_, _, order, noun) in _LISTS.items()}
"""Of which root field, and in which order, a place is needed for each noun."""

WORK: dict[str, str] = {way: query for root in _LISTS for way, query in _of_list(root).items()}
# What goes to an organisation of their area; nobody else here gets any.
WORK["Query.handDowns(filter.organisationId)"] = (
    '{ handDowns(filter: {organisationId: ["%(their_office)s"]}) { nodes { id } } }'
)
WORK |= {
    "Query.enquiryCounts": "{ enquiryCounts { topic channel answered count } }",
    "Query.enquiryCounts(by)": "{ enquiryCounts(by: [CHANNEL]) { channel count } }",
    "Query.memberCounts": f'{{ memberCounts(area: "877") {_MEMBERS} }}',
    "Query.memberCounts(area)": f'{{ memberCounts(area: "82") {_MEMBERS} }}',
    "Query.memberCounts(by)": f'{{ memberCounts(area: "82", by: COMMUNE) {_MEMBERS} }}',
    "Query.memberCounts(mostAreas)": f'{{ memberCounts(area: "82", by: COMMUNE, mostAreas: 9) {_MEMBERS} }}',
    "MemberTotals.roster": '{ memberCounts(area: "82") { roster { role count } } }',
    "Group.memberCounts": _one("their_group", "Group", "memberCounts { role count }"),
    "Outline.handDownCounts": _one("outline", "Outline", "handDownCounts { received count }"),
    "Activity.group": _one("our_activity", "Activity", "group { code memberCounts { count } }"),
    "HandDown.group": _one("our_hand_down", "HandDown", "group { code }"),
    "HandDown.activity": _one("our_hand_down", "HandDown", "activity { attendance }"),
    "Review.group": _one("our_review", "Review", "group { code }"),
    "Review.points": _one("their_review", "Review", "points { position criterion points }"),
} | {
    f"Query.enquiryCounts(filter.{name})": (
        f"{{ enquiryCounts(filter: {{{name}: {value}}}) {{ topic channel answered count }} }}"
    )
    for name, value in _COUNTED.items()
}

CATALOGUES = """
Query.organisations Query.organisations(filter.area) Query.organisations(filter.id)
Query.organisations(filter.kind) Query.organisations(filter.parentId) Query.organisations(filter.activeOn)
Query.organisations(filter.updatedAt) Query.organisations(filter.updatedSince)
Query.organisations(filter.search) Query.organisations(orderBy: NAME) Query.organisations(orderBy: NAME_DESC)
Query.organisations(orderBy: UPDATED_AT) Query.organisations(orderBy: UPDATED_AT_DESC)
Query.organisations(first) Query.organisations(after) Query.organisations(last) Query.organisations(before)
Query.outlines Query.outlines(filter.area) Query.outlines(filter.id) Query.outlines(filter.code)
Query.outlines(filter.organisationId) Query.outlines(filter.topic) Query.outlines(filter.latest)
Query.outlines(filter.issuedOn) Query.outlines(filter.validOn) Query.outlines(filter.updatedAt)
Query.outlines(filter.updatedSince) Query.outlines(filter.search) Query.outlines(orderBy: CODE)
Query.outlines(orderBy: CODE_DESC) Query.outlines(orderBy: ISSUED_ON) Query.outlines(orderBy: ISSUED_ON_DESC)
Query.outlines(orderBy: UPDATED_AT) Query.outlines(orderBy: UPDATED_AT_DESC) Query.outlines(first)
Query.outlines(after) Query.outlines(last) Query.outlines(before)
Query.scorecards Query.scorecards(filter.id) Query.scorecards(filter.province)
Query.scorecards(filter.updatedSince) Scorecard.province Scorecard.criteria
Outline.organisation Outline.editions Activity.area Activity.organisation Activity.outline
HandDown.area HandDown.outline HandDown.sender HandDown.organisation Review.area Review.scorecard
FrequentQuestion.area MemberTotals.area
"""
