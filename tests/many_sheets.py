"""Sheets by the thousand, written in a few statements: what is measured is the program, not the making of rows."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import count, cycle
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa

from forms.french import fold
from forms.lifecycle import SheetState
from tests.factories import START
from webapp.database import db
from webapp.models import Action, Campaign, Centre, Facet, Query, Sheet, Snapshot
from webapp.vocabulary import QueryReason, QueryState, Sharing

_NUMBERS = count(1)
_QUERIED = 3
"""Every third sheet has a query."""


def add_sheets(
    campaign: Campaign,
    centres: Sequence[Centre],
    number: int,
    *,
    author_id: UUID,
    states: Sequence[SheetState] = tuple(SheetState),
) -> None:
    """That many sheets, in turns of the centres and the states, with what pages show of them. One commit."""
    rows: dict[type, list[dict[str, Any]]] = {Action: [], Sheet: [], Snapshot: [], Facet: [], Query: []}
    places = cycle(centres)
    for turn, state in zip(range(number), cycle(states)):
        _one(rows, campaign, next(places), state, author_id=author_id, queried=turn % _QUERIED == 0)
    for model, found in rows.items():
        if found:
            db.session.execute(sa.insert(model), found)
    current = sa.select(Snapshot.id).where(Snapshot.sheet_id == Sheet.id).correlate(Sheet).scalar_subquery()
    db.session.execute(
        sa.update(Sheet)
        .where(Sheet.current_snapshot_id.is_(None), Sheet.state != SheetState.DRAFT)
        .values(current_snapshot_id=current),
        execution_options={"synchronize_session": False},
    )
    db.session.commit()


def _one(
    rows: dict[type, list[dict[str, Any]]],
    campaign: Campaign,
    centre: Centre,
    state: SheetState,
    *,
    author_id: UUID,
    queried: bool,
) -> None:
    place, action, sheet, snapshot = next(_NUMBERS), uuid4(), uuid4(), uuid4()
    title, at = f"Atelier de quartier {place}", START + timedelta(minutes=place)
    answers = {"title": title, "dimension": "citoyennete", "summary": "Un atelier ouvert à tous."}
    sent = None if state is SheetState.DRAFT else at
    accepted = at if state in {SheetState.VALIDATED, SheetState.PUBLISHED} else None
    rows[Action].append({"id": action, "centre_id": centre.id, "title": title, "created_at": at})
    rows[Sheet].append(
        {
            "id": sheet,
            "action_id": action,
            "campaign_id": campaign.id,
            "centre_id": centre.id,
            "federation_id": campaign.federation_id,
            "form_version_id": campaign.form_version_id,
            "reference": f"{campaign.year}-{place:05d}-N",
            "answers": answers,
            "state": state,
            "state_since": at,
            "folded_title": "" if state is SheetState.DRAFT else fold(title),
            "sharing": Sharing.PUBLIC,
            "created_at": at,
            "updated_at": at,
            "submitted_at": sent,
            "validated_at": accepted,
            "published_at": at if state is SheetState.PUBLISHED else None,
        }
    )
    if sent is None:
        return
    rows[Snapshot].append(
        {
            "id": snapshot,
            "sheet_id": sheet,
            "number": 1,
            "title": title,
            "form_version_id": campaign.form_version_id,
            "answers": answers,
            "sha256": f"{place:064d}",
            "sheet_revision": 0,
            "created_at": at,
        }
    )
    facet = {"question": "dimension", "code": "citoyennete", "label": "Citoyenneté"}
    rows[Facet].append({"id": uuid4(), "sheet_id": sheet, "snapshot_id": snapshot, **facet})
    if queried:
        asked = {
            "question": "title",
            "reason": QueryReason.WORDING,
            "text": "Un autre titre ?",
            "created_by": author_id,
        }
        rows[Query].append({"id": uuid4(), "sheet_id": sheet, "state": QueryState.OPEN, "created_at": at, **asked})
