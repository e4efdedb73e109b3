"""Agreements with funders on the web: the list, one of them, its form, its report."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as Redirect
from wtforms import StringField

from forms.kinds import Amount
from forms.values import Refused, clean_text, showable
from reports.catalogue import ReportKind
from reports.financial_account import missing_of
from webapp import job_words
from webapp.clock import now
from webapp.database import db
from webapp.form_fields import (
    FrenchForm,
    LineField,
    LinesTextAreaField,
    OneOfField,
    Required,
    TicksSelectMultipleField,
    YearField,
    attempt,
)
from webapp.guard import can, current_actor, needs, refuse_unless
from webapp.models import Agreement, Federation
from webapp.policy import Act, territory_of
from webapp.queries import agreement_scope
from webapp.queries import agreements as queries
from webapp.queries.centres import federations
from webapp.queries.report_selection import Selection
from webapp.services import agreements, reports
from webapp.vocabulary import JobState

blueprint = Blueprint("agreements", __name__, url_prefix="/conventions")

STATE_WORDS = job_words.STATES | {JobState.DONE: "Prêt"}
FORMS = (("short", "En bref\u00a0: résumé et chiffres"), ("whole", "En entier"))


class AmountField(StringField):
    """Euros as people type them; None where the field is empty."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the amount. What can't be read is shown again."""
        try:
            self.data = Amount().parse([showable(valuelist[0]) if valuelist else ""])
        except Refused as refused:
            self.data = None
            raise ValueError(refused.message) from None

    def _value(self) -> str:
        if self.raw_data:
            return showable(self.raw_data[0])
        return Amount().posted("", self.data)[0][1] if isinstance(self.data, Decimal) else ""


class AgreementForm(FrenchForm):
    """What is agreed on."""

    funder = OneOfField("Financeur", [Required("Choisissez un financeur.")])
    title = LineField("Objet", [Required("Indiquez l’objet de la convention.")])
    reference = LineField("Référence", description="Celle du financeur, comme elle figure sur la convention.")
    first_year = YearField("Première année", [Required("Indiquez la première année.")])
    last_year = YearField(
        "Dernière année", [Required("Indiquez la dernière année.")], description="Un à trois ans en tout."
    )
    address = LinesTextAreaField(
        "Adresse du rapport",
        description="Les lignes qui suivent le nom du financeur\u00a0: service, personne, rue, ville.",
    )
    requested = AmountField("Montant demandé par an")
    granted = AmountField("Montant accordé par an")
    centres = TicksSelectMultipleField("Centres", description="Sans choix\u00a0: tous.")
    themes = TicksSelectMultipleField("Thèmes", description="Sans choix\u00a0: toutes les actions.")
    actions = TicksSelectMultipleField("Actions", description="Sans choix\u00a0: toutes celles qui précèdent.")
    partner_kinds = TicksSelectMultipleField(
        "Types de partenaires",
        description="Les fiches qui en nomment un, partenaire ou financeur. Sans choix\u00a0: toutes.",
    )

    def offering(self, offer: queries.Offer) -> None:
        """Let these be chosen."""
        self.funder.choices = [("", "Choisir…"), *offer.funders]
        self.centres.choices = list(offer.centres)
        self.themes.choices = list(offer.themes)
        self.actions.choices = list(offer.actions)
        self.partner_kinds.choices = list(agreement_scope.KINDS.items())

    def details(self) -> agreements.Details:
        """What was typed, as the service takes it."""
        themes: dict[str, tuple[str, ...]] = {}
        for chosen in self.themes.data or ():
            question, _, code = chosen.partition(":")
            themes[question] = (*themes.get(question, ()), code)
        return agreements.Details(
            funder_id=_id(self.funder.data or ""),
            title=self.title.data or "",
            first_year=self.first_year.data,
            last_year=self.last_year.data,
            reference=self.reference.data or "",
            address=self.address.data or "",
            centres=self.centres.ids,
            actions=self.actions.ids,
            themes=themes,
            partner_kinds=tuple(self.partner_kinds.data or ()),
            requested=self.requested.data,
            granted=self.granted.data,
        )


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


@blueprint.get("")
@needs(Act.AGREEMENT_READ)
def index() -> str:
    """The agreements, those under way first."""
    return render_template(
        "pages/agreements/index.html",
        agreements=queries.visible(current_actor()),
        places=federations(current_actor(), Act.AGREEMENT_MANAGE),
        several=len({row.federation_id for row in queries.visible(current_actor())}) > 1,
    )


@blueprint.route("/nouvelle", methods=["GET", "POST"])
@needs(Act.AGREEMENT_MANAGE)
def new() -> ResponseReturnValue:
    """Make an agreement."""
    place = _place(request.values.get("federation", ""))
    form = AgreementForm()
    form.offering(queries.offer(place))
    if form.validate_on_submit():
        made = attempt(form, lambda: agreements.make(place, form.details(), actor_id=current_actor().user_id, at=now()))
        if made is not None:
            flash("La convention est enregistrée.", "success")
            return redirect(url_for("agreements.show", id=made.id), 303)
        place = _place(request.values.get("federation", ""))
    return _form(form, place, None)


def _place(chosen: str) -> Federation:
    """The federation chosen, or the only one there is."""
    places = {str(place.id): place for place in federations(current_actor(), Act.AGREEMENT_MANAGE)}
    found = places.get(chosen) if chosen or len(places) > 1 else next(iter(places.values()), None)
    return found if found is not None else abort(404)


