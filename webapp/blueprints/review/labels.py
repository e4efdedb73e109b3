"""The federation's list of labels, kept by its administrators."""

from uuid import UUID

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from webapp.blueprints.review.frame import blueprint
from webapp.clock import now
from webapp.desk_words import TONES
from webapp.form_fields import FrenchForm, LineField, OneOfField, Required, attempt
from webapp.guard import current_actor, needs, refuse_unless
from webapp.models import Federation
from webapp.policy import Act
from webapp.queries import centres, desk
from webapp.services import labels
from webapp.vocabulary import LabelTone


class LabelForm(FrenchForm):
    """A label."""

    federation = OneOfField("Fédération")
    name = LineField("Nom", [Required("Indiquez le nom de l’étiquette.")], description="Deux ou trois mots.")
    tone = OneOfField("Couleur", choices=[(tone.value, words) for tone, words in TONES.items()])


@blueprint.route("/etiquettes", methods=["GET", "POST"])
@needs(Act.LABEL_MANAGE)
def label_list() -> ResponseReturnValue:
    """The labels, and the form for one more."""
    form, places = LabelForm(data={"tone": LabelTone.NEUTRAL.value}), _places()
    form.federation.choices = [(str(place.id), place.name) for place in places]
    if form.validate_on_submit():
        place, typed = _chosen(form, places), {"name": form.name.data or "", "tone": form.tone.data or ""}
        made = attempt(form, lambda: labels.make(place, **typed, actor_id=current_actor().user_id, at=now()))
        if made is not None:
            flash("L’étiquette est ajoutée.", "success")
            return redirect(url_for("review.label_list"), 303)
    page = render_template(
        "pages/review/labels.html",
        form=form,
        lines=desk.managed(current_actor()),
        tones=TONES,
        several=len(_places()) > 1,
    )
    return page, 422 if form.errors else 200


def _places() -> list[Federation]:
    return list(centres.federations(current_actor(), Act.LABEL_MANAGE))


def _chosen(form: LabelForm, places: list[Federation]) -> Federation:
    """The federation chosen, or the only one there is."""
    known = {str(place.id): place for place in places}
    chosen = known.get(form.federation.data or "") if len(places) > 1 else next(iter(places), None)
    return chosen if chosen is not None else abort(404)


@blueprint.route("/etiquettes/<uuid:label_id>", methods=["GET", "POST"])
@needs(Act.LABEL_MANAGE)
def edit_label(label_id: UUID) -> ResponseReturnValue:
    """Another name or tone."""
    label = refuse_unless(Act.LABEL_MANAGE, desk.label(label_id))
    form = LabelForm(data={"name": label.name, "tone": label.tone.value})
    if form.validate_on_submit():
        typed = {"name": form.name.data or "", "tone": form.tone.data or ""}
        changed = attempt(form, lambda: labels.change(label_id, **typed, actor_id=current_actor().user_id, at=now()))
        if changed is not None:
            flash("L’étiquette est à jour.", "success")
            return redirect(url_for("review.label_list"), 303)
        label = refuse_unless(Act.LABEL_MANAGE, desk.label(label_id))
    page = render_template("pages/review/label_form.html", form=form, label=label)
    return page, 422 if form.errors else 200


@blueprint.post("/etiquettes/<uuid:label_id>/supprimer")
@needs(Act.LABEL_MANAGE)
def remove_label(label_id: UUID) -> ResponseReturnValue:
    """Take the label off the list and off every sheet."""
    refuse_unless(Act.LABEL_MANAGE, desk.label(label_id))
    labels.remove(label_id, actor_id=current_actor().user_id, at=now())
    flash("L’étiquette est supprimée.", "success")
    return redirect(url_for("review.label_list"), 303)
