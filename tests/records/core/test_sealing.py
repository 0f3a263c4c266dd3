from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records.core.sealing import (
    BrokenSealError,
    KeyFile,
    Keyring,
    Seal,
    ensure_keyring,
    read_keyring,
    rewrap,
    write_keyring,
)
from records.database.settings import OperatorError

RING = Keyring.new()


@given(st.text())
def test_what_is_sealed_is_opened_again_and_never_stands_in_clear(value: str) -> None:
    seal, wrapped = Seal.new(RING, "tip_reporters", uuid4())
    sealed = seal.close("name", value)
    assert Seal.of(RING, "tip_reporters", seal.row_id, wrapped).open("name", sealed) == value
    assert len(value) < 4 or value.encode() not in sealed + wrapped


def test_sealing_twice_gives_different_bytes() -> None:
    seal, _ = Seal.new(RING, "tip_reporters", uuid4())
    assert seal.close("name", "Người mẫu") != seal.close("name", "Người mẫu")


def test_a_seal_is_bound_to_its_table_row_column_and_key() -> None:
    row = uuid4()
    seal, wrapped = Seal.new(RING, "tip_reporters", row)
    sealed = seal.close("name", "Người mẫu")
    with pytest.raises(BrokenSealError):
        seal.open("phone", sealed)
    for table, id_ in (("member_contacts", row), ("tip_reporters", uuid4())):
        with pytest.raises(BrokenSealError):
            Seal.of(RING, table, id_, wrapped)
    with pytest.raises(BrokenSealError):
        Seal.of(Keyring.new(), "tip_reporters", row, wrapped)
    other, _ = Seal.new(RING, "tip_reporters", row)
    with pytest.raises(BrokenSealError):
        other.open("name", sealed)


@pytest.mark.parametrize("place", [0, 5, 12, -1])
def test_a_changed_byte_breaks_the_seal(place: int) -> None:
    seal, wrapped = Seal.new(RING, "tip_reporters", uuid4())
    for text, again in (
        (seal.close("name", "Người mẫu"), lambda bad: seal.open("name", bad)),
        (wrapped, lambda bad: Seal.of(RING, "tip_reporters", seal.row_id, bad)),
    ):
        bad = bytearray(text)
        bad[place] ^= 1
        with pytest.raises(BrokenSealError):
            again(bytes(bad))
    for short in (b"", b"1", b"1:", b"1:abc", b":", b"\xff" * 40):
        with pytest.raises(BrokenSealError):
            Seal.of(RING, "tip_reporters", seal.row_id, short)
        with pytest.raises(BrokenSealError):
            seal.open("name", short)


def test_after_a_rotation_old_data_keys_open_and_are_wrapped_anew() -> None:
    row = uuid4()
    seal, wrapped = Seal.new(RING, "tip_reporters", row)
    sealed = seal.close("name", "Người mẫu")
    ring = RING.with_new_key()
    assert (ring.current, set(ring.wrapping)) == ("2", {"1", "2"})
    again = rewrap(ring, "tip_reporters", row, wrapped)
    assert again is not None
    assert rewrap(ring, "tip_reporters", row, again) is None
    only_new = Keyring("2", {"2": ring.wrapping["2"]}, ring.index)
    assert Seal.of(only_new, "tip_reporters", row, again).open("name", sealed) == "Người mẫu"
    with pytest.raises(BrokenSealError):
        Seal.of(only_new, "tip_reporters", row, wrapped)


def test_equal_values_have_equal_indexes_and_purposes_do_not_mix() -> None:
    assert RING.blind_index("phone", "+84900000000") == RING.blind_index("phone", "+84900000000")
    assert RING.blind_index("phone", "+84900000000") != RING.blind_index("account", "+84900000000")
    assert RING.blind_index("phone", "+84900000000") != Keyring.new().blind_index("phone", "+84900000000")


def test_the_key_file_is_made_once_and_for_us_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "keys.json"
    with pytest.raises(OperatorError, match="ketnoi keys new"):
        read_keyring(path)
    assert not path.exists()
    ring = ensure_keyring(path)
    assert ensure_keyring(path) == ring
    assert path.stat().st_mode & 0o777 == 0o600
    assert read_keyring(path) == ring
    write_keyring(path, ring.with_new_key())
    assert read_keyring(path).current == "2"
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        '{"current": "1", "wrapping": {}, "index": ""}',
        '{"current": 1, "wrapping": {"1": "x"}}',
    ],
)
def test_a_wrong_key_file_is_refused_without_showing_it(tmp_path: Path, text: str) -> None:
    path = tmp_path / "keys.json"
    path.write_text(text)
    with pytest.raises(OperatorError) as refusal:
        read_keyring(path)
    assert str(refusal.value).startswith("The key file")


def test_a_keyring_never_shows_its_keys() -> None:
    seal, _ = Seal.new(RING, "tip_reporters", uuid4())
    assert "wrapping" not in repr(RING)
    assert "data_key" not in repr(seal)


def test_a_key_that_another_process_adds_is_seen_at_once(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    file = KeyFile(path)
    with pytest.raises(OperatorError):
        file.keyring()
    ring = write_keyring(path, Keyring.new())
    assert file.keyring() == ring
    assert file.keyring() is file.keyring()
    write_keyring(path, ring.with_new_key())
    assert file.keyring().current == "2"
    path.unlink()
    with pytest.raises(OperatorError, match="no key file"):
        file.keyring()


def test_a_key_may_be_dropped_but_not_the_current_one() -> None:
    ring = RING.with_new_key()
    assert set(ring.without("1").wrapping) == {"2"}
    for wrong in ("2", "3", ""):
        with pytest.raises(OperatorError):
            ring.without(wrong)
