"""`make benchmark`: what it says of its numbers, where it works, and that each list that it times opens."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import httpx
import pytest

from records.core.actor import Role
from records.database import embedded
from tests.benchmark import __main__ as benchmark
from tests.benchmark.__main__ import Timing, summary
from tests.benchmark.pages import PAGES, Kind, Page

SignIn = Callable[..., Awaitable[httpx.AsyncClient]]

SLOW = Page(Kind.LIST, Role.OFFICER, "/admin/groups")


def test_timing_misses_target_when_one_in_ten_is_slow() -> None:
    assert not Timing(SLOW, [30.0] * 97 + [500.0] * 3).missed
    assert Timing(SLOW, [30.0] * 90 + [500.0] * 10).missed
    assert not Timing(Page(Kind.OTHER, Role.OFFICER, "/admin"), [500.0] * 100).missed


def test_summary_names_slowest_page() -> None:
    timings = [Timing(SLOW, [10.0] * 60), Timing(Page(Kind.LIST, Role.FRONT, "/admin/members"), [41.0] * 60)]
    assert list(summary(timings)) == ["list: 1 of 2 meet 40 ms; the slowest is FRONT /admin/members, 41 ms"]


def test_benchmark_leaves_own_data_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    used: list[Path] = []

    @contextmanager
    def service(data: Path, _groups: int, _tips: int) -> Iterator[str]:
        used.append(data)
        yield ""

    monkeypatch.setattr(benchmark, "_service", service)
    monkeypatch.setenv("KETNOI_DATA_DIR", str(tmp_path))
    for arguments in ([], ["--data", str(tmp_path / "province")]):
        monkeypatch.setattr("sys.argv", ["benchmark", "--only", "no page", *arguments])
        with pytest.raises(SystemExit):
            benchmark.main()
    assert used[0] != tmp_path.resolve()
    assert used[1] == (tmp_path / "province").resolve()


@pytest.mark.parametrize("stopped", [True, False])
def test_province_is_completed_when_its_making_was_stopped(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *, stopped: bool
) -> None:
    made: list[str] = []

    async def holds(_url: str, **wanted: int) -> bool:
        return not (stopped and "audit_entries" in wanted)

    async def complete(_url: str, _data: Path) -> None:
        made.append("rest")

    monkeypatch.setattr(embedded, "running", lambda _data: nullcontext("postgresql://"))
    monkeypatch.setattr(benchmark, "running_service", lambda _environment: nullcontext("http://"))
    monkeypatch.setattr(benchmark, "command", lambda *_arguments: made.append("groups and tips"))
    monkeypatch.setattr(benchmark, "_holds", holds)
    monkeypatch.setattr(benchmark, "_complete", complete)
    with benchmark._service(tmp_path, 10, 10):
        assert made == (["rest"] if stopped else [])


@pytest.mark.parametrize("role", sorted({page.role for page in PAGES}))
async def test_pages_open_for_role(staff_client: SignIn, role: Role) -> None:
    client = await staff_client(role, "82")
    paths = {page.path for page in PAGES if page.role is role and not page.path.endswith("*")}
    refused = {
        path: answer.status_code for path in paths if (answer := await client.get(path)).status_code != 200
    }
    assert refused == {}
