"""Outside opinions: asked by a mail link on a sheet as it was sent, given once, for the federation alone."""

from datetime import date, datetime, time, timedelta
from uuid import UUID

from forms.french import PARIS
from forms.values import Refused, clean_text
from webapp.database import db
from webapp.models import Opinion, Sheet
from webapp.policy import Actor
from webapp.queries import opinions as queries
from webapp.services import events, mail, personal_links
from webapp.services.accounts import clean_email
from webapp.services.mail import About
from webapp.services.sheets import locked
from webapp.vocabulary import PersonalPurpose, Verdict

LONGEST, LONGEST_NAME = 4_000, 200
LATEST = timedelta(days=180)
"""How far ahead a deadline may lie."""


def path_of(token: str) -> str:
    """The address of the page of an opinion."""
    return f"/avis/{token}"


def ask(
    sheet_id: UUID, *, name: str, email: str, question: str, due_on: date | None, actor: Actor, at: datetime
) -> Opinion:
    """Ask somebody's opinion on what was last sent. Raises Refused with its place.

    From now on the centre can't take the sheet back: somebody reads it.
    """
    if actor.user_id is None:
        raise ValueError("an opinion is asked by somebody")
    sheet = locked(sheet_id)
    if sheet.current_snapshot_id is None:
        raise Refused("Cette fiche n’a pas encore été envoyée.")
    opinion = Opinion(
        sheet_id=sheet.id,
        snapshot_id=sheet.current_snapshot_id,
        name=_line(name, "Indiquez le nom de la personne.", "name"),
        email=clean_email(email),
        question=_said(question, "Écrivez ce que vous demandez.", "question"),
        due_on=_deadline(due_on, at=at),
        asked_at=at,
        asked_by=actor.user_id,
    )
    db.session.add(opinion)
    db.session.flush()
    if sheet.read_at is None:
        sheet.read_at = at
        _record("sheet.read", sheet, {}, actor_id=actor.user_id, at=at)
    _write_to(opinion, sheet, at=at)
    data = {"opinion": str(opinion.id), "name": opinion.name}
    _record("opinion.asked", sheet, data, actor_id=actor.user_id, at=at)
    db.session.commit()
    return opinion


def _write_to(opinion: Opinion, sheet: Sheet, *, at: datetime) -> None:
    link, token = personal_links.issue(
        PersonalPurpose.OPINION,
        target_id=opinion.id,
        federation_id=sheet.federation_id,
        email=opinion.email,
        at=at,
        name=opinion.name,
    )
    # Whoever answers a little late is still heard.
    link.expires_at = max(link.expires_at, datetime.combine(opinion.due_on, time.max, PARIS) + timedelta(days=7))
    context = {
        "name": opinion.name,
        "federation": sheet.federation.name,
        "title": sheet.action.title,
        "centre": sheet.centre.name,
        "year": sheet.campaign.year,
        "question": opinion.question,
        "due_on": opinion.due_on,
        "path": path_of(token),
    }
    about = About(link_id=link.id)
    kind = PersonalPurpose.OPINION.value
    mail.enqueue(kind, recipient=opinion.email, at=at, context=context, dedupe_key=f"{kind}:{opinion.id}", about=about)


def give(token: str, *, verdict: str, text: str, at: datetime) -> Opinion:
    """Somebody's opinion, once. Raises Refused with its place; one whose link is dead, without."""
    said = clean_text(text).strip()
    if verdict not in set(Verdict):
        raise Refused("Choisissez un avis.", question="verdict")
    if len(said) > LONGEST:
        raise Refused(f"Raccourcissez ce texte\u00a0: {LONGEST} caractères au plus.", question="text")
    if not said and verdict in {Verdict.RESERVED, Verdict.UNFAVOURABLE}:
        raise Refused("Dites pourquoi en quelques mots.", question="text")
    link = personal_links.take(token, PersonalPurpose.OPINION, at=at)
    sheet = locked(db.session.get_one(Opinion, link.target_id).sheet_id)
    opinion = db.session.get_one(Opinion, link.target_id, populate_existing=True)
    opinion.verdict, opinion.text, opinion.answered_at = Verdict(verdict), said, at
    data = {"opinion": str(opinion.id), "name": opinion.name, "verdict": opinion.verdict.value}
    _record("opinion.given", sheet, data, actor_id=None, at=at)
    _tell(opinion, sheet, at=at)
    db.session.commit()
    return opinion


def _tell(opinion: Opinion, sheet: Sheet, *, at: datetime) -> None:
    """The reviewer who asked learns that it is there; what it says stands on the page alone."""
    asker = opinion.asker
    if not asker.active:
        return
    context = {
        "name": asker.full_name,
        "by": opinion.name,
        "title": sheet.action.title,
        "centre": sheet.centre.name,
        "path": f"/relecture/{sheet.id}#avis",
    }
    key = f"opinion_given:{opinion.id}"
    mail.enqueue(
        "opinion_given",
        recipient=asker.email,
        at=at,
        context=context,
        dedupe_key=key,
        about=About(user_id=asker.id),
    )


def revoke(opinion_id: UUID, *, actor: Actor, at: datetime) -> Opinion:
    """The federation no longer asks: the link opens nothing any more. One that was answered stays as it is."""
    sheet = locked(db.session.get_one(Opinion, opinion_id).sheet_id)
    opinion = db.session.get_one(Opinion, opinion_id, populate_existing=True)
    if opinion.answered_at is not None:
        raise Refused("Cet avis est déjà donné\u00a0: il ne peut plus être retiré.", question="opinions")
    if opinion.revoked_at is None:
        opinion.revoked_at = at
        personal_links.revoke(PersonalPurpose.OPINION, target_id=opinion.id, at=at)
        data = {"opinion": str(opinion.id), "name": opinion.name}
        _record("opinion.revoked", sheet, data, actor_id=actor.user_id, at=at)
        db.session.commit()
    return opinion


def opened_by(token: str, *, at: datetime) -> Opinion | None:
    """The opinion that this token still asks for, with all that its page shows."""
    link = personal_links.find(token, PersonalPurpose.OPINION, at=at)
    return queries.find(link.target_id) if link is not None else None


def _deadline(due_on: date | None, *, at: datetime) -> date:
    today = at.astimezone(PARIS).date()
    if due_on is None:
        raise Refused("Indiquez la date souhaitée.", question="due_on")
    if not today <= due_on <= today + LATEST:
        raise Refused("Indiquez une date dans les six mois qui viennent.", question="due_on")
    return due_on


def _line(text: str, otherwise: str, place: str) -> str:
    line = " ".join(clean_text(text).split())
    if not line:
        raise Refused(otherwise, question=place)
    if len(line) > LONGEST_NAME:
        raise Refused(f"Raccourcissez ce nom\u00a0: {LONGEST_NAME} caractères au plus.", question=place)
    return line


def _said(text: str, otherwise: str, place: str) -> str:
    said = clean_text(text).strip()
    if not said:
        raise Refused(otherwise, question=place)
    if len(said) > LONGEST:
        raise Refused(f"Raccourcissez ce texte\u00a0: {LONGEST} caractères au plus.", question=place)
    return said


def _record(kind: str, sheet: Sheet, data: dict[str, str], *, actor_id: UUID | None, at: datetime) -> None:
    events.record(kind, at=at, actor_id=actor_id, federation_id=sheet.federation_id, sheet_id=sheet.id, data=data)
