"""« Mes citations »: the passages picked, with their references; annotated, shared, taken away as text or table."""

import csv
import io
from collections.abc import Sequence
from itertools import groupby
from uuid import UUID

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from forms.french import PARIS
from forms.values import Refused
from webapp.blueprints.reading_desk.frame import blueprint
from webapp.clock import now
from webapp.database import db
from webapp.guard import current_actor, needs, refuse_unless
from webapp.models import Quote, ReportRun
from webapp.policy import Act
from webapp.queries import quotes as queries
from webapp.queries.quotes import Referred
from webapp.services import quotes as services
from webapp.vocabulary import RoleName

OTHERS = "autres"
HEADS = (
    "Passage",
    "Note",
    "Fiche",
    "Référence",
    "Centre",
    "Commune",
    "Année",
    "Question",
    "Rapport",
    "Cité par",
    "Cité le",
    "Partagé avec la fédération",
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a table's program would take for a formula where a cell begins with it."""


@blueprint.get("/citations")
@needs(Act.QUOTE_READ)
def quotes() -> str:
    """One's own quotes, or those of others that one may see, by report."""
    return _page({}, "")


def _page(typed: dict[str, str], message: str) -> str:
    actor, others = current_actor(), request.args.get("voir") == OTHERS
    own_count, others_count = queries.count(actor)
    found = queries.listed(actor, own=not others)
    receives = actor.has(RoleName.FUNDER)
    words = "De mes collègues" if receives else "Des autres"
    return render_template(
        "pages/reading_desk/quotes.html",
        groups=[(run, lines, as_text(lines)) for run, lines in _by_report(found)],
        count=len(found),
        others=others,
        tabs=[
            {"label": "Les miennes", "url": url_for("reading_desk.quotes"), "current": not others, "count": own_count},
            {
                "label": words,
                "url": url_for("reading_desk.quotes", voir=OTHERS),
                "current": others,
                "count": others_count,
            },
        ],
        along={"voir": OTHERS} if others else {},
        receives=receives,
        me=actor.user_id,
        typed=typed,
        message=message,
    )


def _by_report(found: Sequence[Referred]) -> list[tuple[ReportRun, list[Referred]]]:
    return [(run, list(lines)) for run, lines in groupby(found, key=lambda one: one.quote.report_run)]


@blueprint.get("/citations/texte")
@needs(Act.QUOTE_READ)
def as_text_file() -> Response:
    """The same list as a text."""
    found = queries.listed(current_actor(), own=request.args.get("voir") != OTHERS)
    pieces = [f"{run.name}\n\n{as_text(lines)}" for run, lines in _by_report(found)]
    return _file("\n\n\n".join(pieces) + "\n", "citations.txt", "text/plain")


@blueprint.get("/citations/csv")
@needs(Act.QUOTE_READ)
def as_csv() -> Response:
    """The same list as a table: semicolons, UTF-8 with its mark, so that Excel reads it as it is."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(HEADS)
    for one in queries.listed(current_actor(), own=request.args.get("voir") != OTHERS):
        writer.writerow([_inert(cell) for cell in _cells(one)])
    return _file("\ufeff" + out.getvalue(), "citations.csv", "text/csv")


def as_text(lines: Sequence[Referred]) -> str:
    """« Passage » — where it stands; the note beneath."""
    return "\n\n".join(
        f"«\u00a0{one.quote.text}\u00a0»\n— {one.where}" + (f"\nNote\u00a0: {one.quote.note}" if one.quote.note else "")
        for one in lines
    )


def _cells(one: Referred) -> tuple[str, ...]:
    quote = one.quote
    return (
        quote.text,
        quote.note,
        one.title,
        one.reference,
        one.centre,
        one.commune,
        str(one.year),
        one.question,
        quote.report_run.name,
        quote.author.full_name or quote.author.email,
        quote.created_at.astimezone(PARIS).strftime("%d/%m/%Y"),
        "oui" if quote.shared else "non",
    )


def _inert(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _file(text: str, name: str, media_type: str) -> Response:
    response = Response(text.encode(), mimetype=media_type)
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response


@blueprint.post("/citations/<uuid:quote_id>")
@needs(Act.QUOTE_CHANGE)
def change(quote_id: UUID) -> ResponseReturnValue:
    """Write the note anew, share or take back."""
    _own(quote_id)
    note = request.form.get("note", "")
    try:
        services.change(quote_id, note=note, shared="shared" in request.form, at=now())
    except Refused as refused:
        db.session.rollback()
        return _page({"quote": str(quote_id), "note": note}, refused.message), 422
    flash("C’est enregistré.", "success")
    return redirect(url_for("reading_desk.quotes", _anchor=f"citation-{quote_id}"), 303)


@blueprint.post("/citations/<uuid:quote_id>/supprimer")
@needs(Act.QUOTE_CHANGE)
def remove(quote_id: UUID) -> ResponseReturnValue:
    """Let the quote go; the sheet stays as it is."""
    _own(quote_id)
    services.delete(quote_id, at=now())
    flash("La citation est supprimée.", "success")
    return redirect(url_for("reading_desk.quotes"), 303)


def _own(quote_id: UUID) -> Quote:
    """One's own quote, of a report that one may still read."""
    quote = refuse_unless(Act.QUOTE_READ, queries.find(quote_id))
    return refuse_unless(Act.QUOTE_CHANGE, quote)
