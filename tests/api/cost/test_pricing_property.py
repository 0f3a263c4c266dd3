"""A cost is the same however an operation is written, and never less than that of the answer."""

from datetime import date
from uuid import uuid4

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from api.cost import limits
from api.schema.assembly import schema
from records.tables import Partner, PartnerBudget, TipOutcome
from records.tables.tips import OutcomeKind
from tests.api.cost.test_pricing import cost
from tests.api.operations import Asked, counted, reads, rewritten, selections, straight
from tests.api.support import PHU_HUU, Ask, add_group, add_tip

_SETTINGS = settings(
    deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)


@settings(_SETTINGS, max_examples=40)
@given(data=st.data())
def test_cost_stays_when_operation_is_written_differently(data: st.DataObject) -> None:
    asked = data.draw(selections())
    assert cost(data.draw(rewritten(asked))) == cost(straight(asked))


def taken(asked: tuple[Asked, ...]) -> bool:
    """Whether it is within the limits."""
    return not limits.find_errors(schema._schema, limits.parse_document(straight(asked)))


def drawn(number: int) -> list[tuple[Asked, ...]]:
    """Operations at random, to be asked for real."""
    found: list[tuple[Asked, ...]] = []

    @settings(_SETTINGS, max_examples=number, phases=[Phase.generate])
    @given(selections().filter(taken))
    def draw(asked: tuple[Asked, ...]) -> None:
        found.append(asked)

    draw()
    return found


async def test_answer_costs_at_most_what_was_reserved(ask: Ask) -> None:
    for number in range(5):
        group = await add_group(f"Tổ {number}", code=f"A{number}", area=PHU_HUU)
        tip = await add_tip(f"T{number}", group_id=group.id)
        for _ in range(number):
            await TipOutcome.create(
                id=uuid4(), tip_id=tip.id, kind=OutcomeKind.FINE, count=1, on_day=date(2026, 1, 2)
            )
    await ask("{ __typename }")
    await Partner.all().update(budget_limit=10**9)
    await PartnerBudget.all().update(remaining=10**9)
    spent = 0
    for asked in drawn(30):
        answer = await ask(straight(asked))
        assert "errors" not in answer, answer
        told = answer["extensions"]["cost"]
        assert told["actual"] == 1 + reads(asked) + counted(asked, answer["data"])
        assert told["actual"] <= told["requested"] == cost(straight(asked))
        spent += told["actual"]
    assert spent > 30
