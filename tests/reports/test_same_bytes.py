"""The same data gives the same bytes: in another process, another time zone, another language, another folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from reports.catalogue import REPORTS

ROOT = Path(__file__).resolve().parents[2]
CODE = """
import hashlib, io, sys
from reports.catalogue import REPORTS
from reports.content import no_progress
from dataclasses import replace
from tests.reports.samples import REPAIR, TERMS
from tests.reports.sealed import sent, sent_input
for kind in sys.argv[1:]:
    for content in (sent_input(), sent_input(sent(REPAIR))):
        out = io.BytesIO()
        try:
            REPORTS[kind].make(replace(content, terms=TERMS), out, no_progress)
        except ValueError:
            continue
        print(kind, hashlib.sha256(out.getvalue()).hexdigest())
        break
"""
HERE = {"PYTHONHASHSEED": "1", "TZ": "UTC", "LC_ALL": "C.UTF-8", "LANG": "C.UTF-8"}
ELSEWHERE = {"PYTHONHASHSEED": "4321", "TZ": "Pacific/Kiritimati", "LC_ALL": "C", "LANG": "tr_TR", "PYTHONUTF8": "1"}


def sums(kind: str, settings: dict[str, str], folder: Path) -> str:
    found = subprocess.run(
        [sys.executable, "-c", CODE, kind],
        env=os.environ | settings | {"PYTHONPATH": str(ROOT)},
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.startswith(kind)
    return found.stdout


@pytest.mark.parametrize("kind", sorted(REPORTS))
def test_the_same_data_gives_the_same_bytes_anywhere(kind: str, tmp_path: Path) -> None:
    assert sums(kind, HERE, ROOT) == sums(kind, ELSEWHERE, tmp_path)
