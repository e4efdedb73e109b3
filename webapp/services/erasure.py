"""Erasing a person: looked at first, then done in one transaction; who and when stay under a pseudonym, not what.

The account stays as a row, « Personne effacée n° … », so that all that points at it keeps its sense. Words of the
journal are emptied without breaking its chain, and what was sent is changed with a record of it.
"""

import hashlib
import hmac
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from forms.french import fold
from webapp import policy
from webapp.config import current_settings
from webapp.database import db
from webapp.mentions import Mentions
from webapp.models import Change, Erasure, Event, ReportRun, Role, SignOff, Snapshot, SnapshotRedaction, User
from webapp.personal_data import Fate
from webapp.policy import Act, Actor, Thing
from webapp.queries import person_data, person_reports
from webapp.queries.person_data import Person, Trace
from webapp.queries.versions import form_of
from webapp.services import erasure_files, erasure_records, events, search_index, snapshots
from webapp.vocabulary import ErasureKind, MailState, RoleName

DOMAIN = "efface.invalid"
ADDRESS = re.compile(r"[\w.+'-]+@[\w-]+(?:\.[\w-]+)+")
WRITTEN = frozenset({"by", "reason", "text", "typist", "with"})
"""Words of the journal that are of whoever acted, beside those that name them."""


@dataclass(frozen=True)
class Plan:
    """What an erasure will do. counts: fate → table → rows; last_of: the centres and federations left without anybody
    who sends or administers; reports: those whose file names the person."""

    person: Person
    federations: frozenset[UUID]
    counts: Mapping[Fate, Mapping[str, int]]
    last_of: tuple[str, ...]
    traces: tuple[Trace, ...] = field(repr=False, default=())
    reports: tuple[ReportRun, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether nothing is known of them."""
        return not self.counts

    @property
    def issued(self) -> tuple[ReportRun, ...]:
        """The reports that name the person and no longer change."""
        return tuple(run for run in self.reports if run.issued_at is not None)

    @property
    def unissued(self) -> tuple[ReportRun, ...]:
        """Those that are made again without them."""
        return tuple(run for run in self.reports if run.issued_at is None)

    @property
    def total(self) -> int:
        """How many rows it touches."""
        return sum(number for tables in self.counts.values() for number in tables.values())


def plan(email: str) -> Plan:
    """What erasing that person would do; reads only. Raises Refused for what is no address."""
    person = person_data.find(email)
    found = tuple(person_data.traces(person))
    rows: dict[tuple[Fate, str], set[Any]] = {}
    for trace in found:
        rows.setdefault((trace.column.fate, trace.table), set()).add(sa.inspect(trace.row).identity)
    counts: dict[Fate, Counter[str]] = {}
    for (fate, table), ids in rows.items():
        counts.setdefault(fate, Counter())[table] = len(ids)
    owned = list(person_data.owned(person))
    for row in owned:
        counts.setdefault(Fate.DELETED, Counter())[str(row.__tablename__)] += 1
    if person.user is not None:
        counts.setdefault(Fate.ACCOUNT, Counter())["user"] = 1
        typed = db.session.scalar(_typed(person.user.id, sa.func.count())) or 0
        if typed:
            counts.setdefault(Fate.BLANKED, Counter())["change"] += typed
    reports = tuple(person_reports.naming(found))
    return Plan(person, person_data.federations(person), counts, _last_of(person.user), found, reports)


def concerns(plan_: Plan, actor: Actor) -> bool:
    """Whether the actor answers for some place where the person is known."""
    return allowed(plan_, actor) or any(
        policy.decide(actor, Act.PRIVACY_MANAGE, Thing(federation_id=one)).allowed for one in plan_.federations
    )


def allowed(plan_: Plan, actor: Actor) -> bool:
    """Whether the actor answers for every place where the person is known; the platform for all of them.

    Only the platform answers for those who keep it, whatever federation knows them too.
    """
    roles = plan_.person.user.roles if plan_.person.user is not None else ()
    if not plan_.federations or any(role.name is RoleName.PLATFORM for role in roles):
        return policy.decide(actor, Act.PRIVACY_MANAGE, Thing()).allowed
    return all(policy.decide(actor, Act.PRIVACY_MANAGE, Thing(federation_id=one)).allowed for one in plan_.federations)


def erase(email: str, *, actor: Actor, at: datetime, number: int | None = None) -> Erasure | None:
    """Erase that person for good, in one commit; None where nothing is known of them. Raises Refused, Denied.

    number: which they had already, where an erasure is done again.
    """
    _hold()
    todo = plan(email)
    if not allowed(todo, actor):
        raise policy.Denied(policy.Decision(Act.PRIVACY_MANAGE, policy.Refusal.HIDDEN))
    if todo.empty:
        db.session.commit()
        return None
    erasure_files.hold(todo.reports)
    sent = {trace.row.id for trace in todo.traces if isinstance(trace.row, Snapshot)}
    left = erasure_files.outside(todo.person.user_id, sent)
    erasure = _erase(todo, actor=actor, at=at, number=number)
    left.keys += filter(None, (erasure_files.make_again(run, at=at) for run in todo.unissued))
    erasure.finished_at = at
    db.session.commit()
    erasure_files.clean_up(todo.person.mentions, left)
    erasure_records.keep_if_possible(records())
    return erasure


def _erase(todo: Plan, *, actor: Actor, at: datetime, number: int | None) -> Erasure:
    person = todo.person
    erasure = _open(person, number, actor_id=actor.user_id, at=at)
    _frozen(todo.traces, person.mentions, erasure, at=at)
    # Their own mails first: they are known by their address.
    _mails(person, erasure)
    _words(todo.traces, person.mentions, erasure)
    for row in list(person_data.owned(person)):
        db.session.delete(row)
    if person.user is not None:
        db.session.execute(sa.update(Change).where(Change.user_id == person.user.id).values(before=None, after=None))
        _empty_account(person.user, erasure)
    db.session.flush()
    places = _journal(person, actor_id=actor.user_id, at=at)
    data = {"number": erasure.number, "user": str(person.user_id) if person.user_id else None}
    for federation_id in sorted(places | todo.federations, key=str) or [None]:
        events.record("person.erased", at=at, actor_id=actor.user_id, federation_id=federation_id, data=data)
    erasure.counts = {fate.value: dict(tables) for fate, tables in todo.counts.items()}
    erasure.reports = [str(run.id) for run in todo.issued]
    db.session.flush()
    return erasure


def name_of(number: int) -> str:
    """« Personne effacée n° 12 »."""
    return f"Personne effacée n°\u00a0{number}"


def address_of(number: int) -> str:
    """An address that reaches nobody."""
    return f"personne-effacee-{number}@{DOMAIN}"


def mark_of(email: str) -> str:
    """By which a person is known again without keeping their address: HMAC with the key of the installation."""
    key = hmac.digest(current_settings().secret().encode(), b"recueil erasure", hashlib.sha256)
    return hmac.new(key, email.strip().lower().encode(), hashlib.sha256).hexdigest()


def records() -> list[dict[str, Any]]:
    """What must outlive a restoration: of each person erased the number, account and mark, never a name."""
    rows = db.session.scalars(sa.select(Erasure).where(Erasure.kind == ErasureKind.PERSON).order_by(Erasure.number))
    return [{"number": row.number, "user": row.user_id and str(row.user_id), "mark": row.mark} for row in rows]


def replay(kept: Iterable[Mapping[str, Any]], *, actor: Actor, at: datetime) -> int:
    """After a restoration, erase again whoever `records` of before names and who has come back; how many."""
    marks = {str(one["mark"]): one for one in kept}
    done = 0
    for email in sorted(_addresses()):
        known = marks.get(mark_of(email))
        if known is not None and erase(email, actor=actor, at=at, number=int(known["number"])) is not None:
            done += 1
    return done


def _addresses() -> set[str]:
    """Every address that stands anywhere."""
    known, found = person_data.models(), set(db.session.scalars(sa.select(User.email)))
    for table, key, _column in person_data.fated(*person_data.WORDS):
        text = sa.cast(getattr(known[table], key), sa.Text)
        for value in db.session.scalars(sa.select(text).where(text.contains("@"))):
            found |= {address.lower() for address in ADDRESS.findall(value)}
    return {address for address in found if not address.endswith(f"@{DOMAIN}")}


def _hold() -> None:
    """One erasure at a time: the numbers follow one another. On SQLite a writing transaction already waits."""
    if db.engine.dialect.name == "postgresql":
        db.session.execute(sa.text("LOCK TABLE erasure IN EXCLUSIVE MODE"))


def _open(person: Person, number: int | None, *, actor_id: UUID | None, at: datetime) -> Erasure:
    taken = set(db.session.scalars(sa.select(Erasure.number).where(Erasure.number.is_not(None))))
    if number is None or number in taken:
        number = max((one for one in taken if one is not None), default=0) + 1
    erasure = Erasure(
        kind=ErasureKind.PERSON,
        number=number,
        user_id=person.user_id,
        mark=mark_of(person.email),
        started_at=at,
        by_id=actor_id,
    )
    db.session.add(erasure)
    db.session.flush()
    return erasure


def _typed(user_id: UUID, what: Any) -> sa.Select[Any]:
    some = sa.or_(Change.before.is_not(None), Change.after.is_not(None))
    return sa.select(what).select_from(Change).where(Change.user_id == user_id, some)


def _empty_account(user: User, erasure: Erasure) -> None:
    number = erasure.number or 0
    user.email, user.full_name, user.phone = address_of(number), name_of(number), None
    user.active, user.password, user.totp_secret, user.passkey_handle = False, None, None, None
    user.second_factor_on, user.recovery_codes = False, []
    user.sign_in_mark = erasure.id


def _words(traces: Iterable[Trace], mentions: Mentions, erasure: Erasure) -> None:
    for trace in traces:
        if trace.column.fate is Fate.REPLACED:
            setattr(trace.row, trace.key, _replaced(trace, mentions, erasure.number or 0))
        elif trace.column.fate in (Fate.SCRUBBED, Fate.EMPTIED):
            setattr(trace.row, trace.key, mentions.taken_out(trace.value))
            if trace.key == "name" and hasattr(trace.row, "folded"):
                trace.row.folded = fold(trace.row.name)  # type: ignore[attr-defined]
    db.session.flush()


def _replaced(trace: Trace, mentions: Mentions, number: int) -> str | None:
    if not mentions.is_one(trace.value):
        kept: str = mentions.taken_out(trace.value)
        return kept
    if trace.row.__table__.c[trace.key].nullable:
        return None
    return address_of(number) if "email" in trace.key else name_of(number)


def _mails(person: Person, erasure: Erasure) -> None:
    for mail in person_data.received(person):
        mail.recipient, mail.subject, mail.text, mail.html = address_of(erasure.number or 0), "", "", ""
        mail.attachments, mail.dedupe_key, mail.error = [], None, None
        if mail.state is MailState.QUEUED:
            mail.state = MailState.DROPPED


def _frozen(traces: Iterable[Trace], mentions: Mentions, erasure: Erasure, *, at: datetime) -> None:
    rows = {trace.row.id: trace.row for trace in traces if isinstance(trace.row, Snapshot)}
    for snapshot in rows.values():
        redact(snapshot, mentions, erasure, at=at)
    db.session.flush()
    if rows:
        search_index.let_go()


def redact(snapshot: Snapshot, mentions: Mentions, erasure: Erasure, *, at: datetime) -> None:
    """Take a person out of what was sent; where its content changes by it, from which to which is recorded."""
    old, before = snapshot.sha256, snapshot.answers
    snapshot.answers = mentions.taken_out(before)
    snapshot.title = mentions.taken_out(snapshot.title)
    snapshot.passed_checks = mentions.taken_out(snapshot.passed_checks)
    snapshot.sha256 = snapshots.sealed_again(snapshot)
    if snapshot.sheet.current_snapshot_id == snapshot.id:
        # Lists and searches find it by what is left.
        snapshots.show(snapshot.sheet, snapshot, form_of(snapshot.form_version))
    if snapshot.sha256 == old:
        return
    changed = [key for key in before if before[key] != snapshot.answers[key]]
    # Whoever signed it signed this content; the record says what became of it.
    db.session.execute(sa.update(SignOff).where(SignOff.sha256 == old).values(sha256=snapshot.sha256))
    db.session.add(
        SnapshotRedaction(
            snapshot_id=snapshot.id,
            erasure_id=erasure.id,
            old_sha256=old,
            new_sha256=snapshot.sha256,
            questions=changed,
            at=at,
        )
    )


def _journal(person: Person, *, actor_id: UUID | None, at: datetime) -> set[UUID | None]:
    """Empty the words of the journal: those that name the person, and those that they wrote; the chains concerned."""
    gone: dict[UUID | None, dict[int, tuple[Event, frozenset[str]]]] = {}
    found = [trace.row for trace in person_data.traces(person) if isinstance(trace.row, Event)]
    mine = list(person_data.acted(person)) if person.user_id is not None else []
    for event in (*found, *mine):
        words = {key for key, value in event.data.items() if person.mentions.found_in(value)}
        if person.user_id is not None and event.actor_id == person.user_id:
            words |= WRITTEN & event.data.keys()
        if words and event.kind != events.EMPTIED:
            gone.setdefault(event.federation_id, {})[event.seq] = (event, frozenset(words))
    for entries in gone.values():
        events.empty(list(entries.values()), at=at, actor_id=actor_id)
    return {event.federation_id for event in mine} | set(gone)


def _last_of(user: User | None) -> tuple[str, ...]:
    """Where nobody else could send or administer."""
    if user is None:
        return ()
    told = []
    for role in user.roles:
        place = role.centre if role.name is RoleName.RESPONSIBLE else role.federation
        if place is not None and role.name in (RoleName.RESPONSIBLE, RoleName.ADMINISTRATOR) and _alone(role):
            told.append(place.name)
    return tuple(sorted(told))


def _alone(role: Role) -> bool:
    others = (
        sa.select(Role.id)
        .join(Role.user)
        .where(
            Role.name == role.name,
            Role.id != role.id,
            User.active,
            Role.centre_id == role.centre_id if role.centre_id else Role.federation_id == role.federation_id,
        )
    )
    return db.session.scalar(sa.select(~others.exists())) or False
