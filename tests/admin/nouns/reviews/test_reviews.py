"""The pages of reviews: the campaign, the form with its running total, the two signatures."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from decimal import Decimal
from html import unescape

import httpx
import pytest

from records.core.actor import Role
from records.core.dates import today
from records.nouns import reviews
from records.nouns.reviews import ReviewDraft, Side, scorecards
from records.nouns.reviews.criteria import CriterionDraft
from records.tables import Group, Review
from records.tables.reviews import Measure, ReviewClass
from tests.admin.forms import HTMX, filled, hidden, send
from tests.nouns.activities import group
from tests.nouns.reviews import BY, card, draft
from tests.nouns.scorecards import CRITERIA
from tests.nouns.scorecards import draft as scorecard_draft

SignIn = Callable[..., Awaitable[httpx.AsyncClient]]
PATH = "/admin/reviews"
HERE = "29905"
YEAR = today().year


@pytest.fixture
async def police(staff_client: SignIn) -> httpx.AsyncClient:
    return await staff_client(Role.COMMANDER, HERE)


@pytest.fixture
async def front(staff_client: SignIn) -> httpx.AsyncClient:
    return await staff_client(Role.FRONT, HERE)


async def scored(*points: str, about: Group | None = None, year: int = YEAR) -> Review:
    """A review of a group by a scorecard of 50, 30 and 20 points."""
    found = await reviews.find_scorecard((about or await group()).area_id, year)
    criteria = await reviews.scorecards.criteria_of(found.id) if found else await card()
    about = about or await group()
    return await reviews.record(about.id, year, draft(criteria, *points), by=BY)


async def record(client: httpx.AsyncClient, about: Group, **given: str) -> httpx.Response:
    """What the service answers to the form of a group's review; `p1` stands for "points-1"."""
    path = f"/admin/groups/{about.id}/review"
    typed = {re.sub(r"^p(\d)$", r"points-\1", name): text for name, text in given.items()}
    return await client.post(path, data=filled((await client.get(path)).text) | typed)


async def test_review_is_recorded_from_its_group(police: httpx.AsyncClient) -> None:
    about = await group(name="Tổ mẫu 7")
    await card()
    assert f"/admin/groups/{about.id}/review" in (await police.get(f"/admin/groups/{about.id}")).text
    answer = await record(police, about, p1="45,5", p2="30", p3="", actions="Họp đủ bốn quý")
    assert answer.status_code == 303, answer.text
    row = await Review.get()
    assert (row.total, row.review_class, row.actions) == (Decimal("75.5"), None, "Họp đủ bốn quý")
    page = (await police.get(answer.headers["location"])).text
    for text in ("75.5 points", "2 of 3 criteria scored", "Being scored", "Not scored"):
        assert text in page
    # This year's form is now that of the review.
    form = await police.get(f"/admin/groups/{about.id}/review")
    assert form.headers["location"] == f"{PATH}/{row.id}/edit"


async def test_form_says_what_the_records_know(police: httpx.AsyncClient) -> None:
    about = await group()
    await card()
    assert "0 of 4 quarters" in (await police.get(f"/admin/groups/{about.id}/review")).text


async def test_form_keeps_input_when_points_are_beyond_maximum(police: httpx.AsyncClient) -> None:
    about = await group()
    (criterion, *_) = await card()
    for wrong in ("51", "nhiều", "-1"):
        answer = await record(police, about, p1=wrong, p2="30", findings="Nhận xét")
        assert answer.status_code == 422
        assert "Enter points from 0 to 50." in answer.text
        summary = unescape(answer.text.partition('class="summary"')[2].partition("</ul>")[0])
        assert f">{criterion.name}: Enter points" in summary
        again = filled(answer.text)
        assert (again["points-1"], again["points-2"], again["findings"]) == (wrong, "30", "Nhận xét")
    assert await Review.all().count() == 0


