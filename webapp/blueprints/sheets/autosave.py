"""Saving what a page's script sends, answer by answer, while its person goes on typing."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Response, abort, jsonify, request
from flask.typing import ResponseReturnValue

from forms.definition import FormVersion
from forms.kinds import Kind
from forms.steps import StepReading, read_questions
from forms.values import Refused
from forms.wire import pairs_of, spliced
from webapp import errors
from webapp.blueprints.sheets import replies
from webapp.blueprints.sheets.frame import blueprint, own_sheet, version_of
from webapp.clock import now
from webapp.database import db
from webapp.guard import current_actor, needs
from webapp.models import Sheet
from webapp.policy import Act
from webapp.queries.versions import form_of
from webapp.services import sheets as services
from webapp.services.sheets import Saved, mark_of
from webapp.sheet_progress import saved_in_words

UNSEEN = "-"
"""The mark of what its sender can't have seen: it is like no stored one."""


class Whole(Exception):  # noqa: N818 (a wish, not an error)
    """An edit of a text that is no longer the one that was edited: the whole text is wanted."""


@blueprint.patch("/fiches/<uuid:id>/reponses")
@needs(Act.SHEET_WRITE)
def autosave(id: UUID) -> ResponseReturnValue:
    """Keep these answers; the acknowledgement leaves after the commit.

    In: JSON with base_revision (the sheet's, as the page last heard of it), answers (by question
    id, see `forms.wire.pairs_of`; a reply to the federation by its control's name), and if it
    wishes edits (of long texts, `forms.wire.spliced`), seen (the marks of what stood on the page: a
    finer base than the revision) and confirm (ids of the questions whose carried answer somebody
    has read again).
    Out: 200, or 409 where another answer has come in between (nothing of that question is written). refused:
    replies that were not kept, each with the reason.
    """
    sheet, message = own_sheet(id), _message()
    names, words = _replies(sheet, message)
    try:
        said = _said(sheet, version_of(sheet), message)
    except Whole:
        return jsonify(status=409, reason="whole", message=errors.SENTENCES[409]), 409
    reading = read_questions([version_of(sheet).question(question) for question in said], _pairs(said), sheet.answers)
    try:
        seen = _seen(sheet, message, said)
        saved = services.save(id, reading, actor=current_actor(), at=now(), seen=seen, confirmed=_confirmed(message))
    except Refused as refused:
        db.session.rollback()
        return jsonify(status=409, reason="closed", message=refused.message), 409
    kept = replies.keep(names, words, message["seen"], at=now())
    return _acknowledged(id, reading, saved, message["base_revision"], kept)


def _message() -> dict[str, Any]:
    """The request's own words, as far as they have a shape; else 400."""
    shape = {"base_revision": int, "answers": dict, "edits": dict, "seen": dict, "confirm": list}
    filled: dict[str, Any] = {"answers": {}, "edits": {}, "seen": {}, "confirm": []}
    try:
        message = request.get_json()
    except RecursionError:
        abort(400)
    if not isinstance(message, dict) or (filled | message).keys() != shape.keys():
        abort(400)
    filled |= message
    if not all(type(filled[name]) is kind for name, kind in shape.items()):
        abort(400)
    return filled


def _confirmed(message: Mapping[str, Any]) -> list[str]:
    if not all(isinstance(question, str) for question in message["confirm"]):
        abort(400)
    return list(message["confirm"])


def _replies(sheet: Sheet, message: dict[str, Any]) -> tuple[dict[str, UUID], dict[str, str]]:
    """The message's replies to the federation, taken out of it: (query by control, words by control)."""
    names = replies.sent(sheet, message["answers"])
    words = {name: message["answers"].pop(name) for name in names}
    if not all(isinstance(text, str) for text in words.values()):
        abort(400)
    return names, words


def _said(sheet: Sheet, version: FormVersion, message: Mapping[str, Any]) -> dict[str, Any]:
    """What was said for each question; what nobody is asked is refused with 422, what has no shape with 400."""
    said = dict(message["answers"])
    for question in {*said, *message["edits"]}:
        if question not in version or not version.question(question).typed:
            abort(422, description="Cette question n’est pas dans la fiche\u00a0: rechargez la page.")
    for question, edit in message["edits"].items():
        if message["seen"].get(question) != _mark(sheet, question):
            raise Whole
        try:
            said[question] = spliced(_stored_text(sheet, version.question(question).kind, question), edit)
        except ValueError:
            abort(400)
        if said[question] is None:
            raise Whole
    return said


def _stored_text(sheet: Sheet, kind: Kind, question: str) -> str:
    """What stands in the question's one control, as the page has it."""
    if question in sheet.unparsed:
        texts = [text for _name, text in sheet.unparsed[question]["posted"]]
    elif question in sheet.answers:
        texts = [text for _name, text in kind.posted(question, kind.load(sheet.answers[question]))]
    else:
        texts = [""]
    if len(texts) != 1:
        raise ValueError(f"{question} has several controls")
    return texts[0].replace("\r\n", "\n")


def _pairs(said: Mapping[str, Any]) -> list[tuple[str, str]]:
    try:
        return [pair for question, answer in said.items() for pair in pairs_of(question, answer)]
    except ValueError:
        abort(400)


def _seen(sheet: Sheet, message: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, str]:
    """The marks of what the page showed; without one, what has changed since its revision was not seen."""
    since = {question for question, at in sheet.field_revisions.items() if at > message["base_revision"]}
    marks = dict.fromkeys(since & said.keys(), UNSEEN)
    return marks | {question: str(mark) for question, mark in message["seen"].items()}


def _mark(sheet: Sheet, question: str) -> str:
    return mark_of(sheet.answers.get(question), sheet.unparsed.get(question))


def _acknowledged(id: UUID, reading: StepReading, saved: Saved, base: int, kept: replies.Kept) -> tuple[Response, int]:
    fields = dict.fromkeys(saved.marks.keys() - saved.stale, "ok")
    fields |= {question: item.error for question, item in reading.unparsed.items() if question in fields}
    saved_at = own_sheet(id).updated_at if kept.marks else saved.saved_at
    answer: dict[str, Any] = {
        "revision": saved.revision,
        "saved_at": saved_at.isoformat(),
        "said": saved_in_words(saved_at, saved.state, at=now()),
        "fields": fields | dict.fromkeys(kept.marks, "ok"),
        "marks": {question: saved.marks[question] for question in fields} | kept.marks,
        "refused": kept.refused,
        "changed": sorted(
            question for question, at in saved.field_revisions.items() if at > base and question not in saved.marks
        ),
    }
    if not saved.stale and not kept.conflicts:
        return jsonify(answer), 200
    answer |= {"status": 409, "reason": "stale", "message": errors.SENTENCES[409]}
    return jsonify(answer | {"conflicts": _conflicts(own_sheet(id), saved) | kept.conflicts}), 409


def _conflicts(sheet: Sheet, saved: Saved) -> dict[str, dict[str, str]]:
    """The others' answers, as text, for the page to show beside one's own."""
    version = form_of(sheet.form_version)
    found = {}
    for question in sorted(saved.stale):
        kind = version.question(question).kind
        stored = sheet.answers.get(question)
        text = "" if stored is None else kind.text(kind.load(stored))
        if question in sheet.unparsed:
            text = "\n".join(typed for _name, typed in sheet.unparsed[question]["posted"])
        found[question] = {"mark": _mark(sheet, question), "text": text}
    return found
