"""What a file that somebody hands in says it holds, and whether it agrees with itself.

A file's own words prove nothing alone: whoever alters a workbook can alter its fingerprint too. What is proof (a file
that is known byte by byte, a signature, snapshots that are kept) is for the caller to look up.
"""

from __future__ import annotations

import hashlib
import json
import logging
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from forms.definition import content_hash
from forms.values import Refused
from reports import json_file, manifest
from reports.content import ReportSheet
from reports.manifest import Entry, Manifest
from reports.printing import Limits, child_environment
from reports.readme import FINGERPRINT
from reports.sealing import Seal, find_seal, manifest_in
from reports.tables import SHEETS
from reports.takeaway.file import Tab, open_workbook, tabs_of

_LOG = logging.getLogger(__name__)

LARGEST = 200 << 20
"""Bytes of a file that is looked at: a book of thousands of sheets with pictures has fewer."""
_LIMITS = Limits(seconds=30, memory=2 << 30)
_FIRST_ROWS = 10

UNKNOWN = (
    "Ce fichier n’est pas un rapport de Recueil, ou il a été réenregistré par un autre logiciel qui en a retiré ce "
    "qu’il contient : demandez le fichier d’origine (PDF, archive, classeur .xlsx ou JSON)."
)
BROKEN = "Ce fichier est abîmé et ne se lit pas : demandez qu’il vous soit envoyé de nouveau."
TOO_LARGE = "Ce fichier est trop grand pour un rapport de Recueil."
EMPTY = "Ce fichier est vide."


class Shape(StrEnum):
    """What sort of file it is."""

    PDF = "pdf"
    WORKBOOK = "workbook"
    JSON = "json"


@dataclass(frozen=True)
class Claim:
    """What a file says, and what it is.

    sha256: of its bytes. seal: of a PDF that has one. data: what a JSON file or an archive holds, as JSON, None in
    other files. faults: where it contradicts itself, French sentences.
    """

    shape: Shape
    sha256: str
    manifest: Manifest
    seal: Seal | None = None
    data: Mapping[str, Any] | None = None
    faults: tuple[str, ...] = ()

    def sheets(self) -> tuple[ReportSheet, ...]:
        """The sheets with their answers, where the file holds them: of files that one trusts not to mean harm, for
        every answer is read. Raises Refused (French) where they don't read."""
        if self.data is None:
            return ()
        try:
            return json_file.sheets_of(self.data)
        except ValueError:
            raise Refused(BROKEN) from None


def read(content: bytes, *, limits: Limits | None = None) -> Claim:
    """What a file says of itself. content: the whole file. Raises Refused (French) for what is none of our reports."""
    if not content:
        raise Refused(EMPTY)
    if len(content) > LARGEST:
        raise Refused(TOO_LARGE)
    if content.startswith(b"%PDF-"):
        return _read_pdf(content, limits or _LIMITS)
    if content.startswith(b"PK"):
        return _read_workbook(content)
    if content.lstrip()[:1] == b"{":
        return _read_json(content)
    raise Refused(UNKNOWN)


def _read_pdf(content: bytes, limits: Limits) -> Claim:
    metadata, attached = _open_pdf(content, limits)
    try:
        said = manifest_in(metadata)
    except (ValueError, RecursionError):
        raise Refused(UNKNOWN) from None
    data, faults = _attached_data(attached, said)
    seal = find_seal(content)
    if seal is None:
        faults = ("Le sceau du fichier manque : un autre logiciel l’a réenregistré.", *faults)
    elif not seal.whole:
        faults = ("Le fichier n’est plus celui qui a été scellé : il a été modifié, ou abîmé.", *faults)
    return Claim(Shape.PDF, _sha256(content), said, seal, data, (*faults, *_incoherent(said)))


def _open_pdf(content: bytes, limits: Limits) -> tuple[bytes, bytes]:
    """The metadata, and the JSON inside, empty without one."""
    with tempfile.TemporaryDirectory(prefix="recueil-") as name:
        folder = Path(name)
        (folder / "given.pdf").write_bytes(content)
        command = [sys.executable, "-P", "-m", "reports.verifying_opening"]
        command += [name, str(limits.seconds), str(limits.memory)]
        try:
            ended = subprocess.run(  # noqa: S603
                command, env=child_environment(), cwd=folder, capture_output=True, timeout=limits.seconds, check=False
            )
        except subprocess.TimeoutExpired:
            raise Refused(TOO_LARGE) from None
        if ended.returncode:
            _LOG.warning("opening a PDF ended with %s: %s", ended.returncode, ended.stderr[-1000:])
            if b"no metadata" in ended.stderr:
                raise Refused(UNKNOWN)
            raise Refused(TOO_LARGE if ended.returncode < 0 or ended.returncode == 3 else BROKEN)
        attached = folder / "attached.json"
        return (folder / "metadata.xml").read_bytes(), attached.read_bytes() if attached.exists() else b""


