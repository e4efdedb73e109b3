"""The list of reports and templates, and the page where a report is asked for by itself."""

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from forms.values import Refused, clean_text
from reports.catalogue import REPORTS, ReportKind
from webapp.blueprints.reports.choosing import selection_of
from webapp.blueprints.reports.frame import OFFERED, STATE_WORDS, blueprint, federation_of
from webapp.clock import now
from webapp.database import db
from webapp.guard import can, current_actor, needs, refuse_unless
from webapp.models import Federation
from webapp.policy import Act
from webapp.queries import reports as queries
from webapp.services import reports


@blueprint.get("")
@needs(Act.REPORT_LIST)
def index() -> str:
    """The templates, then the reports made, with their versions and states."""
    actor = current_actor()
    templates = queries.templates(actor)
    federations = queries.federations(actor)
    return render_template(
        "pages/reports/index.html",
        runs=queries.visible(actor),
        templates=templates,
        last=queries.last_issued(templates),
        federations=federations,
        looks=[federation for federation in federations if can(Act.REPORT_LOOK, federation)],
        reports=REPORTS,
        state_words=STATE_WORDS,
    )


@blueprint.get("/nouveau")
@needs(Act.REPORT_MAKE)
def new() -> str:
    """The form to ask for a report without a template."""
    return _form(chosen_federation(), MultiDict(request.args), {})


def chosen_federation() -> Federation:
    """The one named in the address, else the first where the actor makes reports."""
    federations = queries.federations(current_actor())
    named = request.args.get("federation", "")
    found = next((one for one in federations if not named or str(one.id) == named), None)
    return refuse_unless(Act.REPORT_MAKE, found)


def _form(federation: Federation, chosen: MultiDict[str, str], errors: dict[str, str]) -> str:
    return render_template(
        "pages/reports/new.html",
        offer=queries.offer(current_actor(), federation),
        federations=queries.federations(current_actor()),
        reports=[REPORTS[kind] for kind in OFFERED],
        chosen=chosen,
        errors=errors,
    )


@blueprint.post("")
@needs(Act.REPORT_MAKE)
def ask() -> ResponseReturnValue:
    """Ask for a report; its page then shows how far it is."""
    federation = refuse_unless(Act.REPORT_MAKE, federation_of(request.form.get("federation", "")))
    try:
        run = reports.request(
            kind_of(request.form.get("kind", "")),
            selection_of(federation, request.form),
            federation=federation,
            title=clean_text(request.form.get("title", ""))[:200],
            actor_id=current_actor().user_id,
            at=now(),
        )
    except Refused as refused:
        db.session.rollback()
        again = federation_of(request.form.get("federation", ""))
        if again is None:
            abort(404)
        return _form(again, request.form, {refused.question or "kind": refused.message}), 422
    return redirect(url_for("reports.show", id=run.id), 303)


def kind_of(text: str) -> ReportKind:
    """The kind of report that a form names. Raises Refused for one that isn't offered."""
    if text not in OFFERED:
        raise Refused("Choisissez un type de rapport.", question="kind")
    return ReportKind(text)
