"""Coming in and going out: password, mail links, second factor, passkeys."""

from flask import flash, jsonify, make_response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_limiter.util import get_remote_address
from flask_wtf.csrf import generate_csrf

from forms.values import Refused
from webapp import navigation
from webapp.blueprints.accounts import blueprint, door
from webapp.clock import now
from webapp.config import current_settings
from webapp.database import db, reading
from webapp.guard import current_identity, current_user, needs
from webapp.limits import limiter
from webapp.policy import Act
from webapp.queries.accounts import by_email, demonstration, in_words
from webapp.services import accounts, links, passkeys, passwords, second_factor, sessions
from webapp.vocabulary import LinkPurpose

CHALLENGE = "passkey_challenge"
WRONG = "L’adresse ou le mot de passe n’est pas le bon. Vérifiez-les, ou demandez un lien de connexion."

# By machine, so that one can't try many accounts; by account, so that many machines can't try one.
BY_MACHINE, BY_ACCOUNT = "30 per minute", "10 per 10 minutes"
MAILS_BY_MACHINE, MAILS_BY_ACCOUNT = "20 per hour", "5 per 30 minutes"


def _account_asked() -> str:
    return "account:" + (request.form.get("email", "").strip().lower() or get_remote_address())


def _account_waiting() -> str:
    return "account:" + str((session.get(door.PENDING) or {}).get("user") or get_remote_address())


@blueprint.get("/connexion")
@needs(Act.SIGN_IN)
def sign_in() -> ResponseReturnValue:
    """The sign-in page."""
    way = door.safe_way(request.args.get("next"))
    if current_identity() is not None:
        return redirect(way or navigation.landing())
    return _sign_in_page(way=way, email=request.args.get("email", ""))


def _sign_in_page(*, way: str, email: str, error: str = "") -> str:
    password = current_settings().demo_password.get_secret_value()
    shown = password and not current_settings().production
    return render_template(
        "pages/accounts/sign_in.html",
        way=way,
        email=email,
        error=error,
        passkeys=passkeys.are_offered(),
        demonstration=[(in_words(user.roles[0]), user.email) for user in demonstration()] if shown else [],
        demonstration_password=password if shown else "",
    )


@blueprint.post("/connexion")
@needs(Act.SIGN_IN)
@limiter.limit(BY_MACHINE)
@limiter.limit(BY_ACCOUNT, key_func=_account_asked)
def sign_in_with_password() -> ResponseReturnValue:
    """E-mail and password."""
    email, way = request.form.get("email", ""), door.safe_way(request.form.get("next"))
    # Comparing takes long on purpose: meanwhile others may write.
    with reading():
        db.session.rollback()
        user = by_email(email)
        right = passwords.is_right(user, request.form.get("password", "")) and user is not None and user.active
        db.session.rollback()
    if user is None or not right:
        return _sign_in_page(way=way, email=email, error=WRONG), 422
    return door.let_in(user, how="password", way=way, remember=bool(request.form.get("remember")))


@blueprint.get("/connexion/etat")
@needs(Act.SIGN_IN)
def state() -> ResponseReturnValue:
    """Who has signed in now, for a page that was open while its session ended, and the token for its next request."""
    identity = current_identity()
    if identity is None:
        # Nothing is put into the cookie: this answer may arrive after that of somebody who is just signing in.
        return jsonify(user=None, csrf_token="")
    return jsonify(user=str(identity.user_id), csrf_token=generate_csrf())


@blueprint.post("/deconnexion")
@needs(Act.SIGN_IN)
def sign_out() -> ResponseReturnValue:
    """End this session."""
    identity, user = current_identity(), current_user()
    if identity is not None and user is not None:
        sessions.end(identity.session_id, user=user, at=now())
    door.leave()
    flash("Vous êtes déconnecté.", "success")
    return redirect(url_for("accounts.sign_in"))


@blueprint.post("/connexion/lien")
@needs(Act.SIGN_IN)
@limiter.limit(MAILS_BY_MACHINE)
@limiter.limit(MAILS_BY_ACCOUNT, key_func=_account_asked)
def ask_link() -> ResponseReturnValue:
    """Ask for a sign-in link; the answer is the same for an address that nobody has."""
    return _ask(LinkPurpose.SIGN_IN)


@blueprint.get("/connexion/mot-de-passe-oublie")
@needs(Act.SIGN_IN)
def forgotten() -> ResponseReturnValue:
    """Ask for the address of an account whose password was lost."""
    return render_template("pages/accounts/forgotten.html", email=request.args.get("email", ""), error="")


