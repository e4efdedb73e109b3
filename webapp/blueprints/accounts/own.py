"""One's own account: name, roles, password, open sessions."""

from uuid import UUID

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from forms.values import Refused
from webapp.blueprints.accounts import blueprint, door
from webapp.blueprints.accounts.devices import device_of
from webapp.clock import now
from webapp.guard import Identity, current_identity, current_user, needs
from webapp.limits import limiter
from webapp.models import User
from webapp.policy import Act
from webapp.queries.accounts import open_sessions
from webapp.services import accounts, passkeys, passwords, second_factor, sessions

CONFIRMATIONS = "10 per 10 minutes"


def me() -> tuple[User, Identity]:
    """Whoever has signed in; the guard has made sure that somebody has."""
    user, identity = current_user(), current_identity()
    if user is None or identity is None:
        abort(401)
    return user, identity


def by_myself() -> str:
    """The account that a limit counts."""
    identity = current_identity()
    return f"account:{identity.user_id}" if identity is not None else "nobody"


@blueprint.get("/compte")
@needs(Act.ACCOUNT_OWN)
def own() -> ResponseReturnValue:
    """My account."""
    user, _ = me()
    return _own_page(full_name=user.full_name, phone=user.phone or "")


def _own_page(*, full_name: str, phone: str, refused: Refused | None = None) -> str:
    user, identity = me()
    return render_template(
        "pages/accounts/own.html",
        full_name=full_name,
        phone=phone,
        refused=refused,
        identity=identity,
        has_password=user.password is not None,
        second_factor=second_factor.is_on(user),
        keys=len(user.passkeys),
        passkeys=passkeys.are_offered(),
    )


@blueprint.post("/compte")
@needs(Act.ACCOUNT_OWN)
def change_own() -> ResponseReturnValue:
    """Change my name and telephone."""
    user, _ = me()
    full_name, phone = request.form.get("full_name", user.full_name), request.form.get("phone", user.phone or "")
    try:
        accounts.change_own(user, full_name=full_name, phone=phone, at=now())
    except Refused as refused:
        return _own_page(full_name=full_name, phone=phone, refused=refused), 422
    flash("Vos coordonnées sont enregistrées.", "success")
    return redirect(url_for("accounts.own"))


@blueprint.get("/compte/confirmation")
@needs(Act.ACCOUNT_OWN)
def confirm() -> ResponseReturnValue:
    """Ask again who is there, before something that protects the account."""
    return _confirm_page()


def _confirm_page(error: str = "") -> str:
    user, _ = me()
    return render_template(
        "pages/accounts/confirm.html",
        way=door.safe_way(request.values.get("next")),
        error=error,
        has_password=user.password is not None,
        second_factor=second_factor.is_on(user),
    )


@blueprint.post("/compte/confirmation")
@needs(Act.ACCOUNT_OWN)
@limiter.limit(CONFIRMATIONS, key_func=by_myself)
def give_confirmation() -> ResponseReturnValue:
    """The password, or the digits of the telephone where there is no password."""
    user, _ = me()
    if user.password is not None:
        right = passwords.is_right(user, request.form.get("password", ""))
    else:
        right = second_factor.check(user, request.form.get("code", ""), at=now())
    if not right:
        return _confirm_page("Ce n’est pas le bon. Vérifiez, puis recommencez."), 422
    door.confirm()
    return redirect(door.safe_way(request.form.get("next")) or url_for("accounts.own"))


@blueprint.get("/compte/mot-de-passe")
@needs(Act.ACCOUNT_OWN)
def password() -> ResponseReturnValue:
    """Change my password."""
    user, _ = me()
    if user.password is None and not door.is_fresh():
        return door.ask_to_confirm()
    return _password_page()


def _password_page(field: str = "", message: str = "") -> str:
    user, _ = me()
    return render_template(
        "pages/accounts/password.html",
        has_password=user.password is not None,
        errors={field: message} if field else {},
        shortest=passwords.SHORTEST,
        email=user.email,
    )


@blueprint.post("/compte/mot-de-passe")
@needs(Act.ACCOUNT_OWN)
@limiter.limit(CONFIRMATIONS, key_func=by_myself)
def change_password() -> ResponseReturnValue:
    """Take a new password; the other devices are signed out."""
    user, identity = me()
    if user.password is None and not door.is_fresh():
        return door.ask_to_confirm()
    if user.password is not None and not passwords.is_right(user, request.form.get("current", "")):
        return _password_page("current", "Ce n’est pas votre mot de passe actuel. Vérifiez-le."), 422
    try:
        new = request.form.get("password", "")
        passwords.set_password(user, new, kept_session=identity.session_id, at=now())
    except Refused as refused:
        return _password_page("password", refused.message), 422
    flash("Votre mot de passe est changé. Vos autres appareils sont déconnectés.", "success")
    return redirect(url_for("accounts.own"))


@blueprint.get("/compte/appareils")
@needs(Act.ACCOUNT_OWN)
def devices() -> ResponseReturnValue:
    """Where I am signed in."""
    user, identity = me()
    rows = [
        {"session": found, "device": device_of(found.user_agent), "current": found.id == identity.session_id}
        for found in open_sessions(user.id, at=now())
    ]
    return render_template("pages/accounts/devices.html", rows=rows)


@blueprint.post("/compte/appareils/<uuid:session_id>/deconnecter")
@needs(Act.ACCOUNT_OWN)
def end_device(session_id: UUID) -> ResponseReturnValue:
    """Sign one of my devices out."""
    user, identity = me()
    if not sessions.end(session_id, user=user, at=now()):
        abort(404)
    if session_id == identity.session_id:
        door.leave()
        return redirect(url_for("accounts.sign_in"))
    flash("Cet appareil est déconnecté.", "success")
    return redirect(url_for("accounts.devices"))


@blueprint.post("/compte/appareils/deconnecter-les-autres")
@needs(Act.ACCOUNT_OWN)
def end_other_devices() -> ResponseReturnValue:
    """Sign out everywhere but here."""
    user, identity = me()
    sessions.end_others(user, kept=identity.session_id, at=now())
    flash("Vos autres appareils sont déconnectés.", "success")
    return redirect(url_for("accounts.devices"))
