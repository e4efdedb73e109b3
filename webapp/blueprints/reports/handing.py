"""Handing a report over: issuing it, addressing it to funders, sending and revoking personal links."""

from uuid import UUID

from flask import abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from forms.values import Refused, showable
from webapp.blueprints.reports.frame import blueprint, user_id
from webapp.blueprints.reports.showing import page
from webapp.clock import now
from webapp.database import db
from webapp.guard import needs, refuse_unless
from webapp.policy import Act
from webapp.queries import reports as queries
from webapp.services import report_handing


@blueprint.post("/<uuid:id>/emettre")
@needs(Act.REPORT_ISSUE)
def issue(id: UUID) -> ResponseReturnValue:
    """Issue a report: from now on it does not change."""
    run = refuse_unless(Act.REPORT_ISSUE, queries.find(id))
    try:
        issued = report_handing.issue(run.id, actor_id=user_id(), at=now())
    except Refused as refused:
        return _refused(id, Act.REPORT_ISSUE, refused, "")
    flash(f"Ce rapport est émis\u00a0: c’est la version v{issued.version}, elle ne change plus.", "success")
    return redirect(url_for("reports.show", id=id), 303)


def _refused(id: UUID, act: Act, refused: Refused, otherwise: str, **typed: str) -> ResponseReturnValue:
    db.session.rollback()
    run = refuse_unless(act, queries.find(id))
    return page(run, {refused.question or otherwise: refused.message}, **typed), 422


@blueprint.post("/<uuid:id>/financeurs")
@needs(Act.REPORT_ADDRESS)
def address(id: UUID) -> ResponseReturnValue:
    """Hand the report to these funders."""
    run = refuse_unless(Act.REPORT_ADDRESS, queries.find(id))
    try:
        wanted = [UUID(text) for text in request.form.getlist("funders")]
    except ValueError:
        return _refused(id, Act.REPORT_ADDRESS, Refused("Choisissez dans la liste."), "funders")
    try:
        report_handing.address(run.id, wanted, actor_id=user_id(), at=now())
    except Refused as refused:
        return _refused(id, Act.REPORT_ADDRESS, refused, "funders")
    flash(
        "Les destinataires de ce rapport sont enregistrés ; ceux qui viennent d’être ajoutés sont prévenus par mail.",
        "success",
    )
    return redirect(url_for("reports.show", id=id), 303)


@blueprint.post("/<uuid:id>/liens")
@needs(Act.REPORT_ADDRESS)
def send_link(id: UUID) -> ResponseReturnValue:
    """Send the report to somebody without an account."""
    run = refuse_unless(Act.REPORT_ADDRESS, queries.find(id))
    typed = {name: request.form.get(name, "") for name in ("email", "name", "days")}
    days = int(typed["days"]) if typed["days"].isdecimal() and len(typed["days"]) < 5 else 0
    try:
        link = report_handing.send_link(
            run.id, email=typed["email"], name=typed["name"], days=days, actor_id=user_id(), at=now()
        )
    except Refused as refused:
        said = {name: showable(text) for name, text in typed.items()}
        return _refused(id, Act.REPORT_ADDRESS, refused, "email", **said)
    flash(f"Le lien part par mail à {link.email}.", "success")
    return redirect(url_for("reports.show", id=id, _anchor="liens"), 303)


@blueprint.post("/<uuid:id>/liens/<uuid:link_id>/revoquer")
@needs(Act.REPORT_ADDRESS)
def revoke_link(id: UUID, link_id: UUID) -> ResponseReturnValue:
    """A link opens nothing any more."""
    run = refuse_unless(Act.REPORT_ADDRESS, queries.find(id))
    link = queries.link_of(run.id, link_id)
    if link is None:
        abort(404)
    report_handing.revoke_link(run.id, link.id, actor_id=user_id(), at=now())
    flash("Ce lien n’ouvre plus rien.", "info")
    return redirect(url_for("reports.show", id=id, _anchor="liens"), 303)
