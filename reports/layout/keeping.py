"""Laid-out parts kept on disk from one report to the next, by name; the parent's side."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path

MOST_BYTES = 2 << 30
_LEFT = 0.8
"""What is left after a clearing out, so that the next part doesn't begin another."""


@dataclass(frozen=True)
class Store:
    """A folder of fragments. Processes may share it: files appear whole, and what vanishes is made again."""

    folder: Path
    most: int = MOST_BYTES

    def take(self, name: str, to: Path) -> bool:
        """Have a kept fragment at that path, which stays even if the store lets go of it; False where it isn't kept."""
        kept = self._path(name)
        try:
            _linked(kept, to)
            os.utime(kept)
        except OSError:
            return to.exists()
        return True

    def put(self, name: str, made: Path) -> None:
        """Keep what stands at that path. A full disk is no reason to fail: it is only not kept."""
        kept = self._path(name)
        passing = kept.with_name(f"{kept.name}.{secrets.token_hex(4)}")
        try:
            kept.parent.mkdir(parents=True, exist_ok=True)
            _linked(made, passing)
            passing.replace(kept)
        except OSError:
            passing.unlink(missing_ok=True)

    def drop(self, name: str) -> None:
        """Let go of a fragment that turned out to be torn."""
        self._path(name).unlink(missing_ok=True)

    def clear(self) -> None:
        """Let go of the longest unused where there is more than « most » bytes."""
        found = []
        for path in self.folder.glob("??/*"):
            with contextlib.suppress(OSError):
                seen = path.stat()
                found.append((seen.st_mtime_ns, seen.st_size, path))
        size = sum(size for _used, size, _path in found)
        if size <= self.most:
            return
        for _used, freed, path in sorted(found):
            path.unlink(missing_ok=True)
            size -= freed
            if size <= self.most * _LEFT:
                return

    def _path(self, name: str) -> Path:
        return self.folder / name[:2] / name


def _linked(source: Path, target: Path) -> None:
    """The same content under another name; copied where the disk knows no links."""
    try:
        os.link(source, target)
    except FileNotFoundError:
        raise
    except OSError:
        shutil.copyfile(source, target)
