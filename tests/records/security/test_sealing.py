import json
import os
from base64 import b64encode
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from records.core.settings import OperatorError, installation
from records.security import sealing
from records.security.sealing import (
    DecryptionError,
    KeyFile,
    Keyring,
    RowCipher,
    ensure_keyring,
    read_keyring,
    rewrap,
    write_keyring,
)
from tests.replaced import replaced_settings

RING = Keyring.new()
ROW = UUID(int=7)


def key_file(
    *, current: str = "1", wrapping: bytes | None = b"w" * 32, index: bytes = b"i" * 32, odd: str = ""
) -> str:
    """What a key file says; `odd` stands in the middle of each key."""

    def text(key: bytes) -> str:
        said = b64encode(key).decode()
        return said[:8] + odd + said[8:]

    keys = {} if wrapping is None else {"1": text(wrapping)}
    return json.dumps({"current": current, "wrapping": keys, "index": text(index)})


@given(st.text())
def test_sealed_value_opens_again_and_is_never_in_clear(value: str) -> None:
    seal, wrapped = RowCipher.new(RING, "tip_reporters", uuid4())
    sealed = seal.encrypt("name", value)
    assert RowCipher.for_row(RING, "tip_reporters", seal.row_id, wrapped).decrypt("name", sealed) == value
    assert len(value) < 4 or value.encode() not in sealed + wrapped


def test_sealing_gives_different_bytes_each_time() -> None:
    seal, _ = RowCipher.new(RING, "tip_reporters", uuid4())
    assert seal.encrypt("name", "Người mẫu") != seal.encrypt("name", "Người mẫu")


def test_sealed_format_is_stable() -> None:
    """The form in which it is stored, which no later version may change: docs/explanation/sealing.md."""
    ring = Keyring("3", {"3": b"w" * 32}, b"i" * 32)
    seal, wrapped = RowCipher.new(ring, "tip_reporters", ROW)
    id_, rest = wrapped.split(b":", 1)
    key = AESGCM(b"w" * 32).decrypt(rest[:12], rest[12:], f"tip_reporters:{ROW}:data_key".encode())
    sealed = seal.encrypt("name", "Người mẫu")
    opened = AESGCM(key).decrypt(sealed[:12], sealed[12:], f"tip_reporters:{ROW}:name".encode())
    assert (id_, len(key), opened.decode()) == (b"3", 32, "Người mẫu")


def test_sealed_bytes_are_not_opened_as_text() -> None:
    seal, _ = RowCipher.new(RING, "tip_reporters", ROW)
    with pytest.raises(DecryptionError):
        seal.decrypt("name", seal.close_bytes("name", b"\xff"))


def test_seal_is_bound_to_table_row_column_and_key() -> None:
    row = uuid4()
    seal, wrapped = RowCipher.new(RING, "tip_reporters", row)
    sealed = seal.encrypt("name", "Người mẫu")
    with pytest.raises(DecryptionError):
        seal.decrypt("phone", sealed)
    for table, id_ in (("member_contacts", row), ("tip_reporters", uuid4())):
        with pytest.raises(DecryptionError):
            RowCipher.for_row(RING, table, id_, wrapped)
    with pytest.raises(DecryptionError):
        RowCipher.for_row(Keyring.new(), "tip_reporters", row, wrapped)
    other, _ = RowCipher.new(RING, "tip_reporters", row)
    with pytest.raises(DecryptionError):
        other.decrypt("name", sealed)


@pytest.mark.parametrize("place", [0, 5, 12, -1])
def test_seal_breaks_when_byte_is_changed(place: int) -> None:
    seal, wrapped = RowCipher.new(RING, "tip_reporters", uuid4())
    for text, again in (
        (seal.encrypt("name", "Người mẫu"), lambda bad: seal.decrypt("name", bad)),
        (wrapped, lambda bad: RowCipher.for_row(RING, "tip_reporters", seal.row_id, bad)),
    ):
        bad = bytearray(text)
        bad[place] ^= 1
        with pytest.raises(DecryptionError):
            again(bytes(bad))
    for short in (b"", b"1", b"1:", b"1:abc", b":", b"\xff" * 40):
        with pytest.raises(DecryptionError):
            RowCipher.for_row(RING, "tip_reporters", seal.row_id, short)
        with pytest.raises(DecryptionError):
            seal.open_bytes("name", short)


