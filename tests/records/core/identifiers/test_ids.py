import time
from datetime import date
from uuid import RFC_4122, UUID

from records.core.identifiers.ids import area_id, digest_of, uuid7


def test_new_id_is_uuid7_with_its_moment() -> None:
    before = time.time_ns() // 1_000_000
    made = uuid7()
    after = time.time_ns() // 1_000_000
    assert (made.version, made.variant) == (7, RFC_4122)
    assert before <= made.int >> 80 <= after


def test_ids_differ_and_sort_by_moment() -> None:
    first = [uuid7() for _ in range(1000)]
    start = time.time_ns() // 1_000_000
    while time.time_ns() // 1_000_000 == start:
        pass
    second = [uuid7() for _ in range(1000)]
    assert len(set(first + second)) == 2000
    assert max(first) < min(second)


def test_area_id_depends_on_code_and_first_day_only() -> None:
    assert area_id("82", date(2025, 7, 1)) == area_id("82", date(2025, 7, 1))
    assert area_id("82", date(2025, 7, 1)) != area_id("82", date(2004, 7, 8))
    # Exchanged with others: it may never change.
    assert area_id("82", date(2025, 7, 1)) == UUID("107402f2-ba3e-53be-9e49-c0237d5273f0")


def test_digest_tells_sets_of_ids_apart() -> None:
    one, other = uuid7(), uuid7()
    assert digest_of([one, other]) == digest_of([other, one])
    assert len({digest_of(ids) for ids in ([], [one], [other], [one, other])}) == 4
