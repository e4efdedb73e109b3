"""A sheet that was sent back for some questions is opened as a whole: the centre asks, the federation does."""

from datetime import datetime
from uuid import UUID

from forms.values import Refused
from webapp.database import db
from webapp.models import Sheet, User
from webapp.policy import Actor
from webapp.queries.openings import is_limited
from webapp.services import events, notices, texts
from webapp.services.sheets import locked

OPEN_ALREADY = (
    "Toutes les questions de cette fiche sont déjà ouvertes, ou elle n’est plus à corriger\u00a0: rechargez la page."
)


def want_whole(sheet_id: UUID, *, words: str, actor: Actor, at: datetime) -> Sheet:
    """The centre asks to change every answer; whoever asked the queries is told. Said twice, it is told once."""
    sheet = locked(sheet_id)
    if not is_limited(sheet):
        raise Refused(OPEN_ALREADY)
    why = texts.said(words, "Dites en quelques mots ce que vous voulez changer.", place="words")
    if sheet.whole_wanted_at is None:
        sheet.whole_wanted_at = at
        _record(sheet, "sheet.whole_wanted", actor=actor, at=at, data={"reason": why})
        asker = db.session.get_one(User, actor.user_id)
        notices.whole_wanted(sheet, words=why, asker=asker.full_name or asker.email, at=at)
        db.session.commit()
    return sheet


def open_whole(sheet_id: UUID, *, actor: Actor, at: datetime) -> Sheet:
    """The federation lets the centre change every answer; the centre is told."""
    sheet = locked(sheet_id)
    if not is_limited(sheet):
        raise Refused(OPEN_ALREADY)
    sheet.only_asked, sheet.whole_wanted_at = False, None
    _record(sheet, "sheet.whole_opened", actor=actor, at=at, data={})
    notices.whole_opened(sheet, at=at)
    db.session.commit()
    return sheet


def _record(sheet: Sheet, kind: str, *, actor: Actor, at: datetime, data: dict[str, str]) -> None:
    events.record(kind, at=at, actor_id=actor.user_id, federation_id=sheet.federation_id, sheet_id=sheet.id, data=data)
