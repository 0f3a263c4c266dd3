"""`make benchmark`: what it says of its numbers, and that every page that it times opens; no time."""

import pytest

from records.core.actor import Role
from tests.admin.test_dashboard import SignIn
from tests.benchmark.__main__ import Timing, summary
from tests.benchmark.pages import PAGES, Kind, Page

SLOW = Page(Kind.LIST, Role.OFFICER, "/admin/groups")


def test_timing_misses_target_when_one_in_ten_is_slow() -> None:
    assert not Timing(SLOW, [30.0] * 97 + [500.0] * 3).missed
    assert Timing(SLOW, [30.0] * 90 + [500.0] * 10).missed
    assert not Timing(Page(Kind.OTHER, Role.OFFICER, "/admin"), [500.0] * 100).missed


def test_summary_names_slowest_page() -> None:
    timings = [Timing(SLOW, [10.0] * 60), Timing(Page(Kind.LIST, Role.FRONT, "/admin/members"), [41.0] * 60)]
    assert list(summary(timings)) == ["list: 1 of 2 meet 40 ms; the slowest is FRONT /admin/members, 41 ms"]


@pytest.mark.parametrize("role", sorted({page.role for page in PAGES}))
async def test_pages_open_for_role(staff_client: SignIn, role: Role) -> None:
    client = await staff_client(role, "82")
    paths = {page.path for page in PAGES if page.role is role and not page.path.endswith("*")}
    refused = {
        path: answer.status_code for path in paths if (answer := await client.get(path)).status_code != 200
    }
    assert refused == {}
