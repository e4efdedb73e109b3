"""A page's content stream, with holes where page numbers will stand."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from weasyprint.draw.text import draw_first_line
from weasyprint.formatting_structure import boxes
from weasyprint.matrix import Matrix
from weasyprint.pdf.stream import Stream
from weasyprint.text.line_break import create_layout

from reports.layout.faces import Face, Faces
from reports.layout.places import CHARACTERS, MARK, SELF, TOTAL, Place, glyphs_of


@dataclass(frozen=True)
class Hole:
    """A place in a stream: before its at-th item."""

    at: int
    place: Place


class Drawing(Stream):
    """Draws one page.

    running: the texts of running heads, each with its margin box. holes: for numbers in the text, in
    order. heads: places in running heads, which are drawn last.
    """

    def __init__(self, faces: Faces, running: dict[Any, Any], *args: Any, **kwargs: Any) -> None:
        super().__init__({}, *args, **kwargs)
        self._current_color: Any = None
        self._current_alpha: Any = None
        self._current_font: Any = None
        self._faces = faces
        self._running = running
        self.holes: list[Hole] = []
        self.heads: list[Place] = []

    def clone(self, **kwargs: Any) -> Drawing:
        """A stream for a group or a pattern of this page."""
        given = {
            "page_rectangle": self.page_rectangle,
            "resources": self._resources,
            "images": self._images,
            "tags": self._tags,
            "color_profiles": self._color_profiles,
            "output_intent": self._output_intent,
            "compress": self.compress,
        }
        return Drawing(self._faces, self._running, **(given | kwargs))

    def add_font(self, pango_font: Any) -> tuple[Face, float]:
        """The font and its size, noted as used."""
        return self._faces.met(pango_font)

    @contextmanager
    def marked(self, box: Any, tag: str) -> Iterator[None]:
        """Content of a box: tagged, but an artifact in a running head; a hole where a number will stand."""
        if box in self._running:
            with self._in_a_running_head(box):
                yield
        elif _leads_somewhere(box):
            with super().marked(box, tag), self._hollow() as begin:
                yield
            self.holes.append(Hole(begin, self._place(box, box.element.get("data-target").lstrip("#"), SELF)))
        else:
            with super().marked(box, tag):
                yield

    @contextmanager
    def _in_a_running_head(self, box: Any) -> Iterator[None]:
        pattern = _pattern(self._running[box])
        if pattern is None:
            with self.artifact():
                yield
            return
        with self._hollow():
            yield
        self.heads.append(self._place(box, "", pattern, outside=True))

    @contextmanager
    def _hollow(self) -> Iterator[int]:
        """Take back what is drawn meanwhile; gives where that was."""
        begin = len(self.stream)
        state = self._current_color, self._current_alpha, self._current_font
        # What stands before mustn't be joined with what is taken back.
        guard = b"n"
        self.stream.append(guard)
        yield begin
        del self.stream[begin:]
        self._current_color, self._current_alpha, self._current_font = state

    def _place(self, box: Any, target: str, pattern: str, *, outside: bool = False) -> Place:
        """outside: the place is drawn after the page, in its own coordinates (points from below)."""
        align = box.style["text_align_all"]
        anchored = {"right": 1.0, "end": 1.0, "center": 0.5}.get(align, 0.0)
        matrix = Matrix(d=-1, e=box.position_x + box.width * anchored, f=box.position_y + box.baseline)
        if outside:
            matrix = matrix @ self.ctm
        # Where the mark goes stand the letters that it may be made of.
        literal = box.text if pattern == MARK else pattern.replace(SELF, "").replace(TOTAL, "")
        face, size, glyphs = self._shaped(box, "".join(sorted({*CHARACTERS, *literal})))
        colour = tuple(box.style["color"].to("srgb").coordinates)
        return Place(target, pattern, face.hash, size, colour, matrix.values, anchored, glyphs)

    def _shaped(self, box: Any, characters: str) -> tuple[Face, float, dict[str, tuple[int, int]]]:
        """How these characters are drawn in the style of a box."""
        probe = box.copy()
        probe.text = characters
        probe.pango_layout = create_layout(characters, box.style, None, None, 0)
        sink = _Sink(self)
        # A blank at the beginning or the end is a character as any other.
        draw_first_line(sink, probe, "clip", "none", Matrix())
        drawn = glyphs_of("".join(sink.shown))
        if len(drawn) != len(characters) or sink.face is None:
            raise ValueError("the font of page numbers draws several characters as one")
        glyphs = {
            character: (glyph, sink.face.widths[glyph]) for character, glyph in zip(characters, drawn, strict=True)
        }
        return sink.face, sink.size, glyphs


class _Sink:
    """Listens to what would be drawn."""

    def __init__(self, page: Drawing) -> None:
        self._page = page
        self.ink_rect, self.logical_rect = page.ink_rect, page.logical_rect
        self.shown: list[str] = []
        self.face: Face | None = None
        self.size = 0.0

    def add_font(self, pango_font: Any) -> tuple[Face, float]:
        self.face, self.size = self._page.add_font(pango_font)
        return self.face, self.size

    def show_text(self, text: str) -> None:
        self.shown.append(text)

    def set_text_matrix(self, *values: float) -> None:
        pass

    def set_font_size(self, font: str, size: float) -> None:
        pass

    def set_text_rise(self, height: float) -> None:
        pass


def _leads_somewhere(box: Any) -> bool:
    """Whether a box is the place of another page's number (an element « page » with a target)."""
    return (
        isinstance(box, boxes.TextBox)
        and box.element is not None
        and str(box.element_tag).endswith("::after")
        and "page" in box.element.get("class", "").split()
        and bool(box.element.get("data-target"))
    )


def _pattern(box: Any) -> str | None:
    """The text of a running head that counts pages, or the mark's place; None where it is neither."""
    if box.at_keyword == "@right-middle":
        return MARK
    content = box.style["content"]
    parts = content if isinstance(content, list | tuple) else ()
    written, counts = "", False
    for kind, value in (part for part in parts if isinstance(part, tuple) and len(part) == 2):
        if kind == "string":
            written += value
        elif kind in ("counter()", "counters()") and value[0] in ("page", "pages"):
            written += SELF if value[0] == "page" else TOTAL
            counts = True
    return written if counts else None
