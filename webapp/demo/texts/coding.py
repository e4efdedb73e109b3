"""From answers told by their labels to answers as they are stored, through what every kind knows of tables."""

from collections.abc import Mapping
from typing import Any

from forms.definition import FormVersion, Question
from forms.french import fold
from forms.kinds import CellType
from forms.steps import Unparsed
from forms.values import Refused
from webapp.demo.texts.shapes import AnswerValue, TextsError


def coded(version: FormVersion, answers: Mapping[str, AnswerValue]) -> dict[str, Any]:
    """Question id -> JSON as stored (codes for labels). Raises TextsError on an unknown question or label."""
    return {question: _coded(_question(version, question), value) for question, value in answers.items()}


def unread(version: FormVersion, typed: Mapping[str, str]) -> dict[str, Unparsed]:
    """Question id -> what was typed with the error that the form shows. Raises TextsError if it can be read."""
    found = {}
    for id, text in typed.items():
        try:
            _question(version, id).kind.parse([text])
        except Refused as refused:
            found[id] = Unparsed(((id, text),), refused.message)
        else:
            raise TextsError(f"{id} : «\u00a0{text}\u00a0» se lit sans erreur")
    return found


def _question(version: FormVersion, id: str) -> Question:
    try:
        return version.question(id)
    except KeyError:
        raise TextsError(f"question inconnue : {id}") from None


def _coded(question: Question, value: AnswerValue) -> Any:
    try:
        read = question.kind.from_cells(_rows(question, value))
    except Refused as refused:
        raise TextsError(f"{question.id} : {refused.where or ''} {refused.message}") from refused
    return question.kind.dump(read)


def _rows(question: Question, value: AnswerValue) -> list[tuple[Any, ...]]:
    """The value as the rows of a workbook: one row, a flag a choice, or a row a line of a table."""
    columns = question.kind.columns(question)
    if not isinstance(value, tuple):
        return [(value, *(None for _ in columns[1:]))]
    if question.kind.own_tab:
        ids = [column.id.removeprefix(f"{question.id}.") for column in columns]
        return [tuple(row.get(id) for id in _known(question, ids, row)) for row in value if isinstance(row, Mapping)]
    if CellType.FLAG not in {column.type for column in columns}:
        return [value]
    _text, *flags = columns
    codes = [flag.id.removeprefix(f"{question.id}.") for flag in flags]
    names = [fold(facet.label) for facet in question.kind.facets(codes)]
    wanted = {fold(label) for label in value if isinstance(label, str)}
    if wanted - set(names):
        raise TextsError(f"{question.id} : choix inconnu parmi {value}")
    return [(None, *(int(name in wanted) for name in names))]


def _known(question: Question, ids: list[str], row: Mapping[str, Any]) -> list[str]:
    if set(row) - set(ids):
        raise TextsError(f"{question.id} : colonne inconnue parmi {sorted(row)}")
    return ids
