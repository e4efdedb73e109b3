"""The shape of the workbook that is taken away, from the version of the form alone.

One shape serves one sheet and a hundred: in the tab « Fiches » a question is a row and a sheet is a
column. Who takes one sheet away sees a form from top to bottom, the help beside each answer; a
centre that takes all its sheets of the year, or a federation that fills in thirty, sees them side
by side under the same questions, which stay in place at the left. One row a sheet would put long
texts into forty columns; a tab a sheet, the same labels thirty times. Questions that are tables
(partners, funding) have a tab each, where every row says whose it is.

What a person may move, rename or sort carries an id in a hidden row or column; a hidden tab tells
the form, the sheets and what each answer was when the workbook was made.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, cast

from forms.definition import FormVersion, Origin, Question, content_hash
from forms.kinds import Cell, CellType, Column, Row
from forms.steps import Unparsed
from reports.characters import pieces
from reports.columns import may_be_long
from reports.dictionary import own_label, said

FORMAT, NUMBER = "recueil-fiches", 1
"""What the hidden tab says of the file; the number goes up when an older reader would misread it."""

SHEETS, LISTS, README, MEMORY = "Fiches", "Listes", "Lisez-moi", "Recueil"
FIRST_SHEET = 3
"""The column of the first sheet in the tab « Fiches »: after the ids and the labels."""
OWNER, FIRST_CELL = 2, 3
"""In the tab of a table: the column that says whose the row is, and that of the first answer."""
ID_OF_SHEETS, ID_OF_MEMORY, ID_OF_TABLE = "recueil:fiches", "recueil:format", "recueil:table:"
CONTINUED = "suite"
"""In the hidden column: the row goes on with the texts of the row above."""
TICK = "x"
OWNER_COLUMN = Column("fiche", "Fiche", CellType.TEXT)
INSTRUCTIONS = (
    "Remplissez l’onglet « Fiches », dans les cases blanches, puis les onglets des tableaux. Tout le reste est "
    "verrouillé, sans mot de passe, pour qu’aucune question ne se perde en route.",
    "Une flèche apparaît dans les cases où la réponse se choisit. Alt et Entrée commencent une ligne dans un texte.",
    "Ce que vous laissez vide n’efface rien en ligne. Vous pouvez rendre le classeur à moitié rempli.",
    "Enregistrez-le au format Excel (.xlsx), sans mot de passe, même depuis LibreOffice.",
    "Pour le rendre : ouvrez la fiche dans Recueil, « Emporter la fiche », puis « Relire le classeur ». Recueil montre "
    "réponse par réponse ce qui a changé, et n’enregistre que ce que vous acceptez.",
    "Les fichiers joints (photos, affiches) ne voyagent pas dans le classeur : joignez-les en ligne.",
)
_AS_MANY_ROWS = 20
"""Rows of a table that one sheet has room for, beside those that it holds."""
_FEWER_ROWS = 4
"""The same for each sheet where there are several."""


@dataclass(frozen=True)
class Carried:
    """A sheet that is taken away.

    organisation: the centre as the form shows it. answers: JSON by question id; unparsed: what could
    not be read. marks: by question id, what one will know a change by. id: empty for a new sheet.
    """

    id: str = ""
    reference: str = ""
    revision: int = 0
    organisation: str = ""
    year: int | None = None
    answers: Mapping[str, Any] = field(default_factory=dict)
    unparsed: Mapping[str, Unparsed] = field(default_factory=dict)
    marks: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class TakeawayInput:
    """What the workbook is made from; the same input gives the same bytes.

    sheets: in order; those without id are columns to begin new sheets in. centres: what may be
    chosen as organisation, empty where it is not to be chosen. made_at: aware.
    """

    version: FormVersion
    sheets: tuple[Carried, ...]
    federation: str
    made_at: datetime
    centres: tuple[str, ...] = ()


class Shape(StrEnum):
    """What a row of the tab « Fiches » is."""

    SECTION = "section"
    QUESTION = "question"
    HEAD = "head"
    CHOICE = "choice"
    MORE = "more"


@dataclass(frozen=True)
class Line:
    """A row of the tab « Fiches ». id: empty where nothing is read. column: what its cells hold.

    at: number of that column among the question's own. part: 0, and more for the rows that go on
    with a text that is longer than a cell.
    """

    shape: Shape
    label: str
    help: str = ""
    id: str = ""
    question: Question | None = None
    column: Column | None = None
    at: int = 0
    part: int = 0
    long: bool = False


def to_fill(question: Question) -> list[tuple[int, Column]]:
    """The columns of a question that a person fills in: a list of ticks, not the words that sum them up."""
    columns = question.kind.columns(question)
    flags = [column.id for column in columns if column.type is CellType.FLAG]
    return [
        (at, column) for at, column in enumerate(columns) if not any(flag.startswith(f"{column.id}.") for flag in flags)
    ]


def held_rows(question: Question, sheet: Carried) -> list[Row]:
    """What a sheet holds for a question, readable or not, as wide as the question's columns."""
    if question.id in sheet.unparsed:
        return question.kind.cells_of_posted(question.id, list(sheet.unparsed[question.id].posted))
    answer = sheet.answers.get(question.id)
    return question.kind.cells(None if answer is None else question.kind.load(answer))


