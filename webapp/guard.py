"""At the door of every request: who asks, what the address demands, and the answer to a refusal."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit
from uuid import UUID

from flask import Flask, abort, current_app, g, jsonify, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError

from webapp import errors, policy, programs
from webapp.clock import now
from webapp.database import db
from webapp.models import User, UserSession
from webapp.policy import ANONYMOUS, Act, Actor, Decision, Denied, Refusal
from webapp.policy_words import ACTS, reason_of
from webapp.queries import accounts
from webapp.queries.things import thing_of
from webapp.queries.tokens import program_of
from webapp.typed import typed_page

View = TypeVar("View", bound=Callable[..., Any])
Row = TypeVar("Row")

TOKEN = "session_token"  # noqa: S105 (the name of the cookie's entry, not a token)

# What a browser asks for by itself, many times a page: nobody needs to be known for it.
NAMELESS = frozenset({Act.STATIC, Act.HEALTH})

NO_TOKEN = "Donnez un jeton d’accès en cours de validité\u00a0: «\u00a0Authorization: Bearer …\u00a0»."  # noqa: S105 (a sentence)

STATUS = {Refusal.HIDDEN: 404, Refusal.RIGHT: 403, Refusal.EARLY: 403, Refusal.STATE: 409}


def needs(*acts: Act) -> Callable[[View], View]:
    """Mark a view with what it does; with several acts, any one of them opens the door."""

    def mark(view: View) -> View:
        view.act, view.acts = acts[0], acts  # type: ignore[attr-defined]
        return view

    return mark


def acts_of(app: Flask, endpoint: str) -> tuple[Act, ...]:
    """What an endpoint demands; nothing where nobody has said, and then it is shut."""
    view = app.view_functions[endpoint]
    if endpoint.rpartition(".")[2] == "static":
        return (Act.STATIC,)
    if getattr(view, "public", False):
        return (Act.HEALTH,)
    acts: tuple[Act, ...] = getattr(view, "acts", ())
    return acts


@dataclass(frozen=True)
class Identity:
    """Who has signed in, kept apart from the tables: pages show it after a commit too, and start no query."""

    user_id: UUID
    session_id: UUID
    since: datetime
    name: str
    email: str
    posts: tuple[str, ...]
    actor: Actor


def current_session() -> UserSession | None:
    """The open session of this request, looked up once."""
    if "user_session" not in g:
        if programs.asks():
            g.user_session, g.identity = None, _program()
            return None
        token = session.get(TOKEN)
        found = accounts.open_session(accounts.hash_of(token), at=now()) if isinstance(token, str) else None
        g.user_session, g.identity = found, _identity_of(found) if found is not None else None
    kept: UserSession | None = g.user_session
    return kept


def _program() -> Identity | None:
    """The program that asks by a token: it does what its owner may, as far as the token goes."""
    token = programs.current_token()
    if token is None:
        return None
    user = token.user
    actor = program_of(token)
    return Identity(user.id, token.id, token.created_at, user.full_name or user.email, user.email, (), actor)


def _identity_of(found: UserSession) -> Identity:
    user = found.user
    return Identity(
        user_id=user.id,
        session_id=found.id,
        since=found.created_at,
        name=user.full_name or user.email,
        email=user.email,
        posts=tuple(accounts.in_words(role) for role in user.roles),
        actor=accounts.actor_of(user),
    )


def current_identity() -> Identity | None:
    """Who has signed in, in words."""
    current_session()
    identity: Identity | None = g.identity
    return identity


def person_id() -> str:
    """The account that asks, as a page names it to its script; nothing for a visitor."""
    identity = current_identity()
    return str(identity.user_id) if identity is not None else ""


def current_user() -> User | None:
    """The account that asks, with its roles and their places."""
    found = current_session()
    return found.user if found is not None else None


def current_actor() -> Actor:
    """Whoever asks, as the policy sees them."""
    identity = current_identity()
    return identity.actor if identity is not None else ANONYMOUS


def forget_identity() -> None:
    """Look the session up again: it was opened or ended during this request."""
    g.pop("user_session", None)
    g.pop("identity", None)


def can(act: Act | str, row: object = None) -> bool:
    """Whether whoever asks may do that (on that row); templates name the act by its value."""
    thing = None if row is None else thing_of(row)
    return policy.decide(current_actor(), Act(act), thing).allowed


def refuse_unless(act: Act, row: Row | None) -> Row:
    """The row, if whoever asks may do that on it; else 404, 403 or 409. No row is a row of no one: 404."""
    if row is None:
        abort(404)
    policy.require(current_actor(), act, thing_of(row))
    return row


def init_app(app: Flask) -> None:
    """Stand at the door."""
    # First of all: whatever refuses the request next, its page shows the menu, and templates start no query.
    app.before_request_funcs.setdefault(None, []).insert(0, _recognise)
    app.before_request(_check)
    app.register_error_handler(Denied, _denied)
    app.register_error_handler(CSRFError, _forged)
    app.jinja_env.globals.update(can=can, person_id=person_id)


def _recognise() -> None:
    acts = acts_of(current_app, request.endpoint) if request.endpoint else ()
    if not acts or not NAMELESS.issuperset(acts):
        current_session()


def _check() -> ResponseReturnValue | None:
    if request.endpoint is None:
        return None
    acts = acts_of(current_app, request.endpoint)
    if not acts:
        return errors.answer(403, reason="Cette adresse n’est ouverte à personne.")
    if NAMELESS.issuperset(acts):
        return None
    decisions = [policy.decide(current_actor(), act) for act in acts]
    return None if any(decision.allowed for decision in decisions) else _answer(decisions[0])


def _denied(error: Denied) -> ResponseReturnValue:
    db.session.rollback()
    return _answer(error.decision)


def _forged(_error: CSRFError) -> ResponseReturnValue:
    """A form of another session, most often one's own of before: its words are given back."""
    kept = typed_page(signed_in=current_actor().signed_in)
    return (kept, 400) if kept else errors.answer(400)


