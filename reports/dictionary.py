"""What every column of the workbook means, in words."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from forms.conditions import AllOf, Answered, AnyOf, Condition, Not
from forms.definition import Question
from forms.kinds import CellType, Column
from reports.columns import AskedColumns
from reports.row_reader import summary_columns
from reports.tables import SHEETS, Tables

TYPES = {
    CellType.TEXT: "texte",
    CellType.NUMBER: "nombre",
    CellType.AMOUNT: "montant",
    CellType.DAY: "date",
    CellType.FLAG: "1 = coché, 0 = non coché",
}
FILLED = "Rempli par l’application"


@dataclass(frozen=True)
class Entry:
    """A column in words. tab: where it stands. asked_if: empty where it is always asked."""

    tab: str
    id: str
    label: str
    short_label: str
    section: str
    type: str
    unit: str
    choices: str
    required: str
    asked_if: str
    versions: str
    wordings: str
    state: str


HEADINGS = (
    "Onglet", "Identifiant", "Intitulé", "Intitulé court", "Partie", "Type", "Unité", "Choix (code = intitulé)",
    "Exigé à l’envoi", "Posée seulement si", "Formulaires", "Intitulé selon l’année", "Usage",
)  # fmt: skip
IN_USE, RETIRED = "en service", "retirée, gardée à sa place"


def meanings(tables: Tables) -> list[Entry]:
    """What every column of the tabs means, in their order."""
    questions = {entry.question.id: entry.question for entry in tables.asked}
    known: dict[tuple[str, str], Entry] = {}
    for asked in tables.asked:
        title = tables.title_for(asked)
        known |= {(title, own.id): own for own in entries(title, asked, questions)}
        if title != SHEETS:
            known |= {(SHEETS, own.id): own for own in _summaries(asked, questions)}
    return [
        replace(
            known.get((tab.title, head.column.id)) or _filled(tab.title, head.column),
            state=RETIRED if head.retired else IN_USE,
        )
        for tab in tables.tabs
        for head in tab.heads
    ]


def _filled(tab: str, column: Column) -> Entry:
    """A column that says which sheet a row is."""
    return Entry(
        tab, column.id, column.label, column.label, "", TYPES[column.type], column.unit, "", FILLED, "", "", "", IN_USE
    )


def entries(tab: str, asked: AskedColumns, others: dict[str, Question]) -> list[Entry]:
    """One entry a column. others: every question by id, for the words of the conditions."""
    question = asked.question
    required = "oui" if question.required else "non"
    return [
        Entry(
            tab,
            column.id,
            question.label if column.id == question.id else f"{question.label} : {own_label(question, column)}",
            column.label,
            asked.section,
            TYPES[column.type],
            column.unit,
            " ; ".join(f"{code} = {label}" for code, label in codes(question, column).items()),
            required if question.typed else FILLED,
            said(question.show_if, others) if question.show_if else "",
            ", ".join(asked.versions),
            _worded(asked.wordings),
            IN_USE,
        )
        for column in asked.columns
    ]


def _summaries(asked: AskedColumns, others: dict[str, Question]) -> list[Entry]:
    """What a sheet's own row says of a table."""
    whole, *_rest = entries(SHEETS, asked, others)
    return [
        replace(
            whole,
            id=column.id,
            label=column.label if at else asked.question.label,
            short_label=column.label,
            type=TYPES[column.type],
            unit=column.unit,
            choices="",
            required=FILLED,
        )
        for at, column in enumerate(summary_columns(asked))
    ]


def _worded(wordings: tuple[tuple[str, str], ...]) -> str:
    """The label as the forms put it, a line each time that it changed: « 2026 : Nom de l’action »."""
    lines: list[str] = []
    last = None
    for key, label in wordings:
        if label != last:
            lines.append(f"{key} : {label}")
        last = label
    return "\n".join(lines)


def said(condition: Condition, questions: dict[str, Question]) -> str:
    """A condition in French: « Statut » est « Terminée »."""
    match condition:
        case Answered(id, ()):
            return f"« {questions[id].short_label} » a une réponse"
        case Answered(id, codes):
            labels = _labels(questions[id].kind)
            wanted = " ou ".join(f"« {labels.get(code, code)} »" for code in codes)
            return f"« {questions[id].short_label} » est {wanted}"
        case Not(inner):
            return f"il n’est pas vrai que {said(inner, questions)}"
        case AllOf(parts):
            return " et ".join(said(part, questions) for part in parts)
        case AnyOf(parts):
            return " ou ".join(said(part, questions) for part in parts)


def _labels(kind: Any) -> dict[str, str]:
    """Code → label, for the kinds that offer choices; they name them « choices »."""
    return {choice.code: choice.label for choice in getattr(kind, "choices", ())}


def codes(question: Question, column: Column) -> dict[str, str]:
    """Code → label of a column's choices; those of a table belong to its own columns (« of »)."""
    inner = {f"{question.id}.{own.id}": own.kind for own in getattr(question.kind, "of", ())}
    return {} if column.type is CellType.FLAG else _labels(inner.get(column.id, question.kind))


def own_label(question: Question, column: Column) -> str:
    """The label of one of several columns, without the question's name before it."""
    return column.label.removeprefix(question.short_label).lstrip(" \u00a0\u202f:")
