"""The archive: written as it comes, read from its first byte to its last, every element compared with the list."""

import hashlib
import io
import json
import os
import tarfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from webapp.recovery import contents
from webapp.recovery.contents import Contents, Element, Header
from webapp.recovery.keys import Key, decrypted, encrypted
from webapp.recovery.sealed import CHUNK, Damaged, SealedReader, SealedWriter

LARGEST_LIST = 256 * 1024 * 1024
"""Bytes of a header or a list that are taken into memory."""

Receive = Callable[[str, Iterator[bytes]], None]


class NewerFormat(Exception):  # noqa: N818 (names what happened)
    """Written by a later version of the product."""


class _Pieces(io.RawIOBase):
    """Pieces of bytes as tarfile reads them: exactly as many as it asks for, counted and hashed."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        super().__init__()
        self._pieces = iter(pieces)
        self._ready = b""
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        while len(self._ready) < size:
            piece = next(self._pieces, None)
            if piece is None:
                break
            self._ready += piece
        given, self._ready = self._ready[:size], self._ready[size:]
        self.digest.update(given)
        return given

    def nothing_left(self) -> bool:
        return not self._ready and next(self._pieces, None) is None


class Writer:
    """An archive that is being written."""

    def __init__(self, tar: tarfile.TarFile, header: Header) -> None:
        self._tar = tar
        self._header = header
        self.elements: dict[str, Element] = {}

    def add(self, name: str, size: int, pieces: Iterable[bytes], *, rows: int | None = None) -> str:
        """Put an element in; its SHA-256. Raises OSError where there are more or fewer bytes than was said."""
        info = tarfile.TarInfo(name)
        info.size, info.mtime, info.mode = size, int(self._header.made_at.timestamp()), 0o600
        source = _Pieces(pieces)
        self._tar.addfile(info, source)
        if not source.nothing_left():
            raise OSError(f"{name} has grown while it was read")
        sha256 = source.digest.hexdigest()
        self.elements[name] = Element(size, sha256, rows)
        return sha256

    def add_text(self, name: str, text: str) -> None:
        """Put a text in."""
        content = text.encode()
        self.add(name, len(content), [content])

    def finish(self, missing: list[str], altered: list[str]) -> Contents:
        """Put the list in."""
        listed = {name: element.to_json() for name, element in self.elements.items()}
        said = {"elements": listed, "missing": missing, "altered": altered}
        self.add_text(contents.MANIFEST, _json(said))
        del self.elements[contents.MANIFEST]
        return Contents(
            self._header, self.elements, tuple(missing), tuple(altered), counts=contents.counted(self.elements)
        )


def _json(said: object) -> str:
    return json.dumps(said, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


@contextmanager
def writing(target: Path, header: Header, key: Key | None) -> Iterator[Writer]:
    """Write an archive; nothing stays where that does not come to its end."""
    try:
        with target.open("xb") as file:
            target.chmod(0o600)
            with encrypted(file, key) as plain:
                sealed = SealedWriter(plain)
                with tarfile.open(fileobj=sealed, mode="w|", format=tarfile.PAX_FORMAT, bufsize=CHUNK) as tar:
                    writer = Writer(tar, header)
                    writer.add_text(contents.README, contents.EXPLAINED)
                    writer.add_text(contents.HEADER, _json(header.to_json()))
                    yield writer
                sealed.finish()
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def examine(path: Path, key: Key | None, *, receive: Receive | None = None) -> Contents:
    """Read a whole backup and compare all of it; what it holds.

    receive: is given each table and each file as it is read, (name, pieces); what it is told is certain only once
    this returns. Raises Damaged, NewerFormat, Refused, OSError.
    """
    try:
        with path.open("rb") as file, decrypted(file, key) as plain:
            sealed = SealedReader(plain)
            with tarfile.open(fileobj=sealed, mode="r|", bufsize=CHUNK) as tar:
                found = _walk(tar, receive)
            sealed.finish()
            return found
    except (tarfile.TarError, EOFError) as broken:
        raise Damaged("la sauvegarde est tronquée ou a été modifiée.") from broken
    except (KeyError, ValueError, TypeError) as broken:
        raise Damaged("la sauvegarde ne se lit pas.") from broken


def _walk(tar: tarfile.TarFile, receive: Receive | None) -> Contents:
    found: dict[str, Element] = {}
    header: Header | None = None
    for member in tar:
        file = tar.extractfile(member)
        if file is None or member.name in found:
            raise Damaged("la sauvegarde a été modifiée.")
        if member.name == contents.MANIFEST:
            return _compared(header, found, json.loads(_whole(file)))
        if member.name == contents.HEADER:
            text = _whole(file)
            found[member.name] = Element(len(text), hashlib.sha256(text).hexdigest())
            said = json.loads(text)
            if said["format"] > contents.FORMAT:
                raise NewerFormat
            header = Header.from_json(said)
        else:
            wanted = receive if member.name.startswith((contents.TABLES, contents.FILES)) else None
            found[member.name] = _received(member.name, file, wanted)
    raise Damaged("la sauvegarde est tronquée.")


def _received(name: str, file: IO[bytes], receive: Receive | None) -> Element:
    digest, size, rows = hashlib.sha256(), 0, 0

    def pieces() -> Iterator[bytes]:
        nonlocal size, rows
        while piece := file.read(CHUNK):
            digest.update(piece)
            size, rows = size + len(piece), rows + piece.count(b"\n")
            yield piece

    coming = pieces()
    if receive is not None:
        receive(name, coming)
    for _ in coming:
        pass
    return Element(size, digest.hexdigest(), rows if name.startswith(contents.TABLES) else None)


def _whole(file: IO[bytes]) -> bytes:
    content = file.read(LARGEST_LIST)
    if file.read(1):
        raise Damaged("la sauvegarde ne se lit pas.")
    return content


def _compared(header: Header | None, found: dict[str, Element], said: dict[str, Any]) -> Contents:
    listed = {name: Element(**element) for name, element in said["elements"].items()}
    if header is None or listed != found:
        raise Damaged("la sauvegarde a été modifiée\u00a0: elle ne contient pas ce que dit sa liste.")
    return Contents(header, found, tuple(said["missing"]), tuple(said["altered"]), counts=contents.counted(found))
