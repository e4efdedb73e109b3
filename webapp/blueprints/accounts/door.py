"""Letting somebody in: the session of a proved account, the half-open door before the second factor, the way back."""

from datetime import datetime, timedelta
from uuid import UUID

from flask import redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import generate_csrf

from webapp import navigation
from webapp.clock import now
from webapp.guard import TOKEN, current_identity, forget_identity
from webapp.models import User
from webapp.queries.accounts import by_id
from webapp.services import second_factor, sessions

PENDING, CONFIRMED = "pending", "confirmed_at"
PENDING_LIFETIME = timedelta(minutes=10)
# For what protects an account, one must have proved who one is not long ago.
FRESH_FOR = timedelta(minutes=15)


def let_in(user: User, *, how: str, way: str, remember: bool = False, proved: bool = False) -> ResponseReturnValue:
    """Open a session for an account that has shown its first proof, or ask for the second one."""
    if second_factor.is_on(user) and not proved:
        _clear()
        session[PENDING] = {
            "user": str(user.id),
            "mark": str(user.sign_in_mark),
            "at": now().isoformat(),
            "how": how,
            "way": way,
            "remember": remember,
        }
        return redirect(url_for("accounts.second_step"))
    agent = request.headers.get("User-Agent", "")
    token = sessions.begin(user, how=how, user_agent=agent, at=now())
    _clear()
    session[TOKEN] = token
    # With the session from its first moment: two pages that open at once must not draw one each.
    generate_csrf()
    session.permanent = remember
    forget_identity()
    return redirect(way or navigation.landing())


def pending() -> tuple[User, dict[str, str]] | None:
    """The account that waits for its second factor, and what it had asked for."""
    waiting = session.get(PENDING)
    if not waiting or now() - datetime.fromisoformat(waiting["at"]) > PENDING_LIFETIME:
        return None
    user = by_id(UUID(waiting["user"]))
    if user is None or not user.active or str(user.sign_in_mark) != waiting["mark"]:
        return None
    return user, waiting


def leave() -> None:
    """Forget in this browser who was here."""
    _clear()
    forget_identity()


def _clear() -> None:
    # A new session has a new anti-forgery token; what was to be said is still said.
    said = session.get("_flashes")
    session.clear()
    if said:
        session["_flashes"] = said


def safe_way(way: str | None) -> str:
    """An address on our own site, or ""."""
    if not way or not way.startswith("/") or way.startswith(("//", "/\\")) or any(ord(sign) < 32 for sign in way):
        return ""
    return way if "\\" not in way else ""


def is_fresh() -> bool:
    """Whether whoever asks has proved who they are within the last minutes."""
    identity = current_identity()
    if identity is None:
        return False
    proved = identity.since
    confirmed = session.get(CONFIRMED)
    if isinstance(confirmed, str):
        proved = max(proved, datetime.fromisoformat(confirmed))
    return now() - proved <= FRESH_FOR


def confirm() -> None:
    """Remember that whoever asks has just proved who they are."""
    session[CONFIRMED] = now().isoformat()


def ask_to_confirm() -> ResponseReturnValue:
    """Send to the page that asks for the password again, and back."""
    way = request.path if request.method == "GET" else url_for("accounts.own")
    return redirect(url_for("accounts.confirm", next=way))
