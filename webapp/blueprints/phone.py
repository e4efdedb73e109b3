"""Filling in a sheet by telephone: the federation chooses and types, the centre confirms by its link."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from flask import Blueprint, abort, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from forms import rules, steps
from forms.document import reading
from forms.lifecycle import Audience, label
from forms.values import Refused
from webapp.blueprints.sheets import signature
from webapp.blueprints.sheets.frame import version_of
from webapp.campaign_dates import may_begin
from webapp.clock import now
from webapp.database import db
from webapp.guard import can, current_actor, needs, refuse_unless
from webapp.limits import limiter
from webapp.models import Action, Campaign, Centre, PhoneEntry, Sheet
from webapp.policy import Act, Denied
from webapp.queries import actions, people
from webapp.queries import centres as centre_queries
from webapp.queries import phone as queries
from webapp.queries import sheets as sheet_queries
from webapp.queries.doubts import open_doubts
from webapp.services import phone
from webapp.services.links import GONE
from webapp.services.snapshots import frozen_answers
from webapp.sharing_words import SHARINGS
from webapp.vocabulary import RoleName, Sharing

blueprint = Blueprint("phone", __name__)

BY_MACHINE = "30 per minute"


@dataclass(frozen=True)
class Known:
    """An action of the centre that may be told this year, by what the federation may know of it."""

    action: Action
    last: Sheet | None

    @property
    def title(self) -> str:
        """Its name as it was sent; a draft's is not the federation's to read."""
        return self.last.current_snapshot.title if self.last and self.last.current_snapshot else ""


@blueprint.get("/centres/<uuid:id>/telephone")
@needs(Act.PHONE_BEGIN)
def choose(id: UUID) -> str:
    """Choose what is to be typed for a centre: a sheet begun, an action of other years, a new one."""
    return _choose_page(refuse_unless(Act.PHONE_BEGIN, centre_queries.find(id)))


def _choose_page(centre: Centre, refused: Refused | None = None) -> str:
    campaigns = queries.running(centre, at=now())
    wanted = request.values.get("campaign", "")
    chosen = next((one for one in campaigns if str(one.id) == wanted), campaigns[0] if campaigns else None)
    return render_template(
        "pages/phone/choose.html",
        centre=centre,
        campaigns=campaigns,
        chosen=chosen,
        sheets=queries.editable(centre.id, chosen.id) if chosen else (),
        known=_known(centre, chosen) if chosen and may_begin(chosen, at=now()) else (),
        may_begin=chosen is not None and may_begin(chosen, at=now()) and centre.closed_on is None,
        responsibles=people.of_centre(centre.id, {RoleName.RESPONSIBLE}),
        label=lambda state: label(state, Audience.FEDERATION),
        typed={name: request.form.get(name, "") for name in ("spoke_with", "title")},
        refused=refused,
    )


def _known(centre: Centre, campaign: Campaign) -> list[Known]:
    rows = sheet_queries.actions_without_sheet(centre.id, campaign.id)
    last = actions.last_sheets([action.id for action in rows], before=campaign.year)
    return [Known(action, last[action.id]) for action in rows if action.id in last]


@blueprint.post("/centres/<uuid:id>/telephone")
@needs(Act.PHONE_BEGIN)
def begin(id: UUID) -> ResponseReturnValue:
    """Begin to type, and open the list of steps."""
    centre = refuse_unless(Act.PHONE_BEGIN, centre_queries.find(id))
    try:
        entry = _begun(centre)
    except Refused as refused:
        db.session.rollback()
        return _choose_page(refuse_unless(Act.PHONE_BEGIN, centre_queries.find(id)), refused), 422
    flash("Vous remplissez cette fiche au téléphone, pour le centre. Il la confirmera ensuite.", "success")
    return redirect(url_for("sheets.overview", id=entry.sheet_id), 303)


def _begun(centre: Centre) -> PhoneEntry:
    form, at = request.form, now()
    campaign = next((one for one in queries.running(centre, at=at) if str(one.id) == form.get("campaign", "")), None)
    if campaign is None:
        raise Refused("Aucune campagne ne court plus pour ce centre.", question="sheet")
    if form.get("sheet"):
        sheets = queries.editable(centre.id, campaign.id)
        sheet = next((one for one in sheets if str(one.id) == form["sheet"]), None)
        if sheet is None:
            raise Refused("Cette fiche a été envoyée entre-temps\u00a0: choisissez-en une autre.", question="sheet")
        return phone.begin(sheet.id, spoke_with=form.get("spoke_with", ""), actor=current_actor(), at=at)
    if centre.closed_on is not None:
        raise Refused("Ce centre est fermé\u00a0: aucune fiche n’y commence plus.", question="title")
    wanted = form.get("action", "")
    action = next((one.action for one in _known(centre, campaign) if str(one.action.id) == wanted), None)
    if wanted and action is None:
        raise Refused("Cette action a déjà sa fiche\u00a0: choisissez-la plus haut.", question="action")
    return phone.begin_new(
        centre=centre,
        campaign=campaign,
        action=action,
        title=form.get("title", ""),
        spoke_with=form.get("spoke_with", ""),
        actor=current_actor(),
        at=at,
    )


@blueprint.post("/fiches/<uuid:id>/telephone/terminer")
@needs(Act.PHONE_END)
def end(id: UUID) -> ResponseReturnValue:
    """End the typing: the federation when all is said, or the centre when it wishes."""
    sheet = refuse_unless(Act.PHONE_END, sheet_queries.find(id))
    own, centre_id = can(Act.SHEET_BEGIN, sheet.centre), sheet.centre_id
    told = [user.full_name or user.email for user in people.of_centre(centre_id, {RoleName.RESPONSIBLE})]
    try:
        entry = phone.end(id, actor=current_actor(), at=now())
        by_typist = entry.ended_by == entry.started_by
    except Refused as refused:
        db.session.rollback()
        flash(refused.message, "info")
        return redirect(url_for("sheets.overview", id=id) if own else url_for("centres.show", id=centre_id), 303)
    if not by_typist:
        flash("La saisie au téléphone est terminée\u00a0: la fédération ne lit plus ce brouillon.", "success")
        return redirect(url_for("sheets.overview", id=id), 303)
    _say_who_confirms(told)
    return redirect(url_for("centres.show", id=centre_id), 303)


def _say_who_confirms(told: Sequence[str]) -> None:
    if told:
        flash(f"La saisie est terminée. Un mail part à {', '.join(told)}, pour confirmer et envoyer.", "success")
    else:
        flash(
            "La saisie est terminée. Ce centre n’a pas de responsable\u00a0: "
            "invitez quelqu’un, qui relira la fiche et l’enverra.",
            "warning",
        )


@blueprint.get("/confirmation/<token>")
@needs(Act.LINK_USE)
def confirmation(token: str) -> ResponseReturnValue:
    """The whole sheet as it was typed; reading it uses nothing up."""
    return _confirmation_page(token)


def _confirmation_page(
    token: str, refused: Refused | None = None, sharing: Sharing | None = None
) -> ResponseReturnValue:
    found = phone.find(token, at=now())
    if found is None:
        return _private(render_template("pages/phone/gone.html"), 410)
    _link, entry = found
    sheet = sheet_queries.find(entry.sheet_id) or abort(404)
    version = version_of(sheet)
    page = render_template(
        "pages/phone/confirmation.html",
        token=token,
        sheet=sheet,
        entry=entry,
        document=reading(version, frozen_answers(sheet)),
        left=_left(sheet),
        refused=refused,
        refusal=request.form.get("refusal", ""),
        sharings=[(one.value, *words) for one, words in SHARINGS.items()],
        sharing=(sharing or sheet.sharing).value,
        unsigned=signature.of_sheet(sheet).lacks,
        file_url=lambda file_id: url_for("signing.confirmed_file", token=token, file_id=file_id),
    )
    return _private(page, 422 if refused else 200)


def _left(sheet: Sheet) -> list[str]:
    """What keeps the sheet from being sent, in words."""
    version = version_of(sheet)
    left = [item.message for item in steps.missing(version, sheet.answers, sheet.unparsed, sheet.carried)]
    left += [item.message for item in rules.broken(version, sheet.answers)]
    names = (version.question(doubt.question).short_label for doubt in open_doubts(sheet))
    return left + [f"Corrigez ou confirmez «\u00a0{name}\u00a0»." for name in names]


def _private(page: str, status: int) -> ResponseReturnValue:
    response = make_response(page, status)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@blueprint.post("/confirmation/<token>")
@needs(Act.LINK_USE)
@limiter.limit(BY_MACHINE)
def answer_confirmation(token: str) -> ResponseReturnValue:
    """Confirm and send in the reader's name, or say that this is not it."""
    form, sharing = request.form, None
    if form.get("sharing", "") in set(Sharing):
        sharing = Sharing(form["sharing"])
    try:
        if "refuse" in form:
            phone.refuse(token, form.get("refusal", ""), at=now())
            return _private(render_template("pages/phone/answered.html", sheet=None), 200)
        revision = form.get("revision", type=int)
        sheet = phone.confirm(token, revision=-1 if revision is None else revision, sharing=sharing, at=now())
    except (Refused, Denied) as refused:
        db.session.rollback()
        said = refused if isinstance(refused, Refused) else Refused(GONE)
        return _confirmation_page(token, said, sharing)
    sent = sheet_queries.find(sheet.id) or abort(404)
    return _private(render_template("pages/phone/answered.html", sheet=sent), 200)
