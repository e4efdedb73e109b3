"""Filling in a sheet by telephone: the federation types, the centre confirms and sends."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from forms.lifecycle import Move
from forms.values import Refused, clean_text
from webapp import policy
from webapp.database import db
from webapp.models import Action, Campaign, Centre, PersonalLink, PhoneEntry, Sheet
from webapp.policy import Act, Actor
from webapp.queries import people
from webapp.queries.accounts import actor_of
from webapp.queries.things import thing_of
from webapp.services import events, mail, personal_links, sheets, typists
from webapp.services.links import GONE
from webapp.vocabulary import PersonalPurpose, RoleName, Sharing

LONGEST_NAME, LONGEST_WORD = 120, 2_000
CHANGED = "La fiche a changé depuis que vous l’avez ouverte\u00a0: relisez-la, puis confirmez."
ASKED = PersonalPurpose.CONFIRMATION


def begin(sheet_id: UUID, *, spoke_with: str, actor: Actor, at: datetime) -> PhoneEntry:
    """Type a sheet that is there already, for its centre. Raises Refused with its place, or policy.Denied."""
    sheet = sheets.locked(sheet_id)
    policy.require(actor, Act.PHONE_BEGIN, thing_of(sheet.centre))
    name = _name(spoke_with)
    sheets.refuse_unless_editable(sheet, at=at)
    entry = _entrust(sheet, name, actor=actor, at=at)
    db.session.commit()
    return entry


def begin_new(
    *,
    centre: Centre,
    campaign: Campaign,
    action: Action | None,
    title: str,
    spoke_with: str,
    actor: Actor,
    at: datetime,
    carry: bool = True,
) -> PhoneEntry:
    """Begin a sheet for a centre and type it. Raises Refused with its place, or policy.Denied."""
    policy.require(actor, Act.PHONE_BEGIN, thing_of(centre))
    name = _name(spoke_with)
    sheet = sheets.begin(
        centre=centre, campaign=campaign, action=action, title=title, actor=actor, at=at, carry=carry, commit=False
    )
    entry = _entrust(sheet, name, actor=actor, at=at)
    db.session.commit()
    return entry


def _name(typed: str) -> str:
    name = " ".join(clean_text(typed).split())
    if not name:
        raise Refused("Indiquez qui est au téléphone\u00a0: son nom restera dans l’histoire.", question="spoke_with")
    if len(name) > LONGEST_NAME:
        raise Refused(f"Restez en dessous de {LONGEST_NAME} caractères.", question="spoke_with")
    return name


def _entrust(sheet: Sheet, spoke_with: str, *, actor: Actor, at: datetime) -> PhoneEntry:
    going_on = sheet.open_phone_entry
    if going_on is not None and _left(going_on):
        going_on.ended_at, going_on.ended_by = at, actor.user_id
        db.session.flush()
        _record("phone.ended", going_on, actor_id=actor.user_id, at=at)
    elif going_on is not None:
        who = going_on.typist.full_name or going_on.typist.email
        raise Refused(f"Cette fiche est déjà en cours de saisie au téléphone, par {who}.", question="sheet")
    typists.withdraw_questions(sheet.id, at=at)
    entry = PhoneEntry(sheet=sheet, started_by=actor.user_id, started_at=at, spoke_with=spoke_with)
    db.session.add(entry)
    db.session.flush()
    _record("phone.begun", entry, actor_id=actor.user_id, at=at, data={"with": spoke_with})
    return entry


def _left(entry: PhoneEntry) -> bool:
    """Whether the one who typed may do so no more: their account is closed, or their role gone."""
    typist = entry.typist
    return not (typist.active and policy.decide(actor_of(typist), Act.PHONE_END, thing_of(entry.sheet)).allowed)


def end(sheet_id: UUID, *, actor: Actor, at: datetime) -> PhoneEntry:
    """End the typing. Ended by the federation, the centre's responsables are asked to confirm by a mail each.

    Raises Refused where nobody is typing any more, or policy.Denied.
    """
    sheet = sheets.locked(sheet_id)
    entry = sheet.open_phone_entry
    if entry is None:
        raise Refused("Cette saisie au téléphone est déjà terminée.")
    policy.require(actor, Act.PHONE_END, thing_of(sheet))
    entry.ended_at, entry.ended_by = at, actor.user_id
    by_typist = actor.user_id == entry.started_by
    _record("phone.ended", entry, actor_id=actor.user_id, at=at)
    if by_typist:
        _ask_to_confirm(entry, at=at)
    db.session.commit()
    return entry


def _ask_to_confirm(entry: PhoneEntry, *, at: datetime) -> None:
    sheet = entry.sheet
    for user in people.of_centre(sheet.centre_id, {RoleName.RESPONSIBLE}):
        link, token = personal_links.issue(
            ASKED,
            target_id=entry.id,
            federation_id=sheet.federation_id,
            email=user.email,
            name=user.full_name,
            user_id=user.id,
            at=at,
        )
        context = _context(entry, user.full_name) | {"path": f"/confirmation/{token}", "expires_at": link.expires_at}
        about = mail.About(user.id, sheet.campaign_id, sheet.centre_id, link.id)
        mail.enqueue(ASKED.value, recipient=user.email, at=at, context=context, about=about)


def find(token: str, *, at: datetime) -> tuple[PersonalLink, PhoneEntry] | None:
    """The link of that token and what it asks about, while its reader may still answer."""
    link = personal_links.find(token, ASKED, at=at)
    if link is None or link.user is None or not link.user.active:
        return None
    entry = db.session.scalar(
        sa.select(PhoneEntry)
        .where(PhoneEntry.id == link.target_id)
        .options(joinedload(PhoneEntry.typist), joinedload(PhoneEntry.sheet))
    )
    if entry is None or not policy.decide(actor_of(link.user), Act.SHEET_SEND, thing_of(entry.sheet)).allowed:
        return None
    return link, entry


def confirm(token: str, *, revision: int, sharing: Sharing | None, at: datetime) -> Sheet:
    """The reader of the link confirms what was typed, and sends the sheet in their own name; one commit.

    revision: of the sheet, as it stood on the page. Raises Refused; nothing is written then.
    """
    link, entry = _answering(token, at=at)
    if revision != entry.sheet.revision:
        raise Refused(CHANGED)
    return sheets.move(entry.sheet_id, Move.SEND, actor=actor_of(link.user), at=at, sharing=sharing)  # type: ignore[arg-type]


def refuse(token: str, text: str, *, at: datetime) -> PhoneEntry:
    """The reader of the link says that this is not what was told; the one who typed is told, one commit."""
    word = clean_text(text).strip()
    if not word:
        raise Refused("Dites en quelques mots ce qui ne va pas\u00a0: la fédération le lira.", question="refusal")
    if len(word) > LONGEST_WORD:
        raise Refused(f"Restez en dessous de {LONGEST_WORD} caractères.", question="refusal")
    link, entry = _answering(token, at=at)
    entry.refused_at, entry.refused_by, entry.refusal = at, link.user_id, word
    personal_links.revoke(ASKED, target_id=entry.id, at=at)
    _record("phone.refused", entry, actor_id=link.user_id, at=at, data={"text": word})
    context = _context(entry, entry.typist.full_name) | {
        "who": link.name or link.email,
        "reason": word,
        "path": f"/centres/{entry.sheet.centre_id}/telephone",
    }
    about = mail.About(entry.started_by, entry.sheet.campaign_id, entry.sheet.centre_id)
    mail.enqueue("phone_refused", recipient=entry.typist.email, at=at, context=context, about=about)
    db.session.commit()
    return entry


def _answering(token: str, *, at: datetime) -> tuple[PersonalLink, PhoneEntry]:
    found = find(token, at=at)
    if found is None:
        raise Refused(GONE)
    # The sheet first, as whoever sends it does: of two that come at once, one waits for the other.
    sheets.locked(found[1].sheet_id)
    return personal_links.take(token, ASKED, at=at), found[1]


def _context(entry: PhoneEntry, name: str) -> dict[str, object]:
    sheet = entry.sheet
    return {
        "name": name,
        "title": sheet.action.title,
        "reference": sheet.reference,
        "year": sheet.campaign.year,
        "centre": sheet.centre.name,
        "typist": entry.typist.full_name or entry.typist.email,
        "spoke_with": entry.spoke_with,
    }


def _record(
    kind: str, entry: PhoneEntry, *, actor_id: UUID | None, at: datetime, data: dict[str, str] | None = None
) -> None:
    said = {"entry": str(entry.id), **(data or {})}
    sheet = entry.sheet
    events.record(kind, at=at, actor_id=actor_id, federation_id=sheet.federation_id, sheet_id=sheet.id, data=said)
