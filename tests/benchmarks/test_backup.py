"""A backup under twenty writers, restored on the same engine and on the other one."""

import os
import time
from pathlib import Path

import pytest

from tests.backup_load import prove

WRITERS = 20


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
@pytest.mark.parametrize("target", ["sqlite", "postgresql"])
def test_a_backup_under_many_writers(tmp_path: Path, engine: str, target: str) -> None:
    begin = time.perf_counter()
    said = prove(tmp_path, f"recueil_backup_{os.getpid()}", engine, target, writers=WRITERS)
    lasted = time.perf_counter() - begin
    print(f"Sauvegarde sous {WRITERS} personnes, de {engine} vers {target}\u00a0: {said}\u00a0; {lasted:.0f} s en tout")  # noqa: T201
