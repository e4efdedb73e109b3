"""A backup that is taken while people write is whole elsewhere."""

from pathlib import Path

from tests import backup_load, databases

OTHER = {"postgresql": "sqlite", "sqlite": "sqlite"}


def test_a_backup_taken_while_people_write_is_whole_elsewhere(tmp_path: Path, worker_id: str) -> None:
    name = f"recueil_load_{tmp_path.name}_{worker_id}"[:50]
    backup_load.prove(tmp_path, name, databases.ENGINE, OTHER[databases.ENGINE], writers=4)