def shown(cell: Cell, column: Column) -> Cell:
    """A cell as the workbook holds it: a tick for 1, nothing for 0, numbers as numbers."""
    if column.type is CellType.FLAG:
        return TICK if cell else None
    return float(cell) if isinstance(cell, Decimal) else cell


def filled_rows(question: Question, sheet: Carried) -> list[Row]:
    """What the workbook shows of a sheet's answer: the cells of to_fill(), one row or one a line of the table."""
    wanted = to_fill(question)
    return [tuple(shown(row[at], column) for at, column in wanted) for row in held_rows(question, sheet)]


def mark_of_cells(rows: Iterable[Row]) -> str:
    """A short mark of what stands in the cells: equal as long as nobody has typed into them.

    rows: as in filled_rows(). Empty rows don't count.
    """
    said_ = [[_plain(cell) for cell in row] for row in rows]
    return content_hash([row for row in said_ if any(row)])[:16]


def _plain(cell: Cell) -> str:
    """The same text for a number written and read again, a day with or without an hour, and so on."""
    if cell is None:
        return ""
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else str(round(cell, 6))
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    return cell.isoformat() if isinstance(cell, date) else str(cell).replace("\r\n", "\n")


def filled_in(question: Question, sheet: Carried) -> Cell:
    """What the product fills in itself, None on a sheet where a person still has to say it."""
    return {Origin.CENTRE: sheet.organisation or None, Origin.CAMPAIGN: sheet.year}[cast(Origin, question.filled_from)]


def places_offered(question: Question, content: TakeawayInput) -> tuple[str, ...]:
    """The centres of which one is chosen for a new sheet."""
    return content.centres if question.filled_from is Origin.CENTRE else ()


def tables(version: FormVersion) -> list[Question]:
    """The questions that have a tab of their own; files travel another way."""
    return [question for question in version.questions if question.kind.own_tab and not question.kind.uploads]


def lines(version: FormVersion, sheets: Sequence[Carried], tab_of: Mapping[str, str]) -> list[Line]:
    """The rows of the tab « Fiches », in order. tab_of: question id → the title of its own tab."""
    found: list[Line] = []
    for section in version.sections:
        found.append(Line(Shape.SECTION, section.title, section.intro))
        for question in section.questions:
            found += _lines_of(question, version, sheets, tab_of)
    return found


