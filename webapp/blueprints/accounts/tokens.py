"""One's own tokens of the API: made, shown once, revoked."""

from typing import Any
from uuid import UUID

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from webapp.blueprints.accounts import blueprint, door
from webapp.blueprints.accounts.own import CONFIRMATIONS, by_myself, me
from webapp.clock import now
from webapp.form_fields import FrenchForm, LineField, OneOfField, Required, TicksSelectMultipleField, attempt
from webapp.guard import needs
from webapp.limits import limiter
from webapp.policy import Act
from webapp.queries import tokens as queries
from webapp.services import tokens
from webapp.token_words import SCOPES
from webapp.vocabulary import TokenScope

STALE = "Dites encore une fois qui vous êtes, par le lien ci-dessous, puis recommencez."
DAYS = [(str(days), f"{days} jours") for days in tokens.DAYS]


class TokenForm(FrenchForm):
    """What a program may read, and for how long."""

    name = LineField(
        "Nom",
        [Required("Indiquez un nom : celui du programme ou du classeur.")],
        description="Pour le reconnaître : « Classeur du tableau de bord », par exemple.",
    )
    scopes = TicksSelectMultipleField("Ce qu’il lit")
    days = OneOfField("Pour combien de temps", choices=DAYS, default="365")


def _form(**details: Any) -> TokenForm:
    form = TokenForm(**details)
    form.scopes.choices = [(scope.value, words) for scope, words in SCOPES.items()]
    return form


@blueprint.route("/compte/jetons", methods=["GET", "POST"])
@needs(Act.TOKEN_OWN)
@limiter.limit(CONFIRMATIONS, key_func=by_myself, methods=["POST"])
def own_tokens() -> ResponseReturnValue:
    """My tokens, and a new one; its secret stands on the page that answers, and nowhere else."""
    user, _ = me()
    form, secret, fresh = _form(), "", door.is_fresh()
    if form.validate_on_submit() and not fresh:
        form.name.errors = [*form.name.errors, STALE]
    elif form.validate_on_submit():
        chosen, days = form.scopes.data or (), _days(form.days.data or "")
        made = attempt(
            form,
            lambda: tokens.make(user, name=form.name.data or "", scopes=chosen, days=days, at=now()),
        )
        if made is not None:
            secret, form = made[1], _form(formdata=None)
        user, _ = me()
    rows = [
        {"token": token, "scopes": [SCOPES[scope] for scope in TokenScope if scope.value in token.scopes]}
        for token in queries.of_owner(user.id, at=now())
    ]
    page = render_template("pages/accounts/tokens.html", form=form, rows=rows, secret=secret, fresh=fresh)
    return page, 422 if form.errors else 200


def _days(text: str) -> int:
    return next((days for days in tokens.DAYS if str(days) == text), 0)


@blueprint.post("/compte/jetons/<uuid:token_id>/revoquer")
@needs(Act.TOKEN_OWN)
def revoke_token(token_id: UUID) -> ResponseReturnValue:
    """End one of my tokens."""
    user, _ = me()
    if not tokens.revoke(token_id, user=user, at=now()):
        abort(404)
    flash("Ce jeton n’ouvre plus rien.", "success")
    return redirect(url_for("accounts.own_tokens"), 303)
