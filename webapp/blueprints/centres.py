"""The federation's centres, and those who pay: the lists, one centre, adding and correcting."""

from typing import Any
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms.validators import Optional, Regexp

from forms.departments import DEPARTMENTS
from forms.lifecycle import Audience, label
from forms.values import Refused
from webapp.clock import now
from webapp.form_fields import DayField, FrenchForm, LineField, LinesTextAreaField, OneOfField, Required, attempt
from webapp.guard import can, current_actor, needs, refuse_unless
from webapp.models import Centre, Federation
from webapp.policy import Act, territory_of
from webapp.queries import centre_life, phone
from webapp.queries import centres as queries
from webapp.services import centres

blueprint = Blueprint("centres", __name__)

FIRST = ("", "Choisir…")


class CentreForm(FrenchForm):
    """What is known of a centre."""

    federation = OneOfField("Fédération")
    name = LineField("Nom", [Required("Indiquez le nom du centre.")])
    commune = LineField("Commune", [Required("Indiquez la commune du centre.")])
    department = OneOfField(
        "Département",
        [Required("Choisissez un département.")],
        choices=[FIRST, *((code, f"{code} – {name}") for code, name in DEPARTMENTS.items())],
    )
    siret = LineField("SIRET", description="14 chiffres, espaces acceptés.")
    address = LineField("Adresse")
    contact_name = LineField("Personne à contacter")
    phone = LineField("Téléphone")
    email = LineField(
        "Adresse mail",
        [Optional(), Regexp(r"[^@\s]+@[^@\s]+\.[^@\s]+$", message="Indiquez une adresse mail comme nom@exemple.fr.")],
    )
    president_name = LineField("Présidence", description="Qui signe les fiches, quand la campagne le demande.")
    president_email = LineField(
        "Adresse mail de la présidence",
        [Optional(), Regexp(r"[^@\s]+@[^@\s]+\.[^@\s]+$", message="Indiquez une adresse mail comme nom@exemple.fr.")],
    )
    aliases = LinesTextAreaField(
        "Autres appellations",
        description="Une par ligne\u00a0: anciens noms, sigles. Ils servent à reconnaître le centre lors d’un import.",
    )
    joined_on = DayField(
        "Dans la fédération depuis le", description="Un nouveau centre est proposé à la campagne suivante."
    )
    closed_on = DayField(
        "Fermé depuis le", description="Un centre fermé garde ses fiches\u202f; il n’est plus attendu."
    )

    def within(self, territory: frozenset[str]) -> None:
        """Offer these departments only, where a role is limited to some."""
        if territory:
            self.department.choices = [
                FIRST,
                *((code, f"{code} – {name}") for code, name in DEPARTMENTS.items() if code in territory),
            ]

    def details(self) -> centres.Details:
        """What was typed, as the service takes it."""
        return centres.Details(
            name=self.name.data or "",
            commune=self.commune.data or "",
            department=self.department.data or "",
            siret=self.siret.data or "",
            address=self.address.data or "",
            phone=self.phone.data or "",
            email=self.email.data or "",
            contact_name=self.contact_name.data or "",
            joined_on=self.joined_on.data,
            president_name=self.president_name.data or "",
            president_email=self.president_email.data or "",
            closed_on=self.closed_on.data,
            aliases=self.aliases.lines,
        )


class FunderForm(FrenchForm):
    """One who pays."""

    federation = OneOfField("Fédération")
    name = LineField("Nom", [Required("Indiquez le nom du financeur.")])
    kind = OneOfField(
        "Type",
        [Required("Choisissez un type.")],
        choices=[FIRST, *centres.KINDS.items()],
    )


@blueprint.get("/centres")
@needs(Act.CENTRE_LIST)
def index() -> str:
    """The centres, those still open first."""
    text, department = request.args.get("q", "").strip()[:200], request.args.get("department", "")
    return render_template(
        "pages/centres/index.html",
        lines=queries.centres(current_actor(), text=text, department=department),
        q=text,
        department=department,
        departments=[(code, DEPARTMENTS.get(code, code)) for code in queries.departments(current_actor())],
        names=DEPARTMENTS,
    )


@blueprint.get("/centres/<uuid:id>")
@needs(Act.CENTRE_READ)
def show(id: UUID) -> str:
    """A centre, with its sheets for the federation."""
    centre = refuse_unless(Act.CENTRE_READ, centre_life.find(id))
    reads = can(Act.REVIEW_LIST, centre)
    return render_template(
        "pages/centres/show.html",
        centre=centre,
        life=centre_life.moments(centre),
        department=DEPARTMENTS.get(centre.department, centre.department),
        sheets=queries.sheets_of(id) if reads else None,
        own_id=current_actor().user_id,
        typed=phone.waiting(id) if reads else (),
        label=lambda state: label(state, Audience.FEDERATION),
        siret=_spaced(centre.siret),
        president=" · ".join(filter(None, (centre.president_name, centre.president_email))),
    )


def _spaced(siret: str | None) -> str:
    """« 123 456 789 00012 », as it is written on paper."""
    return f"{siret[:3]}\u00a0{siret[3:6]}\u00a0{siret[6:9]}\u00a0{siret[9:]}" if siret else ""


