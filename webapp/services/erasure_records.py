"""Who was erased, kept outside the database: a backup of before brings them back, and knows nothing of it.

One small file beside the backups, by number, account and mark, never a name: in the folder of the installation, and
where the worker puts its backups. It only ever grows: what one copy of the database forgot, another may bring back.
"""

import json
import re
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import structlog

from forms.values import Refused
from webapp import storage
from webapp.config import Settings, current_settings

NAME = "effacements.json"
MARK = re.compile(r"([0-9a-f]{64})?")

Record = Mapping[str, Any]
"""`{"number", "user", "mark"}`, as `erasure.records` has them."""

log = structlog.get_logger()


def keep(records: Sequence[Record]) -> None:
    """Write down these too, wherever it is kept. Raises OSError, Refused (one can't be read)."""
    for place in _places(current_settings()):
        before = _read_at(place)
        wanted = merged(before or (), records)
        if wanted and wanted != before:
            _write_at(place, wanted)


def keep_if_possible(records: Sequence[Record]) -> None:
    """The same once somebody is erased, who stays so whatever comes of it: the next backup tries again."""
    try:
        keep(records)
    except (OSError, Refused) as failure:
        log.error("erasures_not_kept", error=str(failure))


def read(path: Path) -> list[Record]:
    """What such a file says. Raises Refused (French)."""
    try:
        return _parsed(path.read_bytes(), str(path))
    except OSError as error:
        raise Refused(f"Le registre des effacements ne se lit pas dans {path}\u00a0: {error.strerror}.") from error


def found(beside: str) -> list[Record] | None:
    """What is kept where a backup lies, here, and where backups go; None where nothing is. Raises OSError, Refused."""
    said = [_read_at(place) for place in (beside, *_places(current_settings()))]
    there = [one for one in said if one is not None]
    return merged(*there) if there else None


def merged(*lists: Iterable[Record]) -> list[Record]:
    """All of them, each once, in the order of their numbers."""
    once = {(str(one["mark"]), one["user"]): one for some in reversed(lists) for one in some}
    return sorted(once.values(), key=lambda one: (one["number"], one["mark"]))


def _places(settings: Settings) -> list[str]:
    here = str(settings.folder.resolve() / "backups")
    return list(dict.fromkeys([here, settings.backups or here]))


def _read_at(place: str) -> Sequence[Record] | None:
    if not place.startswith("s3://") and not Path(place).is_dir():
        return None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / NAME
        try:
            storage.Place(place).fetch(NAME, path)
        except storage.FileMissing:
            return None
        return _parsed(path.read_bytes(), f"{place}/{NAME}")


def _write_at(place: str, records: Sequence[Record]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / NAME
        path.write_text(json.dumps({"erased": [dict(one) for one in records]}, indent=1) + "\n", "ascii")
        storage.Place(place).put(NAME, path)


def _parsed(content: bytes, where: str) -> list[Record]:
    try:
        said = [{name: one[name] for name in ("number", "user", "mark")} for one in json.loads(content)["erased"]]
        for one in said:
            if type(one["number"]) is not int or not MARK.fullmatch(one["mark"]):
                raise ValueError(one)
            if one["user"] is not None:
                UUID(one["user"])
    except (ValueError, KeyError, TypeError, AttributeError) as wrong:
        raise Refused(f"Le registre des effacements {where} ne se lit pas\u00a0: il est abîmé.") from wrong
    return list(said)
