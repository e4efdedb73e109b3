"""The bytes of attachments and reports: a local folder or S3, under opaque keys."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import obstore
from flask import current_app
from obstore.exceptions import BaseError
from obstore.store import LocalStore, S3Store

from webapp.config import current_settings

if TYPE_CHECKING:
    from obstore.store import ObjectStore

CHUNK = 256 * 1024


class FileMissing(Exception):  # noqa: N818 (names what happened)
    """The row says that there is a file, the storage has none."""


def _store() -> "ObjectStore":
    known: ObjectStore | None = current_app.extensions.get("recueil.storage")
    if known is None:
        place = current_settings().files
        if place.startswith("s3://"):
            known = S3Store.from_url(place)
        else:
            Path(place).mkdir(parents=True, exist_ok=True)
            known = LocalStore(prefix=place, automatic_cleanup=True)
        current_app.extensions["recueil.storage"] = known
    return known


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


def all_keys() -> Iterator[str]:
    """The keys of all that is kept."""
    with _away():
        yield from (found["path"] for some in obstore.list(_store()) for found in some)


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
