"""A server of names that says nothing holds neither a worker nor a page."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from webapp.webhook_calls import LATE

ROOT = Path(__file__).resolve().parents[2]

# In rooms of its own: a network where the only server of names hears every question and answers none.
ROOM = """
ip link set lo up && mount --bind resolv.conf /etc/resolv.conf && exec "$@"
"""
CALL = """
import socket
from webapp import webhook_calls
from webapp.webhook_calls import call

silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
silent.bind(("127.0.0.1", 53))
webhook_calls.LOOKING_SECONDS = 1
print(call("https://exemple.example/", "{}", {}, careful=True).error)
silent.settimeout(30)
assert b"exemple" in silent.recv(500)
"""


def in_a_room(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    """Run a command there. Patient: the resolver asks again and again before it gives up."""
    (folder / "resolv.conf").write_text("nameserver 127.0.0.1\noptions timeout:20 attempts:2\n")
    command = ["unshare", "-rmn", "sh", "-c", ROOM, "sh", *words]
    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False
    )


def test_a_name_that_nobody_tells_is_given_up_in_time(tmp_path: Path) -> None:
    if not shutil.which("unshare") or in_a_room(tmp_path, "true").returncode:
        pytest.skip("this machine lets nobody have a network of their own")
    done = in_a_room(tmp_path, sys.executable, "-c", CALL)
    assert (done.stdout.strip(), done.returncode) == (LATE, 0), done.stderr
