"""Two machines, killed at random, lose nothing that was acknowledged and do nothing twice."""

from pathlib import Path

import pytest

from tests import databases
from tests.two_machines import come_to_rest, judge, machines, storm


def test_two_machines_killed_at_random_lose_nothing_and_do_nothing_twice(tmp_path: Path) -> None:
    if databases.ENGINE == "sqlite":
        pytest.skip("two machines share a PostgreSQL")
    with machines(tmp_path, seed=21) as both:
        writers, reader = storm(both, authors=3, lasts=4, every=1.0)
        come_to_rest(both)
        judge(both, writers, reader)
