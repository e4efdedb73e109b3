"""Two machines under load for a minute, one of their four programs killed every three seconds: nothing is lost."""

from __future__ import annotations

from pathlib import Path

from tests.two_machines import come_to_rest, judge, machines, storm

SECONDS, EVERY, AUTHORS = 60, 3, 8


def test_two_machines_for_a_minute(tmp_path: Path) -> None:
    with machines(tmp_path, seed=2026) as both:
        writers, reader = storm(both, authors=AUTHORS, lasts=SECONDS, every=EVERY)
        come_to_rest(both)
        figures = judge(both, writers, reader)
    print(f"\nDeux machines pendant {SECONDS} s\u00a0: {figures}, rien de perdu")  # noqa: T201 (a benchmark tells)