async def test_total_and_class_follow_as_one_types(police: httpx.AsyncClient) -> None:
    (criterion, *_) = await card()
    path = f"/admin/scorecards/{criterion.scorecard_id}/score"
    query = {"points-1": "50", "points-2": "19.5", "points-3": ""}
    part = (await police.get(path, params=query, headers=HTMX)).text
    assert "<html" not in part
    assert "69.5 points" in part
    assert "Fair" not in part.partition("</h2>")[0]
    assert "0.5 points more are Good." in part
    assert "can add up to 20." in part
    # Points that are none yet count as none.
    assert "19.5 points" in (await police.get(path, params=query | {"points-1": "x"})).text


async def test_year_without_scorecard_has_no_form(police: httpx.AsyncClient) -> None:
    about = await group()
    page = await police.get(f"/admin/groups/{about.id}/review")
    assert "There is no scorecard for this year." in page.text
    token = hidden((await police.get("/admin")).text, "csrf")
    answer = await police.post(f"/admin/groups/{about.id}/review", data={"csrf": token})
    assert answer.status_code == 422


async def test_review_is_edited_until_it_is_signed(police: httpx.AsyncClient) -> None:
    row = await scored("50", "30", "")
    form = filled((await police.get(f"{PATH}/{row.id}/edit")).text)
    assert (form["points-1"], form["points-3"]) == ("50", "")
    answer = await police.post(f"{PATH}/{row.id}", data=form | {"points-3": "20"})
    assert answer.status_code == 303, answer.text
    assert (await Review.get()).review_class is ReviewClass.EXCELLENT
    await send(police, f"{PATH}/{row.id}/police-signature", {})
    assert (await police.get(f"{PATH}/{row.id}/edit")).status_code == 409
    assert f"{PATH}/{row.id}/edit" not in (await police.get(f"{PATH}/{row.id}")).text


async def test_evidence_says_what_one_may_not_see(
    police: httpx.AsyncClient, front: httpx.AsyncClient
) -> None:
    about = await group()
    criteria = (
        CriterionDraft("Tin báo", Decimal(60), Measure.TIPS),
        CriterionDraft("Đề cương", Decimal(40), Measure.OUTLINES),
    )
    await scorecards.create(await scorecard_draft(criteria=criteria), by=BY)
    row = await scored("10", "10", about=about)
    for path in (f"/admin/groups/{about.id}/review", f"{PATH}/{row.id}"):
        for client, tips in ((front, "Not visible to you"), (police, "0 tips, 0 proved true")):
            page = (await client.get(path, follow_redirects=True)).text
            assert tips in page
            assert page.count("Not in the records") == 1
            assert page.count("Not visible to you") == (client is front)


async def test_points_of_two_people_are_merged(police: httpx.AsyncClient, front: httpx.AsyncClient) -> None:
    row = await scored("10", "10", "10")
    mine, theirs = [filled((await who.get(f"{PATH}/{row.id}/edit")).text) for who in (police, front)]
    assert (await police.post(f"{PATH}/{row.id}", data=mine | {"points-1": "20"})).status_code == 303
    assert (await front.post(f"{PATH}/{row.id}", data=theirs | {"points-2": "20"})).status_code == 303
    assert (await Review.get()).total == 50
    answer = await front.post(f"{PATH}/{row.id}", data=theirs | {"points-1": "30"})
    assert answer.status_code == 409
    assert (await Review.get()).total == 50


async def test_both_sides_sign_and_review_is_final(
    police: httpx.AsyncClient, front: httpx.AsyncClient
) -> None:
    row = await scored("50", "30", "20")
    for who, name in ((front, "front-signature"), (police, "police-signature")):
        page = (await who.get(f"{PATH}/{row.id}")).text
        assert f"{PATH}/{row.id}/{name}" in page
        answer = await send(who, f"{PATH}/{row.id}/{name}", {})
        assert answer.status_code == 303, answer.text
    row = await Review.get()
    assert row.signed_on == today()
    page = (await police.get(f"{PATH}/{row.id}")).text
    assert "Signed by both sides" in page
    for action in ("signature", "signature-withdrawal", "removal", "edit"):
        assert f"{PATH}/{row.id}/{action}" not in page


