"""The departments as a map of squares: where each stands, how dark it is. The layout is our own."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from forms.departments import DEPARTMENTS
from forms.french import plural

SIDE, GAP = 44, 4
STEPS = (1, 5, 20, 100)
"""From how many actions on a square takes its next shade."""

_ROWS = (
    ".. .. .. .. .. .. 62 59 .. .. .. .. ..",
    ".. .. .. .. .. 76 80 02 08 .. .. .. ..",
    ".. .. .. 50 14 27 60 95 93 51 55 57 67",
    "29 22 35 53 61 28 78 92 75 77 10 54 68",
    ".. 56 44 49 72 45 91 94 89 52 88 70 90",
    ".. .. 85 79 37 41 18 58 21 71 39 25 ..",
    ".. .. 17 86 36 23 03 42 69 01 74 .. ..",
    ".. .. 16 87 19 63 43 07 38 73 .. .. ..",
    ".. 33 24 46 15 48 30 26 05 .. .. .. ..",
    ".. 40 47 82 12 34 84 04 06 .. .. 2B ..",
    ".. 64 32 31 81 11 13 83 .. .. .. 2A ..",
    ".. .. 65 09 66 .. .. .. .. .. .. .. ..",
    ".. .. .. .. .. .. .. .. .. .. .. .. ..",
    "971 972 973 974 976 .. .. .. .. .. .. .. ..",
)
"""North above, west on the left; overseas beneath, in the order of the codes."""

PLACES: dict[str, tuple[int, int]] = {
    code: (column, row) for row, line in enumerate(_ROWS) for column, code in enumerate(line.split()) if code != ".."
}
"""Code → (column, row)."""

WIDTH = max(column for column, _row in PLACES.values()) * (SIDE + GAP) + SIDE
HEIGHT = max(row for _column, row in PLACES.values()) * (SIDE + GAP) + SIDE


@dataclass(frozen=True)
class Tile:
    """A square. step: 0 where there is nothing, up to len(STEPS); url: empty where there is nothing to see."""

    code: str
    name: str
    count: int
    x: int
    y: int
    step: int
    url: str

    @property
    def told(self) -> str:
        """« Lot (46)\u00a0: 3 actions »."""
        return f"{self.name} ({self.code})\u00a0: {plural(self.count, 'action', 'actions')}"


def tiles(counts: Mapping[str, int], url_of: Callable[[str], str]) -> tuple[Tile, ...]:
    """Every department, in the order of the codes."""
    return tuple(
        Tile(
            code,
            name,
            counts.get(code, 0),
            PLACES[code][0] * (SIDE + GAP),
            PLACES[code][1] * (SIDE + GAP),
            sum(counts.get(code, 0) >= least for least in STEPS),
            url_of(code) if counts.get(code) else "",
        )
        for code, name in DEPARTMENTS.items()
    )
