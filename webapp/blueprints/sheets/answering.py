"""A query answered from its mail: the link opens that one question, without signing in."""

from dataclasses import dataclass, field
from typing import Any

from flask import Response, make_response, render_template, request
from flask.typing import ResponseReturnValue

from forms import steps
from forms.conditions import Visibility
from forms.definition import Question
from forms.reopening import dependents
from forms.steps import Control, StepReading, Unparsed
from forms.values import Refused
from webapp.blueprints.sheets import step_page
from webapp.blueprints.sheets.frame import blueprint, unparsed_of, version_of
from webapp.clock import now
from webapp.database import db
from webapp.guard import needs
from webapp.limits import limiter
from webapp.models import Query, Sheet, User
from webapp.policy import Act, decide
from webapp.queries import accounts, answering, openings, sheets
from webapp.queries.things import thing_of
from webapp.query_words import REASONS
from webapp.services import query_links
from webapp.services.sheets import mark_of
from webapp.vocabulary import PersonalPurpose, QueryState, RoleName

BY_MACHINE = "30 per minute"
REARRANGING = frozenset({"_add_row", "_remove_row"})


@dataclass(frozen=True)
class Opened:
    """What a link opens: the query, whose link it is, and why it can't be answered now, if so."""

    query: Query
    user: User
    closed: str = ""

    @property
    def sheet(self) -> Sheet:
        """The sheet of the query."""
        return self.query.sheet


@dataclass(frozen=True)
class Posted:
    """What was posted and refused: errors by the id of their control, and the words for the federation."""

    errors: dict[str, str] = field(default_factory=dict)
    words: str = ""
    reading: StepReading = field(default_factory=lambda: StepReading({}, frozenset(), {}))


@blueprint.get("/reponse/<token>")
@needs(Act.LINK_USE)
def reply_by_link(token: str) -> ResponseReturnValue:
    """The question, as it stands; looking uses nothing up."""
    opened = _opened(token)
    return _page(opened) if opened is not None else _gone()


@blueprint.post("/reponse/<token>")
@needs(Act.LINK_USE)
@limiter.limit(BY_MACHINE)
def save_by_link(token: str) -> ResponseReturnValue:
    """Keep the answer and the words; what is wrong is said beside its control and nothing is lost."""
    opened = _opened(token)
    if opened is None:
        return _gone()
    if opened.closed:
        return _page(opened)
    sheet, words = opened.sheet, request.form.get("reply", "")
    reading, seen = step_page.posted_for(sheet, _questions(opened)), step_page.seen()
    try:
        if REARRANGING & request.form.keys() or _adds(opened, reading):
            query_links.save(token, reading, seen=seen, at=now())
            return _page(_opened(token) or opened, Posted(words=words), status=200)
        query_links.answer(token, reading, words=words, seen=seen, at=now())
    except Refused as refused:
        db.session.rollback()
        again = _opened(token)
        if again is None:
            return _gone()
        errors = {id: item.error for id, item in reading.unparsed.items()}
        errors |= {refused.question or "reply": refused.message}
        return _page(again, Posted(errors, words, reading), status=422)
    return _done(opened)


def _opened(token: str) -> Opened | None:
    """What that link opens for its person, as things stand now."""
    found = answering.by_link(token, PersonalPurpose.QUERY, at=now())
    if found is None:
        return None
    query, user = found
    decision = decide(accounts.actor_of(user), Act.QUERY_ANSWER, thing_of(query.sheet))
    if not decision.visible or (not decision.allowed and decision.state is None):
        return None
    if query.state is QueryState.CLOSED:
        return Opened(query, user, "La fédération a fermé cette demande\u00a0: il n’y a plus rien à répondre.")
    if not decision.allowed:
        return Opened(query, user, "La fiche a été renvoyée à la fédération depuis\u00a0: elle n’est plus à corriger.")
    return Opened(query, user)


def _questions(opened: Opened) -> list[Question]:
    """The question asked about, and those that come up by its answer; files are joined after signing in."""
    version = version_of(opened.sheet)
    ids = dependents(version, {opened.query.question})
    return [question for question in version.questions if question.id in ids and not question.kind.uploads]


def _controls(opened: Opened, posted: Posted) -> tuple[Control, ...]:
    """The controls of what is asked, with what was posted instead of what is stored."""
    sheet, said = opened.sheet, posted.reading
    touched = {*said.answers, *said.cleared, *said.unparsed}
    answers = {id: answer for id, answer in sheet.answers.items() if id not in touched} | said.answers
    unparsed: dict[str, Unparsed] = {id: item for id, item in unparsed_of(sheet).items() if id not in touched}
    found = steps.controls_of(version_of(sheet), _questions(opened), answers, unparsed | said.unparsed)
    own = opened.query.question
    return tuple(one for one in found if one.question.id == own or one.visibility is Visibility.SHOWN)


def _adds(opened: Opened, reading: StepReading) -> bool:
    """Whether the answer brings up a question that was not on the page: it is shown before the link is used up."""
    if reading.unparsed:
        return False
    shown = {control.question.id for control in _controls(opened, Posted(reading=reading))}
    return bool(shown - set(request.form.getlist("_asked")))


def _page(opened: Opened, posted: Posted | None = None, *, status: int | None = None) -> Response:
    sheet, said = opened.sheet, posted or Posted()
    controls = () if opened.closed else _controls(opened, said)
    page = render_template(
        "pages/sheets/reply.html",
        query=opened.query,
        sheet=sheet,
        closed=opened.closed,
        reason=REASONS[opened.query.reason],
        question=version_of(sheet).question(opened.query.question),
        controls=controls,
        seen={one.question.id: mark_of(_stored(sheet, one), sheet.unparsed.get(one.question.id)) for one in controls},
        added=bool(posted) and status == 200,
        errors=said.errors,
        words=said.words,
    )
    return _private(page, status or (409 if opened.closed else 200))


def _stored(sheet: Sheet, control: Control) -> Any:
    return sheet.answers.get(control.question.id)


def _done(opened: Opened) -> Response:
    """What is left to do."""
    roles = {role.name for role in opened.user.roles if role.centre_id == opened.sheet.centre_id}
    page = render_template(
        "pages/sheets/replied.html",
        sheet=opened.sheet,
        left=len(openings.awaiting(opened.sheet, sheets.queries_on(opened.sheet.id))),
        sends=RoleName.RESPONSIBLE in roles,
    )
    return _private(page, 200)


def _gone() -> Response:
    return _private(render_template("pages/sheets/reply_gone.html"), 410)


def _private(page: str, status: int) -> Response:
    """The page of a link: kept by nobody, and its address told to nobody."""
    response = make_response(page, status)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
