"""What funders read: said by their pages, listed for the federation."""

import csv
import io
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue

from forms.french import moment
from webapp.clock import now
from webapp.guard import current_actor, needs, refuse_unless
from webapp.models import FunderReading
from webapp.policy import Act
from webapp.queries import readings as queries
from webapp.queries import reports, sheets
from webapp.queries.readings import BY_LINK, Wanted
from webapp.services import readings
from webapp.vocabulary import OpeningKind

blueprint = Blueprint("readings", __name__)

DID = {OpeningKind.PAGE: "a lu", OpeningKind.FILE: "a téléchargé"}
HEADS = ("Début", "Fin", "Financeur", "Personne", "Adresse mail", "Geste", "Rapport", "Fiche", "Centre")
_BEGINS_FORMULA = frozenset("=+-@\t\r")


@blueprint.post("/rapports/<uuid:id>/lecture")
@needs(Act.REPORT_READ)
def report(id: UUID) -> ResponseReturnValue:
    """The report's page is open before a funder; said by its script, since opening a page writes nothing."""
    readings.note_report(refuse_unless(Act.REPORT_READ, reports.find(id)), actor=current_actor(), at=now())
    return "", 204


@blueprint.post("/fiches/<uuid:id>/lecture")
@needs(Act.SHEET_READ)
def sheet(id: UUID) -> ResponseReturnValue:
    """The sheet is open before a funder."""
    readings.note_sheet(refuse_unless(Act.SHEET_READ, sheets.find(id)), actor=current_actor(), at=now())
    return "", 204


@blueprint.get("/rapports/lectures")
@needs(Act.READING_LOG)
def index() -> str:
    """Who of which funder read what, and when."""
    actor, wanted = current_actor(), _wanted()
    page = max(1, request.args.get("page", 1, type=int))
    count = queries.count(actor, wanted)
    pages = max(1, -(-count // queries.PAGE))
    if page > pages:
        abort(404)
    funders, runs = queries.choices(actor)
    given: dict[str, Any] = {
        key: value for key, value in request.args.items() if key in ("financeur", "rapport") and value
    }
    return render_template(
        "pages/readings/index.html",
        lines=queries.listed(actor, wanted, page=page),
        count=count,
        page=page,
        pages=pages,
        funders=funders,
        runs=runs,
        given=given,
        did=DID,
        by_link=BY_LINK,
        page_url=lambda number: url_for("readings.index", page=number, **given),
    )


def _wanted() -> Wanted:
    return Wanted(request.args.get("financeur", type=UUID), request.args.get("rapport", type=UUID))


@blueprint.get("/rapports/lectures/csv")
@needs(Act.READING_LOG)
def as_csv() -> Response:
    """The same for a spreadsheet, all of it."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(HEADS)
    for line in queries.listed(current_actor(), _wanted(), page=None):
        writer.writerow(_plain(cell) for cell in _cells(line))
    response = Response("\ufeff" + out.getvalue(), mimetype="text/csv")
    response.headers["Content-Disposition"] = "attachment; filename=lectures.csv"
    response.headers["Cache-Control"] = "no-store"
    return response


def _cells(line: FunderReading) -> tuple[str, ...]:
    return (
        moment(line.at),
        moment(line.until),
        line.funder.name if line.funder is not None else BY_LINK,
        line.name,
        line.email,
        DID[line.kind],
        line.report_run.name if line.report_run is not None else "",
        line.sheet.action.title if line.sheet is not None else "",
        line.sheet.action.centre.name if line.sheet is not None else "",
    )


def _plain(cell: str) -> str:
    return f"'{cell}" if cell[:1] in _BEGINS_FORMULA else cell
