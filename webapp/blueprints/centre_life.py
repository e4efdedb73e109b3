"""What happens to a centre in its years: another name, a merger."""

from datetime import date
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from webapp.clock import now
from webapp.form_fields import (
    DayField,
    FrenchForm,
    LineField,
    OneOfField,
    Required,
    TicksSelectMultipleField,
    attempt,
)
from webapp.guard import current_actor, needs, refuse_unless
from webapp.models import Centre
from webapp.policy import Act
from webapp.policy_words import ROLES
from webapp.queries import centre_life as queries
from webapp.services import centre_life

blueprint = Blueprint("centre_life", __name__, url_prefix="/centres")


class RenameForm(FrenchForm):
    """Another name, and since when."""

    name = LineField("Nouveau nom", [Required("Indiquez le nouveau nom.")])
    on = DayField("L’ancien nom valait jusqu’au", [Required("Indiquez le dernier jour de l’ancien nom.")])


class MergeForm(FrenchForm):
    """Which centre takes over, since when, and who goes with it."""

    into = OneOfField("Centre qui continue", [Required("Choisissez le centre qui continue.")])
    on = DayField("Fusionnés depuis le", [Required("Indiquez le jour de la fusion.")])
    roles = TicksSelectMultipleField("Personnes qui rejoignent ce centre")


@blueprint.route("/<uuid:id>/renommer", methods=["GET", "POST"])
@needs(Act.CENTRE_MANAGE)
def rename(id: UUID) -> ResponseReturnValue:
    """Give a centre another name; the old one stays known."""
    refuse_unless(Act.CENTRE_MANAGE, queries.find(id))
    form = RenameForm()
    if form.validate_on_submit():
        renamed = attempt(
            form,
            lambda: centre_life.rename(
                id, name=form.name.data or "", on=_there(form.on.data), actor_id=current_actor().user_id, at=now()
            ),
        )
        if renamed is not None:
            flash("Le centre porte son nouveau nom. L’ancien reste reconnu.", "success")
            return redirect(url_for("centres.show", id=id), 303)
    return _answer("pages/centres/rename.html", form, refuse_unless(Act.CENTRE_MANAGE, queries.find(id)))


@blueprint.route("/<uuid:id>/fusionner", methods=["GET", "POST"])
@needs(Act.CENTRE_MANAGE)
def merge(id: UUID) -> ResponseReturnValue:
    """Have another centre take this one over."""
    centre = refuse_unless(Act.CENTRE_MANAGE, queries.find(id))
    roles = queries.people(id)
    form = MergeForm(data={"roles": [str(role.id) for role in roles]})
    form.into.choices = [
        ("", "Choisir…"),
        *((str(one.id), one.name) for one in queries.others(centre, current_actor())),
    ]
    form.roles.choices = [
        (str(role.id), f"{role.user.full_name or role.user.email}, {ROLES[role.name].lower()}") for role in roles
    ]
    if form.validate_on_submit():
        if attempt(form, lambda: _merge(id, form)) is not None:
            flash("La fusion est faite\u00a0: les fiches de ce centre restent lisibles ici.", "success")
            return redirect(url_for("centres.show", id=id), 303)
        centre = refuse_unless(Act.CENTRE_MANAGE, queries.find(id))
    return _answer("pages/centres/merge.html", form, centre)


def _merge(id: UUID, form: MergeForm) -> Centre:
    offered = {value for value, _words in form.into.choices}
    return centre_life.merge(
        id,
        # What is not offered is no centre that may take over: the service says so.
        into_id=UUID(form.into.data) if form.into.data in offered and form.into.data else id,
        on=_there(form.on.data),
        role_ids=form.roles.ids,
        actor=current_actor(),
        at=now(),
    )


def _there(day: date | None) -> date:
    if day is None:
        raise ValueError("a date that the form requires")
    return day


def _answer(template: str, form: FrenchForm, centre: Centre) -> ResponseReturnValue:
    return render_template(template, form=form, centre=centre), 422 if form.errors else 200
