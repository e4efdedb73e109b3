"""The president's signature: asked for by a responsable, given or refused through a personal link."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from forms.lifecycle import EDITABLE
from forms.values import Refused, clean_text
from webapp import policy
from webapp.database import db
from webapp.models import PersonalLink, Sheet, SignOff
from webapp.policy import Act, Actor
from webapp.queries import people
from webapp.queries.things import thing_of
from webapp.services import events, mail, moves, personal_links, sheets, signatures
from webapp.services.accounts import clean_email
from webapp.services.links import GONE
from webapp.services.snapshots import sha256_of
from webapp.vocabulary import PersonalPurpose, RoleName, SignOffState

LONGEST_NAME, LONGEST_WORD = 120, 2_000
CHANGED = "La fiche a changé depuis que vous l’avez ouverte\u00a0: relisez-la, puis signez."
ASKED = PersonalPurpose.SIGN_OFF


def ask(sheet_id: UUID, *, actor: Actor, at: datetime, name: str = "", email: str = "") -> SignOff:
    """Ask the centre's president to sign; asked again, the link before opens nothing any more.

    name, email: of the president, kept with the centre where it has none yet. Raises Refused with
    its place, or policy.Denied.
    """
    sheet = sheets.locked(sheet_id)
    policy.require(actor, Act.SIGN_OFF_ASK, thing_of(sheet))
    if not sheet.campaign.sign_off:
        raise Refused("Cette campagne ne demande pas de signature\u00a0: envoyez la fiche.")
    moves.refuse_unless_whole(sheet, at=at)
    if signatures.under(sheet) is not None:
        raise Refused("Cette fiche est déjà signée\u00a0: envoyez-la.")
    _know_president(sheet, name, email, actor=actor, at=at)
    signatures.drop(sheet.id, at=at)
    row = SignOff(
        sheet=sheet,
        name=sheet.centre.president_name,
        email=sheet.centre.president_email,
        asked_at=at,
        asked_by=actor.user_id,
    )
    db.session.add(row)
    db.session.flush()
    link, token = personal_links.issue(
        ASKED, target_id=row.id, federation_id=sheet.federation_id, email=row.email, name=row.name, at=at
    )
    context = _context(row, row.name) | {"path": f"/signature/{token}", "expires_at": link.expires_at}
    mail.enqueue(ASKED.value, recipient=row.email, at=at, context=context, about=_about(sheet, link.id))
    _record("sign_off.asked", row, actor_id=actor.user_id, at=at, data={"text": f"{row.name} ({row.email})"})
    db.session.commit()
    return row


def _know_president(sheet: Sheet, name: str, email: str, *, actor: Actor, at: datetime) -> None:
    centre = sheet.centre
    if centre.president_name and centre.president_email:
        return
    centre.president_name = _line(name, "Indiquez le nom de la présidence.", "president_name")
    try:
        centre.president_email = clean_email(email)
    except Refused as refused:
        raise Refused(refused.message, question="president_email") from None
    events.record(
        "centre.changed",
        at=at,
        actor_id=actor.user_id,
        federation_id=centre.federation_id,
        data={"centre": str(centre.id)},
    )


def _line(typed: str, empty: str, question: str) -> str:
    line = " ".join(clean_text(typed).split())
    if not line:
        raise Refused(empty, question=question)
    if len(line) > LONGEST_NAME:
        raise Refused(f"Restez en dessous de {LONGEST_NAME} caractères.", question=question)
    return line


def find(token: str, *, at: datetime) -> SignOff | None:
    """What the link of that token asks to sign, while it may still be answered."""
    link = personal_links.find(token, ASKED, at=at)
    if link is None:
        return None
    row = db.session.scalar(sa.select(SignOff).where(SignOff.id == link.target_id).options(joinedload(SignOff.sheet)))
    if row is None or row.state is not SignOffState.ASKED or row.sheet.state not in EDITABLE:
        return None
    return row


def sign(token: str, typed_name: str, *, sha256: str, at: datetime) -> SignOff:
    """Sign what the sheet says now; one commit. sha256: of what stood on the page. Raises Refused with its place."""
    name = _line(typed_name, "Écrivez votre nom\u00a0: il tient lieu de signature.", "signed_name")
    row, _link = _answering(token, at=at)
    if sha256 != sha256_of(row.sheet):
        raise Refused(CHANGED)
    row.state, row.answered_at, row.signed_name, row.sha256 = SignOffState.SIGNED, at, name, sha256
    _record("sign_off.signed", row, actor_id=None, at=at, data={"by": name, "sha256": sha256})
    _tell("sign_off_signed", row, at=at)
    db.session.commit()
    return row


def give_back(token: str, remark: str, *, at: datetime) -> SignOff:
    """Don't sign, and say why; one commit. Raises Refused with its place."""
    word = clean_text(remark).strip()
    if not word:
        raise Refused("Dites en quelques mots ce qu’il faut revoir.", question="remark")
    if len(word) > LONGEST_WORD:
        raise Refused(f"Restez en dessous de {LONGEST_WORD} caractères.", question="remark")
    row, _link = _answering(token, at=at)
    row.state, row.answered_at, row.remark = SignOffState.RETURNED, at, word
    _record("sign_off.returned", row, actor_id=None, at=at, data={"by": row.name, "text": word})
    _tell("sign_off_returned", row, at=at)
    db.session.commit()
    return row


def _answering(token: str, *, at: datetime) -> tuple[SignOff, PersonalLink]:
    row = find(token, at=at)
    if row is None:
        raise Refused(GONE)
    # The sheet first, as whoever saves an answer does: nothing changes between the look and the signature.
    sheets.locked(row.sheet_id)
    return row, personal_links.take(token, ASKED, at=at)


def _tell(kind: str, row: SignOff, *, at: datetime) -> None:
    for user in people.of_centre(row.sheet.centre_id, {RoleName.RESPONSIBLE}):
        context = _context(row, user.full_name) | {
            "who": row.signed_name or row.name,
            "reason": row.remark,
            "path": f"/fiches/{row.sheet_id}/verification",
        }
        about = mail.About(user.id, row.sheet.campaign_id, row.sheet.centre_id)
        mail.enqueue(kind, recipient=user.email, at=at, context=context, about=about)


def _context(row: SignOff, name: str) -> dict[str, object]:
    sheet = row.sheet
    return {
        "name": name,
        "title": sheet.action.title,
        "reference": sheet.reference,
        "year": sheet.campaign.year,
        "centre": sheet.centre.name,
    }


def _about(sheet: Sheet, link_id: UUID) -> mail.About:
    return mail.About(None, sheet.campaign_id, sheet.centre_id, link_id)


def _record(kind: str, row: SignOff, *, actor_id: UUID | None, at: datetime, data: dict[str, str]) -> None:
    sheet = row.sheet
    events.record(kind, at=at, actor_id=actor_id, federation_id=sheet.federation_id, sheet_id=sheet.id, data=data)
