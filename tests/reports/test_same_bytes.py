"""The same data gives the same bytes: in another process, another time zone, another language, another folder."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pikepdf
import pytest

from reports.catalogue import REPORTS
from tests.reports.differing import differences

ROOT = Path(__file__).resolve().parents[2]
CODE = """
import hashlib, logging, sys
from dataclasses import replace
from pathlib import Path
from reports.catalogue import REPORTS
from reports.content import no_progress
from tests.reports.samples import REPAIR, TERMS
from tests.reports.sealed import sent, sent_input
logging.basicConfig(stream=sys.stdout)  # What printing processes say when they end is compared too.
kind, to = sys.argv[1:]
content = sent_input(sent(REPAIR)) if kind in ("sheet", "one_page") else sent_input()
with Path(to).open("wb") as out:
    notes = REPORTS[kind].make(replace(content, terms=TERMS), out, no_progress)
print(kind, notes)
"""
HERE = {"PYTHONHASHSEED": "1", "TZ": "UTC", "LC_ALL": "C.UTF-8", "LANG": "C.UTF-8"}
ELSEWHERE = {"PYTHONHASHSEED": "4321", "TZ": "Pacific/Kiritimati", "LC_ALL": "C", "LANG": "tr_TR", "PYTHONUTF8": "1"}


def printed(kind: str, settings: dict[str, str], folder: Path, to: Path) -> tuple[str, bytes]:
    """What was said of a report that is made by a process of its own, and its bytes."""
    found = subprocess.run(
        [sys.executable, "-c", CODE, kind, str(to)],
        env=os.environ | settings | {"PYTHONPATH": str(ROOT)},
        cwd=folder,
        capture_output=True,
        text=True,
    )
    assert not found.returncode, found.stderr
    return found.stdout, to.read_bytes()


@pytest.mark.parametrize("kind", sorted(REPORTS))
def test_the_same_data_gives_the_same_bytes_anywhere(kind: str, tmp_path: Path) -> None:
    here, first = printed(kind, HERE, ROOT, tmp_path / "here")
    elsewhere, second = printed(kind, ELSEWHERE, tmp_path, tmp_path / "elsewhere")
    assert here == elsewhere
    assert first == second, differences(first, second)


def test_what_differs_between_two_files_is_named() -> None:
    first, second = io.BytesIO(), io.BytesIO()
    for out, word in ((first, b"(un) Tj"), (second, b"(deux) Tj")):
        with pikepdf.new() as pdf:
            pdf.add_blank_page().Contents = pdf.make_stream(word)
            pdf.save(out, deterministic_id=True)
    told = differences(first.getvalue(), second.getvalue())
    assert "stream" in told
    assert "(deux)" in told
    assert "word/styles" in differences(zipped("word/styles", b"a"), zipped("word/styles", b"b"))


def zipped(name: str, content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as written:
        written.writestr(zipfile.ZipInfo(name), content)
    return out.getvalue()