async def test_unscored_review_offers_no_signature(police: httpx.AsyncClient) -> None:
    row = await scored("50", "30", "")
    assert "signature" not in re.sub("signatures-heading", "", (await police.get(f"{PATH}/{row.id}")).text)
    assert (await police.get(f"{PATH}/{row.id}/police-signature")).status_code == 409


async def test_signature_is_withdrawn_from_page(police: httpx.AsyncClient) -> None:
    row = await scored("50", "30", "20")
    await send(police, f"{PATH}/{row.id}/police-signature", {})
    answer = await send(police, f"{PATH}/{row.id}/signature-withdrawal", {})
    assert answer.status_code == 303, answer.text
    assert (await Review.get()).police_signed_on is None


async def test_list_is_filtered_by_year_status_and_class(police: httpx.AsyncClient) -> None:
    found = {
        "ready": await scored("50", "30", "20"),
        "open": await scored("1", "", ""),
        "weak": await scored("1", "1", "1", year=YEAR - 1),
    }
    await reviews.sign(found["weak"].id, Side.FRONT, expected_version=1, on=today(), by=BY)

    async def listed(query: str) -> set[str]:
        page = (await police.get(f"{PATH}?{query}")).text
        return {name for name, row in found.items() if f"{PATH}/{row.id}" in page}

    years = re.findall(r'data-name="Year">\s*(\d+)\s*<', (await police.get(PATH)).text)
    assert sorted(years) == [str(YEAR - 1), str(YEAR), str(YEAR)]
    assert await listed("") == set(found)
    assert await listed(f"year={YEAR}") == {"ready", "open"}
    assert await listed("status=SCORING") == {"open"}
    assert await listed("status=AWAITING_POLICE") == {"weak"}
    assert await listed("review_class=EXCELLENT") == {"ready"}
    assert await listed("to_sign=1") == {"ready", "weak"}
    for wrong in ("year=abc", "year=0000", "year=999999999", "status=LOST"):
        assert (await police.get(f"{PATH}?{wrong}")).status_code == 422
    assert (await police.get(f"{PATH}/due?year=0")).status_code == 422


@pytest.mark.parametrize("year", ["1", "1899", "2101", "9999"])
async def test_year_is_refused_when_far_from_today(police: httpx.AsyncClient, year: str) -> None:
    await card()
    page = await police.get(f"/admin/groups/{(await group()).id}/review?year={year}")
    assert (page.status_code, f"Review for {YEAR}" in page.text) == (200, True)
    for path in (PATH, f"{PATH}/due"):
        answer = await police.get(f"{path}?year={year}")
        assert (answer.status_code, "from 1900 to 2100" in answer.text) == (422, True)


async def test_campaign_shows_progress_of_year(police: httpx.AsyncClient) -> None:
    await scored("50", "30", "20")
    await scored("1", "", "")
    await group()
    page = (await police.get(PATH)).text
    # A group for each that `scored` looks up, besides those that are reviewed.
    assert re.search(rf"{YEAR}: 1 of \d groups scored, 0 signed by both sides", page)
    assert f"{YEAR - 1}: 0 of" in (await police.get(f"{PATH}?year={YEAR - 1}")).text


async def test_due_lists_groups_without_review(front: httpx.AsyncClient) -> None:
    about, other = await group(), await group()
    row = await scored("1", "1", "1", about=about)
    page = (await front.get(f"{PATH}/due")).text
    assert f"/admin/groups/{other.id}/review" in page
    assert f"/admin/groups/{about.id}/review" not in page
    page = (await front.get(f"{PATH}/due?year={row.year - 1}")).text
    assert f'class="button" href="/admin/groups/{about.id}/review?year={row.year - 1}"' in page


async def test_home_leads_to_reviews_to_sign(police: httpx.AsyncClient, front: httpx.AsyncClient) -> None:
    row = await scored("50", "30", "20")
    for who in (police, front):
        assert f'href="{PATH}?to_sign=1"' in (await who.get("/admin")).text
        assert f"{PATH}/{row.id}" in (await who.get(f"{PATH}?to_sign=1")).text
    assert f'href="{PATH}/due"' in (await front.get("/admin")).text


