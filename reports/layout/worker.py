"""The printing process: answers one request a line on its standard input, one JSON object a line.

It fetches nothing but the pictures in the folder that a request names, has none of the product's settings, and
ends when nobody asks anything for a while or its parent is gone.
"""

from __future__ import annotations

import dataclasses
import json
import os
import resource
import select
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from reports.layout.assembling import Assembly, Head, planned
from reports.layout.capture import Setting, lay_out
from reports.layout.fragment import packed
from reports.pdf import Pictures, listen, print_page, set_apart

IDLE_SECONDS = 300
_LOOK_SECONDS = 5


def say(**words: Any) -> None:
    """Tell the parent."""
    print(json.dumps(words), flush=True)  # noqa: T201 (the parent listens)


def requests() -> Iterator[dict[str, Any]]:
    """What the parent asks, until it leaves or has been silent too long."""
    parent, rest, silent = os.getppid(), b"", 0
    while silent < IDLE_SECONDS:
        if not select.select([0], [], [], _LOOK_SECONDS)[0]:
            silent += _LOOK_SECONDS
            if os.getppid() != parent:
                return
            continue
        read = os.read(0, 1 << 20)
        if not read:
            return
        silent = 0
        *lines, rest = (rest + read).split(b"\n")
        for line in lines:
            yield json.loads(line)


def page(asked: dict[str, Any], setting: Setting) -> dict[str, Any]:
    """Print the page of a folder in one pass."""
    return print_page(Path(asked["folder"]), lambda phase, done: say(phase=phase, done=done), setting)


def part(asked: dict[str, Any], setting: Setting) -> dict[str, Any]:
    """Lay one part out and write its fragment."""
    undrawn, html = listen(None), asked["html"]
    pictures = Pictures(Path(asked["pictures"]))
    fragment = lay_out(html, asked["style"], pictures, setting)
    if undrawn.characters:
        pictures = Pictures(Path(asked["pictures"]))
        fragment = lay_out(set_apart(html, undrawn.characters), asked["style"], pictures, setting)
    fragment.summary = dataclasses.replace(
        fragment.summary, unread=tuple(pictures.unread), undrawn=tuple(undrawn.characters)
    )
    Path(asked["to"]).write_bytes(packed(fragment))
    return {"unread": pictures.unread}


def file(asked: dict[str, Any], setting: Setting) -> dict[str, Any]:
    """Assemble a file; or say which parts must be laid out (again) first, by this process where « unmet »."""
    listen(None)
    paths = [Path(path) for path in asked["paths"]]
    plan = planned(paths, setting.faces)
    if plan.broken or plan.unmet:
        return {"broken": plan.broken, "unmet": plan.unmet}
    with Path(asked["to"]).open("wb", buffering=1 << 20) as out:
        assembly = Assembly(out, Head(**asked["head"]), plan, setting.faces)
        assembly.write(paths, lambda done: say(phase="Écriture du PDF", done=done, total=len(paths)))
    notes = {
        name: list(dict.fromkeys(word for summary in plan.summaries for word in getattr(summary, name)))
        for name in ("unread", "undrawn")
    }
    return {"broken": [], "unmet": [], "pages": plan.total, **notes}


ACTS: dict[str, Callable[[dict[str, Any], Setting], dict[str, Any]]] = {"page": page, "part": part, "file": file}


def _limit(seconds: int, memory: int) -> None:
    """Of this request: seconds of processor (should the parent not be there to count), bytes of address space."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    spent = int(used.ru_utime + used.ru_stime) + 1
    for kind, most in ((resource.RLIMIT_CPU, spent + seconds), (resource.RLIMIT_AS, memory)):
        hard = resource.getrlimit(kind)[1]
        resource.setrlimit(kind, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def _most_used() -> int:
    """Kilobytes of memory that this process has held at most.

    Not what getrusage says: there a new process begins with what its parent held when it was started, and that of a
    large parent would never be kept.
    """
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1])
    return 0


def main() -> None:
    """Answer until the parent leaves."""
    setting = Setting()
    for asked in requests():
        try:
            _limit(asked["seconds"], asked["memory"])
            answer = ACTS[asked["act"]](asked, setting)
        except MemoryError:
            say(memory=True)
            sys.exit(1)
        except Exception:  # noqa: BLE001 (one part that fails mustn't end the others)
            traceback.print_exc()
            answer = {"failed": True}
        say(answer=answer, used=_most_used())


if __name__ == "__main__":
    main()
