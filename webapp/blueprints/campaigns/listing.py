"""The yearly campaigns: how far they are, opening one, its dates, who is expected, to whom it is addressed."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import BooleanField

from forms.french import fold
from forms.lifecycle import Audience, SheetState, label, label_of_several
from webapp.blueprints.campaigns.frame import blueprint, campaign_for, tabs
from webapp.campaign_dates import is_over
from webapp.clock import now
from webapp.form_fields import (
    DayField,
    FrenchForm,
    LineField,
    OneOfField,
    Required,
    TicksSelectMultipleField,
    YearField,
    attempt,
)
from webapp.guard import can, current_actor, needs, refuse_unless
from webapp.models import Campaign, Centre, Federation, Funder
from webapp.policy import Act
from webapp.queries import campaigns as queries
from webapp.queries.centres import federations
from webapp.queries.next_campaign import Proposal, has_next, latest_by_federation, proposal
from webapp.services import campaigns
from webapp.services.campaigns import Dates


class CampaignForm(FrenchForm):
    """What a campaign is: its year, its words, its dates, its people, in the order of the page."""

    federation = OneOfField("Fédération")
    year = YearField("Année", [Required("Indiquez l’année de la campagne.")])
    title = LineField("Titre", [Required("Indiquez un titre, par exemple Campagne 2026.")])
    last_creation = DayField(
        "Dernier jour pour commencer une fiche", [Required("Indiquez le dernier jour pour commencer une fiche.")]
    )
    shown_deadline = DayField(
        "Date limite annoncée aux centres", [Required("Indiquez la date limite annoncée aux centres.")]
    )
    last_edit = DayField(
        "Dernier jour pour modifier et envoyer",
        [Required("Indiquez le dernier jour pour modifier et envoyer.")],
        description="Ce jour-là compris. Gardez une marge après la date annoncée.",
    )
    expected = TicksSelectMultipleField("Centres attendus")
    addressed = TicksSelectMultipleField(
        "Financeurs", description="Ils lisent les fiches validées de cette campagne, et rien d’autre."
    )

    sign_off = BooleanField(
        "La fiche est signée par la présidence avant l’envoi",
        description="Le centre demande la signature par mail ; une réponse changée ensuite la fait tomber.",
    )

    def dates(self) -> Dates:
        """The three dates. Raises Refused where they are not in order."""
        return Dates(*(_there(field.data) for field in (self.shown_deadline, self.last_creation, self.last_edit)))

    def offer(
        self,
        centres: Sequence[Centre],
        funders: Sequence[Funder],
        *,
        chosen: frozenset[UUID],
        newcomers: frozenset[UUID] = frozenset(),
    ) -> None:
        """What can be ticked; a closed centre only where it was expected before. newcomers: said to be new."""
        self.expected.choices = [
            (str(c.id), c.name, "Nouveau centre" if c.id in newcomers else "")
            for c in centres
            if c.closed_on is None or c.id in chosen
        ]
        self.addressed.choices = [(str(funder.id), funder.name) for funder in funders]


class ChangedCampaignForm(CampaignForm):
    """A campaign that is open keeps its year."""

    year = None  # type: ignore[assignment]


def _there(day: date | None) -> date:
    if day is None:
        raise ValueError("a date that the form requires")
    return day


@blueprint.get("")
@needs(Act.CAMPAIGN_READ)
def index() -> str:
    """The campaigns, latest first."""
    lines = queries.campaigns(current_actor(), at=now())
    return render_template(
        "pages/campaigns/index.html",
        lines=lines,
        latest=latest_by_federation([line.campaign for line in lines if can(Act.CAMPAIGN_OPEN, line.campaign)]),
        several=len(federations(current_actor(), Act.CAMPAIGN_READ)) > 1,
        states=[(state, label_of_several(state)) for state in SheetState],
    )


@blueprint.get("/<uuid:id>")
@needs(Act.CAMPAIGN_READ)
def show(id: UUID) -> str:
    """A campaign: its dates, and how far each centre is."""
    campaign = campaign_for(Act.CAMPAIGN_READ, id)
    at = now()
    lines = queries.progress(current_actor(), campaign, at=at)
    return render_template(
        "pages/campaigns/show.html",
        campaign=campaign,
        lines=lines,
        expected=sum(line.expected for line in lines),
        sent=sum(line.expected and line.sent for line in lines),
        late=[line for line in lines if line.late and is_over(campaign, line.line, at=at)],
        followed=has_next(campaign),
        givable=sorted(
            ((str(line.centre.id), line.centre.name) for line in lines if line.expected),
            key=lambda choice: fold(choice[1]),
        ),
        tabs=tabs(campaign, "campaigns.show"),
        funders=sorted((line.funder.name for line in campaign.addressed), key=str.casefold),
        label=lambda state: label(state, Audience.FEDERATION),
    )


@blueprint.route("/nouvelle", methods=["GET", "POST"])
@needs(Act.CAMPAIGN_OPEN)
def new() -> ResponseReturnValue:
    """Open a campaign: every open centre is expected until somebody says otherwise."""
    places = federations(current_actor(), Act.CAMPAIGN_OPEN)
    federation = _chosen(places)
    centres, funders = queries.centres_of(federation.id), queries.funders_of(federation.id)
    # A federation with several campaigns a day is nobody's: the year that has none yet is proposed.
    form = CampaignForm(data={"expected": [str(centre.id) for centre in centres if centre.closed_on is None]})
    form.federation.choices = [(str(place.id), place.name) for place in places]
    form.federation.data = str(federation.id)
    form.offer(centres, funders, chosen=frozenset())
    if form.validate_on_submit():
        made = attempt(form, lambda: _open(federation, form))
        if made is not None:
            flash("La campagne est ouverte\u00a0: les centres peuvent commencer leurs fiches.", "success")
            return redirect(url_for("campaigns.show", id=made.id), 303)
    page = render_template("pages/campaigns/form.html", form=form, several=len(places) > 1, campaign=None)
    return page, 422 if form.errors else 200


def _chosen(places: Sequence[Federation]) -> Federation:
    """The federation asked for, else the first one; one must be there."""
    wanted = request.values.get("federation", "")
    found = next((place for place in places if str(place.id) == wanted), None)
    if found is None and (wanted or not places):
        abort(404)
    return found or places[0]


def _open(federation: Federation, form: CampaignForm, *, query_days: int | None = None) -> Campaign:
    return campaigns.open_campaign(
        federation=federation,
        year=int(form.year.data or 0),
        title=form.title.data or "",
        dates=form.dates(),
        expected=form.expected.ids,
        addressed=form.addressed.ids,
        sign_off=bool(form.sign_off.data),
        query_days=query_days,
        actor_id=current_actor().user_id,
        at=now(),
    )


@blueprint.route("/<uuid:id>/suivante", methods=["GET", "POST"])
@needs(Act.CAMPAIGN_OPEN)
def following(id: UUID) -> ResponseReturnValue:
    """Open next year's campaign from this one, everything filled in beforehand."""
    campaign = campaign_for(Act.CAMPAIGN_OPEN, id)
    centres, funders = queries.centres_of(campaign.federation_id), queries.funders_of(campaign.federation_id)
    proposed = proposal(campaign, centres, at=now())
    form = CampaignForm(data=_proposed(proposed))
    form.offer(centres, funders, chosen=frozenset(), newcomers=proposed.newcomers)
    if form.validate_on_submit():
        made = attempt(form, lambda: _open(campaign.federation, form, query_days=proposed.query_days))
        if made is not None:
            flash(f"La campagne {made.year} est ouverte\u00a0: invitez maintenant les centres.", "success")
            return redirect(url_for("campaigns.invitations", id=made.id), 303)
        campaign = campaign_for(Act.CAMPAIGN_OPEN, id)
    page = render_template(
        "pages/campaigns/form.html", form=form, several=False, campaign=None, before=campaign, proposed=proposed
    )
    return page, 422 if form.errors else 200


