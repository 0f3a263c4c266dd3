"""Asks the service who may see what, in random worlds, and compares every answer with the oracle.

python -m tests.scope.proofs --checks 100000 --seed 1

One check is one answer to one actor: a list, a count, a search, a page, a record by its id, a series. It ends
with 1 at the first answer that differs from what the oracle says.
"""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path
from random import Random
from secrets import randbelow

from commands._database import migrate
from records.core.actor import ActorKind
from records.database import embedded
from tests.scope import ask_admin, ask_api, ask_metrics, ask_records
from tests.scope.actors import anyone, employ, keyed, rescope, signed_in
from tests.scope.loading import load
from tests.scope.proof import Proof, Wrong
from tests.scope.world import make_world
from tests.service import serving


async def prove(url: str, proof: Proof) -> None:
    """Makes worlds in the database `url` and asks about them until there were enough checks."""
    async with serving(url) as service:
        client, owner = service.client, service.owner
        people, keys, told = await signed_in(client), await keyed(), 0
        while not proof.done:
            if proof.kinds.total() // 10_000 > told:
                told = proof.kinds.total() // 10_000
                sys.stdout.write(f"{proof.kinds.total()} checks, {proof.foreign} foreign rows\n")
                sys.stdout.flush()
            world = make_world(proof.random)
            await load(world, owner, asker=people[0][2])
            for kind in (ActorKind.STAFF, ActorKind.PARTNER):
                for _ in range(6):
                    who = anyone(world, kind, proof.random)
                    await ask_records.ask(world, who, proof)
                    await ask_metrics.ask(world, who, proof)
            for key, partner_id in keys:
                who = await rescope(partner_id, world, proof.random)
                await ask_api.ask(world, client, key, who, proof)
            for cookie, role, staff_id in people:
                who = await employ(staff_id, role, world, proof.random)
                await ask_admin.ask(world, client, cookie, who, proof)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--checks", type=int, default=100_000)
    parser.add_argument(
        "--seed", type=int, help="the same worlds again; another one each time when not given"
    )
    parser.add_argument("--url", help="a database with areas and catalogues; one is made when not given")
    given = parser.parse_args()
    seed = given.seed if given.seed is not None else randbelow(10**9)
    sys.stdout.write(f"seed {seed}\n")
    sys.stdout.flush()
    proof = Proof(given.checks, Random(seed))  # noqa: S311 - a seed gives the same worlds again
    try:
        if given.url:
            asyncio.run(prove(given.url, proof))
        else:
            with tempfile.TemporaryDirectory() as folder, embedded.running(Path(folder), fast=True) as url:
                asyncio.run(_migrated(url, proof))
    except Wrong as wrong:
        sys.exit(f"{wrong}\nseed {seed}: {proof.kinds.total()} checks, {proof.foreign} foreign rows")
    for kind, count in sorted(proof.kinds.items()):
        sys.stdout.write(f"{count:8d}  {kind}\n")
    sys.stdout.write(f"{proof.kinds.total()} checks, {proof.foreign} foreign rows\n")


async def _migrated(url: str, proof: Proof) -> None:
    await migrate(url)
    await prove(url, proof)


if __name__ == "__main__":
    main()