def _lines_of(
    question: Question, version: FormVersion, sheets: Sequence[Carried], tab_of: Mapping[str, str]
) -> list[Line]:
    help = help_of(question, version)
    if question.kind.uploads:
        return [
            Line(Shape.HEAD, question.label, "Les fichiers se joignent en ligne : le classeur ne les contient pas.")
        ]
    if question.id in tab_of:
        where = f"À remplir dans l’onglet « {tab_of[question.id]} »."
        return [Line(Shape.HEAD, question.label, " ".join(filter(None, (help, where))))]
    columns = to_fill(question)
    if any(column.type is CellType.FLAG for _at, column in columns):
        return [Line(Shape.HEAD, question.label, help), *_choices_of(question, columns, sheets)]
    first, *others = columns
    beside = [
        Line(Shape.QUESTION, column.label, how_to_write(column), column.id, question, column, at)
        for at, column in others
    ]
    return [*_texts_of(question, *first, help, sheets), *beside]


def _choices_of(question: Question, columns: Sequence[tuple[int, Column]], sheets: Sequence[Carried]) -> Iterator[Line]:
    """A row a choice: those that are offered, and those that somebody had ticked."""
    held = [held_rows(question, sheet)[0] for sheet in sheets]
    for at, column in columns:
        if column.offered or any(row[at] for row in held):
            yield Line(Shape.CHOICE, own_label(question, column), "", column.id, question, column, at)


def _texts_of(question: Question, at: int, column: Column, help: str, sheets: Sequence[Carried]) -> Iterator[Line]:
    """The row of a question, and those that go on with it where a text is longer than a cell."""
    texts = [text for sheet in sheets if isinstance(text := _text_of(question, sheet), str)]
    yield Line(Shape.QUESTION, question.label, help, column.id, question, column, at, 0, may_be_long(question))
    for part in range(1, max((len(pieces(text)) for text in texts), default=1)):
        label, id = f"{question.short_label} (suite)", continued(column.id, part)
        yield Line(Shape.MORE, label, "", id, question, column, at, part, True)


def continued(id: str, part: int) -> str:
    """The id of a row that goes on with a text that is longer than a cell."""
    return f"{id}+{part}"


def _text_of(question: Question, sheet: Carried) -> Cell:
    return held_rows(question, sheet)[0][0] if question.typed else None


def help_of(question: Question, version: FormVersion) -> str:
    """What helps to answer on paper or in a cell: the question's own help, when it is asked, how to write it."""
    columns = [column for _at, column in to_fill(question)]
    parts = [condition_of(question, version), question.help]
    if question.typed and not question.kind.own_tab:
        parts.append(_how(question, columns))
    if question.required:
        parts.append("Demandée pour l’envoi.")
    return " ".join(filter(None, parts))


def condition_of(question: Question, version: FormVersion) -> str:
    """« À remplir seulement si “Statut” est “Terminée”. », empty for a question that is always asked."""
    if question.show_if is None:
        return ""
    when = said(question.show_if, {item.id: item for item in version.questions})
    return f"À remplir seulement {'s’' if when.startswith('il ') else 'si '}{when}."


def _how(question: Question, columns: Sequence[Column]) -> str:
    first = columns[0]
    if first.type is CellType.FLAG:
        return f"Mettez {TICK} en face de chaque réponse qui convient."
    return how_to_write(first, question.kind.json_schema().get("maxLength", 0))


def how_to_write(column: Column, longest: int = 0) -> str:
    """How a cell of that column is filled in, in a sentence; longest: characters, told where they are few."""
    if column.options:
        return "Choisissez dans la liste."
    match column.type:
        case CellType.NUMBER:
            return f"Un nombre en chiffres ({column.unit})." if column.unit else "Un nombre en chiffres."
        case CellType.AMOUNT:
            return "Un montant en euros, en chiffres."
        case CellType.DAY:
            return "Une date, par exemple 31/12/2026."
        case CellType.FLAG:
            return f"Mettez {TICK} si oui."
    return f"{longest} caractères au plus." if 0 < longest <= 500 else ""


def room(held: int, sheets: int) -> int:
    """How many rows the tab of a table has, of which so many hold something."""
    return held + (_AS_MANY_ROWS if sheets == 1 else max(_AS_MANY_ROWS, _FEWER_ROWS * sheets))


def name_of(number: int) -> str:
    """What a sheet is called in the workbook, from 1: above its column, and in the rows of the tables."""
    return f"Fiche {number}"
