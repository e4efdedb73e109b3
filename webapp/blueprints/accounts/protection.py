"""What protects one's own account beside the password: second factor, recovery codes, passkeys."""

from uuid import UUID

from flask import abort, flash, jsonify, make_response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from forms.values import Refused
from webapp.blueprints.accounts import blueprint, door
from webapp.blueprints.accounts.own import CONFIRMATIONS, by_myself, me
from webapp.clock import now
from webapp.guard import needs
from webapp.limits import limiter
from webapp.policy import Act
from webapp.services import passkeys, second_factor

CHALLENGE = "passkey_making"


@blueprint.get("/compte/double-authentification")
@needs(Act.ACCOUNT_OWN)
def two_factor() -> ResponseReturnValue:
    """The second factor: on, off, or being set up."""
    return _two_factor_page()


def _two_factor_page(error: str = "") -> str:
    user, _ = me()
    # The secret is shown to none but the one who has just proved to be there.
    key = second_factor.pending_key(user) if door.is_fresh() else ""
    return render_template(
        "pages/accounts/two_factor.html",
        on=second_factor.is_on(user),
        left=second_factor.codes_left(user),
        key=key,
        picture=second_factor.picture_of(user, key) if key else "",
        error=error,
    )


@blueprint.post("/compte/double-authentification/preparer")
@needs(Act.ACCOUNT_OWN)
def prepare_two_factor() -> ResponseReturnValue:
    """Draw a secret for the telephone."""
    if not door.is_fresh():
        return door.ask_to_confirm()
    user, _ = me()
    second_factor.prepare(user, at=now())
    return redirect(url_for("accounts.two_factor"))


@blueprint.post("/compte/double-authentification/activer")
@needs(Act.ACCOUNT_OWN)
@limiter.limit(CONFIRMATIONS, key_func=by_myself)
def turn_on_two_factor() -> ResponseReturnValue:
    """The first code: from now on one is asked for at each sign-in."""
    if not door.is_fresh():
        return door.ask_to_confirm()
    user, _ = me()
    try:
        codes = second_factor.turn_on(user, request.form.get("code", ""), at=now())
    except Refused as refused:
        return _two_factor_page(refused.message), 422
    return _codes_page(codes)


@blueprint.post("/compte/double-authentification/codes")
@needs(Act.ACCOUNT_OWN)
def renew_codes() -> ResponseReturnValue:
    """New recovery codes."""
    if not door.is_fresh():
        return door.ask_to_confirm()
    user, _ = me()
    return _codes_page(second_factor.renew_codes(user, at=now()))


def _codes_page(codes: list[str]) -> ResponseReturnValue:
    response = make_response(render_template("pages/accounts/recovery_codes.html", codes=codes))
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.post("/compte/double-authentification/desactiver")
@needs(Act.ACCOUNT_OWN)
def turn_off_two_factor() -> ResponseReturnValue:
    """Ask for no code any more."""
    if not door.is_fresh():
        return door.ask_to_confirm()
    user, _ = me()
    second_factor.turn_off(user, at=now())
    flash("La double authentification est désactivée.", "success")
    return redirect(url_for("accounts.two_factor"))


@blueprint.get("/compte/cles")
@needs(Act.ACCOUNT_OWN)
def keys() -> ResponseReturnValue:
    """My passkeys."""
    user, _ = me()
    return render_template(
        "pages/accounts/keys.html", keys=list(user.passkeys), offered=passkeys.are_offered(), fresh=door.is_fresh()
    )


@blueprint.post("/compte/cles/question")
@needs(Act.ACCOUNT_OWN)
def key_question() -> ResponseReturnValue:
    """What the browser is told to make a passkey."""
    if not door.is_fresh():
        return jsonify(confirm=url_for("accounts.confirm", next=url_for("accounts.keys"))), 403
    user, _ = me()
    question, session[CHALLENGE] = passkeys.invite_to_make(user)
    return make_response(question, {"Content-Type": "application/json"})


@blueprint.post("/compte/cles")
@needs(Act.ACCOUNT_OWN)
def add_key() -> ResponseReturnValue:
    """The passkey that the browser made."""
    if not door.is_fresh():
        return jsonify(confirm=url_for("accounts.confirm", next=url_for("accounts.keys"))), 403
    user, _ = me()
    challenge = session.pop(CHALLENGE, "")
    name = request.args.get("name", "")
    passkeys.add(user, request.get_data(as_text=True), challenge=challenge, name=name, at=now())
    flash("La clé d’accès est ajoutée.", "success")
    return jsonify(next=url_for("accounts.keys"))


@blueprint.post("/compte/cles/<uuid:key_id>/retirer")
@needs(Act.ACCOUNT_OWN)
def remove_key(key_id: UUID) -> ResponseReturnValue:
    """Forget a passkey."""
    if not door.is_fresh():
        return door.ask_to_confirm()
    user, _ = me()
    if not passkeys.remove(user, key_id, at=now()):
        abort(404)
    flash("La clé d’accès est retirée.", "success")
    return redirect(url_for("accounts.keys"))
