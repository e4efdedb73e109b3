"""Templates of reports: their pages, and making a report by one."""

from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import IntegrityError
from werkzeug.datastructures import MultiDict

from forms.values import Refused
from reports.catalogue import REPORTS, ReportKind
from webapp.blueprints.reports.choosing import LATEST, form_of, selection_of
from webapp.blueprints.reports.frame import OFFERED, STATE_WORDS, blueprint, federation_of
from webapp.blueprints.reports.listing import chosen_federation, kind_of
from webapp.clock import now
from webapp.constraints import sentence_of
from webapp.database import db
from webapp.guard import current_actor, needs, refuse_unless
from webapp.models import Federation, ReportTemplate
from webapp.policy import Act
from webapp.queries import report_changes
from webapp.queries import reports as queries
from webapp.queries.report_selection import Selection, hashes, in_words, resolved
from webapp.report_parts import ORDERS, PARTS, parts_of
from webapp.services import report_templates, reports
from webapp.services.report_templates import Wording

TEXTS = ("name", "title", "sheet_order", "foreword", "foreword_by", "colour")


@blueprint.get("/modeles/nouveau")
@needs(Act.REPORT_MAKE)
def new_template() -> str:
    """The form of a template, with every part of the report in it."""
    blank: MultiDict[str, str] = MultiDict({"period": LATEST, "kind": OFFERED[0].value})
    for kind, parts in PARTS.items():
        blank.setlist(f"sections-{kind}", [id_ for id_, _label, _hint in parts])
    return _form(chosen_federation(), None, blank, {})


def _form(
    federation: Federation, template: ReportTemplate | None, chosen: MultiDict[str, str], errors: dict[str, str]
) -> str:
    return render_template(
        "pages/reports/template_form.html",
        template=template,
        offer=queries.offer(current_actor(), federation),
        federations=queries.federations(current_actor()),
        reports=[REPORTS[kind] for kind in OFFERED],
        sections={kind.value: parts_of(kind) for kind in OFFERED},
        orders=list(ORDERS.items()),
        chosen=chosen,
        errors=errors,
    )


@blueprint.post("/modeles/nouveau")
@needs(Act.REPORT_MAKE)
def add_template() -> ResponseReturnValue:
    """Keep a new template."""
    federation = refuse_unless(Act.REPORT_MAKE, federation_of(request.form.get("federation", "")))
    try:
        template = report_templates.add(
            federation,
            kind_of(request.form.get("kind", "")),
            _wording(request.form),
            selection_of(federation, request.form),
            actor_id=current_actor().user_id,
            at=now(),
        )
    except (Refused, IntegrityError) as error:
        db.session.rollback()
        again = refuse_unless(Act.REPORT_MAKE, federation_of(request.form.get("federation", "")))
        return _form(again, None, request.form, _said(error)), 422
    flash("Le modèle est enregistré.", "success")
    return redirect(url_for("reports.template", template_id=template.id), 303)


def _wording(form: MultiDict[str, str]) -> Wording:
    kind = form.get("kind", "")
    return Wording(**{name: form.get(name, "") for name in TEXTS}, sections=tuple(form.getlist(f"sections-{kind}")))


def _said(error: Refused | IntegrityError) -> dict[str, str]:
    if isinstance(error, IntegrityError):
        sentence, field = sentence_of(error)
        return {field or "name": sentence}
    place = error.question or "name"
    return {f"sections-{request.form.get('kind', '')}" if place == "sections" else place: error.message}


@blueprint.get("/modeles/<uuid:template_id>")
@needs(Act.REPORT_TEMPLATE)
def template(template_id: UUID) -> str:
    """A template, what it would hold today, and what was made by it."""
    found = refuse_unless(Act.REPORT_TEMPLATE, queries.template(template_id))
    selection = resolved(Selection.from_json(found.selection))
    now_there = hashes(selection)
    last = queries.last_version(found, selection)
    return render_template(
        "pages/reports/template.html",
        template=found,
        report=REPORTS[found.kind],
        years=selection.years,
        latest=found.selection.get("latest", False),
        chosen=in_words(selection),
        sheets=len(now_there),
        changes=f"{report_changes.between(last.snapshots, now_there).text} depuis v{last.version}" if last else "",
        sections=[label for id_, label, _ in parts_of(found.kind) if not found.sections or id_ in found.sections],
        order=ORDERS.get(found.sheet_order, "") if found.sheet_order else "",
        runs=queries.made_by(found.id),
        state_words=STATE_WORDS,
    )


