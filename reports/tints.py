"""A federation's colour as print needs it: on white, and under white or black letters."""

from __future__ import annotations

import re
from dataclasses import dataclass

from reports.content import Design

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_ENOUGH = 4.5
"""Contrast of texts with their ground: WCAG 2.2, 1.4.3."""


@dataclass(frozen=True)
class Tint:
    """Colours, « #rrggbb ». ground: the federation's own. on_ground: of letters on it. ink: the same hue, dark
    enough for letters on white."""

    ground: str
    on_ground: str
    ink: str


def tint(colour: str) -> Tint:
    """The tint of that colour; of the product's own where it is no « #rrggbb »: what comes in stands in a style."""
    ground = colour.lower() if _COLOUR.fullmatch(colour) else Design().colour
    parts = tuple(int(ground[at : at + 2], 16) for at in (1, 3, 5))
    white = _contrast((255, 255, 255), parts)
    dark = parts
    while _contrast((255, 255, 255), dark) < _ENOUGH:
        dark = tuple(part * 9 // 10 for part in dark)
    return Tint(ground, "#ffffff" if white >= _ENOUGH else "#1b1916", "#" + "".join(f"{part:02x}" for part in dark))


def _contrast(one: tuple[int, ...], other: tuple[int, ...]) -> float:
    """The WCAG contrast ratio of two colours, 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: tuple[int, ...]) -> float:
    shares = [part / 255 for part in colour]
    red, green, blue = (share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
