"""Personal data: the register for anybody, one's own data, and answering a person who asks.

An address is never put into the address of a page: those are kept in histories and logs.
"""

from collections.abc import Iterable
from dataclasses import asdict, replace
from io import BytesIO
from uuid import UUID

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from forms.french import plural
from forms.values import Refused
from webapp import erasure_words, person_export
from webapp.blueprints.accounts.own import by_myself
from webapp.clock import now
from webapp.database import db
from webapp.guard import current_actor, current_user, needs, refuse_unless
from webapp.limits import limiter
from webapp.mentions import Mentions
from webapp.models import Federation, ReportRun
from webapp.personal_data import FATES
from webapp.policy import Act, Thing, decide
from webapp.queries import person_data, person_reports
from webapp.queries import privacy as queries
from webapp.register import REGISTER, STAYS
from webapp.services import erasure, erasure_files, privacy
from webapp.services.erasure import Plan
from webapp.services.privacy import Told

blueprint = Blueprint("privacy", __name__)

ELSEWHERE = "Cette demande revient à l’administrateur de la plateforme : transmettez-la-lui."
ZIP = "application/zip"
ARCHIVES = "6 per hour"
"""Each looks through every table."""


@blueprint.get("/aide/donnees-personnelles")
@needs(Act.HELP_READ)
def register() -> str:
    """Who keeps what, why, how long, and whom one asks."""
    return render_template(
        "pages/privacy/register.html", treatments=REGISTER.values(), notices=queries.notices(), stays=STAYS
    )


@blueprint.get("/compte/donnees")
@needs(Act.ACCOUNT_OWN)
def own() -> str:
    """My data: what they are, and the archive of all of them."""
    return render_template("pages/privacy/own.html")


@blueprint.get("/compte/donnees/telecharger")
@needs(Act.ACCOUNT_OWN)
@limiter.limit(ARCHIVES, key_func=by_myself)
def own_archive() -> ResponseReturnValue:
    """All that is kept of me.

    In the words of others by my address alone: a name is what somebody typed, « de la » would show all that others
    wrote. By name the federation looks, and reads it over before it hands it out.
    """
    user = current_user()
    if user is None:
        abort(401)
    person = person_data.find(user.email)
    return _archive(replace(person, mentions=Mentions(frozenset({person.email}))))


@blueprint.get("/donnees-des-personnes")
@needs(Act.PRIVACY_MANAGE)
def index() -> str:
    """Look for a person; what was erased; what each federation says of itself."""
    return _index({})


def _index(errors: dict[str, str], *, email: str = "", typed: dict[str, str] | None = None) -> str:
    actor = current_actor()
    erasures = queries.erasures(actor)
    return render_template(
        "pages/privacy/index.html",
        erasures=erasures,
        left={id_: _answered_for(runs) for id_, runs in person_reports.left_by(erasures).items()},
        notices=queries.notices_to_fill(actor),
        errors=errors,
        email=email,
        typed_in=typed or {},
        name_of=erasure.name_of,
    )


def _answered_for(runs: Iterable[ReportRun]) -> list[ReportRun]:
    """Those of the federations that the actor answers for."""
    actor = current_actor()
    return [run for run in runs if decide(actor, Act.PRIVACY_MANAGE, Thing(federation_id=run.federation_id)).allowed]


@blueprint.post("/donnees-des-personnes")
@needs(Act.PRIVACY_MANAGE)
def look() -> ResponseReturnValue:
    """What is known of a person, and what erasing them would do; nothing is changed."""
    email = request.form.get("email", "")
    try:
        plan = _mine(email)
    except Refused as refused:
        return _index({refused.question or "email": refused.message}, email=email), 422
    return _person(plan)


def _mine(email: str) -> Plan:
    """What is known of them, where the actor answers for all of it."""
    plan, actor = erasure.plan(email), current_actor()
    if plan.empty or not erasure.concerns(plan, actor):
        # That another federation knows them is not said here.
        raise Refused("Rien n’est connu de cette adresse ici.", question="email")
    if not erasure.allowed(plan, actor):
        raise Refused(ELSEWHERE, question="email")
    return plan


def _person(plan: Plan, error: str = "") -> str:
    return render_template(
        "pages/privacy/person.html",
        plan=plan,
        groups=erasure_words.groups(plan),
        stays=STAYS,
        fates=FATES,
        error=error,
    )


@blueprint.post("/donnees-des-personnes/exporter")
@needs(Act.PRIVACY_MANAGE)
def export() -> ResponseReturnValue:
    """The archive of what is kept of a person, to be handed to them; that it was made is written down."""
    email = request.form.get("email", "")
    try:
        plan = _mine(email)
    except Refused as refused:
        return _index({"email": refused.message}, email=email), 422
    response = _archive(plan.person)
    privacy.note_export(plan.person.user_id, actor=current_actor(), at=now())
    return response


@blueprint.post("/donnees-des-personnes/effacer")
@needs(Act.PRIVACY_MANAGE)
def erase() -> ResponseReturnValue:
    """Erase a person, whose address was typed a second time."""
    email = request.form.get("email", "")
    try:
        plan = _mine(email)
    except Refused as refused:
        return _index({"email": refused.message}, email=email), 422
    if request.form.get("again", "").strip().lower() != plan.person.email:
        return _person(plan, "Tapez de nouveau l’adresse, entière, pour confirmer."), 422
    actor = current_actor()
    done = erasure.erase(email, actor=actor, at=now())
    name = erasure.name_of(done.number) if done is not None and done.number is not None else ""
    flash(f"C’est fait : il ne reste que « {name} », et ce qui doit rester.", "success")
    return redirect(url_for("privacy.index"), 303)


@blueprint.post("/donnees-des-personnes/effacements/<int:number>/retirer-les-rapports")
@needs(Act.PRIVACY_MANAGE)
def withdraw(number: int) -> ResponseReturnValue:
    """Take back the issued reports whose file still names a person who was erased."""
    found = queries.erasure(number, current_actor())
    if found is None:
        abort(404)
    runs = erasure_files.withdraw(found, actor=current_actor(), at=now())
    flash(
        f"{plural(len(runs), 'rapport retiré', 'rapports retirés')}\u00a0: leur fichier n’existe plus ici.", "success"
    )
    return redirect(url_for("privacy.index"), 303)


@blueprint.post("/donnees-des-personnes/mentions/<uuid:federation_id>")
@needs(Act.PRIVACY_MANAGE)
def change_notice(federation_id: UUID) -> ResponseReturnValue:
    """What a federation says: who answers for the data, whom one writes to."""
    federation = refuse_unless(Act.PRIVACY_MANAGE, db.session.get(Federation, federation_id))
    told = Told(
        *(request.form.get(f"{key}-{federation_id}", "") for key in ("controller", "address", "contact", "more"))
    )
    try:
        privacy.change_notice(federation, told, actor=current_actor(), at=now())
    except Refused as refused:
        db.session.rollback()
        return _index(
            {f"{refused.question}-{federation_id}": refused.message}, typed={"id": str(federation_id), **asdict(told)}
        ), 422
    flash("La page « Données personnelles » dit maintenant cela.", "success")
    return redirect(url_for("privacy.index"), 303)


def _archive(person: person_data.Person) -> Response:
    response = send_file(
        BytesIO(person_export.archive(person, at=now())), ZIP, as_attachment=True, download_name="donnees.zip"
    )
    response.headers["Cache-Control"] = "no-store"
    return response