async def test_group_page_shows_reviews_over_the_years(front: httpx.AsyncClient) -> None:
    about = await group()
    for year in (YEAR - 1, YEAR):
        await scored("50", "30", "20", about=about, year=year)
    page = (await front.get(f"/admin/groups/{about.id}")).text
    assert page.index(f">{YEAR}</a>") < page.index(f">{YEAR - 1}</a>")
    reviews = page.partition('id="reviews-heading"')[2].partition("</section>")[0]
    assert len(re.findall(r"Excellent</span>", reviews)) == 2
    assert reviews.count('<span class="number">100 points</span>') == 2


async def test_review_page_shows_class_of_each_year(front: httpx.AsyncClient) -> None:
    about = await group()
    rows = [
        await scored(*points, about=about, year=year)
        for points, year in (
            (("50", "30", "20"), YEAR - 2),
            (("30", "20", "10"), YEAR - 1),
            (("10", "10", "10"), YEAR),
        )
    ]
    page = (await front.get(f"{PATH}/{rows[1].id}")).text
    reviews = page.partition('id="reviews-heading"')[2].partition("</section>")[0]
    assert re.findall(r"(?:>|<strong>)(\d{4})</", reviews) == [str(YEAR), str(YEAR - 1), str(YEAR - 2)]
    assert re.findall(r'<rect class="(\w+)" width="([0-9.]+)"', reviews) == [
        ("weak", "30.00"),
        ("fair", "60.00"),
        ("excellent", "100.00"),
    ]
    assert f"{PATH}/{rows[1].id}" not in reviews


async def test_removed_review_is_restored(police: httpx.AsyncClient) -> None:
    row = await scored("50", "", "")
    await send(police, f"{PATH}/{row.id}/removal", {"reason": "Nhập nhầm"})
    assert f"{PATH}/{row.id}" not in (await police.get(PATH)).text
    assert (await send(police, f"{PATH}/{row.id}/restoration", {}, at=f"{PATH}/{row.id}")).status_code == 303
    assert f"{PATH}/{row.id}" in (await police.get(PATH)).text


async def test_earlier_measures_stand_beside_form(police: httpx.AsyncClient) -> None:
    about, criteria = await group(), await card()
    earlier = ReviewDraft({one.id: one.max_points for one in criteria}, actions="Củng cố mẫu")
    await reviews.record(about.id, YEAR - 1, earlier, by=BY)
    page = (await police.get(f"/admin/groups/{about.id}/review")).text
    assert "Củng cố mẫu" in page
    assert f"{YEAR - 1}: 100 points" in page


async def test_review_shows_subtotal_of_each_part(police: httpx.AsyncClient) -> None:
    parts = ("Sinh hoạt", "Sinh hoạt", "An ninh")
    criteria = [replace(one, part=part) for one, part in zip(CRITERIA, parts, strict=True)]
    await reviews.scorecards.create(await scorecard_draft(criteria=criteria), by=BY)
    row = await scored("40", "20", "")
    page = (await police.get(f"{PATH}/{row.id}")).text
    sums = re.findall(r'rowgroup" colspan="2">([^<]+)</th>\s*<td class="number">\s*([0-9]+) / ([0-9]+)', page)
    assert sums == [("Sinh hoạt", "60", "80"), ("An ninh", "0", "20")]
    form = (await police.get(f"{PATH}/{row.id}/edit")).text
    assert "Sinh hoạt: <strong>60 / 80</strong>" in form
    assert form.count('scope="rowgroup"') == 2


async def test_campaign_is_left_out_of_reviews_to_sign(police: httpx.AsyncClient) -> None:
    assert 'id="campaign-heading"' in (await police.get("/admin/reviews")).text
    assert 'id="campaign-heading"' not in (await police.get("/admin/reviews?to_sign=1")).text
