"""Which tips may tell of the same, by the rule of docs/reference/duplicates.md."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from records.core.actor import Actor, Role, system_actor
from records.core.dates import now
from records.metrics.catalogue import category_id
from records.nouns import tips
from records.nouns.tips import TipDraft
from records.tables import Tip
from records.tables.tips import Channel
from tests.conftest import area_ids

MakeActor = Callable[..., Awaitable[Actor]]
BY = system_actor("test")
PUMP = "Mất máy bơm nước ngoài ruộng"


async def received(title: str, body: str = "", *, area: str = "29905", days_ago: float = 0) -> Tip:
    draft = TipDraft(
        title=title,
        body=body,
        category_id=category_id("THEFT"),
        channel=Channel.ZALO,
        area_id=(await area_ids(area))[0],
        received_at=now() - timedelta(days=days_ago),
    )
    return await tips.submit(draft, by=BY)


async def found(actor: Actor, tip: Tip) -> list[str]:
    return [one.tip.title for one in await tips.likely_duplicates(actor, tip)]


async def test_duplicate_is_found_with_its_reason_when_words_are_alike(staff_actor: MakeActor) -> None:
    officer = await staff_actor(Role.OFFICER, "29905")
    tip = await received(PUMP, "Sáng ra không còn.")
    other = await received("mat may bom nuoc sau nha van hoa", days_ago=1)
    (one,) = await tips.likely_duplicates(officer, tip)
    assert (one.tip.id, one.days_apart, one.phrases) == (other.id, 1, ("Mất máy bơm nước",))


@pytest.mark.parametrize(
    ("title", "area", "days_ago"),
    [
        ("Đánh bạc sau nhà kho", "29905", 0),
        ("Mất máy", "29905", 0),
        (PUMP, "29905", 7.1),
        (PUMP, "30244", 0),
    ],
    ids=["other-words", "one-shared-pair", "too-long-ago", "other-area"],
)
async def test_tip_is_no_duplicate_when_rule_is_not_met(
    staff_actor: MakeActor, title: str, area: str, days_ago: float
) -> None:
    commander = await staff_actor(Role.COMMANDER, "82")
    tip = await received(PUMP)
    await received(title, area=area, days_ago=days_ago)
    assert await found(commander, tip) == []


async def test_duplicate_is_found_in_commune_when_hamlet_is_unknown(staff_actor: MakeActor) -> None:
    commander = await staff_actor(Role.COMMANDER, "82")
    tip = await received(PUMP)
    await received(PUMP + " (cả tỉnh)", area="82")
    assert await found(commander, tip) == [PUMP + " (cả tỉnh)"]


async def test_duplicate_is_hidden_when_outside_scope(staff_actor: MakeActor) -> None:
    officer = await staff_actor(Role.OFFICER, "29905")
    tip = await received(PUMP)
    await received(PUMP, area="82")
    assert await found(officer, tip) == []


async def test_duplicate_is_not_named_again_when_marked(staff_actor: MakeActor) -> None:
    officer = await staff_actor(Role.OFFICER, "29905")
    tip, other = await received(PUMP), await received(PUMP + " lần hai")
    await tips.merge(other.id, expected_version=1, into=tip.id, by=officer)
    assert await found(officer, tip) == []
    assert await found(officer, await Tip.get(id=other.id)) == [PUMP]


async def test_duplicates_come_most_alike_first_and_at_most_three(staff_actor: MakeActor) -> None:
    officer = await staff_actor(Role.OFFICER, "29905")
    tip = await received(PUMP)
    await received("Mất máy bơm nước sau vườn", days_ago=1)
    for days_ago in (2, 1, 3):
        await received(f"{PUMP}: lần {days_ago}", days_ago=days_ago)
    assert await found(officer, tip) == [f"{PUMP}: lần {day}" for day in (1, 2, 3)]
