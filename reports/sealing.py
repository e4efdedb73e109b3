"""The seal of a PDF: what it holds, in its metadata, and a fingerprint of the whole file that shows every change.

A sealed PDF is the PDF as it was made, and behind it one more version of its metadata (an incremental update, as
programs append that sign): nothing of the file is written again, however large it is. The metadata carries the
manifest as JSON, the seal (SHA-256 of the whole file, the digits of seal and signature read as zeros) and the
signature: what whoever made the file calculates of the seal with a key of its own, zeros where there is no key.
Anybody can calculate a seal; only a signature, or a file that is known, proves.
"""

from __future__ import annotations

import hashlib
import json
import re
import tempfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import BinaryIO, TypeAlias

import pikepdf

from reports.manifest import Manifest

Sign: TypeAlias = Callable[[str], str]
"""Of a seal (64 hexadecimal digits) its signature, as many."""

NAMESPACE = "urn:recueil:1"
UNSIGNED = "0" * 64
_SEAL, _SIGNATURE = b"<recueil:seal>", b"<recueil:signature>"
_END_OF_RDF = b"</rdf:RDF>"
_DIGITS = re.compile(rb"[0-9a-f]{64}")
_START = re.compile(rb"startxref\s+(\d+)\s+%%EOF\s*$")
_PIECE = 1 << 20
_LAST_WORDS = 2048
_METADATA_AT_MOST = 16384
_LAST_STREAM = re.compile(
    rb"\n(\d+) 0 obj\n<</Type /Metadata/Subtype /XML/Filter /FlateDecode/Length \d+>>\nstream\n"
    rb"((?:(?!\nendobj\n).)*)\nendstream\nendobj\n\Z",
    re.DOTALL,
)
_OUR_TABLE = re.compile(
    rb"\d+ 0 obj\n<</Type /XRef/Size (\d+)/W \[1 5 2\]/Root 2 0 R/Info 3 0 R/ID \[<([0-9a-f]{32})> "
)


@dataclass(frozen=True)
class Seal:
    """What a sealed file says, and what it is. whole: whether its bytes are those that were sealed."""

    seal: str
    signature: str
    whole: bool

    def signed_with(self, sign: Sign) -> bool:
        """Whether the file is whole and that key's signature stands under it."""
        return self.whole and self.signature != UNSIGNED and self.signature == sign(self.seal)


def seal(made: BinaryIO, manifest: Manifest, out: BinaryIO, *, sign: Sign | None = None) -> None:
    """Write to out the PDF that `made` holds, sealed. made: readable, seekable, with metadata (ValueError without).

    The same file, manifest and key make the same bytes.
    """
    draft = _update(made, manifest)
    digest = hashlib.sha256()
    made.seek(0)
    while piece := made.read(_PIECE):
        digest.update(piece)
        out.write(piece)
    digest.update(draft)
    sealed = digest.hexdigest()
    signature = sign(sealed) if sign else UNSIGNED
    for mark, digits in ((_SEAL, sealed), (_SIGNATURE, signature)):
        draft = draft.replace(mark + UNSIGNED.encode(), mark + digits.encode())
    out.write(draft)


def find_seal(content: bytes) -> Seal | None:
    """The seal of a file, None where there is none. content: the whole file, as somebody handed it in."""
    blank = bytearray(content)
    said: list[str] = []
    for mark in (_SEAL, _SIGNATURE):
        at = content.rfind(mark) + len(mark)
        if at < len(mark) or not _DIGITS.fullmatch(content, at, at + 64):
            return None
        said.append(content[at : at + 64].decode())
        blank[at : at + 64] = UNSIGNED.encode()
    return Seal(said[0], said[1], hashlib.sha256(blank).hexdigest() == said[0])


def manifest_in(metadata: bytes) -> Manifest:
    """The manifest that a PDF's metadata carries. Raises ValueError where there is none."""
    found = re.search(rb"<recueil:manifest>([^<]*)</recueil:manifest>", metadata)
    if found is None:
        raise ValueError("no manifest")
    text = found.group(1).decode("ascii")
    for entity, character in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&#x27;", "'"), ("&amp;", "&")):
        text = text.replace(entity, character)
    return Manifest.from_json(json.loads(text))


@dataclass(frozen=True)
class _Place:
    """Where a file keeps its metadata and what its trailer says. trailer: « /Root 2 0 R … »."""

    number: int
    generation: int
    metadata: bytes
    trailer: str
    size: int
    first_id: bytes


