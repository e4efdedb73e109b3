"""The public sheets for anybody's programs: CSV and JSON, a few sheets at a time, and what their columns mean."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from forms.conditions import questions_in
from forms.definition import FormVersion, Question
from forms.document import AnswerStatus, Document, ReadItem
from reports import csv_file
from reports.characters import legible
from reports.content import ReportInput, ReportSheet, no_progress
from reports.dictionary import HEADINGS, Entry, meanings
from reports.json_file import answers_of
from reports.tables import SHEETS, tables_of


@dataclass(frozen=True)
class OpenData:
    """What a file of open data says of itself. title: of the whole. made_at: aware. count: sheets in it. licence,
    licence_url: under which it is given. address: where it is told about. versions: of the form, oldest first."""

    title: str
    made_at: datetime
    count: int
    licence: str
    licence_url: str
    address: str
    versions: tuple[FormVersion, ...]


def hides(version: FormVersion) -> bool:
    """Whether something personal is left out of its public version.

    The hash of what was sent is of all answers: whoever guesses what is left out could see by it that the guess is
    right. Where something is left out the hash is, too.
    """
    return any(question.sensitive for question in version.questions)


def public_version(version: FormVersion) -> FormVersion:
    """The form without what is sensitive and without files, which have no columns that anybody could use."""
    gone = {question.id for question in version.questions if question.sensitive or question.kind.uploads}
    sections = tuple(
        replace(
            section, questions=tuple(_kept(question, gone) for question in section.questions if question.id not in gone)
        )
        for section in version.sections
    )
    return FormVersion(version.key, version.title, tuple(section for section in sections if section.questions))


def _kept(question: Question, gone: set[str]) -> Question:
    """A condition on what is left out is left out too, rather than told."""
    if questions_in(question.show_if) & gone:
        question = question.but(show_if=None)
    return question.but(same_as=None) if question.same_as in gone else question


def public_document(document: Document, version: FormVersion) -> Document:
    """The document as far as its public version has it."""
    items = {item.question.id: item for section in document.sections for item in section.items}
    sections = []
    whole = {section.id: section for section in document.sections}
    for section in version.sections:
        own = tuple(_item(question, items[question.id]) for question in section.questions)
        sections.append(replace(whole[section.id], items=own))
    return Document(version, tuple(sections))


def _item(question: Question, item: ReadItem) -> ReadItem:
    return replace(item, question=question)


def csv_pieces(about: OpenData, sheets: Iterable[Sequence[ReportSheet]]) -> Iterator[bytes]:
    """The CSV file in pieces, one for each handful of sheets: see reports.csv_file for its form.

    Which columns there are is said by the versions alone, so that every piece has the same.
    """
    yield _csv(about, ())
    for some in sheets:
        yield _csv(about, tuple(some)).partition(b"\n")[2]


def _csv(about: OpenData, sheets: tuple[ReportSheet, ...]) -> bytes:
    out = io.BytesIO()
    csv_file.make(content(about, sheets), out, no_progress)
    return out.getvalue()


def content(about: OpenData, sheets: tuple[ReportSheet, ...]) -> ReportInput:
    """These sheets, and what the file says of itself, as reports take it."""
    return ReportInput(
        title=about.title,
        federation="",
        years=tuple(sorted({sheet.year for sheet in sheets})),
        filter_text="",
        made_at=about.made_at,
        expected=None,
        sheets=sheets,
        open_file=lambda _file_id: None,
        versions=about.versions,
    )


def json_pieces(about: OpenData, sheets: Iterable[Sequence[ReportSheet]]) -> Iterator[bytes]:
    """The JSON file in pieces: what it is, the dictionary of its answers, then a line a sheet."""
    head = {
        "title": about.title,
        "licence": about.licence,
        "licence_url": about.licence_url,
        "address": about.address,
        "made_at": about.made_at.isoformat(),
        "count": about.count,
        "forms": {version.sha256: version.to_json() for version in about.versions},
    }
    yield _bytes(json.dumps(head, ensure_ascii=False, indent=1)[:-2] + ',\n "sheets": [')
    between = "\n  "
    for some in sheets:
        lines = (json.dumps(_entry(sheet), ensure_ascii=False) for sheet in some)
        yield _bytes(between + ",\n  ".join(lines))
        between = ",\n  "
    yield b"\n ]\n}\n"


def _entry(sheet: ReportSheet) -> dict[str, Any]:
    unasked = [item.question.id for item in _items(sheet) if item.status is AnswerStatus.NOT_ASKED]
    return {
        "id": sheet.id,
        "reference": sheet.reference,
        "year": sheet.year,
        "centre": sheet.centre,
        "commune": sheet.commune,
        "department_code": sheet.department_code,
        "department": sheet.department,
        "form": sheet.document.version.sha256,
        "answers": answers_of(sheet.document),
        "not_asked": unasked,
    }


def _items(sheet: ReportSheet) -> Iterator[ReadItem]:
    return (item for section in sheet.document.sections for item in section.items)


def _bytes(text: str) -> bytes:
    # Half a character that somebody typed is written as JSON writes it.
    return text.encode("utf-8", "backslashreplace")


def entries(about: OpenData) -> list[Entry]:
    """What every column of the CSV file means, in its order."""
    return [entry for entry in meanings(tables_of(content(about, ()))) if entry.tab == SHEETS]


def dictionary_csv(about: OpenData) -> bytes:
    """The same as a CSV file of its own: UTF-8 with a byte order mark, semicolons."""
    written = io.StringIO(newline="")
    writer = csv.writer(written, delimiter=";", lineterminator="\n")
    writer.writerow(HEADINGS[1:])
    for entry in entries(about):
        writer.writerow(
            legible(text)
            for text in (
                entry.id, entry.label, entry.short_label, entry.section, entry.type, entry.unit, entry.choices,
                entry.required, entry.asked_if, entry.versions, entry.wordings, entry.state,
            )
        )  # fmt: skip
    return b"\xef\xbb\xbf" + written.getvalue().encode()
