"""The expected centres from a workbook: the model, sending a list, seeing what it would do, confirming."""

from collections.abc import Mapping, Sequence
from io import BytesIO
from uuid import UUID

from flask import abort, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from forms.departments import DEPARTMENTS
from forms.french import plural
from forms.values import Refused
from reports import centre_list
from reports.catalogue import XLSX
from reports.takeaway.file import NOT_A_WORKBOOK, open_workbook
from webapp.blueprints.campaigns.frame import blueprint, campaign_for
from webapp.clock import now
from webapp.database import db
from webapp.guard import current_actor, needs
from webapp.limits import MEGABYTE, accepts
from webapp.models import Campaign, Centre, ExpectedUpload
from webapp.policy import Act
from webapp.queries import campaigns as queries
from webapp.services import expected_import
from webapp.services.expected_plan import NEW, ListFate, PlannedCentre

LARGEST_FILE = 5 * MEGABYTE
NOT_A_LIST = (
    "Ce fichier n’est pas un classeur Excel (.xlsx)\u00a0: choisissez le modèle de cette page, rempli. "
    "Une liste en CSV s’ouvre dans un tableur, qui l’enregistre en .xlsx."
)


@blueprint.get("/<uuid:id>/centres/classeur")
@needs(Act.CAMPAIGN_EDIT)
def list_model(id: UUID) -> ResponseReturnValue:
    """The workbook to fill in, with the federation's open centres in it."""
    campaign = campaign_for(Act.CAMPAIGN_EDIT, id)
    rows = [_row(centre) for centre in queries.centres_of(campaign.federation_id) if centre.closed_on is None]
    owner, year, out = campaign.federation.name, campaign.year, BytesIO()
    db.session.remove()
    centre_list.write(out, rows, owner=owner, made_at=now())
    out.seek(0)
    return send_file(out, mimetype=XLSX, as_attachment=True, download_name=f"centres-attendus-{year}.xlsx")


def _row(centre: Centre) -> Mapping[str, str]:
    known = {column.id: getattr(centre, column.id) or "" for column in centre_list.COLUMNS}
    return known | {"department": DEPARTMENTS.get(centre.department, centre.department)}


@blueprint.get("/<uuid:id>/centres/importer")
@needs(Act.CAMPAIGN_EDIT)
def import_expected(id: UUID) -> str:
    """The form to send a list."""
    return _form(campaign_for(Act.CAMPAIGN_EDIT, id), "")


def _form(campaign: Campaign, error: str) -> str:
    return render_template("pages/campaigns/import_expected.html", campaign=campaign, error=error)


@blueprint.post("/<uuid:id>/centres/importer")
@needs(Act.CAMPAIGN_EDIT)
@accepts(request_bytes=2 * LARGEST_FILE)
def upload_expected(id: UUID) -> ResponseReturnValue:
    """Keep a list until somebody has looked at what it would do."""
    campaign, actor_id = campaign_for(Act.CAMPAIGN_EDIT, id), current_actor().user_id
    file = request.files.get("file")
    data = file.stream.read(LARGEST_FILE + 1) if file and file.filename else b""
    if len(data) > LARGEST_FILE:
        return _form(campaign, "Ce fichier dépasse 5\u00a0Mo\u00a0: gardez-y la liste des centres, sans images."), 413
    try:
        if file is None or not data or actor_id is None:
            raise Refused("Choisissez le classeur à lire.")
        # A file that means harm takes seconds to be refused: nobody waits for the database meanwhile.
        db.session.rollback()
        cells = _opened(data)
        campaign = campaign_for(Act.CAMPAIGN_EDIT, id)
        kept = expected_import.keep(campaign, name=file.filename or "", cells=cells, actor_id=actor_id, at=now())
    except Refused as refused:
        db.session.rollback()
        return _form(campaign_for(Act.CAMPAIGN_EDIT, id), refused.message), 422
    return redirect(url_for("campaigns.decide_expected", id=id, list_id=kept.id), 303)


def _opened(data: bytes) -> str:
    try:
        return open_workbook(data)
    except Refused as refused:
        # The workbook of a sheet, of which the reader of workbooks thinks, is none of these.
        raise Refused(NOT_A_LIST if refused.message == NOT_A_WORKBOOK else refused.message) from None


def _upload(id: UUID, list_id: UUID) -> tuple[Campaign, ExpectedUpload]:
    campaign, upload = campaign_for(Act.CAMPAIGN_EDIT, id), queries.expected_upload(id, list_id)
    if upload is None:
        abort(404, description="Cette liste n’attend plus\u00a0: elle a été importée ou abandonnée.")
    return campaign, upload


@blueprint.get("/<uuid:id>/centres/importer/<uuid:list_id>")
@needs(Act.CAMPAIGN_EDIT)
def decide_expected(id: UUID, list_id: UUID) -> str:
    """What a list would do, line by line."""
    return _decide(*_upload(id, list_id), {})


def _decide(
    campaign: Campaign, upload: ExpectedUpload, choices: Mapping[int, str], refused: Refused | None = None
) -> str:
    # Shown again after a refusal, a line in doubt stays in doubt.
    plan = expected_import.plan_of(upload, campaign, {} if refused else choices)
    return render_template(
        "pages/campaigns/decide_expected.html",
        campaign=campaign,
        upload=upload,
        plan=plan,
        lines={fate.value: plan.of(fate) for fate in ListFate},
        choices=choices,
        options=_options(plan.of(ListFate.WAITING)),
        labels={column.id: column.label for column in centre_list.COLUMNS},
        refused=refused,
        new=NEW,
    )


def _options(lines: Sequence[PlannedCentre]) -> Mapping[int, Sequence[tuple[str, str]]]:
    return {
        line.listed.number: [
            *((str(centre.id), f"{centre.name}, {centre.commune}") for centre in line.candidates),
            (NEW, "Un nouveau centre"),
        ]
        for line in lines
    }


@blueprint.post("/<uuid:id>/centres/importer/<uuid:list_id>")
@needs(Act.CAMPAIGN_EDIT)
def confirm_expected(id: UUID, list_id: UUID) -> ResponseReturnValue:
    """Write what has no error, as it was decided."""
    _upload(id, list_id)
    choices = {
        int(number): value
        for name, value in request.form.items()
        if (number := name.removeprefix("centre-")) != name and number.isascii() and number.isdigit() and value
    }
    try:
        plan = expected_import.confirm(
            list_id,
            choices=choices,
            update=bool(request.form.get("update")),
            actor_id=current_actor().user_id,
            at=now(),
        )
    except Refused as refused:
        db.session.rollback()
        return _decide(*_upload(id, list_id), choices, refused), 422
    known, made = len(plan.of(ListFate.KNOWN)), len(plan.of(ListFate.NEW))
    done = plural(known + made, "centre de la liste est attendu", "centres de la liste sont attendus")
    flash(f"{done}, dont {plural(made, 'nouveau', 'nouveaux')}." if made else f"{done}.", "success")
    return redirect(url_for("campaigns.show", id=id), 303)


@blueprint.post("/<uuid:id>/centres/importer/<uuid:list_id>/abandonner")
@needs(Act.CAMPAIGN_EDIT)
def drop_expected(id: UUID, list_id: UUID) -> ResponseReturnValue:
    """Throw a list away."""
    _campaign, upload = _upload(id, list_id)
    expected_import.drop(upload.id)
    flash("La liste est abandonnée\u00a0: rien n’a été écrit.", "info")
    return redirect(url_for("campaigns.import_expected", id=id), 303)