@blueprint.route("/centres/nouveau", methods=["GET", "POST"])
@needs(Act.CENTRE_ADD)
def new() -> ResponseReturnValue:
    """Add a centre."""
    form, places = CentreForm(), _places(Act.CENTRE_ADD)
    form.federation.choices = places
    if form.validate_on_submit():
        federation = _federation(form, Act.CENTRE_ADD)
        made = attempt(
            form,
            lambda: centres.add(federation, form.details(), actor_id=current_actor().user_id, at=now()),
        )
        if made is not None:
            flash("Le centre est ajouté. Invitez maintenant les personnes qui rempliront ses fiches.", "success")
            return redirect(url_for("centres.show", id=made.id), 303)
    return _answer("pages/centres/form.html", form, places, centre=None)


@blueprint.route("/centres/<uuid:id>/modifier", methods=["GET", "POST"])
@needs(Act.CENTRE_MANAGE)
def edit(id: UUID) -> ResponseReturnValue:
    """Correct what is known of a centre."""
    centre = refuse_unless(Act.CENTRE_MANAGE, queries.find(id))
    form = CentreForm(data=_known(centre))
    territory = territory_of(current_actor(), Act.CENTRE_MANAGE, centre.federation_id)
    form.within(territory)
    if form.validate_on_submit():
        if attempt(form, lambda: _change(id, form, territory)) is not None:
            flash("Le centre est à jour.", "success")
            return redirect(url_for("centres.show", id=id), 303)
        centre = refuse_unless(Act.CENTRE_MANAGE, queries.find(id))
    return _answer("pages/centres/form.html", form, [], centre=centre)


def _change(id: UUID, form: CentreForm, territory: frozenset[str]) -> Centre:
    """Whose role is limited to departments moves no centre out of them."""
    if territory and form.department.data not in territory:
        raise Refused("Choisissez parmi vos départements.", question="department")
    return centres.change(id, form.details(), actor_id=current_actor().user_id, at=now())


def _known(centre: Centre) -> dict[str, Any]:
    known = {name: getattr(centre, name) or "" for name in ("name", "commune", "department", "address", "phone")}
    return known | {
        "email": centre.email or "",
        "contact_name": centre.contact_name or "",
        "president_name": centre.president_name or "",
        "president_email": centre.president_email or "",
        "siret": _spaced(centre.siret),
        "joined_on": centre.joined_on,
        "closed_on": centre.closed_on,
        "aliases": "\n".join(alias.name for alias in centre.aliases),
    }


def _places(act: Act) -> list[tuple[str, str]]:
    return [(str(place.id), place.name) for place in queries.federations(current_actor(), act)]


def _federation(form: FrenchForm, act: Act) -> Federation:
    """The federation chosen, or the only one there is."""
    places = {str(place.id): place for place in queries.federations(current_actor(), act)}
    chosen = places.get(form["federation"].data or "") if len(places) > 1 else next(iter(places.values()), None)
    if chosen is None:
        abort(404)
    return chosen


def _answer(template: str, form: FrenchForm, places: list[tuple[str, str]], **shown: Any) -> ResponseReturnValue:
    page = render_template(template, form=form, several=len(places) > 1, **shown)
    return page, 422 if form.errors else 200


@blueprint.get("/financeurs")
@needs(Act.FUNDER_MANAGE)
def funders() -> str:
    """Those who pay, and to which campaigns they are addressed."""
    return render_template("pages/centres/funders.html", lines=queries.funders(current_actor()), kinds=centres.KINDS)


@blueprint.route("/financeurs/nouveau", methods=["GET", "POST"])
@needs(Act.FUNDER_MANAGE)
def new_funder() -> ResponseReturnValue:
    """Add a funder."""
    form, places = FunderForm(), _places(Act.FUNDER_MANAGE)
    form.federation.choices = places
    if form.validate_on_submit():
        federation = _federation(form, Act.FUNDER_MANAGE)
        if attempt(form, lambda: centres.add_funder(federation, **_typed(form))) is not None:
            flash(
                "Le financeur est ajouté. Adressez-lui une campagne pour qu’il en lise les fiches validées.", "success"
            )
            return redirect(url_for("centres.funders"), 303)
    return _answer("pages/centres/funder_form.html", form, places, funder=None)


@blueprint.route("/financeurs/<uuid:id>", methods=["GET", "POST"])
@needs(Act.FUNDER_MANAGE)
def edit_funder(id: UUID) -> ResponseReturnValue:
    """Correct a funder."""
    funder = refuse_unless(Act.FUNDER_MANAGE, queries.funder(id))
    form = FunderForm(data={"name": funder.name, "kind": funder.kind})
    if form.validate_on_submit():
        if attempt(form, lambda: centres.change_funder(id, **_typed(form))) is not None:
            flash("Le financeur est à jour.", "success")
            return redirect(url_for("centres.funders"), 303)
        funder = refuse_unless(Act.FUNDER_MANAGE, queries.funder(id))
    return _answer("pages/centres/funder_form.html", form, [], funder=funder)


def _typed(form: FunderForm) -> dict[str, Any]:
    return {
        "name": form.name.data or "",
        "kind": form.kind.data or "",
        "actor_id": current_actor().user_id,
        "at": now(),
    }
