"""How long what served to make a campaign's sheets is kept; what goes at its term, in batches, never by surprise.

What was sent and the reports stay: only the federation's own erasures touch them. Each batch is one commit and does
nothing twice, so that a worker that dies half way is followed by the next one.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from forms.french import PARIS, day, plural
from forms.values import Refused
from webapp.database import db
from webapp.models import (
    Attachment,
    CallNote,
    Campaign,
    Change,
    Erasure,
    Event,
    FunderReading,
    ImportRun,
    Link,
    Mail,
    Note,
    Opinion,
    PhoneEntry,
    Query,
    Reminder,
    ReportOpening,
    RetentionRule,
    Role,
    Sheet,
    Snapshot,
    User,
    UserSession,
)
from webapp.services import discards, events, mail
from webapp.services.mail import About
from webapp.vocabulary import ErasureKind, MailState, RoleName

YEARS = 5
LEAST, MOST = 1, 30
BRAKE = timedelta(days=30)
"""Nothing goes before the rule is this old, nor before its administrators have known for this long."""

BATCH = 200
MAILS_FOR = timedelta(days=180)
SECURITY_FOR = timedelta(days=30)
RAW_FOR = timedelta(days=30)
WRITTEN = frozenset({"by", "reason", "text", "typist", "with"})
OVER = (MailState.SENT, MailState.FAILED, MailState.DROPPED)


@dataclass(frozen=True)
class Part:
    """A kind of thing that goes at the term: its name, how its rows are found, what is done to them."""

    one: str
    many: str
    model: Any
    where: Callable[[Campaign], sa.ColumnElement[bool]]
    values: dict[str, Any] | None

    def words(self, count: int) -> str:
        """« 12 notes »."""
        return plural(count, self.one, self.many)


def _sheets(campaign: Campaign) -> sa.Select[Any]:
    return sa.select(Sheet.id).where(Sheet.campaign_id == campaign.id)


def _unsent(campaign: Campaign) -> sa.ColumnElement[bool]:
    sent = sa.select(Snapshot.id).where(Snapshot.sheet_id == Sheet.id).exists()
    return sa.and_(Sheet.campaign_id == campaign.id, ~sent)


def _holds(campaign: Campaign) -> sa.ColumnElement[bool]:
    empty = sa.cast(Sheet.answers, sa.Text).in_(("{}", "null"))
    return sa.and_(_unsent(campaign), sa.or_(~empty, ~sa.cast(Sheet.unparsed, sa.Text).in_(("{}", "null"))))


NOTHING: dict[str, Any] = {"answers": {}, "unparsed": {}, "carried": {}, "passed_checks": {}, "field_revisions": {}}

PARTS: tuple[Part, ...] = (
    Part("brouillon jamais envoyé", "brouillons jamais envoyés", Sheet, _holds, NOTHING),
    Part(
        "changement de réponse (de quoi à quoi)",
        "changements de réponse (de quoi à quoi)",
        Change,
        lambda one: sa.and_(
            Change.sheet_id.in_(_sheets(one)), sa.or_(Change.before.is_not(None), Change.after.is_not(None))
        ),
        {"before": None, "after": None},
    ),
    Part(
        "demande et sa réponse",
        "demandes et leurs réponses",
        Query,
        lambda one: sa.and_(Query.sheet_id.in_(_sheets(one)), Query.text != ""),
        {"text": "", "reply": None, "proposed": None, "proposed_from": None},
    ),
    Part(
        "note de la fédération",
        "notes de la fédération",
        Note,
        lambda one: sa.and_(Note.sheet_id.in_(_sheets(one)), Note.text != ""),
        {"text": ""},
    ),
    Part(
        "avis extérieur",
        "avis extérieurs",
        Opinion,
        lambda one: sa.and_(Opinion.sheet_id.in_(_sheets(one)), sa.or_(Opinion.question != "", Opinion.text != "")),
        {"question": "", "text": ""},
    ),
    Part(
        "appel noté",
        "appels notés",
        CallNote,
        lambda one: sa.and_(CallNote.campaign_id == one.id, CallNote.text != ""),
        {"text": ""},
    ),
    Part(
        "saisie au téléphone (avec qui)",
        "saisies au téléphone (avec qui)",
        PhoneEntry,
        lambda one: sa.and_(PhoneEntry.sheet_id.in_(_sheets(one)), PhoneEntry.spoke_with != ""),
        {"spoke_with": "", "refusal": ""},
    ),
    Part(
        "message de relance",
        "messages de relance",
        Reminder,
        lambda one: sa.and_(Reminder.campaign_id == one.id, Reminder.message != ""),
        {"message": ""},
    ),
    Part(
        "mail (son texte)",
        "mails (leur texte)",
        Mail,
        lambda one: sa.and_(Mail.campaign_id == one.id, Mail.text != "", Mail.state.in_(OVER)),
        {"subject": "", "text": "", "html": "", "attachments": []},
    ),
    Part(
        "lecture d’un financeur",
        "lectures de financeurs",
        FunderReading,
        lambda one: FunderReading.sheet_id.in_(_sheets(one)),
        None,
    ),
)


@dataclass(frozen=True)
class Outlook:
    """What will go of a campaign, and when. due: the first day on which it may; lines: « 12 notes », each kind."""

    years: int
    term: date
    due: date
    lines: tuple[str, ...]
    thinned_at: datetime | None


def change(campaign: Campaign, years: int, *, actor_id: Any, at: datetime) -> RetentionRule:
    """Keep it that many years after its last day; one commit. Raises Refused."""
    if not LEAST <= years <= MOST:
        raise Refused(f"Choisissez de {LEAST} à {MOST} ans.", question="years")
    rule = _rule(campaign, at=at)
    rule.years, rule.changed_at, rule.changed_by, rule.told_at = years, at, actor_id, None
    data = {"title": campaign.title, "campaign": str(campaign.id), "years": years}
    events.record("retention.changed", at=at, actor_id=actor_id, federation_id=campaign.federation_id, data=data)
    db.session.commit()
    return rule


def outlook(campaign: Campaign, *, at: datetime) -> Outlook:
    """What will go, and when; reads only."""
    rule = db.session.get(RetentionRule, campaign.id)
    years = rule.years if rule is not None else YEARS
    term = term_of(campaign, years)
    told = [rule.changed_at, rule.told_at or at] if rule is not None else [at]
    soonest = max((moment + BRAKE).astimezone(PARIS).date() for moment in told)
    return Outlook(years, term, max(term, soonest), _lines(campaign), rule.thinned_at if rule is not None else None)


def _lines(campaign: Campaign) -> tuple[str, ...]:
    counted = ((part, _count(part, campaign)) for part in PARTS)
    words = [part.words(count) for part, count in counted if count]
    if files := len(_never_sent(campaign)):
        words.append(plural(files, "fichier joint, jamais envoyé", "fichiers joints, jamais envoyés"))
    entries = sum(1 for _event, _keys in _entries(campaign))
    if entries:
        words.append(plural(entries, "ligne du journal (ses mots)", "lignes du journal (leurs mots)"))
    return tuple(words)


def _count(part: Part, campaign: Campaign) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(part.model).where(part.where(campaign))) or 0


def term_of(campaign: Campaign, years: int) -> date:
    """The day after which it goes."""
    last = campaign.last_edit
    try:
        return last.replace(year=last.year + years)
    except ValueError:
        return last.replace(year=last.year + years, day=28)


def sweep(*, at: datetime) -> int:
    """What the worker does each minute: tell of what will go, let go what may; how many rows went."""
    # Each half hour is often enough for what is counted in days.
    gone = _daily(at=at) if at.minute % 30 == 0 else 0
    for campaign in db.session.scalars(sa.select(Campaign)).all():
        rule = db.session.get(RetentionRule, campaign.id)
        term = term_of(campaign, rule.years if rule is not None else YEARS)
        today = at.astimezone(PARIS).date()
        if rule is None or rule.told_at is None:
            if term - BRAKE <= today:
                _tell(campaign, term, at=at)
        elif term < today and max(rule.changed_at, rule.told_at) + BRAKE <= at:
            gone += thin(campaign, at=at)
    return gone


def thin(campaign: Campaign, *, at: datetime) -> int:
    """Let go what has come to its term; how many rows. A commit a batch."""
    gone = 0
    for part in PARTS:
        while done := _batch(part, campaign):
            gone += done
    while done := _files(campaign, at=at):
        gone += done
    while done := _words(campaign, at=at):
        gone += done
    if gone:
        _rule(campaign, at=at).thinned_at = at
        data = {"title": campaign.title, "campaign": str(campaign.id), "rows": gone}
        events.record("retention.thinned", at=at, actor_id=None, federation_id=campaign.federation_id, data=data)
        db.session.commit()
    return gone


def _never_sent(campaign: Campaign) -> list[Attachment]:
    """The files that no sending shows: those of drafts, and those that were taken off before they were sent."""
    there = sa.select(Attachment).join(Attachment.sheet).where(Sheet.campaign_id == campaign.id)
    drafts = db.session.scalars(there.where(_unsent(campaign)).order_by(Attachment.id))
    removed = there.where(~_unsent(campaign), Attachment.removed_at.is_not(None)).order_by(Attachment.id)
    taken_off = db.session.scalars(removed).all()
    sent = db.session.scalars(
        sa.select(Snapshot.answers).where(Snapshot.sheet_id.in_({row.sheet_id for row in taken_off}))
    ).all()
    shown = {file["id"] for row in taken_off for answers in sent for file in answers.get(row.question, ())}
    return [*drafts, *(row for row in taken_off if str(row.id) not in shown)]


def _files(campaign: Campaign, *, at: datetime) -> int:
    """Let a batch of them go; their bytes wait as those of any file that nothing shows any more."""
    rows = _never_sent(campaign)[:BATCH]
    discards.discard([row.storage_key for row in rows], reason="fichier jamais envoyé, arrivé à son terme", at=at)
    for row in rows:
        db.session.delete(row)
    db.session.commit()
    return len(rows)


def _batch(part: Part, campaign: Campaign) -> int:
    ids = db.session.scalars(sa.select(part.model.id).where(part.where(campaign)).limit(BATCH)).all()
    which = part.model.id.in_(ids)
    if ids and part.values is None:
        db.session.execute(sa.delete(part.model).where(which))
    elif ids:
        db.session.execute(sa.update(part.model).where(which).values(**part.values or {}))
    db.session.commit()
    return len(ids)


def _entries(campaign: Campaign) -> Iterator[tuple[Event, frozenset[str]]]:
    found = db.session.scalars(sa.select(Event).where(Event.sheet_id.in_(_sheets(campaign))).order_by(Event.seq))
    return ((event, WRITTEN & event.data.keys()) for event in found if WRITTEN & event.data.keys())


def _words(campaign: Campaign, *, at: datetime) -> int:
    """A batch of words of the journal: of who and when nothing goes."""
    some = [pair for pair, _ in zip(_entries(campaign), range(BATCH), strict=False)]
    if not some:
        return 0
    erasure = Erasure(kind=ErasureKind.RETENTION, started_at=at, counts={"event": len(some)})
    db.session.add(erasure)
    db.session.flush()
    events.empty(some, at=at, actor_id=None)
    erasure.finished_at = at
    db.session.commit()
    return len(some)


def _rule(campaign: Campaign, *, at: datetime) -> RetentionRule:
    rule = db.session.get(RetentionRule, campaign.id)
    if rule is None:
        rule = RetentionRule(campaign_id=campaign.id, years=YEARS, changed_at=at)
        db.session.add(rule)
        db.session.flush()
    return rule


def _tell(campaign: Campaign, term: date, *, at: datetime) -> None:
    """The administrators hear of it before anything goes; once."""
    lines = _lines(campaign)
    if not lines:
        return
    _rule(campaign, at=at).told_at = at
    whole = (
        sa.select(User)
        .join(Role)
        .where(Role.name == RoleName.ADMINISTRATOR, Role.federation_id == campaign.federation_id, User.active)
    )
    context = {
        "title": campaign.title,
        "day": day(max(term, (at + BRAKE).astimezone(PARIS).date())),
        "lines": lines,
        "path": f"/campagnes/{campaign.id}/conservation",
    }
    for user in db.session.scalars(whole.order_by(User.email)).unique():
        about = About(user_id=user.id, campaign_id=campaign.id)
        named = context | {"name": user.full_name}
        mail.enqueue("retention_coming", recipient=user.email, at=at, context=named, about=about)
    db.session.commit()


def _daily(*, at: datetime) -> int:
    """What goes whatever the campaign: texts of old mails, sessions and links that are over, raw files."""
    acts = (
        sa.update(Mail)
        .where(Mail.created_at < at - MAILS_FOR, Mail.text != "", Mail.state.in_(OVER))
        .values(subject="", text="", html="", attachments=[]),
        sa.delete(UserSession).where(
            sa.or_(UserSession.ended_at < at - SECURITY_FOR, UserSession.seen_at < at - timedelta(days=365))
        ),
        sa.delete(Link).where(Link.expires_at < at - SECURITY_FOR),
        sa.update(ImportRun).where(ImportRun.created_at < at - RAW_FOR, ImportRun.text != "").values(text=""),
        sa.delete(FunderReading).where(
            FunderReading.sheet_id.is_(None), FunderReading.at < at - timedelta(days=365 * YEARS)
        ),
        sa.delete(ReportOpening).where(ReportOpening.at < at - timedelta(days=365 * YEARS)),
    )
    gone = sum(getattr(db.session.execute(act), "rowcount", 0) for act in acts)
    db.session.commit()
    return gone