def _update(made: BinaryIO, manifest: Manifest) -> bytes:
    """What is appended: the metadata with the manifest, and where it is."""
    found = _of_our_own(made) or _of_any(made)
    number, generation, size = found.number, found.generation, found.size
    metadata = _with_manifest(found.metadata, manifest)
    end = made.seek(0, 2)
    made.seek(max(0, end - _LAST_WORDS))
    start = _START.search(made.read())
    if start is None:
        raise ValueError("a PDF without end can't be sealed")
    made.seek(int(start.group(1)))
    in_stream = made.read(4) != b"xref"
    second_id = hashlib.sha256(metadata).digest()[:16]
    entries = [found.trailer, f"/Prev {int(start.group(1))}"]
    entries.append(f"/ID [<{(found.first_id or second_id).hex()}> <{second_id.hex()}>]")
    head = f"\n{number} {generation} obj\n<< /Type /Metadata /Subtype /XML /Length {len(metadata)} >>\nstream\n"
    stored = head.encode() + metadata + b"\nendstream\nendobj\n"
    table = _stream_table if in_stream else _plain_table
    return stored + table(end + 1, end + len(stored), number, generation, size, " ".join(entries))


def _of_any(made: BinaryIO) -> _Place:
    with opened(made) as pdf:
        if not isinstance(pdf.Root.get("/Metadata"), pikepdf.Stream):
            raise ValueError("a PDF without metadata can't be sealed")
        trailer = {key: pdf.trailer[key] for key in ("/Root", "/Info") if key in pdf.trailer}
        return _Place(
            *pdf.Root.Metadata.objgen,
            pdf.Root.Metadata.read_bytes(),
            " ".join(f"{key} {value.objgen[0]} {value.objgen[1]} R" for key, value in trailer.items()),
            int(pdf.trailer.Size),
            bytes(pdf.trailer.ID[0]) if "/ID" in pdf.trailer else b"",
        )


def _of_our_own(made: BinaryIO) -> _Place | None:
    """The same of a file that reports.layout assembled: it ends with its metadata and a table in one shape.

    A book of many pages isn't read whole then. None for every other file.
    """
    end = made.seek(0, 2)
    made.seek(max(0, end - _LAST_WORDS))
    start = _START.search(made.read())
    if start is None:
        return None
    here = int(start.group(1))
    made.seek(max(0, here - _METADATA_AT_MOST))
    last = _LAST_STREAM.search(made.read(min(here, _METADATA_AT_MOST)))
    table = _OUR_TABLE.match(made.read(_LAST_WORDS))
    if last is None or table is None:
        return None
    size, first_id = int(table[1]), bytes.fromhex(table[2].decode())
    return _Place(int(last[1]), 0, zlib.decompress(last[2]), "/Root 2 0 R /Info 3 0 R", size, first_id)


def _plain_table(place: int, here: int, number: int, generation: int, size: int, entries: str) -> bytes:
    return (
        f"xref\n{number} 1\n{place:010} {generation:05} n \n"
        f"trailer\n<< /Size {size} {entries} >>\nstartxref\n{here}\n%%EOF\n"
    ).encode()


def _stream_table(place: int, here: int, number: int, generation: int, size: int, entries: str) -> bytes:
    """The same for files whose table is a stream; it is an object itself, and lists itself."""
    lines = ((1, place, generation), (1, here, 0))
    data = b"".join(type_.to_bytes(1) + at.to_bytes(8) + other.to_bytes(2) for type_, at, other in lines)
    head = (
        f"{size} 0 obj\n<< /Type /XRef /Size {size + 1} /W [1 8 2] /Index [{number} 1 {size} 1] {entries} "
        f"/Length {len(data)} >>\nstream\n"
    )
    return head.encode() + data + f"\nendstream\nendobj\nstartxref\n{here}\n%%EOF\n".encode()


def _with_manifest(metadata: bytes, manifest: Manifest) -> bytes:
    before, mark, after = metadata.partition(_END_OF_RDF)
    if not mark:
        raise ValueError("metadata that isn't RDF")
    # ASCII throughout: whatever a title holds, the metadata stays legible for any program.
    words = escape(json.dumps(manifest.to_json(), separators=(",", ":")))
    said = (
        f'<rdf:Description rdf:about="" xmlns:recueil="{NAMESPACE}">'
        f"<recueil:content>{manifest.content_sha256}</recueil:content>"
        f"<recueil:manifest>{words}</recueil:manifest>"
        f"<recueil:seal>{UNSIGNED}</recueil:seal>"
        f"<recueil:signature>{UNSIGNED}</recueil:signature>"
        "</rdf:Description>"
    )
    return before + said.encode("ascii") + mark + after


def kept_aside() -> BinaryIO:
    """A file to write a report into and read it again; gone when closed."""
    return tempfile.NamedTemporaryFile(prefix="recueil-")  # type: ignore[return-value]


def opened(made: BinaryIO) -> pikepdf.Pdf:
    """The PDF that a file holds; by its name where it has one, which is five times as fast. The caller closes it."""
    made.flush()
    made.seek(0)
    name = getattr(made, "name", None)
    return pikepdf.open(name if isinstance(name, str) else made)