@blueprint.get("/modeles/<uuid:template_id>/modifier")
@needs(Act.REPORT_TEMPLATE)
def edit_template(template_id: UUID) -> str:
    """The form of a template."""
    found = refuse_unless(Act.REPORT_TEMPLATE, queries.template(template_id))
    chosen = form_of(Selection.from_json(found.selection))
    chosen["kind"] = found.kind
    for name in TEXTS:
        chosen[name] = getattr(found, name)
    for kind, parts in PARTS.items():
        mine = found.sections if kind == found.kind else []
        chosen.setlist(f"sections-{kind}", mine or [id_ for id_, _label, _hint in parts])
    return _form(found.federation, found, chosen, {})


@blueprint.post("/modeles/<uuid:template_id>/modifier")
@needs(Act.REPORT_TEMPLATE)
def save_template(template_id: UUID) -> ResponseReturnValue:
    """Keep what was changed."""
    found = refuse_unless(Act.REPORT_TEMPLATE, queries.template(template_id))
    try:
        report_templates.change(
            found.id,
            kind_of(request.form.get("kind", "")),
            _wording(request.form),
            selection_of(found.federation, request.form),
            actor_id=current_actor().user_id,
            at=now(),
        )
    except (Refused, IntegrityError) as error:
        db.session.rollback()
        found = refuse_unless(Act.REPORT_TEMPLATE, queries.template(template_id))
        return _form(found.federation, found, request.form, _said(error)), 422
    flash("Le modèle est enregistré.", "success")
    return redirect(url_for("reports.template", template_id=template_id), 303)


@blueprint.post("/modeles/<uuid:template_id>/dupliquer")
@needs(Act.REPORT_TEMPLATE)
def duplicate_template(template_id: UUID) -> ResponseReturnValue:
    """The same under another name, to be changed."""
    found = refuse_unless(Act.REPORT_TEMPLATE, queries.template(template_id))
    copy = report_templates.duplicate(found.id, actor_id=current_actor().user_id, at=now())
    flash("Voici la copie\u00a0: donnez-lui son nom.", "success")
    return redirect(url_for("reports.edit_template", template_id=copy.id), 303)


@blueprint.post("/modeles/<uuid:template_id>/supprimer")
@needs(Act.REPORT_TEMPLATE)
def remove_template(template_id: UUID) -> ResponseReturnValue:
    """Take it away; its reports stay."""
    found = refuse_unless(Act.REPORT_TEMPLATE, queries.template(template_id))
    report_templates.remove(found.id, actor_id=current_actor().user_id, at=now())
    flash("Le modèle est supprimé ; les rapports faits avec lui restent.", "info")
    return redirect(url_for("reports.index"), 303)


@blueprint.post("/modeles/<uuid:template_id>/faire")
@needs(Act.REPORT_TEMPLATE)
def make_by_template(template_id: UUID) -> ResponseReturnValue:
    """Ask for the report of a template as it stands."""
    found = refuse_unless(Act.REPORT_TEMPLATE, queries.template(template_id))
    refuse_unless(Act.REPORT_MAKE, found.federation)
    try:
        run = reports.request(
            ReportKind(found.kind),
            Selection.from_json(found.selection),
            federation=found.federation,
            title=found.title or found.name,
            actor_id=current_actor().user_id,
            at=now(),
            template=found,
        )
    except Refused as refused:
        db.session.rollback()
        flash(refused.message, "error")
        return redirect(url_for("reports.template", template_id=template_id), 303)
    return redirect(url_for("reports.show", id=run.id), 303)
