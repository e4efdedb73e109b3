"""Opens a workbook: run as a process of its own, under limits, by reports.takeaway.file.

It reads book.xlsx in the folder it is given and writes cells.json beside it: the tabs in order, each with its name and
its rows that hold something, as [row, [values from the first column on]], rows from 1, an empty cell null. A day is
{"day": "2026-12-31"}; anything that is no text, number or yes and no is written as text.
"""

from __future__ import annotations

import json
import resource
import sys
from datetime import date, datetime
from pathlib import Path
from typing import Any

from python_calamine import CalamineWorkbook

MOST_CELLS = 300_000
"""Cells that hold something, in the whole workbook."""
_PLAIN = frozenset({str, int, float, bool})


def rows_of(path: Path) -> list[dict[str, Any]]:
    """The tabs of a workbook, each {"name", "rows"}. Raises OverflowError, and whatever the library raises on what is
    none."""
    tabs: list[dict[str, Any]] = []
    left = MOST_CELLS
    with CalamineWorkbook.from_path(str(path)) as book:
        for name in book.sheet_names:
            rows = []
            for at, row in enumerate(book.get_sheet_by_name(name).to_python(skip_empty_area=False), 1):
                held = len(row) - row.count("")
                left -= held
                if left < 0:
                    raise OverflowError
                if held:
                    rows.append([at, _held(row)])
            tabs.append({"name": name, "rows": rows})
    return tabs


def _held(row: list[Any]) -> list[Any]:
    """The values of a row up to the last one that is any."""
    while row[-1] == "":
        row.pop()
    return [None if value == "" else value if value.__class__ in _PLAIN else _plain(value) for value in row]


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return {"day": (value.date() if isinstance(value, datetime) else value).isoformat()}
    return value if isinstance(value, str | int | float) else str(value)


def main(folder: str, seconds: str, memory: str) -> None:
    """Read under limits: seconds of processor, bytes of address space. Ends with 3 where there are too many cells."""
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds), int(seconds) + 2))
    resource.setrlimit(resource.RLIMIT_AS, (int(memory), int(memory)))
    try:
        tabs = rows_of(Path(folder) / "book.xlsx")
    except OverflowError:
        sys.exit(3)
    (Path(folder) / "cells.json").write_text(json.dumps(tabs, ensure_ascii=False), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
