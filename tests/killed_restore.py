"""`recueil restore` that dies as by a power cut, at a given point: `python -m tests.killed_restore files FILE`."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from webapp import cli, storage
from webapp.recovery import restoring


def die(*_args: Any, **_details: Any) -> Any:
    """No more than the machine would."""
    os.kill(os.getpid(), signal.SIGKILL)


def in_the_files() -> None:
    """With one file whole and the next one begun."""
    put = storage.put_pieces
    known: list[str] = []

    def put_pieces(key: str, pieces: Iterator[bytes]) -> None:
        if known:
            die()
        known.append(key)
        put(key, pieces)

    storage.put_pieces = put_pieces  # type: ignore[assignment]


def when_loaded() -> None:
    """With every row and every file there, and nothing looked at."""
    restoring.broken_chains = die


def before_the_exchange() -> None:
    """With a new SQLite file that is whole, and not yet in its place."""
    Path.replace = die  # type: ignore[method-assign]


POINTS = {"files": in_the_files, "loaded": when_loaded, "exchange": before_the_exchange}

if __name__ == "__main__":
    POINTS[sys.argv.pop(1)]()
    sys.argv.insert(1, "restore")
    cli.main()
