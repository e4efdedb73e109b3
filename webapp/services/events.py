"""The journal: entries are added inside the transaction that they tell of, each sealed by the one before."""

import hashlib
import json
import secrets
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from webapp.database import db
from webapp.models import Event, EventHead

GENESIS = "0" * 64
PLATFORM_CHAIN = "plateforme"
READ_AT_A_TIME = 500

WORDS = frozenset(
    ("before", "by", "name", "reason", "report", "source", "text", "title", "typist", "with"),
)
"""The keys of an entry's data under which stand words, which may tell of a person; they are sealed so as to be emptied.
The others hold ids, codes, dates and counts."""

EMPTIED = "journal.emptied"
"""The kind of the entry that says which entries had words taken out: `{"entries": {seq: their seal since}}`."""


@dataclass(frozen=True)
class ChainCheck:
    """What a look at a whole chain found: how many entries, the first thing wrong, if any, how many
    had words taken out, as the journal says itself."""

    length: int
    broken_at: int | None = None
    reason: str = ""
    emptied: int = 0

    @property
    def intact(self) -> bool:
        """Nothing was changed, removed or slipped in."""
        return not self.reason


def chain_of(federation_id: UUID | None) -> str:
    """The chain that a federation's entries belong to; those of no federation have one too."""
    return PLATFORM_CHAIN if federation_id is None else str(federation_id)


def record(
    kind: str,
    *,
    at: datetime,
    actor_id: UUID | None,
    federation_id: UUID | None,
    sheet_id: UUID | None = None,
    data: Mapping[str, Any] | None = None,
) -> Event:
    """Add an entry in the caller's transaction, which commits; the chain stays locked until then, so call this late."""
    head = _locked_head(chain_of(federation_id))
    plain = _plain(data or {})
    event = Event(
        federation_id=federation_id,
        at=at.astimezone(UTC),
        actor_id=actor_id,
        kind=kind,
        sheet_id=sheet_id,
        data=plain,
        sealed={key: _sealed(plain[key]) for key in sorted(WORDS & plain.keys())},
        previous_hash=head.hash,
    )
    event.hash = seal(event)
    head.hash = event.hash
    head.length += 1
    db.session.add(event)
    db.session.flush()
    return event


def empty(entries: Iterable[tuple[Event, frozenset[str]]], *, at: datetime, actor_id: UUID | None) -> int:
    """Take words out of entries of one chain, under these keys, and say so in it; how many entries had any.

    Part of the caller's transaction, which holds an open erasure: without one the database refuses.
    """
    seals: dict[str, str] = {}
    federation_id = None
    for event, keys in entries:
        gone = keys & event.data.keys()
        if not gone:
            continue
        event.data = {key: value for key, value in event.data.items() if key not in gone}
        if event.sealed is not None:
            # Without its salt the digest can't be tried with names that one guesses.
            event.sealed = {key: {"digest": one["digest"]} if key in gone else one for key, one in event.sealed.items()}
        seals[str(event.seq)] = seal(event)
        federation_id = event.federation_id
    db.session.flush()
    if seals:
        record(EMPTIED, at=at, actor_id=actor_id, federation_id=federation_id, data={"entries": seals})
    return len(seals)


def seal(event: Event) -> str:
    """The hash of an entry: of all that it says, and of the one before; of sealed words it takes the digest."""
    sealed = event.sealed
    said = {
        "federation": str(event.federation_id),
        "at": event.at.isoformat(timespec="microseconds"),
        "actor": str(event.actor_id),
        "kind": event.kind,
        "sheet": str(event.sheet_id),
        "data": event.data if sealed is None else {k: v for k, v in event.data.items() if k not in sealed},
        "previous": event.previous_hash,
    }
    if sealed is not None:
        said["sealed"] = {key: one["digest"] for key, one in sealed.items()}
    return hashlib.sha256(_canonical(said).encode()).hexdigest()


def verify_chain(federation_id: UUID | None) -> ChainCheck:
    """Read a whole chain again and compare every seal, and the end with what the head remembers.

    An entry that had words taken out is right where a later one says so, with the seal that it has since.
    """
    previous, length = GENESIS, 0
    emptied: dict[int, str] = {}
    said: dict[int, str] = {}
    whole = (
        sa.select(Event)
        .where(Event.federation_id.is_(None) if federation_id is None else Event.federation_id == federation_id)
        .order_by(Event.seq)
        .execution_options(yield_per=READ_AT_A_TIME, populate_existing=True)
    )
    with closing(db.session.scalars(whole)) as entries:
        for event in entries:
            length += 1
            if event.previous_hash != previous:
                return ChainCheck(length, event.seq, "une entrée manque ou a été ajoutée avant celle-ci")
            found = seal(event)
            if not _words_hold(event) or (event.sealed is not None and found != event.hash):
                return ChainCheck(length, event.seq, CHANGED)
            if found != event.hash or _is_emptied(event):
                emptied[event.seq] = found
            if event.kind == EMPTIED:
                said |= {int(seq): one for seq, one in event.data["entries"].items()}
            previous = event.hash
    wrong = sorted(seq for seq, found in emptied.items() if said.get(seq) != found)
    if wrong:
        return ChainCheck(length, wrong[0], CHANGED)
    head = db.session.get(EventHead, chain_of(federation_id), populate_existing=True)
    if (head.hash, head.length) != (previous, length) if head else length > 0:
        return ChainCheck(length, None, "la fin du journal manque")
    return ChainCheck(length, emptied=len(emptied))


CHANGED = "cette entrée a été modifiée"


def _is_emptied(event: Event) -> bool:
    """Whether words are missing that it had."""
    return any(key not in event.data for key in event.sealed or ())


def _words_hold(event: Event) -> bool:
    """Whether each sealed word is the one of its digest, or is gone."""
    return all(
        _digest(one.get("salt", ""), event.data[key]) == one["digest"]
        for key, one in (event.sealed or {}).items()
        if key in event.data
    )


def _sealed(value: object) -> dict[str, str]:
    salt = secrets.token_hex(16)
    return {"salt": salt, "digest": _digest(salt, value)}


def _digest(salt: str, value: object) -> str:
    return hashlib.sha256(f"{salt}:{_canonical(value)}".encode()).hexdigest()


def _locked_head(chain: str) -> EventHead:
    # Two first entries at once: both try to make the head, one does, the other waits for it.
    insert = postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert
    db.session.execute(
        insert(EventHead).values(chain=chain, length=0, hash=GENESIS).on_conflict_do_nothing(index_elements=["chain"])
    )
    return db.session.scalars(
        sa.select(EventHead).where(EventHead.chain == chain).with_for_update().execution_options(populate_existing=True)
    ).one()


def _plain(data: Mapping[str, Any]) -> dict[str, Any]:
    """As it will come back from the database: ids and dates as text; a float, which need not come back equal, not."""
    plain: dict[str, Any] = json.loads(_canonical(data), parse_float=_refuse_float)
    return plain


def _refuse_float(digits: str) -> float:
    raise ValueError(f"a float in an event's data: {digits}; give a string or a whole number")


def _canonical(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"), default=str)
