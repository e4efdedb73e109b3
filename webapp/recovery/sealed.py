"""A gzip stream that ends with its own digest, so that any byte cut off, added or changed is told.

The seal is an empty gzip member whose extra field holds the SHA-256 of every byte before it: `gzip` and `tar` read
over it. gzip's own checksum covers neither its header nor the last bits of the stream.
"""

import hashlib
import io
import zlib
from typing import IO

CHUNK = 256 * 1024
LEVEL = 3
_GZIP = 31
_HEAD = bytes.fromhex("1f8b080400000000 00ff".replace(" ", "")) + (36).to_bytes(2, "little") + b"RC\x20\x00"
_TAIL = bytes.fromhex("0300 00000000 00000000".replace(" ", ""))
SEAL = len(_HEAD) + 32 + len(_TAIL)


class Damaged(Exception):  # noqa: N818 (names what happened)
    """A backup that is not what was written; the argument says how, in French."""


def seal(digest: bytes) -> bytes:
    """What is written after a stream with that SHA-256."""
    return _HEAD + digest + _TAIL


class SealedWriter(io.RawIOBase):
    """Compresses what is written to it; `close` writes the seal and leaves the target open."""

    def __init__(self, target: IO[bytes]) -> None:
        super().__init__()
        self._target = target
        self._digest = hashlib.sha256()
        self._compressor = zlib.compressobj(LEVEL, zlib.DEFLATED, _GZIP)

    def writable(self) -> bool:
        """It is written to."""
        return True

    def write(self, content: bytes) -> int:  # type: ignore[override]
        """Compress and write on."""
        self._put(self._compressor.compress(content))
        return len(content)

    def finish(self) -> None:
        """End the stream and seal it."""
        self._put(self._compressor.flush())
        self._target.write(seal(self._digest.digest()))

    def _put(self, made: bytes) -> None:
        self._digest.update(made)
        self._target.write(made)


class SealedReader(io.RawIOBase):
    """What was written, read back. Raises Damaged, at the latest when the end is read."""

    def __init__(self, source: IO[bytes]) -> None:
        super().__init__()
        self._source = source
        self._digest = hashlib.sha256()
        self._expander = zlib.decompressobj(_GZIP)
        self._held = b""
        self._ready = b""
        self._over = False

    def readable(self) -> bool:
        """It is read from."""
        return True

    def read(self, size: int = -1) -> bytes:
        """That many bytes, fewer only at the end."""
        if size < 0:
            raise ValueError("a backup is not read in one go")
        while len(self._ready) < size and not self._over:
            self._fill()
        given, self._ready = self._ready[:size], self._ready[size:]
        return given

    def finish(self) -> None:
        """Read to the end, whatever is in it."""
        while self.read(CHUNK):
            pass

    def _fill(self) -> None:
        come = self._source.read(CHUNK)
        if not come:
            self._over = True
            self._look_at_the_seal()
            return
        have = self._held + come
        self._held = have[-SEAL:]
        body = have[:-SEAL]
        self._digest.update(body)
        try:
            self._ready += self._expander.decompress(body)
        except zlib.error as broken:
            raise Damaged("la sauvegarde a été modifiée.") from broken

    def _look_at_the_seal(self) -> None:
        if self._held == seal(self._digest.digest()) and self._expander.eof and not self._expander.unused_data:
            return
        if len(self._held) == SEAL and self._held.startswith(_HEAD) and self._held.endswith(_TAIL):
            raise Damaged("la sauvegarde a été modifiée.")
        raise Damaged("la sauvegarde est tronquée, ou sa fin a été modifiée.")
