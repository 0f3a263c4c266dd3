from records.security import call_rates
from records.security.call_rates import Pace


class Clock:
    moment = 0.0

    def __call__(self) -> float:
        return self.moment


def test_a_minutes_worth_may_come_at_once_and_then_as_fast_as_agreed() -> None:
    clock = Clock()
    kept = Pace(6, clock)
    assert [kept.wait("a") for _ in range(7)] == [0] * 6 + [10]
    # To ask while one has to wait costs nothing more.
    assert kept.wait("a") == 10
    clock.moment = 9.5
    assert kept.wait("a") == 1
    clock.moment = 10
    assert kept.wait("a") == 0
    assert kept.wait("a") == 10
    clock.moment = 1000
    assert [kept.wait("a") for _ in range(7)] == [0] * 6 + [10]


def test_callers_are_counted_apart() -> None:
    kept = Pace(1, Clock())
    assert [kept.wait(name) for name in "aabb"] == [0, 60, 0, 60]


def test_without_a_number_nobody_waits() -> None:
    kept = Pace(0, Clock())
    assert {kept.wait("a") for _ in range(1000)} == {0}


def test_callers_of_long_ago_are_forgotten() -> None:
    clock = Clock()
    kept = Pace(60, clock)
    for number in range(call_rates._REMEMBERED):
        kept.wait(str(number))
    clock.moment = 120
    kept.wait("another")
    assert list(kept._good_at) == ["another"]
