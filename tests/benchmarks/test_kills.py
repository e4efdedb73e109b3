"""Three hundred kills on each engine under eight writers: nothing acknowledged is lost, the site is soon back."""

import os
import statistics
from pathlib import Path

import pytest

from tests.kills import WRITERS, a_siege

KILLS = int(os.environ.get("RECUEIL_TEST_BENCH_KILLS", "300"))
ENGINES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


@pytest.mark.parametrize("engine", ENGINES)
def test_many_kills(tmp_path: Path, engine: str) -> None:
    with a_siege(tmp_path, f"recueil_kills_{os.getpid()}", engine, seed=300) as siege:
        siege.run(KILLS)
        ready = sorted(siege.ready_after)
        late = sum(seconds > 5 for seconds in ready)
        print(  # noqa: T201
            f"Serveur tué {siege.kills} fois sous {WRITERS} personnes, {ENGINES[engine]}\u00a0: {siege.saves} "
            f"enregistrements confirmés, {len(siege.lost_answers)} perdu(s)\u00a0; "
            f"prêt en {statistics.median(ready):.1f} s (au plus {ready[-1]:.1f} s, {late} fois plus de 5 s)"
        )
        assert siege.lost == []
        assert siege.faults() == []


def test_the_same_count_with_a_build_that_lies(tmp_path: Path) -> None:
    name = f"recueil_lies_{os.getpid()}"
    with a_siege(tmp_path, name, "sqlite", seed=3, module="tests.journeys.hasty_server") as siege:
        siege.run(5)
        print(f"Le même compte, avec un serveur qui confirme trop tôt\u00a0: {len(siege.lost_answers)} pertes trouvées")  # noqa: T201
        assert siege.lost_answers
