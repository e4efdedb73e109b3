"""Letting doubts pass: a centre says that what looks odd is right, and why."""

from datetime import datetime
from typing import Any
from uuid import UUID

from forms.values import Refused, clean_text
from webapp import policy
from webapp.database import db
from webapp.models import Sheet
from webapp.policy import Act, Actor
from webapp.queries.doubts import doubts_of
from webapp.queries.things import thing_of
from webapp.services import typists
from webapp.services.sheets import locked, refuse_unless_editable

LONGEST = 500
"""Characters of a reason."""


def let_pass(sheet_id: UUID, key: str, *, reason: str, actor: Actor, at: datetime) -> Sheet:
    """Confirm what a doubt asks about. Raises Refused (question « reason » where the reason is at fault).

    It counts as long as the answers that the doubt is about stay as they are.
    """
    sheet = _held(sheet_id, actor=actor, at=at)
    doubt = next((doubt for doubt in doubts_of(sheet) if doubt.key == key), None)
    if doubt is None:
        raise Refused("La réponse a changé depuis\u00a0: rechargez la page.")
    passed: dict[str, Any] = {
        "reason": _said(reason),
        "question": doubt.question,
        "code": doubt.code.value,
        "message": doubt.message,
        "by": str(actor.user_id) if actor.user_id else None,
        "at": at.isoformat(),
    }
    if typists.entry_of(sheet.id, actor.user_id) is not None:
        passed["phone"] = True
    _keep(sheet, sheet.passed_checks | {key: passed}, actor=actor, at=at)
    db.session.commit()
    return sheet


def take_back(sheet_id: UUID, key: str, *, actor: Actor, at: datetime) -> Sheet:
    """Ask again what was confirmed; nothing happens where it wasn't."""
    sheet = _held(sheet_id, actor=actor, at=at)
    if key in sheet.passed_checks:
        left = {other: passed for other, passed in sheet.passed_checks.items() if other != key}
        _keep(sheet, left, actor=actor, at=at)
        db.session.commit()
    return sheet


def _held(sheet_id: UUID, *, actor: Actor, at: datetime) -> Sheet:
    sheet = locked(sheet_id)
    policy.require(actor, Act.SHEET_WRITE, thing_of(sheet))
    refuse_unless_editable(sheet, at=at)
    return sheet


def _keep(sheet: Sheet, passed: dict[str, Any], *, actor: Actor, at: datetime) -> None:
    sheet.passed_checks = passed
    sheet.updated_at, sheet.updated_by = at, actor.user_id


def _said(reason: str) -> str:
    said = clean_text(reason).strip()
    if not said:
        raise Refused("Dites pourquoi, en quelques mots.", question="reason")
    if len(said) > LONGEST:
        raise Refused(f"Raccourcissez cette raison\u00a0: {LONGEST} caractères au plus.", question="reason")
    return said
