"""The page of one step: what is kept, or what was typed, with everything that stands around it."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from flask import render_template, request, url_for

from forms import steps
from forms.checks import Doubt
from forms.conditions import questions_in
from forms.definition import FormVersion, Question, Section
from forms.document import AnswerStatus, ReadItem
from forms.document import reading as read_answers
from forms.steps import Control, StepReading
from webapp import query_words
from webapp.blueprints.sheets import carrying, counts, replies, sure
from webapp.blueprints.sheets.frame import unparsed_of, version_of
from webapp.blueprints.sheets.replies import Reply
from webapp.blueprints.sheets.sure import Said, Shown
from webapp.blueprints.sheets.uploads import Upload
from webapp.clock import now
from webapp.models import Sheet
from webapp.queries import sheets as queries
from webapp.queries.doubts import doubts_of, still_open
from webapp.queries.openings import open_questions
from webapp.services.sheets import mark_of
from webapp.services.snapshots import frozen_answers
from webapp.sheet_progress import progress_of, saved_in_words

STALE = (
    "Cette réponse a changé entre-temps, dans un autre onglet ou par quelqu’un d’autre. "
    "Gardez la bonne, puis enregistrez de nouveau."
)


def posted(sheet: Sheet, part: Section) -> StepReading:
    """What the browser posted, read with the questions that stood on its page."""
    return steps.read_step(version_of(sheet), part, _pairs(), set(request.form.getlist("_asked")), sheet.answers)


def _pairs() -> list[tuple[str, str]]:
    """What was posted, without the row that the button takes away."""
    gone = request.form.get("_remove_row", "")
    return [(name, text) for name, text in request.form.items(multi=True) if not (gone and name.startswith(f"{gone}-"))]


def posted_for(sheet: Sheet, questions: Collection[Question]) -> StepReading:
    """The same of these questions, in whatever steps they stand."""
    asked = set(request.form.getlist("_asked"))
    return steps.read_questions([item for item in questions if item.id in asked], _pairs(), sheet.answers)


def seen() -> dict[str, str]:
    """The marks of what stood on the page, by question id."""
    return {question: mark for question, _, mark in (text.partition(":") for text in request.form.getlist("_seen"))}


def render(
    sheet: Sheet,
    part: Section,
    *,
    upload: Upload | None = None,
    said: Sequence[Reply] = (),
    confirmed: Sequence[Said] = (),
    stale: Collection[str] = (),
    typed: bool = False,
) -> str:
    """The step with what is stored.

    upload, said, confirmed: what was posted beside the answers and refused. typed: answers as they were
    posted, since nothing was saved. stale: questions of which only the others' answer is stored.
    """
    version = version_of(sheet)
    asked = queries.queries_on(sheet.id)
    opened = open_questions(sheet, asked)
    controls = _controls(sheet, part, opened, None if typed else stale)
    doubted, left = _doubted(sheet, part, confirmed)
    return render_template(
        "pages/sheets/step.html",
        sheet=sheet,
        section=part,
        controls=controls,
        conditions=_conditions(version, {control.question.id for control in controls}, sheet.answers),
        errors=_errors(controls, upload, said, stale) + _reasons(version, doubted),
        saved_rest=not typed,
        theirs={question: _as_text(version, question, sheet.answers) for question in stale},
        seen={item.id: mark_of(sheet.answers.get(item.id), sheet.unparsed.get(item.id)) for item in part.typed},
        **_read_only(sheet, part, opened),
        threads=replies.by_question(asked, said),
        besides=carrying.of_step(sheet, part, ticked=request.form.getlist("_confirm") if typed else ()),
        upload=upload or Upload(),
        **_beside(sheet, doubted, opened),
        progress=progress_of(sheet, asked, left),
        saved=saved_in_words(sheet.updated_at, sheet.state, at=now()),
        number=[section.id for section in version.sections].index(part.id) + 1,
        file_url=lambda file_id: _file_url(sheet.id, file_id),
    )


def _doubted(sheet: Sheet, part: Section, confirmed: Sequence[Said]) -> tuple[list[Shown], tuple[Doubt, ...]]:
    """The doubts of a step to be shown, and all those of the sheet that nobody has confirmed."""
    told = doubts_of(sheet)
    own = {question.id for question in part.questions}
    return sure.shown(sheet, [doubt for doubt in told if doubt.question in own], confirmed), still_open(sheet, told)


def _read_only(sheet: Sheet, part: Section, opened: Collection[str] | None) -> dict[str, Any]:
    """What is read on the step and not typed: filled in by the product, or not to be corrected."""
    return {
        "filled": _read(sheet, [question.id for question in part.questions if not question.typed]),
        "closed": _read(sheet, [item.id for item in part.typed if opened is not None and item.id not in opened]),
        "limited": opened is not None,
    }


def _read(sheet: Sheet, questions: Sequence[str]) -> list[ReadItem]:
    """The answers of a step that are read there and not typed, without what is not asked."""
    if not questions:
        return []
    document = read_answers(version_of(sheet), frozen_answers(sheet))
    items = [document.item(question) for question in questions]
    return [item for item in items if item.status is not AnswerStatus.NOT_ASKED]


def _controls(
    sheet: Sheet, part: Section, opened: Collection[str] | None, only: Collection[str] | None
) -> tuple[Control, ...]:
    """The step's controls; with what was posted instead of what is stored, for all questions or only for these.

    opened: the questions that may be changed, None where all may.
    """
    over = posted(sheet, part) if only is None or only else StepReading({}, frozenset(), {})
    answers, unparsed = dict(sheet.answers), dict(unparsed_of(sheet))
    for question in {*over.answers, *over.cleared, *over.unparsed}:
        if only is None or question in only:
            answers.pop(question, None)
            unparsed.pop(question, None)
            answers |= {id: answer for id, answer in over.answers.items() if id == question}
            unparsed |= {id: item for id, item in over.unparsed.items() if id == question}
    found = steps.controls(version_of(sheet), part, answers, unparsed, every=True)
    return tuple(control for control in found if opened is None or control.question.id in opened)


def _conditions(version: FormVersion, own: Collection[str], answers: Mapping[str, Any]) -> dict[str, Any] | None:
    """What the page needs to judge by itself which of its own questions are asked; nothing where all are."""
    needed: set[str] = set()
    for question in reversed(version.questions):
        if question.id in needed or (question.id in own and question.show_if):
            needed |= {question.id} | questions_in(question.show_if)
    if not needed:
        return None
    asked = [question for question in version.questions if question.id in needed]
    return {
        "questions": [[item.id, item.show_if.to_json() if item.show_if else None] for item in asked],
        "answers": {item.id: answers[item.id] for item in asked if item.id in answers and item.id not in own},
    }


def _errors(
    controls: Sequence[Control], upload: Upload | None, said: Sequence[Reply], stale: Collection[str]
) -> list[tuple[str, str]]:
    """Every error of the page with the id of its control."""
    errors = [
        (name, f"{control.question.short_label}\u00a0: {error}")
        for control in controls
        if control.shown
        for name, error in (*([(control.question.id, STALE)] if control.question.id in stale else ()), *control.faults)
    ]
    errors += [(f"{upload.question}-new", upload.error)] if upload else []
    return errors + [(replies.control_name(reply.query_id), reply.error) for reply in said if reply.error]


def _reasons(version: FormVersion, doubted: Sequence[Shown]) -> list[tuple[str, str]]:
    return sure.errors(doubted, {question.id: question.short_label for question in version.questions})


def _beside(sheet: Sheet, doubted: Sequence[Shown], opened: Collection[str] | None) -> dict[str, Any]:
    """What stands beside the answers: figures offered by texts, doubts by question, and words for all of it."""
    version = version_of(sheet)
    by_question: dict[str, list[Shown]] = {}
    for one in doubted:
        by_question.setdefault(one.doubt.question, []).append(one)
    offers = counts.offered(version, sheet.answers)
    if opened is not None:
        offers = {text: [one for one in found if one.question in opened] for text, found in offers.items()}
    return {
        "offers": offers,
        "doubts": by_question,
        "reasons": query_words.REASONS,
        "query_states": query_words.STATES,
        "named": lambda question: version.question(question).short_label,
    }


def _file_url(sheet_id: UUID, file_id: str) -> str:
    return url_for("sheets.file", id=sheet_id, file_id=file_id)


def _as_text(version: FormVersion, question: str, answers: dict[str, Any]) -> str:
    kind = version.question(question).kind
    return kind.text(kind.load(answers[question])) if question in answers else ""


def render_not_saved(sheet: Sheet, part: Section, reason: str) -> str:
    """What was typed into a step that can't be saved any more, to be copied."""
    version = version_of(sheet)
    reading = posted(sheet, part)
    kept = [(question.label, _typed_text(version, question.id, reading, sheet)) for question in part.typed]
    kept += [("Votre réponse à la fédération", reply.text) for reply in replies.posted(sheet, part)]
    kept += [("Sûr\u202f? Pourquoi", one.reason) for one in sure.posted()]
    return render_template(
        "pages/sheets/not_saved.html", sheet=sheet, section=part, reason=reason, kept=[item for item in kept if item[1]]
    )


def _typed_text(version: FormVersion, question: str, reading: StepReading, sheet: Sheet) -> str:
    """What was typed for a question, as text; nothing where it is stored already."""
    if question in reading.unparsed:
        return version.question(question).kind.written(question, list(reading.unparsed[question].posted))
    if question not in reading.answers or reading.answers[question] == sheet.answers.get(question):
        return ""
    return _as_text(version, question, reading.answers)
