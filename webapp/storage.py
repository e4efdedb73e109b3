"""The bytes of attachments and reports: a local folder or S3, under opaque keys."""

import errno
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import obstore
from flask import current_app
from obstore.exceptions import BaseError
from obstore.store import LocalStore, S3Store

from webapp.config import current_settings

if TYPE_CHECKING:
    from obstore.store import ClientConfig, ObjectStore, RetryConfig

CHUNK = 256 * 1024
# A request waits for its file: better an answer that says so than three minutes of trying again.
CONNECTING, ANSWERING = timedelta(seconds=3), timedelta(seconds=60)
RETRIES: "RetryConfig" = {"max_retries": 2, "retry_timeout": timedelta(seconds=8)}


class FileMissing(Exception):  # noqa: N818 (names what happened)
    """The row says that there is a file, the storage has none."""


@dataclass(frozen=True)
class Stored:
    """A file that is there."""

    key: str
    size: int
    modified_at: datetime


def _store() -> "ObjectStore":
    known: ObjectStore | None = current_app.extensions.get("recueil.storage")
    if known is None:
        known = _store_at(current_settings().files)
        current_app.extensions["recueil.storage"] = known
    return known


def _store_at(place: str) -> "ObjectStore":
    if place.startswith("s3://"):
        return S3Store.from_url(place, client_options=_patience(), retry_config=RETRIES)
    Path(place).mkdir(parents=True, exist_ok=True)
    return LocalStore(prefix=place, automatic_cleanup=True)


def _patience() -> "ClientConfig":
    # Options that are given stand instead of those of the environment.
    plain = os.environ.get("AWS_ALLOW_HTTP", "").lower() in {"1", "true"}
    return {"connect_timeout": CONNECTING, "timeout": ANSWERING, "allow_http": plain}


@contextmanager
def _away() -> Iterator[None]:
    """What the storage can't do now it may do later: said as any disk says it."""
    try:
        yield
    except BaseError as failure:
        raise OSError(errno.EIO, str(failure).partition("\n")[0]) from failure
    except FileNotFoundError as missing:
        # Where the whole bucket is missing, nothing may be thought of the file.
        if "NoSuchBucket" in str(missing):
            raise OSError(errno.EIO, "NoSuchBucket") from missing
        raise


def check() -> Path | None:
    """Whether files can be reached; the folder that they are in, None on S3. Raises OSError where they can't."""
    place = current_settings().files
    if not place.startswith("s3://"):
        _store()
        if not os.access(place, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, "not writable")
        return Path(place)
    try:
        with _away():
            obstore.head(_store(), "readyz")
    except FileNotFoundError:
        pass
    return None


def put(key: str, content: bytes) -> None:
    """Keep these bytes under that key; complete or not at all."""
    with _away():
        obstore.put(_store(), key, content)


def put_file(key: str, path: Path) -> None:
    """Keep a file's bytes under that key, in pieces."""
    with path.open("rb") as file, _away():
        obstore.put(_store(), key, file)


def get(key: str) -> bytes:
    """The bytes of that key. Raises FileMissing."""
    try:
        with _away():
            return bytes(obstore.get(_store(), key).bytes())
    except FileNotFoundError as missing:
        raise FileMissing(key) from missing


def stream(key: str) -> Iterator[bytes]:
    """The bytes of that key in pieces; looks for the file at once. Raises FileMissing."""
    try:
        with _away():
            found = obstore.get(_store(), key)
    except FileNotFoundError as missing:
        raise FileMissing(key) from missing
    return (bytes(piece) for piece in found.stream(min_chunk_size=CHUNK))


def sized(key: str) -> tuple[int, Iterator[bytes]]:
    """How many bytes that key has, and the bytes in pieces. Raises FileMissing."""
    try:
        with _away():
            found = obstore.get(_store(), key)
    except FileNotFoundError as missing:
        raise FileMissing(key) from missing
    return found.meta["size"], (bytes(piece) for piece in found.stream(min_chunk_size=CHUNK))


def put_pieces(key: str, pieces: Iterable[bytes]) -> None:
    """Keep bytes that come one piece after the other under that key."""
    with _away():
        obstore.put(_store(), key, iter(pieces))


def listed(prefix: str | None = None) -> Iterator[Stored]:
    """All that is there, under that folder."""
    with _away():
        for some in obstore.list(_store(), prefix):
            yield from (Stored(found["path"], found["size"], found["last_modified"]) for found in some)


def delete(key: str) -> None:
    """Forget that key; nothing happens where there is none."""
    try:
        with _away():
            obstore.delete(_store(), key)
    except FileNotFoundError:
        return


def delete_under(prefix: str) -> None:
    """Forget every key in that folder."""
    with _away():
        keys = [found["path"] for some in obstore.list(_store(), prefix) for found in some]
    for key in keys:
        delete(key)


class Place:
    """Another place for files than the site's own: where backups go."""

    def __init__(self, address: str) -> None:
        """address: a folder, or s3://…."""
        self._store = _store_at(address)

    def put(self, name: str, path: Path) -> None:
        """Keep a file there under that name."""
        with path.open("rb") as file, _away():
            obstore.put(self._store, name, file)

    def fetch(self, name: str, path: Path) -> None:
        """Bring it back. Raises FileMissing."""
        try:
            with _away(), path.open("wb") as file:
                for piece in obstore.get(self._store, name).stream(min_chunk_size=CHUNK):
                    file.write(bytes(piece))
        except FileNotFoundError as missing:
            raise FileMissing(name) from missing

    def names(self) -> list[str]:
        """All that lies there, in order."""
        with _away():
            return sorted(found["path"] for some in obstore.list(self._store) for found in some)

    def delete(self, name: str) -> None:
        """Forget it; nothing happens where there is none."""
        try:
            with _away():
                obstore.delete(self._store, name)
        except FileNotFoundError:
            return
