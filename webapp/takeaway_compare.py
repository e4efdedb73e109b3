"""A workbook that comes back beside what is online: answer by answer, with what is proposed."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from forms.conditions import Visibility, visibility
from forms.definition import FormVersion, Question
from forms.document import AnswerStatus, ReadItem
from forms.steps import StepReading, Unparsed
from reports.takeaway.book import Problem
from reports.takeaway.layout import condition_of
from reports.takeaway.reading import TakenAnswer, TakenSheet
from webapp.models import Sheet
from webapp.queries.openings import open_questions
from webapp.queries.versions import form_of
from webapp.services.sheets import mark_of


class Word(StrEnum):
    """What a person says of a proposed answer."""

    ACCEPT = "accepter"
    KEEP = "garder"


@dataclass(frozen=True)
class Side:
    """One of the two answers: read, or what was typed and can't be read."""

    item: ReadItem
    typed: str = ""


@dataclass(frozen=True)
class Offer:
    """A question on which the workbook differs from what is online.

    mark: of what is online now. moved: it has changed since the workbook was made. erases: the
    workbook's cells were emptied. condition: when the question is asked, where it is not asked now.
    """

    question: Question
    section: str
    online: Side
    taken: Side
    problems: tuple[Problem, ...]
    mark: str
    moved: bool
    erases: bool
    condition: str
    word: Word


@dataclass(frozen=True)
class Comparison:
    """Everything that differs, how many answers are the same, and what the workbook no longer holds.

    closed: questions on which it differs and that are not to be corrected: nothing of them is taken.
    """

    offers: tuple[Offer, ...]
    same: int
    problems: tuple[Problem, ...]
    closed: tuple[Question, ...] = ()


def compare(sheet: Sheet, taken: TakenSheet, words: Mapping[str, str] | None = None) -> Comparison:
    """Compare. words: by question id, what the person has said already. Needs sheet.form_version."""
    version = form_of(sheet.form_version)
    offers: list[Offer] = []
    closed: list[Question] = []
    same, opened = 0, open_questions(sheet)
    seen = visibility(version, {**sheet.answers, **_said(taken)})
    for question in version.questions:
        answer = taken.answers.get(question.id)
        if answer is None:
            continue
        if not answer.touched or _mark(answer) == _online(sheet, question.id):
            same += question.id in sheet.answers
            continue
        if opened is not None and question.id not in opened:
            closed.append(question)
            continue
        asked = seen[question.id] is Visibility.SHOWN
        offers.append(
            _offer(sheet, version, question, answer, "" if asked else condition_of(question, version), words or {})
        )
    return Comparison(tuple(offers), same, taken.problems, tuple(closed))


def _said(taken: TakenSheet) -> dict[str, Any]:
    return {id: answer.answer for id, answer in taken.answers.items() if answer.touched and answer.answer is not None}


def _mark(answer: TakenAnswer) -> str:
    return mark_of(answer.answer, answer.unparsed and answer.unparsed.to_json())


def _online(sheet: Sheet, question: str) -> str:
    return mark_of(sheet.answers.get(question), sheet.unparsed.get(question))


def _offer(
    sheet: Sheet,
    version: FormVersion,
    question: Question,
    answer: TakenAnswer,
    condition: str,
    words: Mapping[str, str],
) -> Offer:
    mark = _online(sheet, question.id)
    moved, erases = mark != answer.base, answer.answer is None and answer.unparsed is None
    loses = erases or (answer.unparsed is not None and question.id in sheet.answers)
    proposed = Word.KEEP if moved or loses else Word.ACCEPT
    kept = sheet.unparsed.get(question.id)
    return Offer(
        question,
        version.section_of(question.id).title,
        _side(question, sheet.answers.get(question.id), Unparsed.from_json(kept) if kept else None),
        _side(question, answer.answer, answer.unparsed),
        answer.problems,
        mark,
        moved,
        erases,
        condition,
        Word(words[question.id]) if words.get(question.id) in set(Word) else proposed,
    )


def _side(question: Question, answer: Any, unparsed: Unparsed | None) -> Side:
    if unparsed is not None:
        answer = None
    value = None if answer is None else question.kind.load(answer)
    status = AnswerStatus.NOT_ANSWERED if value is None else AnswerStatus.ANSWERED
    item = ReadItem(question, status, value, "" if value is None else question.kind.text(value))
    return Side(item, question.kind.written(question.id, list(unparsed.posted)) if unparsed else "")


def accepted(taken: TakenSheet, questions: Collection[str]) -> StepReading:
    """What the workbook says for these questions, as a step that is saved says it."""
    chosen = [answer for answer in taken.answers.values() if answer.question in questions]
    return StepReading(
        {answer.question: answer.answer for answer in chosen if answer.answer is not None},
        frozenset(answer.question for answer in chosen if answer.answer is None and answer.unparsed is None),
        {answer.question: answer.unparsed for answer in chosen if answer.unparsed is not None},
    )
