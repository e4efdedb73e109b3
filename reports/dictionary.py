"""What every column of the workbook means, in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from forms.conditions import AllOf, Answered, AnyOf, Condition, Not
from forms.definition import Question
from forms.kinds import CellType, Column
from reports.columns import AskedColumns

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


HEADINGS = (
    "Onglet", "Identifiant", "Intitulé", "Intitulé court", "Partie", "Type", "Unité", "Choix (code = intitulé)",
    "Exigé à l’envoi", "Posée seulement si", "Formulaires",
)  # fmt: skip


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
            _choices(question, column),
            required if question.typed else FILLED,
            said(question.show_if, others) if question.show_if else "",
            ", ".join(asked.versions),
        )
        for column in asked.columns
    ]


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


def _choices(question: Question, column: Column) -> str:
    """The choices of a column; those of a table belong to its own columns (« of »)."""
    inner = {f"{question.id}.{own.id}": own.kind for own in getattr(question.kind, "of", ())}
    if column.type is CellType.FLAG:
        return ""
    labels = _labels(inner.get(column.id, question.kind))
    return " ; ".join(f"{code} = {label}" for code, label in labels.items())


def own_label(question: Question, column: Column) -> str:
    """The label of one of several columns, without the question's name before it."""
    return column.label.removeprefix(question.short_label).lstrip(" \u00a0\u202f:")