@blueprint.post("/connexion/mot-de-passe-oublie")
@needs(Act.SIGN_IN)
@limiter.limit(MAILS_BY_MACHINE)
@limiter.limit(MAILS_BY_ACCOUNT, key_func=_account_asked)
def ask_reset() -> ResponseReturnValue:
    """Ask for a link that lets one choose a new password."""
    return _ask(LinkPurpose.RESET)


def _ask(purpose: LinkPurpose) -> ResponseReturnValue:
    typed = request.form.get("email", "")
    try:
        email = accounts.clean_email(typed)
    except Refused as refused:
        if purpose is LinkPurpose.RESET:
            return render_template("pages/accounts/forgotten.html", email=typed, error=refused.message), 422
        return _sign_in_page(way="", email=typed, error=refused.message), 422
    links.ask(email, purpose, at=now())
    return redirect(url_for("accounts.link_sent", purpose="reset" if purpose is LinkPurpose.RESET else None))


@blueprint.get("/connexion/lien/envoye")
@needs(Act.SIGN_IN)
def link_sent() -> ResponseReturnValue:
    """« Look at your mails. »"""
    reset = request.args.get("purpose") == "reset"
    return render_template("pages/accounts/link_sent.html", reset=reset)


@blueprint.get("/connexion/lien/<token>")
@needs(Act.SIGN_IN)
def open_link(token: str) -> ResponseReturnValue:
    """What a mail link shows; machines that open the links of mails use nothing up."""
    return _link_page(token)


def _link_page(token: str, refused: Refused | None = None) -> ResponseReturnValue:
    link = links.find(token, at=now())
    page = render_template(
        "pages/accounts/link.html",
        link=link,
        token=token,
        choosing=link is not None and link.purpose is not LinkPurpose.SIGN_IN,
        error=refused.message if refused is not None else "",
        shortest=passwords.SHORTEST,
    )
    response = make_response(page, 410 if link is None else 200 if refused is None else 422)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@blueprint.post("/connexion/lien/<token>")
@needs(Act.SIGN_IN)
@limiter.limit(BY_MACHINE)
def use_link(token: str) -> ResponseReturnValue:
    """Use a mail link: sign in, or choose a password and sign in."""
    link = links.find(token, at=now())
    if link is None:
        return _link_page(token)
    purpose = link.purpose
    try:
        if purpose is LinkPurpose.SIGN_IN:
            user = links.use(token, at=now())
        else:
            user = accounts.choose_password(token, request.form.get("password", ""), at=now())
            flash("Votre mot de passe est enregistré.", "success")
    except Refused as refused:
        return _link_page(token, refused)
    return door.let_in(user, how=purpose.value, way="")


@blueprint.get("/connexion/code")
@needs(Act.SIGN_IN)
def second_step() -> ResponseReturnValue:
    """Ask for the digits of the telephone."""
    if door.pending() is None:
        return redirect(url_for("accounts.sign_in"))
    return render_template("pages/accounts/second_step.html", error="")


@blueprint.post("/connexion/code")
@needs(Act.SIGN_IN)
@limiter.limit(BY_MACHINE)
@limiter.limit(BY_ACCOUNT, key_func=_account_waiting)
def give_code() -> ResponseReturnValue:
    """The digits, or a recovery code."""
    waiting = door.pending()
    if waiting is None:
        flash("Recommencez la connexion\u00a0: le temps pour donner le code est passé.", "warning")
        return redirect(url_for("accounts.sign_in"))
    user, asked = waiting
    if not second_factor.check(user, request.form.get("code", ""), at=now()):
        return render_template("pages/accounts/second_step.html", error=second_factor.WRONG), 422
    how = f"{asked['how']}+code"
    return door.let_in(user, how=how, way=asked["way"], remember=bool(asked["remember"]), proved=True)


@blueprint.post("/connexion/cle/question")
@needs(Act.SIGN_IN)
@limiter.limit(BY_MACHINE)
def passkey_question() -> ResponseReturnValue:
    """What the browser asks the passkey."""
    question, session[CHALLENGE] = passkeys.invite_to_sign_in()
    return make_response(question, {"Content-Type": "application/json"})


@blueprint.post("/connexion/cle")
@needs(Act.SIGN_IN)
@limiter.limit(BY_MACHINE)
def sign_in_with_passkey() -> ResponseReturnValue:
    """What the passkey answered: password and code in one."""
    challenge = session.pop(CHALLENGE, "")
    user = passkeys.recognise(request.get_data(as_text=True), challenge=challenge, at=now())
    way = door.safe_way(request.args.get("next"))
    door.let_in(user, how="passkey", way=way, proved=True)
    return jsonify(next=way or navigation.landing())
