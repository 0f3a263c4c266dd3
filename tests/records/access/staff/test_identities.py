"""Who staff are at a provider, as an administrator links it, and what counts as two factors there."""

from uuid import UUID, uuid4

import pytest

from records.access import staff
from records.access.staff import SignInOrigin, identities
from records.access.staff.oidc.provider import is_two_factors
from records.core.actor import Role, system_actor
from records.core.errors import Conflict, NotFound, ValidationFailed
from records.tables import AuditEntry, Identity, Staff
from tests.conftest import PASSWORD, area_ids

BY = system_actor("test")
ISSUER, OTHER = "https://sso.example", "https://khac.example"


async def somebody() -> Staff:
    return await staff.create(
        username=f"mau-{uuid4().hex[:8]}",
        name="Cán bộ mẫu",
        password=PASSWORD,
        role=Role.OFFICER,
        areas=await area_ids("29905"),
        by=BY,
    )


async def links() -> set[tuple[UUID, str, str]]:
    return {(row.staff_id, row.issuer, row.subject) for row in await Identity.all()}


async def test_identity_links_are_made_by_administrator_and_audited(database: str) -> None:
    row = await somebody()
    await identities.link_for(row.username.upper(), ISSUER, " mau-01 ", by=BY)
    await identities.link_for(row.username, OTHER, "mau-01", by=BY)
    assert await links() == {(row.id, ISSUER, "mau-01"), (row.id, OTHER, "mau-01")}
    begun = await staff.sign_in(row.username, PASSWORD, SignInOrigin())
    assert begun is not None
    await identities.unlink_for(row.username, by=BY)
    assert await links() == set()
    # Whoever came in by the link is out.
    assert await staff.authenticate(begun.token) is None
    told = await AuditEntry.filter(noun="staff", row_id=row.id).order_by("-seq").limit(3)
    assert [entry.after for entry in reversed(told)] == [
        {"identity_linked": ISSUER},
        {"identity_linked": OTHER},
        {"identities_unlinked": 2},
    ]


async def test_identity_link_is_unique_per_person_and_provider(database: str) -> None:
    one, other = await somebody(), await somebody()
    await identities.link_for(one.username, ISSUER, "mau-01", by=BY)
    with pytest.raises(ValidationFailed) as taken:
        await identities.link_for(other.username, ISSUER, "mau-01", by=BY)
    assert "already linked to someone" in taken.value.problems["subject"].text
    with pytest.raises(ValidationFailed) as second:
        await identities.link_for(one.username, ISSUER, "mau-02", by=BY)
    assert "Remove that link first" in second.value.problems["subject"].text
    await identities.link_for(other.username, OTHER, "mau-01", by=BY)
    assert await links() == {(one.id, ISSUER, "mau-01"), (other.id, OTHER, "mau-01")}


async def test_identity_link_needs_account_and_subject(database: str) -> None:
    row = await somebody()
    with pytest.raises(NotFound):
        await identities.link_for("khong-co", ISSUER, "mau-01", by=BY)
    for subject in ("", "  ", "a" * 256):
        with pytest.raises(ValidationFailed):
            await identities.link_for(row.username, ISSUER, subject, by=BY)
    with pytest.raises(Conflict):
        await identities.unlink_for(row.username, by=BY)


@pytest.mark.parametrize(
    ("methods", "two"),
    [
        ([], False),
        (["pwd"], False),
        (["pwd", "pin", "kba"], False),
        (["otp", "hwk", "sc"], False),
        (["pwd", "sms", "tel"], False),
        (["user", "geo", "rba"], False),
        (["mfa"], True),
        (["pwd", "otp"], True),
        (["pin", "hwk"], True),
        (["swk", "face"], True),
    ],
)
def test_two_factors_must_differ_in_kind(methods: list[str], two: bool) -> None:
    assert is_two_factors(methods) is two