def _attached_data(attached: bytes, said: Manifest) -> tuple[Mapping[str, Any] | None, tuple[str, ...]]:
    if not attached:
        return None, ()
    try:
        inside = _read_json(attached)
    except Refused:
        return None, ("Le fichier JSON de l’archive ne se lit pas.",)
    if inside.manifest.content_sha256 != said.content_sha256:
        return None, ("Le fichier JSON de l’archive n’est pas celui des fiches imprimées.", *inside.faults)
    return inside.data, inside.faults


def _read_json(content: bytes) -> Claim:
    try:
        data = json.loads(content)
        said = Manifest.from_json(data)
    except (ValueError, RecursionError):
        raise Refused(UNKNOWN) from None
    faults = (*_incoherent(said), *_forms_altered(data.get("forms")), *_answers_altered(data["sheets"]))
    return Claim(Shape.JSON, _sha256(content), said, None, data, faults)


def _answers_altered(sheets: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """The sheets whose answers don't give the fingerprint that stands beside them."""
    return tuple(
        f"Fiche {sheet['reference']} : les réponses ne sont pas celles de l’empreinte annoncée."
        for sheet in sheets
        if _hash({"version": sheet["version_sha256"], "answers": sheet.get("answers")}) != sheet["snapshot_sha256"]
    )


def _forms_altered(forms: Any) -> tuple[str, ...]:
    known = isinstance(forms, dict) and all(_hash(form) == sha256 for sha256, form in forms.items())
    return () if known else ("Les formulaires joints ne sont pas ceux des empreintes annoncées.",)


def _hash(document: Any) -> str:
    """The hash of a document, empty for one that has none: half a character, lists in lists without end."""
    try:
        return content_hash(document)
    except (UnicodeEncodeError, RecursionError):
        return ""


def _read_workbook(content: bytes) -> Claim:
    try:
        tabs = {tab.name: tab for tab in tabs_of(open_workbook(content))}
    except Refused as refused:
        raise Refused(refused.message if "mot de passe" in refused.message else UNKNOWN) from refused
    if SHEETS not in tabs:
        raise Refused(UNKNOWN)
    entries = _entries(tabs[SHEETS])
    announced = _announced(tabs.values())
    said = Manifest("workbook", "", "", "", announced, entries)
    return Claim(Shape.WORKBOOK, _sha256(content), said, None, None, _incoherent(said))


def _entries(tab: Tab) -> tuple[Entry, ...]:
    """The sheets of a workbook: a line each, below the line of the columns' ids."""
    wanted = ("sheet.reference", "sheet.year", "sheet.centre", "title", "sheet.form", "sheet.snapshot")
    for head in range(1, min(tab.last_row, _FIRST_ROWS) + 1):
        ids = {str(tab.cell(head, column)): column for column in range(1, tab.last_column + 1)}
        if "sheet.reference" not in ids or "sheet.snapshot" not in ids:
            continue
        rows = ({id: tab.cell(row, ids.get(id, 0)) for id in wanted} for row in range(head + 1, tab.last_row + 1))
        return tuple(_entry(row) for row in rows if row["sheet.reference"] and row["sheet.snapshot"])
    raise Refused(UNKNOWN)


def _entry(row: Mapping[str, Any]) -> Entry:
    texts = {id: str(cell) if cell is not None else "" for id, cell in row.items()}
    year = row["sheet.year"]
    return Entry(
        reference=texts["sheet.reference"],
        year=int(year) if isinstance(year, int | float) and 1900 <= year <= 2200 else 0,
        centre=texts["sheet.centre"],
        title=texts["title"],
        version=texts["sheet.form"],
        version_sha256="",
        snapshot_sha256=texts["sheet.snapshot"],
    )


def _announced(tabs: Any) -> str:
    """The fingerprint that stands on « Lisez-moi »; empty where it doesn't."""
    for tab in tabs:
        for (row, column), cell in tab.cells.items():
            if cell == FINGERPRINT:
                return str(tab.cell(row, column + 1) or "").replace(" ", "")
    return ""


def _incoherent(said: Manifest) -> tuple[str, ...]:
    if said.coherent:
        return ()
    return (
        "L’empreinte du contenu n’est pas celle des fiches annoncées "
        f"({manifest.grouped(said.content_sha256[:16]) or 'absente'}…).",
    )


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
