"""`recueil import`: what it prints, and how it ends."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.importing import said, text_of

ROOT = Path(__file__).resolve().parents[2]


def recueil(*words: str | Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the command in a working folder of its own."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"}
    command = [sys.executable, "-m", "webapp.cli", "import", *map(str, words)]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False)


def account(*words: str | Path, folder: Path, status: int) -> dict[str, Any]:
    """The JSON that it prints; it must end with that status."""
    done = recueil(*words, "--json", folder=folder)
    assert "Traceback" not in done.stderr
    assert done.returncode == status, done.stderr
    printed: dict[str, Any] = json.loads(done.stdout)
    assert set(printed) == {"read", "created", "unchanged", "updated", "findings"}
    assert all(set(item) == {"sheet", "question", "level", "message"} for item in printed["findings"])
    return printed


def numbers(printed: dict[str, Any]) -> list[int]:
    """Read, created, unchanged, updated."""
    return [printed[name] for name in ("read", "created", "unchanged", "updated")]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file of two sheets."""
    path = tmp_path / "lot.txt"
    path.write_text(text_of(said(), said(keywords=["Jardinage"])), "utf-8")
    return path


def test_a_dry_run_then_the_import_then_nothing_more(tmp_path: Path, file: Path) -> None:
    assert numbers(account(file, "--dry-run", folder=tmp_path, status=0)) == [2, 2, 0, 0]
    assert numbers(account(file, folder=tmp_path, status=0)) == [2, 2, 0, 0]
    again = account(file, folder=tmp_path, status=0)
    assert numbers(again) == [2, 0, 2, 0]
    assert [item["question"] for item in again["findings"] if item["level"] == "warning"] == ["keywords"]
    file.write_text(text_of(said(summary="Autre."), said(keywords=["Jardinage"])), "utf-8")
    assert numbers(account(file, folder=tmp_path, status=0)) == [2, 0, 1, 1]


def test_a_refused_sheet_ends_with_one(tmp_path: Path, file: Path) -> None:
    file.write_text(text_of(said(), said()).replace("Action 0 | Lot | 2019 |\n", ""), "utf-8")
    printed = account(file, folder=tmp_path, status=1)
    assert numbers(printed) == [2, 1, 0, 0]
    assert [item["sheet"] for item in printed["findings"] if item["level"] == "error"] == ["Action 0"]


@pytest.mark.parametrize("content", [b"", b"\x00\x01", b"Bonjour.", text_of(said()).encode()[:700]])
def test_an_unreadable_file_ends_with_two(tmp_path: Path, file: Path, content: bytes) -> None:
    file.write_bytes(content)
    printed = account(file, folder=tmp_path, status=2)
    assert numbers(printed) == [0, 0, 0, 0]
    assert [item["level"] for item in printed["findings"]] == ["error"]
    assert recueil(tmp_path / "absent.txt", folder=tmp_path).returncode == 2


def test_people_read_french_sentences(tmp_path: Path, file: Path) -> None:
    done = recueil(file, "--federation", "Fédération du Val", folder=tmp_path)
    assert done.returncode == 0
    assert "Fédération\u00a0: Fédération du Val." in done.stdout
    assert "2\u00a0fiches lues\u00a0: 2\u00a0créées" in done.stdout
    assert "À vérifier – Action 1 · keywords – «\u00a0Jardinage\u00a0»" in done.stdout