def _answer(decision: Decision) -> ResponseReturnValue:
    if decision.refusal is None:
        raise ValueError("nothing was refused")
    if decision.refusal is Refusal.SIGN_IN or (decision.visible and not current_actor().signed_in):
        return ask_to_sign_in()
    if decision.refusal is Refusal.RIGHT and current_actor().only is not None:
        what = ACTS[decision.act]
        reason = f"Ce jeton ne permet pas cela : {what[0].lower()}{what[1:]}."
        return errors.answer(403, reason=reason)
    return errors.answer(STATUS[decision.refusal], reason=reason_of(decision))


def ask_to_sign_in() -> ResponseReturnValue:
    """Send a person to the sign-in page and back again after; tell a program that it is unknown."""
    if programs.asks():
        return errors.answer(401, reason=NO_TOKEN, headers={"WWW-Authenticate": programs.challenge()})
    if _by_program():
        return jsonify(status=401, error="Unauthorized", message=errors.SENTENCES[401]), 401
    kept = typed_page(signed_in=False)
    return (kept, 401) if kept else redirect(url_for("accounts.sign_in", next=_way_back() or None))


def _by_program() -> bool:
    asked_by_script = request.headers.get("X-Requested-With") or request.method not in {"GET", "HEAD", "POST"}
    return bool(asked_by_script) or errors.wants_json()


def _way_back() -> str:
    """The page to come back to: the one asked for, or for a form that was posted the page it stood on."""
    if request.method in {"GET", "HEAD"}:
        return request.full_path.rstrip("?")
    came_from = urlsplit(request.referrer or "")
    if came_from.netloc != request.host:
        return ""
    return came_from.path + (f"?{came_from.query}" if came_from.query else "")