def _form(form: AgreementForm, place: Federation, agreement: Agreement | None) -> ResponseReturnValue:
    page = render_template("pages/agreements/form.html", form=form, place=place, agreement=agreement)
    return page, 422 if form.errors else 200


@blueprint.get("/<uuid:id>")
@needs(Act.AGREEMENT_READ)
def show(id: UUID) -> str:
    """What an agreement covers, what lacks, its reports and the form to ask for one."""
    agreement = refuse_unless(Act.AGREEMENT_READ, agreement_scope.find(id))
    return _show(agreement, MultiDict(), {})


def _show(agreement: Agreement, chosen: MultiDict[str, str], errors: dict[str, str]) -> str:
    makes = can(Act.REPORT_MAKE, agreement.federation)
    found = queries.sheets(agreement, current_actor())
    lines = queries.by_year(agreement, found)
    return render_template(
        "pages/agreements/show.html",
        agreement=agreement,
        kind=agreement_scope.KINDS.get(agreement.funder.kind, agreement.funder.kind),
        scope=agreement_scope.scope_in_words(agreement),
        lines=lines,
        total=len(found),
        centres=len({(sheet.centre, sheet.commune) for sheet in found}),
        missing=missing_of(found) if makes and found else (),
        runs=queries.runs(agreement.id, current_actor()),
        makes=makes,
        years=chosen.getlist("years") if errors else [str(line.year) for line in lines if line.sheets],
        chosen=chosen,
        errors=errors,
        forms=FORMS,
        state_words=STATE_WORDS,
    )


@blueprint.route("/<uuid:id>/modifier", methods=["GET", "POST"])
@needs(Act.AGREEMENT_MANAGE)
def edit(id: UUID) -> ResponseReturnValue:
    """Change the terms."""
    agreement = refuse_unless(Act.AGREEMENT_MANAGE, agreement_scope.find(id))
    form = AgreementForm(data=_known(agreement))
    form.offering(queries.offer(agreement.federation))
    if form.validate_on_submit():
        changed = attempt(
            form, lambda: agreements.change(id, form.details(), actor_id=current_actor().user_id, at=now())
        )
        if changed is not None:
            flash("La convention est à jour.", "success")
            return redirect(url_for("agreements.show", id=id), 303)
        agreement = refuse_unless(Act.AGREEMENT_MANAGE, agreement_scope.find(id))
    return _form(form, agreement.federation, agreement)


def _known(agreement: Agreement) -> dict[str, Any]:
    return {
        "funder": str(agreement.funder_id),
        "title": agreement.title,
        "reference": agreement.reference,
        "first_year": agreement.first_year,
        "last_year": agreement.last_year,
        "address": agreement.address,
        "requested": agreement.requested,
        "granted": agreement.granted,
        "centres": [str(line.centre_id) for line in agreement.centres],
        "actions": [str(line.action_id) for line in agreement.actions],
        "themes": [f"{question}:{code}" for question, codes in agreement.themes.items() for code in codes],
        "partner_kinds": list(agreement.partner_kinds),
    }


@blueprint.post("/<uuid:id>/clore")
@needs(Act.AGREEMENT_MANAGE)
def close(id: UUID) -> Redirect:
    """Nothing of it changes any more."""
    refuse_unless(Act.AGREEMENT_MANAGE, agreement_scope.find(id))
    agreements.close(id, actor_id=current_actor().user_id, at=now())
    flash("La convention est close. Ses rapports restent, et d’autres peuvent encore se faire.", "success")
    return redirect(url_for("agreements.show", id=id), 303)


@blueprint.post("/<uuid:id>/rouvrir")
@needs(Act.AGREEMENT_MANAGE)
def reopen(id: UUID) -> Redirect:
    """Let it be changed again."""
    refuse_unless(Act.AGREEMENT_MANAGE, agreement_scope.find(id))
    agreements.reopen(id, actor_id=current_actor().user_id, at=now())
    flash("La convention peut de nouveau être modifiée.", "success")
    return redirect(url_for("agreements.show", id=id), 303)


@blueprint.post("/<uuid:id>/rapport")
@needs(Act.REPORT_MAKE)
def report(id: UUID) -> ResponseReturnValue:
    """Ask for the report; its page then shows how far it is."""
    agreement = refuse_unless(Act.AGREEMENT_READ, agreement_scope.find(id))
    refuse_unless(Act.REPORT_MAKE, agreement.federation)
    try:
        run = reports.request(
            ReportKind.FUNDER,
            _selection(agreement, request.form),
            federation=agreement.federation,
            title=clean_text(request.form.get("title", ""))[:200] or f"Rapport de convention – {agreement.funder.name}",
            actor_id=current_actor().user_id,
            at=now(),
        )
    except Refused as refused:
        db.session.rollback()
        agreement = refuse_unless(Act.AGREEMENT_READ, agreement_scope.find(id))
        return _show(agreement, request.form, {refused.question or "years": refused.message}), 422
    return redirect(url_for("reports.show", id=run.id), 303)


def _selection(agreement: Agreement, form: MultiDict[str, str]) -> Selection:
    """The agreement's sheets of the years chosen; where a role is limited to departments, its report never leaves them.

    Raises Refused without a year of the agreement.
    """
    offered = {str(year): year for year in agreement.years}
    years = tuple(sorted({offered[text] for text in form.getlist("years") if text in offered}))
    if not years:
        raise Refused("Choisissez au moins une année de la convention.", question="years")
    territory = territory_of(current_actor(), Act.REPORT_MAKE, agreement.federation_id)
    return queries.selection_of(
        agreement, years, departments=tuple(sorted(territory)), whole=form.get("form") == "whole"
    )
