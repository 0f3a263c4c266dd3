"""In random worlds nobody finds a row that is not theirs, and everybody finds those that are."""

import subprocess
import sys
from pathlib import Path
from random import Random

from tests.scope.world import make_world

ROOT = Path(__file__).parents[2]


def test_random_areas_merge_divide_and_reuse_codes() -> None:
    worlds = [make_world(Random(seed)) for seed in range(10)]  # noqa: S311 - the same lands every time
    links = [link for world in worlds for link in world.links]
    assert any(link.whole for link in links)
    assert any(not link.whole for link in links)
    assert any(
        len({link.old for link in world.links if link.new == id_}) > 1
        for world in worlds
        for id_ in world.lands
    )
    assert all(len({land.code for land in world.lands.values()}) < len(world.lands) for world in worlds)
    heirs = {link.old for link in links} & {link.new for link in links}
    assert heirs, "some area is both made of others and gone into others"


def test_random_actors_see_own_rows_only_at_every_path(fresh_database: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.scope.proofs", "--checks", "2000", "--url", fresh_database],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "checks, 0 foreign rows" in done.stdout
