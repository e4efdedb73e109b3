"""What the printing process gives WeasyPrint, pictures, and hears from it: progress, characters without drawing."""

from __future__ import annotations

import hashlib
import io
import logging
import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import weasyprint
from PIL import Image, ImageOps
from weasyprint.urls import URLFetcher, URLFetcherResponse

from reports.layout.capture import Setting
from reports.running_heads import make_artifacts

_SCHEME = "recueil:"
_NAME = re.compile(r"[A-Za-z0-9]+")
# The text is 166 mm wide and print shows no more than 200 points an inch.
_LONGEST_SIDE = 1300
_MOST_PIXELS = 120_000_000
_PAGE = re.compile(r"Creating layout - Page (\d+)")
_TAG = re.compile(r"(<[^>]*>)")
_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)
_RUNNING = re.compile(r'data-(?:left|right|foot)="[^"]*"')
_MISSING_GLYPH = re.compile(r"\(U\+([0-9A-F]+)\)")


class Pictures(URLFetcher):
    """Gives the pictures of the folder, smaller where print needs no more; refuses all else."""

    def __init__(self, folder: Path) -> None:
        super().__init__(allowed_protocols=())
        self.folder = folder
        self.unread: list[str] = []

    def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
        name = url.removeprefix(_SCHEME)
        if not url.startswith(_SCHEME) or not _NAME.fullmatch(name):
            raise ValueError("nothing is fetched")
        try:
            content = _for_print(self.folder / name)
        except MemoryError:
            raise
        except Exception:
            self.unread.append(name)
            raise
        return URLFetcherResponse(url, content, {"Content-Type": "image/jpeg"})


def _for_print(path: Path) -> bytes:
    """A picture as it is printed: upright, on white, no larger than needed, without metadata."""
    out = io.BytesIO()
    with Image.open(path) as picture:
        if picture.width * picture.height > _MOST_PIXELS:
            raise ValueError("too many pixels")
        picture.draft("RGB", (_LONGEST_SIDE, _LONGEST_SIDE))
        # Palettes and 16-bit pictures can't be made smaller smoothly.
        drawn = ImageOps.exif_transpose(picture).convert("RGBA" if picture.has_transparency_data else "RGB")
    drawn.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
    if drawn.mode == "RGBA":
        drawn = Image.alpha_composite(Image.new("RGBA", drawn.size, "white"), drawn).convert("RGB")
    drawn.save(out, "JPEG", quality=85)
    return out.getvalue()


class Progress(logging.Handler):
    """Passes WeasyPrint's own progress on, as (phase, done)."""

    def __init__(self, tell: Callable[[str, int], None]) -> None:
        super().__init__()
        self.tell = tell

    def emit(self, record: logging.LogRecord) -> None:
        if page := _PAGE.search(record.getMessage()):
            self.tell("Mise en page", int(page.group(1)))
        elif "Creating PDF" in record.getMessage():
            self.tell("Écriture du PDF", 0)


class Undrawn(logging.Handler):
    """Collects the characters for which no font has a drawing."""

    def __init__(self) -> None:
        super().__init__()
        self.characters: dict[str, None] = {}

    def emit(self, record: logging.LogRecord) -> None:
        if ".notdef" in record.msg and (match := _MISSING_GLYPH.search(record.getMessage())):
            self.characters[chr(int(match.group(1), 16))] = None


def listen(tell: Callable[[str, int], None] | None) -> Undrawn:
    """Hear WeasyPrint from now on; its progress too where somebody is told of it."""
    undrawn = Undrawn()
    weasyprint.PROGRESS_LOGGER.setLevel(logging.INFO if tell else logging.CRITICAL)
    weasyprint.PROGRESS_LOGGER.handlers = [Progress(tell)] if tell else []
    weasyprint.PROGRESS_LOGGER.propagate = False
    weasyprint.LOGGER.setLevel(logging.WARNING)
    weasyprint.LOGGER.handlers = [undrawn, logging.StreamHandler(sys.stderr)]
    return undrawn


def print_page(folder: Path, tell: Callable[[str, int], None], setting: Setting) -> dict[str, list[str]]:
    """Write page.pdf beside page.html, in one pass.

    Out: unread, the names of the pictures that could not be shown; undrawn, the characters for
    which no font has a drawing.
    """
    undrawn = listen(tell)
    html = (folder / "page.html").read_text(encoding="utf-8")
    unread = _print(html, folder, setting)
    if undrawn.characters:
        unread = _print(set_apart(html, undrawn.characters), folder, setting)
    return {"unread": unread, "undrawn": list(undrawn.characters)}


def _print(html: str, folder: Path, setting: Setting) -> list[str]:
    pictures = Pictures(folder)
    head, body, rest = html.partition("<body>")
    style = "\n".join(_STYLE.findall(head))
    weasyprint.HTML(string=_STYLE.sub("", head) + body + rest, url_fetcher=pictures).write_pdf(
        folder / "page.pdf",
        font_config=setting.fonts,
        stylesheets=[setting.style(style)],
        pdf_variant="pdf/ua-1",
        finisher=make_artifacts,
        pdf_identifier=hashlib.sha256(html.encode()).digest()[:16],
    )
    return pictures.unread


def set_apart(html: str, characters: Iterable[str]) -> str:
    """The page with these characters in elements of class « undrawn », which have a font of their own.

    A font that lacks one drawing is embedded in a way that many programs can't read a word of:
    what they copy or search would be lost with it. In running heads « □ » stands instead.
    """
    wanted = re.compile(f"[{re.escape(''.join(characters))}]")
    head, body, rest = html.partition("<body>")
    parts = _TAG.split(rest)
    parts[::2] = [wanted.sub(r'<span class="undrawn">\g<0></span>', text) for text in parts[::2]]
    parts[1::2] = [_RUNNING.sub(lambda match: wanted.sub("□", match.group()), tag) for tag in parts[1::2]]
    return head + body + "".join(parts)
