"""« Sûr ? »: the doubts that stand beside answers, each with the tick and the reason that let it pass."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from forms.checks import Doubt
from forms.values import Refused, showable
from webapp.blueprints.sheets.frame import own_sheet
from webapp.database import db
from webapp.doubt_words import confirmed_by
from webapp.guard import current_actor
from webapp.models import Sheet
from webapp.queries import doubts as queries
from webapp.services import checks

NOT_TICKED = "Cochez «\u00a0C’est juste\u00a0» pour que cette raison compte."
CHANGED = "La réponse a changé entre-temps\u00a0: dites si ceci est juste aussi."


@dataclass(frozen=True)
class Said:
    """What was posted about a doubt, with the error that kept it from being saved. place: see place_of."""

    key: str
    ticked: bool
    reason: str
    error: str = ""
    place: str = ""


@dataclass(frozen=True)
class Shown:
    """A doubt as a page shows it: what was ticked and typed, or what is stored, and who said so."""

    doubt: Doubt
    passed: bool
    ticked: bool
    reason: str
    error: str
    by: str

    @property
    def told(self) -> str:
        """What the page says of the doubt that it shows: its key and its place."""
        return f"{self.doubt.key} {place_of(self.doubt)}"

    @property
    def reason_name(self) -> str:
        """The name of the control for the reason."""
        return f"_sure-reason-{self.doubt.key}"


def posted() -> list[Said]:
    """What the page says about the doubts that stood on it."""
    ticked = set(request.form.getlist("_sure"))
    about = [text.partition(" ") for text in dict.fromkeys(request.form.getlist("_doubt"))]
    return [
        Said(key, key in ticked, showable(request.form.get(f"_sure-reason-{key}", "")), place=place)
        for key, _, place in about
    ]


def keep(sheet_id: UUID, said: Sequence[Said], *, at: datetime) -> list[Said]:
    """Save what was said about doubts; what was refused comes back with the reason.

    A doubt that a changed answer raises anew is not confirmed by what was said of the old one, but
    the words are kept for it.
    """
    sheet = own_sheet(sheet_id)
    now = {doubt.key: doubt for doubt in queries.doubts_of(sheet)} if said else {}
    stored = dict(sheet.passed_checks)
    again = {place_of(doubt): doubt.key for doubt in now.values() if doubt.key not in stored}
    failed = []
    for one in said:
        if one.key in now:
            failed += _keep_one(sheet_id, one, stored.get(one.key), at=at)
        elif (one.ticked or one.reason.strip()) and one.place in again:
            failed.append(Said(again[one.place], False, one.reason, CHANGED))
    return failed


def place_of(doubt: Doubt) -> str:
    """Where a doubt stands and what it is of: the same for its like after the answer has changed."""
    return f"{doubt.question} {doubt.code}"


def _keep_one(sheet_id: UUID, said: Said, stored: Mapping[str, Any] | None, *, at: datetime) -> list[Said]:
    reason = said.reason.replace("\r\n", "\n").strip()
    try:
        if said.ticked and (stored is None or stored["reason"] != reason):
            checks.let_pass(sheet_id, said.key, reason=reason, actor=current_actor(), at=at)
        elif not said.ticked and stored is not None:
            checks.take_back(sheet_id, said.key, actor=current_actor(), at=at)
        elif not said.ticked and reason:
            raise Refused(NOT_TICKED)
    except Refused as refused:
        db.session.rollback()
        return [replace(said, error=refused.message)]
    return []


def shown(sheet: Sheet, told: Sequence[Doubt], said: Sequence[Said] = ()) -> list[Shown]:
    """The doubts to be shown, in the order of the form. said: what was just posted and refused."""
    typed = {one.key: one for one in said}
    stored = sheet.passed_checks
    names = queries.names([stored[doubt.key] for doubt in told if doubt.key in stored])
    return [_shown(doubt, stored.get(doubt.key), typed.get(doubt.key), names) for doubt in told]


def _shown(doubt: Doubt, stored: Mapping[str, Any] | None, said: Said | None, names: Mapping[str, str]) -> Shown:
    passed = stored is not None
    return Shown(
        doubt,
        passed,
        said.ticked if said else passed,
        said.reason if said else (stored["reason"] if stored else ""),
        said.error if said else "",
        confirmed_by(stored, names) if stored else "",
    )


def errors(told: Iterable[Shown], named: Mapping[str, str]) -> list[tuple[str, str]]:
    """The errors with the ids of their controls. named: the questions' short labels."""
    return [(one.reason_name, f"{named[one.doubt.question]}\u00a0: {one.error}") for one in told if one.error]


def back_to(sheet_id: UUID) -> ResponseReturnValue:
    """The recap, where the doubts stand."""
    return redirect(url_for("sheets.check", id=sheet_id, _anchor="sur"), 303)
