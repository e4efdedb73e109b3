"""What earlier years bring to a sheet's pages: marks, their answers beside the boxes, and what is confirmed."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from forms.carry_over import Earlier, Mark, renewal, settled_by_saving, to_reread
from forms.definition import Question, Section
from forms.document import ReadItem
from forms.french import plural
from forms.steps import Missing, StepReading
from forms.values import Refused
from forms.years import difference
from webapp.blueprints.sheets.frame import blueprint, version_of
from webapp.clock import now
from webapp.database import db
from webapp.guard import current_actor, needs, refuse_unless
from webapp.models import Sheet
from webapp.policy import Act
from webapp.queries.actions import earlier
from webapp.queries.sheets import find
from webapp.services import sheets as services

REARRANGING = frozenset({"_add_row", "_remove_row", "_remove_file"})
"""Buttons that keep a step open in the middle of the work: pressing them is not yet saying that the rest holds."""


@dataclass(frozen=True)
class Figure:
    """An earlier year's figure: in words, as a plain number for scripts, and how this year's differs from it."""

    text: str
    plain: str
    change: str


@dataclass(frozen=True)
class Beside:
    """What an earlier year puts beside a question.

    mark: its answer is carried and counts for nothing yet; reread: until somebody says that they read it again, which
    ticked says on a page that was refused. last: what was answered in source, a figure or something to unfold.
    """

    question: Question
    mark: Mark | None
    reread: bool = False
    ticked: bool = False
    source: Mark | None = None
    last: ReadItem | None = None
    figure: Figure | None = None
    file_url: Callable[[str], str] | None = None


def of_step(sheet: Sheet, part: Section, *, ticked: Collection[str] = ()) -> dict[str, Beside]:
    """What stands beside the questions of a step, by question id; questions without anything are left out."""
    version = version_of(sheet)
    brought = renewal(version, earlier(sheet.action_id, before=sheet.campaign.year))
    rereads = to_reread(version, sheet.carried)
    found = {}
    for question in part.typed:
        id = question.id
        mark = Mark.from_json(sheet.carried[id]) if id in sheet.carried else None
        one = brought.beside.get(id)
        if one is not None and not (mark and _stands_whole(sheet, question, one)):
            found[id] = _with_last(sheet, question, one, mark, id in rereads, id in ticked)
        elif mark is not None:
            found[id] = Beside(question, mark, id in rereads, id in ticked)
    return found


def _stands_whole(sheet: Sheet, question: Question, one: Earlier) -> bool:
    """Whether the box holds already all that would be shown beside it."""
    return bool(sheet.answers.get(question.id) == one.answers[question.id])


def _with_last(sheet: Sheet, question: Question, one: Earlier, mark: Mark | None, reread: bool, ticked: bool) -> Beside:
    item = one.item(question.id)
    figure = item.question.kind.figure(item.value)
    return Beside(
        question,
        mark,
        reread,
        ticked,
        one.mark,
        item,
        None if figure is None else _figure(sheet, question, item, figure, one),
        lambda file_id: url_for("sheets.file", id=one.sheet, file_id=file_id),
    )


def _figure(sheet: Sheet, question: Question, item: ReadItem, before: Decimal, one: Earlier) -> Figure:
    text = item.question.kind.figure_text(before, unit=True)
    stored = sheet.answers.get(question.id)
    after = None if stored is None else question.kind.figure(question.kind.load(stored))
    change = "" if after is None else difference(question, before, after, one.mark.source)
    return Figure(text, str(before), change)


def confirmed(sheet: Sheet, part: Section) -> frozenset[str]:
    """The questions that a posted step confirms: those ticked, and once it is saved those that only had to be seen."""
    ids = {question.id for question in part.typed}
    ticked = ids & set(request.form.getlist("_confirm"))
    if REARRANGING & request.form.keys():
        return frozenset(ticked)
    return settled_by_saving(version_of(sheet), ids & set(request.form.getlist("_asked")), sheet.carried) | ticked


@dataclass(frozen=True)
class Waiting:
    """A carried answer that keeps the sheet from being sent: what to do, and whether it has to be read again."""

    question: Question
    mark: Mark
    message: str
    reread: bool


def waiting(sheet: Sheet, missing: Iterable[Missing]) -> list[Waiting]:
    """Those of what is missing that only wait to be confirmed, in the form's order."""
    version = version_of(sheet)
    rereads = to_reread(version, sheet.carried)
    return [
        Waiting(
            version.question(item.question),
            Mark.from_json(sheet.carried[item.question]),
            item.message,
            item.question in rereads,
        )
        for item in missing
        if item.question in sheet.carried
    ]


def in_words(sheet: Sheet) -> str:
    """What a sheet that was just begun has taken over; nothing where it took nothing."""
    if not sheet.carried:
        return ""
    version = version_of(sheet)
    sources = {Mark.from_json(mark) for mark in sheet.carried.values()}
    newest = max(sources, key=lambda mark: mark.year)
    texts = len(to_reread(version, sheet.carried))
    said = f"{plural(len(sheet.carried), 'réponse est reprise', 'réponses sont reprises')} de {newest.source}"
    return f"{said}, dont {plural(texts, 'texte', 'textes')} à relire." if texts else f"{said}."


@blueprint.post("/fiches/<uuid:id>/confirmer")
@needs(Act.SHEET_WRITE)
def confirm(id: UUID) -> ResponseReturnValue:
    """From the recap: what these carried answers say still holds."""
    sheet = refuse_unless(Act.SHEET_WRITE, find(id))
    wanted = [question for question in request.form.getlist("_confirm") if question in version_of(sheet)]
    try:
        services.save(id, StepReading({}, frozenset(), {}), actor=current_actor(), at=now(), confirmed=wanted)
    except Refused as refused:
        db.session.rollback()
        flash(refused.message, "error")
    anchor = f"reponse-{wanted[0]}" if len(wanted) == 1 else None
    return redirect(url_for("sheets.check", id=id, _anchor=anchor), 303)
