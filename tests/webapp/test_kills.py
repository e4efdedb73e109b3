"""The server is killed under eight writers: nothing acknowledged is lost, and a build that lies is found out."""

from pathlib import Path

from tests import databases
from tests.kills import WRITERS, a_siege

KILLS = 4


def test_nothing_acknowledged_is_lost_when_the_server_is_killed(tmp_path: Path, worker_id: str) -> None:
    with a_siege(tmp_path, f"recueil_kills_{tmp_path.name}_{worker_id}"[:60], databases.ENGINE, seed=12) as siege:
        siege.run(KILLS)
        assert siege.lost == []
        assert siege.faults() == []
        assert siege.kills == KILLS
        assert siege.saves >= KILLS * WRITERS
        assert [writer.refused for writer in siege.writers if writer.refused] == []


def test_the_same_count_finds_a_server_that_acknowledges_before_it_commits(tmp_path: Path, worker_id: str) -> None:
    name = f"recueil_hasty_{tmp_path.name}_{worker_id}"[:60]
    with a_siege(tmp_path, name, databases.ENGINE, seed=3, module="tests.journeys.hasty_server") as siege:
        siege.run(1)
        assert siege.lost_answers
