"""The colours of a report: from the federation's own one, so that every text stays readable whatever it is.

Contrast is that of WCAG 2.2 (relative luminance of sRGB, (lighter + 0.05) / (darker + 0.05)).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias

DEFAULT = "#1d4b40"
READABLE = 5.5
"""The least contrast of a text in the accent colour; WCAG asks for 4.5."""
_HEX = re.compile(r"#[0-9a-fA-F]{6}")
_WHITE, _BLACK = (255, 255, 255), (0, 0, 0)

Rgb: TypeAlias = tuple[int, int, int]


@dataclass(frozen=True)
class Palette:
    """Colours as « #rrggbb ». accent: as chosen, for areas. on: black or white, for text on it. ink: the accent, as
    dark as text on paper needs. tint: its palest shade, behind text. tones: of three series and more, from the
    palest to the ink; told apart in black and white too."""

    accent: str
    on: str
    ink: str
    tint: str

    def tones(self, count: int) -> tuple[str, ...]:
        """That many shades, the last one the ink itself."""
        ink = _rgb(self.ink)
        return tuple(_hex(_mix(ink, _WHITE, 0.68 * (count - 1 - at) / max(1, count - 1))) for at in range(count))


def palette(colour: str) -> Palette:
    """The palette of a colour; of the product's own where it isn't one (« #rrggbb »)."""
    accent = _rgb(colour if _HEX.fullmatch(colour) else DEFAULT)
    tint = _mix(accent, _WHITE, 0.92)
    ink = accent
    while _contrast(ink, tint) < READABLE:
        ink = _mix(ink, _BLACK, 0.06)
    on = max(_WHITE, _BLACK, key=lambda text: _contrast(text, accent))
    return Palette(_hex(accent), _hex(on), _hex(ink), _hex(tint))


def contrast(one: str, other: str) -> float:
    """Between two colours « #rrggbb », from 1 to 21."""
    return _contrast(_rgb(one), _rgb(other))


def _contrast(one: Rgb, other: Rgb) -> float:
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: Rgb) -> float:
    red, green, blue = (_linear(part / 255) for part in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return float(part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4)


def _mix(colour: Rgb, other: Rgb, share: float) -> Rgb:
    """The colour with that share (0 to 1) of the other."""
    red, green, blue = (int(own + (target - own) * share) for own, target in zip(colour, other, strict=True))
    return red, green, blue


def _rgb(colour: str) -> Rgb:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _hex(colour: Rgb) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)
