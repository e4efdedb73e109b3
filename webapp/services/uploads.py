"""What kind of file was really sent: judged by its content, never by its name."""

import io
import struct
import zipfile
import zlib
from dataclasses import dataclass

import puremagic
from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError

from forms.french import size as in_words
from forms.values import Refused, clean_text

LARGEST = 15_000_000
"""Bytes of one file."""
MOST_PIXELS = 50_000_000
"""Pixels of a picture: a 21 kB file can unfold to gigabytes."""
KEPT_SIDE = 2400
"""Pixels of the longer side that is kept: enough for a full printed page at 200 dpi."""

_PICTURES = {"JPEG": ("image/jpeg", "jpg"), "PNG": ("image/png", "png"), "WEBP": ("image/webp", "webp")}
_OFFICE_PARTS = {
    "word/document.xml": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"),
    "xl/workbook.xml": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
    "ppt/presentation.xml": ("application/vnd.openxmlformats-officedocument.presentationml.presentation", "pptx"),
}
_OPEN_DOCUMENTS = {
    b"application/vnd.oasis.opendocument.text": "odt",
    b"application/vnd.oasis.opendocument.spreadsheet": "ods",
    b"application/vnd.oasis.opendocument.presentation": "odp",
}
ENDINGS = (
    *("jpg", "jpeg", "png", "webp", "pdf"),
    *(ending for _type, ending in _OFFICE_PARTS.values()),
    *_OPEN_DOCUMENTS.values(),
)
"""The endings of the files that are accepted, for the choice of a file; the content decides."""
# What Pillow and zipfile raise where a byte inside is wrong; whoever sends it is told, whatever the byte.
_DAMAGED = (OSError, EOFError, ValueError, RuntimeError, SyntaxError, TypeError, struct.error)
_UNKNOWN = "Ce type de fichier n’est pas accepté. Envoyez une image (JPEG, PNG, WebP), un PDF ou un document de bureau."


class TooLarge(Refused):
    """More bytes or pixels than are kept."""


class WrongType(Refused):
    """Neither a picture, a PDF nor an office document."""


@dataclass(frozen=True)
class Received:
    """A file that may be kept: its cleaned name, media type by content, bytes; pixels of a picture."""

    name: str
    media_type: str
    content: bytes
    width: int | None = None
    height: int | None = None


def examine(name: str, content: bytes) -> Received:
    """Judge an upload. Raises Refused with what to do about it."""
    refuse_size(len(content))
    picture = _picture(content)
    if picture is not None:
        media_type, ending, cleaned, width, height = picture
        return Received(_named(name, ending), media_type, cleaned, width, height)
    media_type, ending = _document(content)
    return Received(_named(name, ending), media_type, content)


def refuse_size(size: int) -> None:
    """Raises Refused where a file of so many bytes is not taken, whatever is in it."""
    if size <= 0:
        raise Refused("Ce fichier est vide\u00a0: choisissez-en un autre.", question="files")
    if size > LARGEST:
        raise TooLarge(
            f"Ce fichier fait {in_words(size)}\u00a0: réduisez-le à {in_words(LARGEST)} au plus.", question="files"
        )


def _picture(content: bytes) -> tuple[str, str, bytes, int, int] | None:
    """A picture upright, without its metadata (a photograph tells where it was taken) and not too large."""
    # The printing library sets this for its whole process: half a photograph would be taken, its rest grey.
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    try:
        with Image.open(io.BytesIO(content), formats=tuple(_PICTURES)) as opened:
            width, height = opened.size
            if width * height > MOST_PIXELS:
                raise TooLarge("Cette image a trop de pixels\u00a0: réduisez-la avant de l’envoyer.", question="files")
            media_type, ending = _PICTURES[opened.format or ""]
            upright = ImageOps.exif_transpose(opened)
            upright.thumbnail((KEPT_SIDE, KEPT_SIDE))
            return media_type, ending, _saved(upright, opened.format or ""), upright.width, upright.height
    except UnidentifiedImageError:
        return None
    except (*_DAMAGED, Image.DecompressionBombError):
        raise Refused(
            "Cette image est abîmée\u00a0: ouvrez-la et enregistrez-la de nouveau.", question="files"
        ) from None


def _saved(picture: Image.Image, format_: str) -> bytes:
    out = io.BytesIO()
    plain = picture.copy()
    plain.info = {key: plain.info[key] for key in ("transparency",) if key in plain.info}
    if format_ == "JPEG":
        plain.convert("RGB").save(out, "JPEG", quality=88, optimize=True)
    else:
        plain.save(out, format_)
    return out.getvalue()


def _document(content: bytes) -> tuple[str, str]:
    if zipfile.is_zipfile(io.BytesIO(content)):
        return _office(content)
    try:
        found = puremagic.from_string(content, mime=True)
    except (puremagic.PureError, ValueError):
        found = ""
    if found == "application/pdf" and content.lstrip()[:5] == b"%PDF-":
        return "application/pdf", "pdf"
    raise WrongType(_UNKNOWN, question="files")


def _office(content: bytes) -> tuple[str, str]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = set(archive.namelist())
            for part, kind in _OFFICE_PARTS.items():
                if part in names and "[Content_Types].xml" in names:
                    return kind
            if "mimetype" in names and archive.getinfo("mimetype").file_size < 100:
                declared = archive.read("mimetype").strip()
                if declared in _OPEN_DOCUMENTS:
                    return declared.decode(), _OPEN_DOCUMENTS[declared]
    except (*_DAMAGED, zipfile.BadZipFile, zlib.error):
        pass
    raise WrongType(_UNKNOWN, question="files")


def _named(name: str, ending: str) -> str:
    """The file's own name as shown and downloaded: no path, the ending that its content deserves."""
    bare = bare_name(name)
    stem = bare.rpartition(".")[0] if "." in bare else bare
    return f"{stem.strip(' .')[:120] or 'fichier'}.{ending}"


def bare_name(name: str) -> str:
    """A file's name without the folders before it and what can't be shown; empty where nothing is left."""
    try:
        cleaned = clean_text(name)
    except Refused:
        return ""
    return "".join(char for char in cleaned.replace("\\", "/").rpartition("/")[2] if char.isprintable())
