from records.security import rate_limits
from records.security.rate_limits import RateLimiter


class Clock:
    moment = 0.0

    def __call__(self) -> float:
        return self.moment


def test_call_rate_allows_one_minute_at_once_then_agreed_pace() -> None:
    clock = Clock()
    kept = RateLimiter(6, clock)
    assert [kept.seconds_to_wait("a") for _ in range(7)] == [0] * 6 + [10]
    # To ask while one has to wait costs nothing more.
    assert kept.seconds_to_wait("a") == 10
    clock.moment = 9.5
    assert kept.seconds_to_wait("a") == 1
    clock.moment = 10
    assert kept.seconds_to_wait("a") == 0
    assert kept.seconds_to_wait("a") == 10
    clock.moment = 1000
    assert [kept.seconds_to_wait("a") for _ in range(7)] == [0] * 6 + [10]


def test_call_rate_counts_callers_apart() -> None:
    kept = RateLimiter(1, Clock())
    assert [kept.seconds_to_wait(name) for name in "aabb"] == [0, 60, 0, 60]


def test_call_rate_is_unlimited_without_number() -> None:
    kept = RateLimiter(0, Clock())
    assert {kept.seconds_to_wait("a") for _ in range(1000)} == {0}


def test_call_rate_forgets_old_callers() -> None:
    clock = Clock()
    kept = RateLimiter(60, clock)
    for number in range(rate_limits._MAX_CALLERS):
        kept.seconds_to_wait(str(number))
    clock.moment = 120
    kept.seconds_to_wait("another")
    assert list(kept._good_at) == ["another"]
