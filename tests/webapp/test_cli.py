"""The command line: migrates, lists, serves, and stops as it should."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from tests.servers import free_port

ROOT = Path(__file__).resolve().parents[2]


def recueil(*words: str, folder: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run the command in an empty working folder."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8", **settings}
    command = [sys.executable, "-m", "webapp.cli", *words]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False
    )


def test_help_lists_every_command_without_touching_anything(tmp_path: Path) -> None:
    done = recueil("--help", folder=tmp_path)
    assert done.returncode == 0
    for word in ("migrate", "routes", "serve", "worker"):
        assert f"  {word} " in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_migrate_makes_the_database_and_goes_back(tmp_path: Path) -> None:
    for words in (("migrate",), ("migrate",), ("migrate", "--down-to", "base")):
        done = recueil(*words, folder=tmp_path)
        assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "var" / "recueil.sqlite").is_file()


def test_routes_are_listed_for_programs(tmp_path: Path) -> None:
    done = recueil("routes", "--json", folder=tmp_path)
    rules = {route["rule"]: route for route in json.loads(done.stdout)}
    assert rules["/healthz"]["methods"] == ["GET"]


def test_unsafe_settings_are_said_in_a_sentence(tmp_path: Path) -> None:
    done = recueil("migrate", folder=tmp_path, RECUEIL_ENVIRONMENT="production")
    assert done.returncode == 1
    assert "Erreur\u00a0: réglages refusés en production. RECUEIL_BASE_URL\u00a0: " in done.stderr
    assert "RECUEIL_SECRET_KEY" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_setting_that_cannot_be_read_is_named_with_what_it_takes(tmp_path: Path) -> None:
    given = {
        "RECUEIL_ENVIRONMENT": "prod",
        "RECUEIL_PROXIES": "un",
        "RECUEIL_BACKUP_EVERY": "0",
        "RECUEIL_RATE_LIMITS": "peut-être",
        "RECUEIL_NOW": "hier",
    }
    done = recueil("migrate", folder=tmp_path, **given)
    assert done.returncode == 1
    for name, value in given.items():
        assert f"{name}\u00a0: «\u00a0{value}\u00a0» ne se lit pas, indiquez " in done.stderr
    assert "Input" not in done.stderr
    checked = recueil("check", folder=tmp_path, **given)
    assert checked.returncode == 2
    assert "RECUEIL_PROXIES\u00a0: «\u00a0un\u00a0» ne se lit pas, indiquez un nombre entier." in checked.stdout


def test_a_database_that_does_not_answer_is_said_in_a_sentence(tmp_path: Path) -> None:
    for words in (("reindex",), ("migrate",)):
        done = recueil(*words, folder=tmp_path, RECUEIL_DATABASE_URL="postgresql://nobody@127.0.0.1:1/nothing")
        assert done.returncode == 1
        assert "base de données ne répond pas" in done.stderr
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "unsafe",
    [{"RECUEIL_ENVIRONMENT": "production"}, {"RECUEIL_DATABASE_URL": "sqlite:////nowhere/at/all.sqlite"}],
    ids=["settings", "a file that is nowhere"],
)
@pytest.mark.parametrize("words", [("serve", "--port", "0"), ("worker",)], ids=["serve", "worker"])
def test_nothing_waits_for_what_nobody_will_mend(
    tmp_path: Path, words: tuple[str, ...], unsafe: dict[str, str]
) -> None:
    away = {"RECUEIL_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing"}
    done = recueil(*words, folder=tmp_path, **(away | unsafe))
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "indisponible" not in done.stderr


def answers(address: str) -> bool:
    try:
        with urlopen(address, timeout=5) as response:
            return bool(response.status == 200)
    except URLError:
        return False


def children_of(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task")
    return [int(child) for task in tasks.iterdir() for child in (task / "children").read_text().split()]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def until(condition: object, seconds: float = 120) -> bool:
    assert callable(condition)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.1)
    return False


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGKILL])
def test_serve_answers_with_a_worker_beside_it_and_takes_it_along(tmp_path: Path, ending: signal.Signals) -> None:
    port = free_port()
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"}
    command = [sys.executable, "-m", "webapp.cli", "serve", "--port", str(port)]
    with (tmp_path / "log").open("wb") as log:
        server = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=log, stderr=log)
    try:
        assert until(lambda: answers(f"http://127.0.0.1:{port}/readyz")), (tmp_path / "log").read_text()
        assert until(lambda: bool(children_of(server.pid)))
        [worker] = children_of(server.pid)
        time.sleep(1)
        assert alive(worker), (tmp_path / "log").read_text()
        server.send_signal(ending)
        assert server.wait(timeout=30) == (0 if ending is signal.SIGTERM else -ending)
        assert until(lambda: not alive(worker))
    finally:
        server.kill()
        server.wait()
