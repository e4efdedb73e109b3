"""The webhooks of a federation: its administrators say whom to tell, try it out, and see what was told."""

from collections.abc import Sequence
from typing import Self
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from webapp.clock import now
from webapp.database import db
from webapp.form_fields import FrenchForm, LineField, OneOfField, Required, TicksSelectMultipleField, attempt
from webapp.guard import current_actor, needs, refuse_unless
from webapp.models import Federation, Webhook
from webapp.policy import Act
from webapp.queries import webhooks as queries
from webapp.queries.centres import federations
from webapp.services import webhooks
from webapp.webhook_calls import LONGEST_URL
from webapp.webhook_words import KINDS, STATES, kind_in_words

blueprint = Blueprint("webhooks", __name__, url_prefix="/webhooks")


class AddressField(LineField):
    """An address on the web."""

    longest = LONGEST_URL


class WebhookForm(FrenchForm):
    """Whom to tell of what."""

    federation = OneOfField("Fédération")
    url = AddressField(
        "Adresse", [Required("Donnez l’adresse à prévenir.")], description="Par exemple https://exemple.fr/recueil."
    )
    moves = TicksSelectMultipleField("Prévenir quand une fiche est")

    def offering(self, places: Sequence[Federation]) -> Self:
        """Let these federations be chosen, and every move."""
        self.federation.choices = [(str(place.id), place.name) for place in places]
        self.moves.choices = [(move.value, words) for move, words in KINDS.items()]
        return self


@blueprint.route("", methods=["GET", "POST"])
@needs(Act.WEBHOOK_MANAGE)
def index() -> ResponseReturnValue:
    """The webhooks, and a new one."""
    places = federations(current_actor(), Act.WEBHOOK_MANAGE)
    form, secret, made = WebhookForm().offering(places), "", None
    if form.validate_on_submit():
        place = _place(form.federation.data or "", [str(place.id) for place in places])
        found = attempt(form, lambda: _make(form, place))
        places = federations(current_actor(), Act.WEBHOOK_MANAGE)
        if found is not None:
            (made, secret), form = found, WebhookForm(formdata=None).offering(places)
    page = render_template(
        "pages/webhooks/index.html",
        form=form,
        lines=queries.visible(current_actor()),
        several=len(places) > 1,
        kinds=KINDS,
        states=STATES,
        said=kind_in_words,
        made=made.url if made is not None else "",
        secret=secret,
    )
    return page, 422 if form.errors else 200


def _make(form: WebhookForm, place: Federation) -> tuple[Webhook, str]:
    moves = form.moves.data or ()
    return webhooks.make(place, url=form.url.data or "", moves=moves, actor_id=current_actor().user_id, at=now())


def _place(chosen: str, offered: list[str]) -> Federation:
    """The federation that was chosen, or the only one."""
    wanted = chosen or (offered[0] if len(offered) == 1 else "")
    if wanted not in offered:
        abort(404)
    return refuse_unless(Act.WEBHOOK_MANAGE, db.session.get(Federation, UUID(wanted)))


@blueprint.post("/<uuid:id>/essai")
@needs(Act.WEBHOOK_MANAGE)
def try_out(id: UUID) -> ResponseReturnValue:
    """Send a trial."""
    refuse_unless(Act.WEBHOOK_MANAGE, queries.find(id))
    webhooks.try_out(id, at=now())
    flash("L’essai part. Rechargez la page dans un instant pour voir la réponse.", "success")
    return redirect(url_for("webhooks.index"), 303)


@blueprint.post("/<uuid:id>/envois/<uuid:delivery_id>/renvoyer")
@needs(Act.WEBHOOK_MANAGE)
def again(id: UUID, delivery_id: UUID) -> ResponseReturnValue:
    """Send the same again."""
    refuse_unless(Act.WEBHOOK_MANAGE, queries.find(id))
    if queries.delivery(id, delivery_id) is None:
        abort(404)
    webhooks.again(delivery_id, at=now())
    flash("L’envoi repart, sous le même identifiant.", "success")
    return redirect(url_for("webhooks.index"), 303)


@blueprint.post("/<uuid:id>/retirer")
@needs(Act.WEBHOOK_MANAGE)
def end(id: UUID) -> ResponseReturnValue:
    """Tell that address nothing more."""
    refuse_unless(Act.WEBHOOK_MANAGE, queries.find(id))
    webhooks.end(id, actor_id=current_actor().user_id, at=now())
    flash("Cette adresse n’est plus prévenue.", "success")
    return redirect(url_for("webhooks.index"), 303)