def _proposed(proposed: Proposal) -> dict[str, Any]:
    return {
        "year": proposed.year,
        "title": proposed.title,
        "shown_deadline": proposed.shown_deadline,
        "last_creation": proposed.last_creation,
        "last_edit": proposed.last_edit,
        "expected": [str(id_) for id_ in proposed.expected],
        "addressed": [str(id_) for id_ in proposed.addressed],
        "sign_off": proposed.sign_off,
    }


@blueprint.route("/<uuid:id>/modifier", methods=["GET", "POST"])
@needs(Act.CAMPAIGN_EDIT)
def edit(id: UUID) -> ResponseReturnValue:
    """Change the words, the dates and the people of a campaign."""
    campaign = refuse_unless(Act.CAMPAIGN_EDIT, queries.find(id))
    expected = frozenset(line.centre_id for line in campaign.expected)
    form = ChangedCampaignForm(
        data={
            "title": campaign.title,
            "shown_deadline": campaign.shown_deadline,
            "last_creation": campaign.last_creation,
            "last_edit": campaign.last_edit,
            "expected": [str(id_) for id_ in expected],
            "addressed": [str(line.funder_id) for line in campaign.addressed],
            "sign_off": campaign.sign_off,
        }
    )
    places = campaign.federation_id
    form.offer(queries.centres_of(places), queries.funders_of(places), chosen=expected)
    if form.validate_on_submit():
        if attempt(form, lambda: _change(id, form)) is not None:
            flash("La campagne est à jour.", "success")
            return redirect(url_for("campaigns.show", id=id), 303)
        campaign = refuse_unless(Act.CAMPAIGN_EDIT, queries.find(id))
    page = render_template("pages/campaigns/form.html", form=form, several=False, campaign=campaign)
    return page, 422 if form.errors else 200


def _change(id: UUID, form: CampaignForm) -> Campaign:
    return campaigns.change(
        id,
        title=form.title.data or "",
        dates=form.dates(),
        expected=form.expected.ids,
        addressed=form.addressed.ids,
        sign_off=bool(form.sign_off.data),
        actor_id=current_actor().user_id,
        at=now(),
    )
