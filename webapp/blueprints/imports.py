"""Importing a file, of the catalogue or a workbook: send it, see what it would do, decide, confirm."""

from io import BytesIO
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import FileStorage

from forms.catalogue_text import NOT_TEXT, NOT_THIS_FORMAT, decode
from forms.registry import shipped
from forms.values import Refused
from reports.catalogue import XLSX
from reports.takeaway import writing
from reports.takeaway.book import NOT_OURS
from reports.takeaway.file import looks_like_workbook, open_workbook
from webapp import takeaways
from webapp.clock import now
from webapp.database import db
from webapp.guard import current_actor, needs, refuse_unless
from webapp.import_offers import LEVELS, choices_from, offers
from webapp.limits import MEGABYTE, accepts
from webapp.models import Federation, ImportRun
from webapp.policy import Act
from webapp.queries import imports as queries
from webapp.services import imports
from webapp.services.import_shapes import Choice, Fate
from webapp.vocabulary import ImportKind

blueprint = Blueprint("imports", __name__, url_prefix="/imports")

LARGEST_FILE = 5 * MEGABYTE
TAKEN = (
    "Ici se donnent le fichier texte (.txt) du catalogue public, ou un classeur (.xlsx) emporté de Recueil et rempli"
)
INSTEAD = {
    NOT_THIS_FORMAT: f"Aucune fiche ne se lit dans ce fichier. {TAKEN}.",
    NOT_TEXT: f"Ce fichier n’est ni un texte ni un classeur Excel. {TAKEN}.",
    NOT_OURS: f"Ce classeur n’a pas été emporté de Recueil, ou ses repères cachés ont été effacés. {TAKEN}.",
}
"""What refuses a file knows nothing of the other sort that this page takes."""


@blueprint.get("")
@needs(Act.IMPORT)
def index() -> str:
    """The form to send a file, and the files sent before."""
    return _index({})


def _index(errors: dict[str, str]) -> str:
    return render_template(
        "pages/imports/index.html",
        federations=[(str(row.id), row.name) for row in queries.federations(current_actor())],
        chosen=request.form.get("federation", ""),
        runs=queries.runs(current_actor()),
        campaigns=queries.open_campaigns(current_actor(), at=now()),
        errors=errors,
    )


@blueprint.post("")
@needs(Act.IMPORT)
@accepts(request_bytes=4 * LARGEST_FILE)
def upload() -> ResponseReturnValue:
    """Keep the file until somebody has looked at what it would do."""
    federation = refuse_unless(Act.IMPORT, _federation(request.form.get("federation", "")))
    file = request.files.get("file")
    data = _bytes(file)
    if data is not None and len(data) > LARGEST_FILE:
        return _index({"file": "Ce fichier dépasse 5 Mo : coupez-le en deux."}), 413
    try:
        if file is None or data is None:
            raise Refused("Choisissez le fichier à importer.")
        run = _keep(federation, file.filename or "", data)
    except Refused as refused:
        db.session.rollback()
        return _index({"file": INSTEAD.get(refused.message, refused.message)}), 422
    return redirect(url_for("imports.show", id=run.id), 303)


def _keep(federation: Federation, name: str, data: bytes) -> ImportRun:
    """Keep a file of either sort. Raises Refused where it can't be read."""
    if not looks_like_workbook(data):
        return imports.keep_upload(federation=federation, name=name, text=decode(data), actor=current_actor(), at=now())
    # A file that means harm takes seconds to be refused: nobody waits for the database meanwhile.
    db.session.rollback()
    cells = open_workbook(data)
    return imports.keep_workbook(federation=federation, name=name, cells=cells, actor=current_actor(), at=now())


def _federation(text: str) -> Federation | None:
    try:
        return db.session.get(Federation, UUID(text))
    except ValueError:
        return None


def _bytes(file: FileStorage | None) -> bytes | None:
    return file.stream.read(LARGEST_FILE + 1) if file and file.filename else None


@blueprint.get("/<uuid:id>")
@needs(Act.IMPORT)
def show(id: UUID) -> str:
    """What the file would do; once confirmed, what it did."""
    run = refuse_unless(Act.IMPORT, queries.run(id))
    if run.confirmed_at is not None:
        return render_template(
            "pages/imports/done.html", run=run, result=run.result, levels=LEVELS, version=shipped(now().year)
        )
    return _decide(run, {})


def _decide(run: ImportRun, choices: dict[int, Choice], refused: Refused | None = None) -> str:
    plan = imports.plan_of(run, choices=choices, at=now())
    waiting = plan.of(Fate.WAITING) if refused else ()
    errors = {f"centre-{sheet.number}": f"Choisissez le centre de « {sheet.parsed.title} »." for sheet in waiting}
    if refused is not None and refused.where == "partial":
        errors["partial"] = refused.message
    return render_template(
        "pages/imports/decide.html",
        run=run,
        plan=plan,
        offers=offers(plan, choices),
        counts={fate.value: plan.count(fate) for fate in Fate},
        levels=LEVELS,
        ready=sum(sheet.whole for sheet in plan.sheets),
        workbook=run.kind is ImportKind.WORKBOOK,
        errors=errors,
    )


@blueprint.post("/<uuid:id>")
@needs(Act.IMPORT)
def confirm(id: UUID) -> ResponseReturnValue:
    """Import as decided."""
    run = refuse_unless(Act.IMPORT, queries.run(id))
    try:
        choices = choices_from(list(request.form.items(multi=True)))
    except ValueError:
        abort(400)
    try:
        partial = "partial" in request.form
        run = imports.confirm_upload(id, choices=choices, actor=current_actor(), at=now(), partial=partial)
    except Refused as refused:
        db.session.rollback()
        run = refuse_unless(Act.IMPORT, queries.run(id))
        return _decide(run, choices, refused), 422
    done = "L’import est fait." if run.confirmed_at else "Ce qui n’a pas d’erreur est importé. Voici ce qui reste."
    flash(done, "success")
    return redirect(url_for("imports.show", id=id), 303)


@blueprint.post("/<uuid:id>/abandonner")
@needs(Act.IMPORT)
def drop(id: UUID) -> ResponseReturnValue:
    """Throw the file away; nothing of it was imported."""
    run = refuse_unless(Act.IMPORT, queries.run(id))
    begun = run.result is not None
    imports.drop_upload(id, actor=current_actor())
    rest = "ce qui restait n’a pas été importé" if begun else "rien n’a été importé"
    flash(f"Le fichier est abandonné : {rest}.", "info")
    return redirect(url_for("imports.index"), 303)


@blueprint.get("/campagnes/<uuid:campaign_id>/classeur")
@needs(Act.IMPORT)
def blank_workbook(campaign_id: UUID) -> ResponseReturnValue:
    """An empty workbook of a campaign, with a column for each of many sheets."""
    campaign = refuse_unless(Act.IMPORT, queries.campaign(campaign_id))
    centres = [centre.name for centre in queries.centres(campaign.federation_id) if centre.closed_on is None]
    content = takeaways.for_many(campaign, centres, at=now())
    db.session.remove()
    out = BytesIO()
    writing.make(content, out)
    out.seek(0)
    return send_file(out, mimetype=XLSX, as_attachment=True, download_name=f"fiches-{content.version.key}.xlsx")
