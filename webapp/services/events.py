"""The journal: entries are added inside the transaction that they tell of, each sealed by the one before."""

import hashlib
import json
from collections.abc import Mapping
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


@dataclass(frozen=True)
class ChainCheck:
    """What a look at a whole chain found: how many entries, and the first thing wrong, if any."""

    length: int
    broken_at: int | None = None
    reason: str = ""

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
    event = Event(
        federation_id=federation_id,
        at=at.astimezone(UTC),
        actor_id=actor_id,
        kind=kind,
        sheet_id=sheet_id,
        data=_plain(data or {}),
        previous_hash=head.hash,
    )
    event.hash = seal(event)
    head.hash = event.hash
    head.length += 1
    db.session.add(event)
    db.session.flush()
    return event


def seal(event: Event) -> str:
    """The hash of an entry: of all that it says, and of the one before."""
    said = {
        "federation": str(event.federation_id),
        "at": event.at.isoformat(timespec="microseconds"),
        "actor": str(event.actor_id),
        "kind": event.kind,
        "sheet": str(event.sheet_id),
        "data": event.data,
        "previous": event.previous_hash,
    }
    return hashlib.sha256(_canonical(said).encode()).hexdigest()


def verify_chain(federation_id: UUID | None) -> ChainCheck:
    """Read a whole chain again and compare every seal, and the end with what the head remembers."""
    previous, length = GENESIS, 0
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
            if seal(event) != event.hash:
                return ChainCheck(length, event.seq, "cette entrée a été modifiée")
            previous = event.hash
    head = db.session.get(EventHead, chain_of(federation_id), populate_existing=True)
    if (head.hash, head.length) != (previous, length) if head else length > 0:
        return ChainCheck(length, None, "la fin du journal manque")
    return ChainCheck(length)


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
