"""What whoever adds and subtracts printed sums can get at: the fewest centres that two tables give away together.

Two tables part the same sheets, each in its own blocks, whose sums are known. The sum of some blocks of the one less
that of some of the other leaves the sheets that stand in exactly one of the two choices. Nothing else is to be had: any
other reckoning that leaves single sheets leaves more of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from typing import TypeAlias

Blocks: TypeAlias = Sequence[frozenset[str]]
"""Sheets by id, each in one block at most."""

MOST_BLOCKS = 12
"""Of the table whose every choice is looked at."""


def fewest_left(one: Blocks, other: Blocks, centres: Mapping[str, str]) -> int | None:
    """Behind how few centres the sheets may stand that such a difference leaves; None where none leaves any.

    one, other: parts of the same sheets. centres: of each sheet. Where a centre may stand in several blocks of either
    table the answer may be less than it is, never more; 0 where both have too many blocks to tell.
    """
    if not _apart(one, centres) and (_apart(other, centres) or len(one) < len(other)):
        one, other = other, one
    if len(other) > MOST_BLOCKS:
        return 0
    rows = [_centres_by_choice(block, other, centres) for block in one]
    together = sum if _apart(one, centres) else max
    whole = (1 << len(other)) - 1
    left: set[int] = set()
    # A choice and all that it leaves out come to the same.
    for choice in range(1 << max(0, len(other) - 1)):
        pairs = [(row[choice].bit_count(), row[whole ^ choice].bit_count()) for row in rows]
        least = together(map(min, pairs))
        left.add(least or min(map(max, pairs), default=0))
    return min(left - {0}, default=None)


def _apart(blocks: Blocks, centres: Mapping[str, str]) -> bool:
    """Whether no centre stands in two of these blocks."""
    found = [_centres_of(block, centres) for block in blocks]
    return sum(map(len, found)) == len(set().union(*found))


def _centres_of(sheets: Set[str], centres: Mapping[str, str]) -> set[str]:
    return {centres[id] for id in sheets}


def _centres_by_choice(block: frozenset[str], others: Blocks, centres: Mapping[str, str]) -> list[int]:
    """For each choice of the other blocks, as bits, the block's centres there, as bits."""
    bits = {centre: 1 << at for at, centre in enumerate(sorted(_centres_of(block, centres)))}
    found = [0]
    for other in others:
        here = 0
        for id in block & other:
            here |= bits[centres[id]]
        found += [before | here for before in found]
    return found
