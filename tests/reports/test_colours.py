"""The colours of a report: whatever a federation chose, every text can be read."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.colours import DEFAULT, contrast, palette

COLOURS = st.integers(0, 0xFFFFFF).map(lambda value: f"#{value:06x}")
LEGIBLE = 4.5
"""What WCAG asks for text of ordinary size."""


@settings(deadline=None)
@given(COLOURS)
def test_every_text_can_be_read_whatever_the_colour(colour: str) -> None:
    found = palette(colour)
    assert found.accent == colour
    assert contrast(found.on, found.accent) >= LEGIBLE
    assert contrast(found.ink, "#ffffff") >= LEGIBLE
    assert contrast(found.ink, found.tint) >= LEGIBLE


@settings(deadline=None)
@given(COLOURS, st.integers(2, 5))
def test_series_are_told_apart_without_colour(colour: str, count: int) -> None:
    tones = palette(colour).tones(count)
    dark = [contrast(tone, "#ffffff") for tone in tones]
    assert dark == sorted(dark)
    assert all(after / before > 1.1 for before, after in pairwise(dark))
    assert tones[-1] == palette(colour).ink


@pytest.mark.parametrize("colour", ["", "red", "#12345", "#1234567", "url(x)", "#zzzzzz"])
def test_what_is_no_colour_gives_the_products_own(colour: str) -> None:
    assert palette(colour) == palette(DEFAULT)


def test_contrast_is_that_of_the_guidelines() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert (palette("#f2c100").on, palette("#1d4b40").on) == ("#000000", "#ffffff")
