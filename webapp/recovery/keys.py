"""Keys of backups, as age has them: the public half writes, the secret half reads."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

import pyrage
from pyrage import x25519

from forms.values import Refused
from webapp.recovery.sealed import Damaged

SECRET, PUBLIC = "AGE-SECRET-KEY-", "age1"
MAGIC = b"age-encryption.org/v1\n"


@dataclass(frozen=True)
class Key:
    """What encrypts, and what decrypts where the secret half is there."""

    public: x25519.Recipient
    secret: x25519.Identity | None


def read_key(given: str) -> Key:
    """A key, or the file that holds it. Raises Refused (French)."""
    text = given.strip()
    if not text.startswith((SECRET, PUBLIC)):
        try:
            text = Path(text).read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise Refused(f"La clé des sauvegardes ne se lit pas dans {given}.") from error
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    try:
        if lines and lines[0].startswith(SECRET):
            secret = x25519.Identity.from_str(lines[0])
            return Key(secret.to_public(), secret)
        if lines and lines[0].startswith(PUBLIC):
            return Key(x25519.Recipient.from_str(lines[0]), None)
    except (pyrage.IdentityError, pyrage.RecipientError):
        pass
    raise Refused("La clé des sauvegardes n’est pas une clé age (AGE-SECRET-KEY-… ou age1…).")


def drawn(*, at: datetime) -> tuple[str, str]:
    """A new key, as age writes it into a file, and its public half."""
    secret = x25519.Identity.generate()
    public = str(secret.to_public())
    return f"# created: {at.isoformat(timespec='seconds')}\n# public key: {public}\n{secret}\n", public


def new_key(path: Path, *, at: datetime) -> str:
    """Draw a key and write it into a new file that only its owner reads; its public half. Raises Refused."""
    text, public = drawn(at=at)
    try:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(text)
    except FileExistsError:
        raise Refused(f"Le fichier {path} existe déjà\u00a0: une clé ne s’écrase pas.") from None
    except OSError as error:
        raise Refused(f"Le fichier {path} ne s’écrit pas\u00a0: {error.strerror}.") from error
    return public


class _Beside:
    """A thread at the other end of a pipe, and what it died of."""

    def __init__(self, work: Callable[[], None]) -> None:
        self.error: Exception | None = None
        self._work = work
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._work()
        except Exception as error:  # noqa: BLE001 (told by whoever joins)
            self.error = error

    def join(self) -> None:
        self._thread.join()


@contextmanager
def encrypted(target: IO[bytes], key: Key | None) -> Iterator[IO[bytes]]:
    """Where to write what must come encrypted into the target; the target itself without a key."""
    if key is None:
        yield target
        return
    out, into = os.pipe()
    reader = os.fdopen(out, "rb")
    writer = os.fdopen(into, "wb")

    def work() -> None:
        with reader:
            pyrage.encrypt_io(reader, target, [key.public])

    beside = _Beside(work)
    try:
        with writer:
            yield writer
    finally:
        beside.join()
    if beside.error is not None:
        raise OSError(str(beside.error)) from beside.error


@contextmanager
def decrypted(source: IO[bytes], key: Key | None) -> Iterator[IO[bytes]]:
    """What a backup says, whether it was encrypted or not. Raises Refused (no key, another key), Damaged."""
    begins = source.read(len(MAGIC))
    source.seek(0)
    if begins != MAGIC:
        yield source
        return
    if key is None or key.secret is None:
        raise Refused("Cette sauvegarde est chiffrée\u00a0: donnez la clé secrète par --key ou RECUEIL_BACKUP_KEY.")
    secret = key.secret
    out, into = os.pipe()
    reader, writer = os.fdopen(out, "rb"), os.fdopen(into, "wb")

    def work() -> None:
        with writer:
            pyrage.decrypt_io(source, writer, [secret])

    beside = _Beside(work)
    try:
        with reader:
            yield reader
    except Damaged:
        beside.join()
        _tell(beside.error)
        raise
    beside.join()
    _tell(beside.error)


def _tell(error: Exception | None) -> None:
    if error is None:
        return
    if "No matching keys" in str(error):
        raise Refused("Cette clé n’ouvre pas cette sauvegarde.") from error
    raise Damaged("la sauvegarde est tronquée ou a été modifiée.") from error
