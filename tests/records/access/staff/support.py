"""What the tests of signing in share: people, their codes, and guesses."""

import time
from datetime import datetime, timedelta

import pyotp

from records.access import staff
from records.access.staff import AuthenticatedSession, SignInAttempt, SignInOrigin, factors
from records.core.actor import Role, system_actor
from records.core.dates import now
from records.tables import Factor, Staff, Throttle
from tests.conftest import area_ids

TASK = system_actor("test")


PASSWORD = "một mật khẩu đủ dài"


HOME = SignInOrigin(address="192.0.2.1", device="Firefox, Linux")


ELSEWHERE = SignInOrigin(address="198.51.100.7")


async def somebody(username: str = "mau-01", role: Role = Role.OFFICER) -> Staff:
    return await staff.create(
        username=username,
        name="Cán bộ mẫu",
        password=PASSWORD,
        role=role,
        areas=await area_ids("29905"),
        by=TASK,
    )


async def begin(origin: SignInOrigin = HOME, username: str = "mau-01") -> SignInAttempt:
    begun = await staff.sign_in(username, PASSWORD, origin)
    assert begun is not None
    return begun


async def member(origin: SignInOrigin = HOME, username: str = "mau-01") -> AuthenticatedSession:
    live = await staff.authenticate((await begin(origin, username)).token)
    assert live is not None
    return live


async def with_app(who: AuthenticatedSession) -> tuple[str, list[str]]:
    """Gives this person an app, whose next code is unused; its secret, and the recovery codes."""
    secret = factors.new_secret()
    codes = await factors.add_app(who, secret=secret, code=code_of(secret), name="Điện thoại")
    await Factor.all().update(last_step=0)
    return secret, codes


def code_of(secret: str) -> str:
    return pyotp.TOTP(secret).at(time.time())


async def no_time_passed(since: datetime) -> None:
    """However slow this machine is: what was tried since then is as if it were tried after this."""
    await Throttle.filter(since__gte=since).update(since=now() + timedelta(minutes=1))


async def again(live: AuthenticatedSession, token: str) -> AuthenticatedSession:
    """The same session under its new token."""
    renewed = await staff.authenticate(token)
    assert renewed is not None
    assert renewed.session.id == live.session.id
    return renewed