def test_data_keys_open_and_are_rewrapped_after_rotation() -> None:
    row = uuid4()
    seal, wrapped = RowCipher.new(RING, "tip_reporters", row)
    sealed = seal.encrypt("name", "Người mẫu")
    ring = RING.with_new_key()
    assert (ring.current, set(ring.wrapping)) == ("2", {"1", "2"})
    again = rewrap(ring, "tip_reporters", row, wrapped)
    assert again is not None
    assert rewrap(ring, "tip_reporters", row, again) is None
    only_new = Keyring("2", {"2": ring.wrapping["2"]}, ring.index)
    assert RowCipher.for_row(only_new, "tip_reporters", row, again).decrypt("name", sealed) == "Người mẫu"
    with pytest.raises(DecryptionError):
        RowCipher.for_row(only_new, "tip_reporters", row, wrapped)


def test_blind_indexes_are_equal_per_value_and_purpose() -> None:
    assert RING.blind_index("phone", "+84900000000") == RING.blind_index("phone", "+84900000000")
    assert RING.blind_index("phone", "+84900000000") != RING.blind_index("account", "+84900000000")
    assert RING.blind_index("phone", "+84900000000") != Keyring.new().blind_index("phone", "+84900000000")


def test_blind_index_is_stable() -> None:
    """Worked out once: whoever changes how an index is made finds nobody of before."""
    ring = Keyring("1", {"1": bytes(32)}, bytes(range(32)))
    index = "7557416037c998f6bc11daf35ff209de6440397c1dc14ce4fb032f82749aabe8"
    assert ring.blind_index("phone", "+84900000000").hex() == index


def test_key_file_is_made_once_and_private(tmp_path: Path) -> None:
    path = tmp_path / "new" / "deeper" / "keys.json"
    with pytest.raises(OperatorError, match="ketnoi keys new"):
        read_keyring(path)
    assert not path.exists()
    ring = ensure_keyring(path)
    assert ensure_keyring(path) == ring
    assert path.stat().st_mode & 0o777 == 0o600
    assert read_keyring(path) == ring
    # What an interrupted change has left behind is in nobody's way.
    path.with_suffix(".new").write_text("half")
    write_keyring(path, ring.with_new_key())
    assert read_keyring(path).current == "2"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        '{"current": "1", "wrapping": {}, "index": ""}',
        '{"current": 1, "wrapping": {"1": "x"}}',
        '{"current": "1", "wrapping": [], "index": ""}',
        "\udcff\udcfe",
        key_file(current="2"),
        key_file(wrapping=None),
        key_file(wrapping=b"w" * 31),
        key_file(index=b"i" * 33),
        key_file(odd="!").replace("!", "", 1),
        key_file(odd="!")[::-1].replace("!", "", 1)[::-1],
    ],
)
def test_key_file_is_refused_without_content_when_wrong(tmp_path: Path, text: str) -> None:
    path = tmp_path / "keys.json"
    path.write_text(key_file())
    assert read_keyring(path) == Keyring("1", {"1": b"w" * 32}, b"i" * 32)
    path.write_text(text, errors="surrogateescape")
    with pytest.raises(OperatorError) as refusal:
        read_keyring(path)
    assert str(refusal.value).startswith("The key file")


def test_key_file_error_differs_when_unreadable_or_missing(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="cannot be read"):
        read_keyring(tmp_path)


def test_keyring_hides_its_keys() -> None:
    seal, _ = RowCipher.new(RING, "tip_reporters", uuid4())
    assert "wrapping" not in repr(RING)
    assert "index" not in repr(RING)
    assert "data_key" not in repr(seal)


def test_key_file_change_is_seen_at_once(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    file = KeyFile(path)
    with pytest.raises(OperatorError):
        file.keyring()
    ring = write_keyring(path, Keyring.new())
    assert file.keyring() == ring
    assert file.keyring() is file.keyring()
    write_keyring(path, ring.with_new_key())
    assert file.keyring().current == "2"
    # Put in its place by a copy that keeps the time, and written into the same file (a mounted one).
    before = path.stat()
    write_keyring(path, ring)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert file.keyring() == ring
    path.write_bytes(ring.with_new_key().dump())
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns + 1))
    assert file.keyring().current == "2"
    path.unlink()
    with pytest.raises(OperatorError, match="no key file"):
        file.keyring()


def test_key_is_dropped_unless_current() -> None:
    ring = RING.with_new_key()
    assert set(ring.without("1").wrapping) == {"2"}
    for wrong in ("2", "3", ""):
        with pytest.raises(OperatorError):
            ring.without(wrong)


def test_process_seals_with_its_given_keys_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("first.json", "second.json"):
        ring = ensure_keyring(tmp_path / name)
        with replaced_settings(key_path=tmp_path / name):
            assert sealing.keyring() == ring
    monkeypatch.setattr(installation, "_settings", [])
    with pytest.raises(OperatorError, match="not set up"):
        sealing.keyring()
