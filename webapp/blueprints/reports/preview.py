"""A report read on the screen, before it is made or as it was made, and the sheets behind each of its figures."""

from uuid import UUID

from flask import abort, render_template, request, url_for

from reports.catalogue import REPORTS, ReportKind
from reports.content import ReportInput
from webapp.blueprints.reports.frame import blueprint, is_staff
from webapp.clock import now
from webapp.guard import can, needs, refuse_unless
from webapp.models import ReportRun, ReportTemplate
from webapp.policy import Act
from webapp.queries import report_sheets
from webapp.queries import reports as queries
from webapp.queries.report_selection import Selection
from webapp.report_preview import behind, preview
from webapp.services import report_design, reports


@blueprint.get("/modeles/<uuid:template_id>/apercu")
@needs(Act.REPORT_TEMPLATE)
def template_preview(template_id: UUID) -> str:
    """What the template would give now."""
    found = refuse_unless(Act.REPORT_TEMPLATE, queries.template(template_id))
    return render_template(
        "pages/reports/preview.html",
        shown=preview(_content(found)),
        template=found,
        run=None,
        figure_url=lambda figure, **answer: url_for(
            "reports.template_figure", template_id=template_id, figure=figure, **answer
        ),
        sheet_urls=None,
    )


def _content(template: ReportTemplate) -> ReportInput:
    return reports.content_for(
        ReportKind(template.kind),
        Selection.from_json(template.selection),
        title=template.title or template.name,
        at=now(),
        design=report_design.kept(template.federation, template),
    )


@blueprint.get("/modeles/<uuid:template_id>/chiffres/<figure>")
@needs(Act.REPORT_TEMPLATE)
def template_figure(template_id: UUID, figure: str) -> str:
    """The sheets behind a figure of the preview."""
    found = refuse_unless(Act.REPORT_TEMPLATE, queries.template(template_id))
    lines = behind(_content(found), figure, request.args.get("valeur", ""))
    if lines is None:
        abort(404)
    trail = [(found.name, url_for("reports.template", template_id=template_id))]
    back = url_for("reports.template_preview", template_id=template_id)
    return render_template("pages/reports/figure.html", behind=lines, trail=trail, back=back, sheet_urls=None)


@blueprint.get("/<uuid:id>/apercu")
@needs(Act.REPORT_READ)
def run_preview(id: UUID) -> str:
    """The report as it was made."""
    run = _made(id)
    return render_template(
        "pages/reports/preview.html",
        shown=preview(reports.content_as_made(run)),
        template=None,
        run=run,
        figure_url=lambda figure, **answer: url_for("reports.run_figure", id=id, figure=figure, **answer),
        sheet_urls=_sheet_urls(run),
    )


@blueprint.get("/<uuid:id>/chiffres/<figure>")
@needs(Act.REPORT_READ)
def run_figure(id: UUID, figure: str) -> str:
    """The sheets behind a figure of the report."""
    run = _made(id)
    lines = behind(reports.content_as_made(run), figure, request.args.get("valeur", ""))
    if lines is None:
        abort(404)
    trail = [(run.name, url_for("reports.show", id=id))]
    back = url_for("reports.run_preview", id=id)
    return render_template(
        "pages/reports/figure.html", behind=lines, trail=trail, back=back, sheet_urls=_sheet_urls(run)
    )


def _made(id: UUID) -> ReportRun:
    run = refuse_unless(Act.REPORT_READ, queries.find(id))
    if not run.snapshots or run.kind not in REPORTS:
        abort(404, description="Ce rapport n’est pas encore prêt.")
    return run


def _sheet_urls(run: ReportRun) -> dict[str, str]:
    """Where each sheet of a report can be read: the federation, as it was sent then; others, where they may."""
    rows, staff = report_sheets.as_made(run), is_staff(run)
    if staff:
        return {str(sheet.id): url_for("review.sending", id=sheet.id, number=sent.number) for sheet, sent in rows}
    return {str(sheet.id): url_for("sheets.read", id=sheet.id) for sheet, _sent in rows if can(Act.SHEET_READ, sheet)}
