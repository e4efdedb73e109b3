"""The sheets as JSON: every answer of every snapshot, and the forms that say what they mean."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any, BinaryIO

from forms.definition import FormVersion
from forms.document import AnswerStatus, Document, reading
from reports.columns import versions_of
from reports.content import Progress, ReportInput, ReportSheet
from reports.manifest import manifest_of

KIND = "json"


def make(content: ReportInput, out: BinaryIO, progress: Progress) -> tuple[str, ...]:
    """See reports.catalogue.Make; takes any number of sheets.

    Out: one UTF-8 JSON object. « recueil »: 1, the format. « forms »: each form version whole, as
    forms.definition.FormVersion.to_json() says, by its SHA-256. « sheets »: the manifest's entries, each with where
    it comes from, « answers », JSON by question id as forms.schema.answers_schema() describes, and « not_asked », the
    questions that the sheet's situation does not ask: one that is in neither has no answer. The SHA-256 of a
    snapshot is that of the canonical JSON of {"version": SHA-256 of its form, "answers": answers}.
    """
    head = manifest_of(KIND, content).to_json()
    entries = head.pop("sheets")
    head |= {
        "years": list(content.years),
        "filter": content.filter_text,
        "expected_centres": content.expected,
        "coverage": asdict(content.coverage) if content.coverage else None,
        "forms": {version.sha256: version.to_json() for version in versions_of(content.sheets)},
    }
    _write(out, json.dumps(head, ensure_ascii=False, indent=1)[:-2] + ',\n "sheets": [')
    for done, (entry, sheet) in enumerate(zip(entries, content.sheets, strict=True)):
        progress("Écriture du fichier JSON", done, len(content.sheets))
        line = json.dumps(entry | _origin(sheet), ensure_ascii=False)
        _write(out, (",\n  " if done else "\n  ") + line)
    _write(out, "\n ]\n}\n")
    return ()


def _write(out: BinaryIO, text: str) -> None:
    # Half a character that somebody typed is written as JSON writes it: « \ud800 ».
    out.write(text.encode("utf-8", "backslashreplace"))


def _origin(sheet: ReportSheet) -> dict[str, Any]:
    return {
        "id": sheet.id,
        "commune": sheet.commune,
        "department_code": sheet.department_code,
        "department": sheet.department,
        "state": sheet.state_label,
        "validated_at": sheet.validated_at.isoformat() if sheet.validated_at else "",
        "answers": answers_of(sheet.document),
        "not_asked": [
            item.question.id
            for section in sheet.document.sections
            for item in section.items
            if item.status is AnswerStatus.NOT_ASKED
        ],
    }


def answers_of(document: Document) -> dict[str, Any]:
    """The answers of a document as they were sent: JSON by question id, in the order of the form."""
    return {
        item.question.id: item.question.kind.dump(item.value)
        for section in document.sections
        for item in section.items
        if item.status is AnswerStatus.ANSWERED
    }


def sheets_of(data: Mapping[str, Any]) -> tuple[ReportSheet, ...]:
    """The sheets of a JSON file that somebody hands in. Raises ValueError where it isn't one of ours."""
    try:
        forms = {sha256: FormVersion.from_json(form) for sha256, form in data["forms"].items()}
        return tuple(_sheets(data, forms))
    except (KeyError, TypeError, AttributeError, ArithmeticError, RecursionError) as error:
        raise ValueError("no sheets of ours") from error


def _sheets(data: Mapping[str, Any], forms: Mapping[str, FormVersion]) -> Iterator[ReportSheet]:
    for sheet in data["sheets"]:
        yield ReportSheet(
            id=str(sheet["id"]),
            reference=str(sheet["reference"]),
            year=int(sheet["year"]),
            centre=str(sheet["centre"]),
            commune=str(sheet["commune"]),
            department_code=str(sheet["department_code"]),
            department=str(sheet["department"]),
            state_label=str(sheet["state"]),
            document=reading(forms[sheet["version_sha256"]], sheet["answers"]),
            snapshot_sha256=str(sheet["snapshot_sha256"]),
            sent_at=_moment(sheet["sent_at"]),
            validated_at=_moment(sheet["validated_at"]),
        )


def _moment(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
