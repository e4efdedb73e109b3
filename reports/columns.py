"""Which columns sheets have, from their versions alone, and what a sheet holds in them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from forms.definition import FormVersion, Question
from forms.document import AnswerStatus
from forms.kinds import Cell, Column, Row
from forms.registry import shipped_versions
from reports.content import ReportInput, ReportSheet

_LONGEST_LINE = 500


@dataclass(frozen=True)
class AskedColumns:
    """A question and its columns: every one that a version ever gave it, in the newest words.

    section: title of the section in which it stands. versions: keys of the versions that ask it. retired: ids of the
    columns that the newest version no longer fills. wordings: (key, label) of each version, oldest first.
    """

    question: Question
    section: str
    columns: tuple[Column, ...]
    versions: tuple[str, ...]
    retired: frozenset[str] = frozenset()
    wordings: tuple[tuple[str, str], ...] = ()


def versions_of(sheets: Iterable[ReportSheet]) -> list[FormVersion]:
    """The versions of the form that the sheets were filled in with, oldest first."""
    versions = {sheet.document.version.sha256: sheet.document.version for sheet in sheets}
    return sorted(versions.values(), key=lambda version: (version.key, version.sha256))


def every_version(content: ReportInput) -> list[FormVersion]:
    """The versions that give a workbook its columns, in the order in which they came.

    Those that were ever published, whichever the sheets at hand were filled in with: a choice of sheets moves no
    column. Where nobody says which ones were published, those that come with the product; the sheets' own last.
    """
    known = content.versions or tuple(shipped_versions().values())
    return list({version.sha256: version for version in (*known, *versions_of(content.sheets))}.values())


def asked_columns(sheets: Iterable[ReportSheet]) -> tuple[AskedColumns, ...]:
    """Every question of the sheets' versions: the oldest version's first, then what came later."""
    return registry(versions_of(sheets))


def registry(versions: Sequence[FormVersion]) -> tuple[AskedColumns, ...]:
    """The order of columns, which never changes: the first version's, then what later ones added.

    versions: oldest first; a version more appends columns and moves none.
    """
    found: dict[str, AskedColumns] = {}
    offered: set[str] = set()
    for version in versions:
        offered = set()
        for section in version.sections:
            for question in section.questions:
                own = {column.id: column for column in question.kind.columns(question)}
                offered |= {column.id for column in own.values() if column.offered}
                before = found.get(question.id)
                if before:
                    own = {column.id: column for column in before.columns} | own
                found[question.id] = AskedColumns(
                    question,
                    section.title,
                    tuple(own.values()),
                    (*(before.versions if before else ()), version.key),
                    wordings=(*(before.wordings if before else ()), (version.key, question.label)),
                )
    return tuple(
        replace(entry, retired=frozenset(column.id for column in entry.columns) - offered) for entry in found.values()
    )


def rows_of(sheet: ReportSheet, question: str, columns: Sequence[Column]) -> list[Row]:
    """What a sheet holds in these columns of a question: one row, several for a table of rows.

    None stands in each column without answer, and in those that the sheet's own version lacks.
    """
    if question not in sheet.document.version:
        return []
    item = sheet.document.item(question)
    ids = [column.id for column in item.question.kind.columns(item.question)]
    return [
        tuple(_cell(dict(zip(ids, row, strict=True)), column) for column in columns)
        for row in item.question.kind.cells(item.value)
    ]


def _cell(row: dict[str, Cell], column: Column) -> Cell:
    return row.get(column.id)


def is_asked(sheet: ReportSheet, question: str) -> bool:
    """True where the sheet's version has the question and its situation asks it."""
    if question not in sheet.document.version:
        return False
    return sheet.document.item(question).status is not AnswerStatus.NOT_ASKED


def may_be_long(question: Question) -> bool:
    """True for a question whose answers may take paragraphs: by what the definition allows, so
    that it looks the same on every sheet."""
    return bool(question.kind.json_schema().get("maxLength", 0) > _LONGEST_LINE)
