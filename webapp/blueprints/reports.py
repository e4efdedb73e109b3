"""Reports on the web: ask, watch, fetch, hand over."""

from uuid import UUID

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as Redirect

from forms.values import Refused, clean_text
from reports.catalogue import REPORTS, ReportKind
from webapp import job_words, storage
from webapp.clock import now
from webapp.database import db
from webapp.guard import can, current_actor, needs, refuse_unless
from webapp.models import Federation, ReportRun
from webapp.policy import Act, territory_of
from webapp.queries import reports as queries
from webapp.queries.report_selection import Selection
from webapp.services import jobs, reports
from webapp.vocabulary import JobState, RoleName

blueprint = Blueprint("reports", __name__, url_prefix="/rapports")

OFFERED = (ReportKind.BOOK, ReportKind.WORKBOOK, ReportKind.JSON, ReportKind.ARCHIVE)
"""The reports of many sheets; a single sheet's PDF stands on its own page."""

STATE_WORDS = job_words.STATES | {JobState.DONE: "Prêt"}


@blueprint.get("")
@needs(Act.REPORT_LIST)
def index() -> str:
    """The reports made, and the form to ask for one."""
    return _index(MultiDict(request.args), {})


def _index(chosen: MultiDict[str, str], errors: dict[str, str]) -> str:
    federations = queries.federations(current_actor())
    offers = [queries.offer(current_actor(), federation) for federation in federations]
    return render_template(
        "pages/reports/index.html",
        runs=queries.visible(current_actor()),
        offers=offers,
        reports=[REPORTS[kind] for kind in OFFERED],
        chosen=chosen,
        errors=errors,
        state_words=STATE_WORDS,
    )


@blueprint.post("")
@needs(Act.REPORT_MAKE)
def ask() -> ResponseReturnValue:
    """Ask for a report; its page then shows how far it is."""
    federation = refuse_unless(Act.REPORT_MAKE, _federation(request.form.get("federation", "")))
    kind = request.form.get("kind", "")
    try:
        if kind not in OFFERED:
            raise Refused("Choisissez un type de rapport.", question="kind")
        run = reports.request(
            ReportKind(kind),
            _selection(federation, request.form),
            federation=federation,
            title=clean_text(request.form.get("title", ""))[:200],
            actor_id=current_actor().user_id,
            at=now(),
        )
    except Refused as refused:
        db.session.rollback()
        return _index(request.form, {refused.question or "kind": refused.message}), 422
    return redirect(url_for("reports.show", id=run.id), 303)


def _federation(text: str) -> Federation | None:
    try:
        return db.session.get(Federation, UUID(text))
    except ValueError:
        return None


def _selection(federation: Federation, form: MultiDict[str, str]) -> Selection:
    """What the form narrows the report to. Raises Refused for what no form of ours posts."""
    offered = queries.offer(current_actor(), federation)
    years_offered = {str(year): year for year in offered.years}
    centres_offered = {centre: UUID(centre) for centre, _name in offered.centres}
    try:
        years = tuple(sorted({years_offered[year] for year in form.getlist("years")}))
        centres = tuple(centres_offered[centre] for centre in form.getlist("centres"))
    except KeyError as error:
        raise Refused("Choisissez dans les listes.", question="years") from error
    facets = {
        question: tuple(code for code in form.getlist(f"facet-{question}") if code)
        for question, _label, _choices in offered.facets
    }
    return Selection(
        federation_id=federation.id,
        years=years,
        centres=centres,
        departments=_departments(federation, form),
        facets={question: codes for question, codes in facets.items() if codes},
    )


def _departments(federation: Federation, form: MultiDict[str, str]) -> tuple[str, ...]:
    """Those chosen; where a role is limited to some, its report never leaves them."""
    chosen = {code for code in form.getlist("departments") if code}
    territory = territory_of(current_actor(), Act.REPORT_MAKE, federation.id)
    if not territory:
        return tuple(sorted(chosen))
    if not chosen <= territory:
        raise Refused("Choisissez parmi vos départements.", question="departments")
    return tuple(sorted(chosen or territory))


@blueprint.get("/<uuid:id>")
@needs(Act.REPORT_READ)
def show(id: UUID) -> str:
    """A report: how far it is, then the file, and to whom it was handed."""
    run = refuse_unless(Act.REPORT_READ, queries.find(id))
    return _show(run, {})


def _show(run: ReportRun, errors: dict[str, str]) -> str:
    return render_template(
        "pages/reports/show.html",
        run=run,
        report=REPORTS[run.kind],
        state=run.job.state if run.job else JobState.DONE,
        state_words=STATE_WORDS,
        funders=queries.funders(run.federation_id) if can(Act.REPORT_ADDRESS, run) else [],
        errors=errors,
    )


@blueprint.get("/<uuid:id>/telecharger")
@needs(Act.REPORT_DOWNLOAD)
def download(id: UUID) -> ResponseReturnValue:
    """The file; a report that is not ready has none yet."""
    run = refuse_unless(Act.REPORT_DOWNLOAD, queries.find(id))
    if run.storage_key is None or run.file_name is None:
        abort(404)
    try:
        pieces = storage.stream(run.storage_key)
    except storage.FileMissing:
        abort(404, description="Le fichier de ce rapport est introuvable\u00a0: demandez-le de nouveau.")
    response = Response(pieces, mimetype=run.media_type)
    response.headers.set("Content-Disposition", "attachment", filename=run.file_name)
    response.headers["Content-Length"] = str(run.size)
    # The bytes go out without holding the database.
    db.session.remove()
    return response


@blueprint.post("/<uuid:id>/telecharger")
@needs(Act.REPORT_DOWNLOAD)
def fetch(id: UUID) -> Redirect:
    """A funder's opening is written in the journal, then the file is fetched."""
    run = refuse_unless(Act.REPORT_DOWNLOAD, queries.find(id))
    user_id = current_actor().user_id
    if user_id is not None and current_actor().has(RoleName.FUNDER):
        reports.note_opening(run.id, actor_id=user_id, at=now())
    return redirect(url_for("reports.download", id=id), 303)


@blueprint.post("/<uuid:id>/annuler")
@needs(Act.REPORT_MAKE)
def cancel(id: UUID) -> Redirect:
    """Stop a report that is being made."""
    run = refuse_unless(Act.REPORT_READ, queries.find(id))
    refuse_unless(Act.REPORT_MAKE, run.federation)
    if run.job_id is not None:
        jobs.cancel(run.job_id, at=now())
    flash("Ce rapport est annulé.", "info")
    return redirect(url_for("reports.index"), 303)


@blueprint.post("/<uuid:id>/financeurs")
@needs(Act.REPORT_ADDRESS)
def address(id: UUID) -> ResponseReturnValue:
    """Hand the report to these funders."""
    run = refuse_unless(Act.REPORT_ADDRESS, queries.find(id))
    try:
        wanted = [UUID(text) for text in request.form.getlist("funders")]
        actor_id = current_actor().user_id
        if actor_id is None:
            abort(403)
        reports.address(run.id, wanted, actor_id=actor_id, at=now())
    except (Refused, ValueError) as error:
        db.session.rollback()
        run = refuse_unless(Act.REPORT_ADDRESS, queries.find(id))
        said = error.message if isinstance(error, Refused) else "Choisissez dans la liste."
        return _show(run, {"funders": said}), 422
    flash(
        "Les destinataires de ce rapport sont enregistrés ; ceux qui viennent d’être ajoutés sont prévenus par mail.",
        "success",
    )
    return redirect(url_for("reports.show", id=id), 303)
