"""The worker of a process: it claims jobs that are due, runs them side by side, and keeps their leases."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from random import SystemRandom
from typing import Final

from records.changes.jobs.lease import Lease, LeaseLost, claim
from records.changes.jobs.queue import enqueue_once
from records.core import events
from records.core.errors import DatabaseUnavailable

MOST_TAKEOVERS: Final = 5
"""A job whose lease lapses more often in one attempt is given up, if the attempts of its kind are limited."""

_LOOK_SECONDS: Final = 1
_BEAT_SECONDS: Final = 2
# Between two attempts, in seconds: 5, 20, 80, then as often as this.
_LONGEST_PAUSE: Final = 300

_random: Final = SystemRandom()


async def _nothing(*_: object) -> None:
    """Nothing else is done."""


@dataclass(frozen=True)
class Kind:
    """How the jobs of one kind are run.

    A job is done when `run` returns, unless that said otherwise; when it raises it is tried again, `tries`
    times in all or without end. That another worker takes a job over is no attempt. `at_once` bounds the jobs
    of one process. `find` enqueues, before each look, what is due by other tables; `given_up` is stored with
    the failure of a job. With `every` the kind has one job, which first runs after so many seconds.
    """

    run: Callable[[Lease], Awaitable[None]]
    at_once: int = 1
    tries: int | None = None
    every: float | None = None
    find: Callable[[], Awaitable[None]] = _nothing
    given_up: Callable[[Lease], Awaitable[None]] = _nothing


def scheduled(work: Callable[[], Awaitable[int]], *, every: float) -> Kind:
    """A kind whose one job does `work` every so many seconds; the result is how many rows that changed."""

    async def run(lease: Lease) -> None:
        await lease.postpone(every, result={"rows": await work()})

    return Kind(run, every=every)


class Worker:
    """Runs jobs of the given kinds, by name. Any number of processes may, without knowing of each other."""

    def __init__(self, kinds: Mapping[str, Kind]) -> None:
        self._kinds = kinds
        self._running: Counter[str] = Counter()
        self._scheduled = False

    async def run(self) -> None:
        """Runs jobs until it is cancelled; then those that are under way go back to the queue at once."""
        async with asyncio.TaskGroup() as running:
            while True:
                lease = await self._look()
                if lease is None:
                    await asyncio.sleep(_LOOK_SECONDS)
                else:
                    self._running[lease.job.kind] += 1
                    running.create_task(self._counted(lease))

    async def claim(self) -> Lease | None:
        """The next job that is due, of the kinds that have room."""
        if not self._scheduled:
            for name, kind in self._kinds.items():
                if kind.every is not None:
                    await enqueue_once(name, {}, key=name, delay=kind.every)
            self._scheduled = True
        for kind in self._kinds.values():
            await _find(kind)
        return await claim([name for name, kind in self._kinds.items() if self._running[name] < kind.at_once])

    async def work(self, lease: Lease) -> None:
        """Runs a claimed job. Whatever it raises is noted and stays here."""
        kind = self._kinds[lease.job.kind]
        try:
            if kind.tries is not None and lease.job.takeovers > MOST_TAKEOVERS:
                # It seems to kill its workers.
                await _give_up(kind, lease)
                return
            await _beating(kind, lease)
            if not lease.ended:
                await lease.finish()
        except LeaseLost:
            # It was cancelled, or another worker has it.
            pass
        except asyncio.CancelledError:
            with suppress(LeaseLost, DatabaseUnavailable):
                await lease.postpone(0, attempts=lease.job.attempts - 1)
            raise
        except Exception as error:  # noqa: BLE001 - a job may raise anything, and the others go on
            if not isinstance(error, DatabaseUnavailable):
                events.log_exception(error)
            # Where the database cannot be reached the lease ends by itself.
            with suppress(LeaseLost, DatabaseUnavailable):
                await _try_again(kind, lease)

    async def _look(self) -> Lease | None:
        try:
            return await self.claim()
        except DatabaseUnavailable:
            return None
        except Exception as error:  # noqa: BLE001 - the next look may work
            events.log_exception(error)
            return None

    async def _counted(self, lease: Lease) -> None:
        try:
            await self.work(lease)
        except Exception as error:  # noqa: BLE001 - the lease ends by itself, and the other jobs go on
            events.log_exception(error)
        finally:
            self._running[lease.job.kind] -= 1


async def _find(kind: Kind) -> None:
    try:
        await kind.find()
    except DatabaseUnavailable:
        # It was logged where it arose.
        pass
    except Exception as error:  # noqa: BLE001 - jobs of the other kinds go on
        events.log_exception(error)


async def _beating(kind: Kind, lease: Lease) -> None:
    """Runs the job with its lease renewed all the while; ends it where the lease is lost."""
    work = asyncio.ensure_future(kind.run(lease))
    try:
        while not (await asyncio.wait({work}, timeout=_BEAT_SECONDS))[0]:
            if not lease.ended:
                await lease.beat()
        await work
    finally:
        if work.cancel():
            await asyncio.wait({work})


async def _try_again(kind: Kind, lease: Lease) -> None:
    attempts = lease.job.attempts
    if kind.tries is not None and attempts >= kind.tries:
        await _give_up(kind, lease)
    else:
        pause = min(5 * 4 ** (min(attempts, 5) - 1), _LONGEST_PAUSE)
        # A little more or less, so that what failed together does not come back together.
        await lease.postpone(pause * _random.uniform(0.9, 1.1), attempts=attempts)


async def _give_up(kind: Kind, lease: Lease) -> None:
    async with lease.storing():
        await kind.given_up(lease)
        await lease.fail("INTERNAL_SERVER_ERROR")
