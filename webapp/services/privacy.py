"""What a federation says of personal data, and that somebody's were handed out."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from forms.values import Refused, clean_text
from webapp import policy
from webapp.database import db
from webapp.models import Federation, PrivacyNotice
from webapp.policy import Act, Actor, Thing
from webapp.services import events

LONGEST = 2000


@dataclass(frozen=True)
class Told:
    """What the page « Données personnelles » says of one federation."""

    controller: str
    address: str
    contact: str
    more: str


def change_notice(federation: Federation, told: Told, *, actor: Actor, at: datetime) -> PrivacyNotice:
    """Say who answers for the data of a federation; one commit. Raises Refused, Denied."""
    policy.require(actor, Act.PRIVACY_MANAGE, Thing(federation_id=federation.id))
    clean = {key: clean_text(getattr(told, key)).strip() for key in ("controller", "address", "contact", "more")}
    for key, wanted in (("controller", "Indiquez qui répond des données."), ("contact", "Indiquez à qui écrire.")):
        if not clean[key]:
            raise Refused(wanted, question=key)
    for key, value in clean.items():
        if len(value) > LONGEST:
            raise Refused(f"Restez en dessous de {LONGEST} caractères.", question=key)
    notice = db.session.get(PrivacyNotice, federation.id) or PrivacyNotice(federation_id=federation.id)
    for key, value in clean.items():
        setattr(notice, key, value)
    notice.updated_at = at
    db.session.add(notice)
    events.record("privacy.notice", at=at, actor_id=actor.user_id, federation_id=federation.id)
    db.session.commit()
    return notice


def note_export(user_id: UUID | None, *, actor: Actor, at: datetime) -> None:
    """Write down that somebody's data were handed out, without saying of whom but by the account's id; one commit."""
    federation_id = next((held.federation_id for held in actor.roles if held.federation_id), None)
    data = {"user": str(user_id) if user_id else None}
    events.record("person.exported", at=at, actor_id=actor.user_id, federation_id=federation_id, data=data)
    db.session.commit()
