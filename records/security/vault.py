"""The only module that seals, unseals, finds and erases sealed data; reveals.py decides who may.

Sealing and opening wait while the wrapping keys change (`records.security.rotation`): whatever is stored
once a new key is in its place is under that key.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import phonenumbers
from tortoise.connection import get_connection
from tortoise.transactions import in_transaction

from records.core.errors import NotFound, ProblemCode
from records.core.identifiers.ids import uuid7
from records.core.language import gettext_noop as _
from records.core.validation import Validator
from records.security import sealing
from records.tables import EducationSubject, MemberContact, TipReporter
from records.tables.privacy import Sealed

# Any fixed number: the advisory lock that sealing shares and a key rotation holds exclusively.
LOCK: Final = 0x6B65_7973


@dataclass(frozen=True)
class SealedTable:
    """A sealed table: the column that names the record it belongs to, and the columns that are sealed."""

    table: type[Sealed]
    owner: str
    columns: tuple[str, ...]


SEALED_TABLES: Final = {
    "tip_reporters": SealedTable(TipReporter, "tip_id", ("name", "phone", "account", "address")),
    "member_contacts": SealedTable(MemberContact, "member_id", ("phone", "address")),
    "education_subjects": SealedTable(EducationSubject, "case_id", ("name", "birth_year", "address")),
}


async def seal(kind: str, values: Mapping[str, str], **plain: Any) -> None:
    """Stores a new row of `kind` with `values` sealed and `plain` as it is. The phone gets a blind index."""
    async with in_transaction("default"):
        await lock_keys()
        keyring, row_id = sealing.keyring(), uuid7()
        seal, data_key = sealing.RowCipher.new(keyring, kind, row_id)
        row: Any = SEALED_TABLES[kind].table(id=row_id, data_key=data_key, **plain)
        for column, value in values.items():
            setattr(row, column, seal.encrypt(column, value) if value else None)
        if values.get("phone"):
            row.phone_index = phone_index(values["phone"])
        await row.save(force_create=True)


@dataclass(frozen=True)
class Opened:
    """The unsealed values by column; for a reporter, also whether they may be contacted."""

    values: dict[str, str] = field(repr=False)
    may_contact: bool | None


async def open_for(asker: UUID, kind: str, record: UUID) -> Opened:
    """What is sealed for `record`. Only `reveals.look` calls this, which writes who looked.

    The database shows the row if `asker` has a live approval for it. Raises `NotFound`, `DecryptionError`.
    """
    sealed = SEALED_TABLES[kind]
    async with in_transaction("default") as connection:
        await lock_keys()
        await connection.execute_query("SELECT set_config('ketnoi.actor', $1, TRUE)", [str(asker)])
        row: Any = await sealed.table.filter(**{sealed.owner: record}).first()
        if row is None or row.data_key is None:
            raise NotFound("No sealed data.")
        seal = sealing.RowCipher.for_row(sealing.keyring(), kind, row.id, row.data_key)
        stored = {column: getattr(row, column) for column in sealed.columns}
        values = {
            column: seal.decrypt(column, value) for column, value in stored.items() if value is not None
        }
        return Opened(values, getattr(row, "may_contact", None))


def phone_index(phone: str) -> bytes:
    """The blind index of a phone: finds equal phones without revealing them."""
    return sealing.keyring().blind_index("phone", phone)


async def records_with_phone(asker: UUID, kind: str, request: UUID) -> list[UUID]:
    """The records of `kind` with the phone that a data subject's request asks about, in its area.

    None unless `asker` has a live approval to look it up: the database itself gives nothing without.
    """
    async with in_transaction("default") as connection:
        await connection.execute_query("SELECT set_config('ketnoi.actor', $1, TRUE)", [str(asker)])
        rows = await connection.execute_query_dict(
            "SELECT sealed_of_request($1, $2) AS record", [kind, request]
        )
        return [row["record"] for row in rows]


async def sealed_records(kind: str, records: Collection[UUID]) -> set[UUID]:
    """The subset of `records` that have sealed data."""
    rows = await get_connection("default").execute_query_dict(
        "SELECT sealed_present($1, $2) AS record", [kind, list(records)]
    )
    return {row["record"] for row in rows}


async def erase(kind: str, record: UUID) -> bool:
    """Erases the sealed data of `record` with its data key; returns whether there was any."""
    rows = await get_connection("default").execute_query_dict(
        "SELECT sealed_erase($1, $2) AS erased", [kind, record]
    )
    return bool(rows[0]["erased"])


async def lock_keys() -> None:
    """Prevents a key rotation until this transaction ends."""
    await get_connection("default").execute_query("SELECT pg_advisory_xact_lock_shared($1)", [LOCK])


def parse_phone_number(check: Validator, field: str, value: str) -> str:
    """`value` as E.164 (+84912345678), of Viet Nam where it names no country; empty where nothing was."""
    text = check.text(field, value, max_length=40)
    if not text or field in check.problems:
        return ""
    try:
        number = phonenumbers.parse(text, "VN")
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_possible_number(number) or number.extension:
        check.add(field, _("Enter a phone number, for example 0912 345 678."), ProblemCode.MALFORMED)
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def format_phone_number(stored: str) -> str:
    """A stored phone number as people write it: 0912 345 678, or with the code of another country."""
    number = phonenumbers.parse(stored)
    local = number.country_code == phonenumbers.country_code_for_region("VN")
    form = phonenumbers.PhoneNumberFormat
    return phonenumbers.format_number(number, form.NATIONAL if local else form.INTERNATIONAL)
