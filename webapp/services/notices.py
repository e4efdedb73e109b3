"""The mails that a move of a sheet brings: few, each saying what happened and what to do."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from forms.lifecycle import Move, SheetState
from webapp.database import db
from webapp.models import Query, Sheet, User
from webapp.queries import people
from webapp.queries.versions import form_of
from webapp.services import mail, personal_links
from webapp.services.mail import About
from webapp.vocabulary import PersonalPurpose, QueryState, RoleName

CENTRE = frozenset({RoleName.MEMBER, RoleName.RESPONSIBLE})
RESPONSIBLE = frozenset({RoleName.RESPONSIBLE})

_TOLD: dict[Move, frozenset[RoleName]] = {
    Move.SEND: RESPONSIBLE,
    Move.ASK_CHANGES: CENTRE,
    Move.VALIDATE: RESPONSIBLE,
    Move.REOPEN: CENTRE,
    Move.PUBLISH: RESPONSIBLE,
    Move.UNPUBLISH: RESPONSIBLE,
}
"""Which roles of the centre a move is told to; a move that isn't here tells nobody."""


def sheet_moved(
    sheet: Sheet, made: Move, *, before: SheetState, actor_id: UUID | None, at: datetime, reason: str
) -> None:
    """Put the mails of a move into the outbox; part of the caller's transaction. before: the state it left.

    The receipt of a sending carries the sheet as PDF, laid out by the worker from the snapshot.
    """
    told = people.of_centre(sheet.centre_id, _TOLD[made]) if made in _TOLD else []
    attachments = [{"snapshot": str(sheet.current_snapshot_id)}] if made is Move.SEND else []
    for user in told:
        mail.enqueue(
            f"sheet_{made.value}",
            recipient=user.email,
            at=at,
            context=_context(sheet, user, reason)
            | {"was_published": before is SheetState.PUBLISHED, "sharing": sheet.sharing.value}
            | ({"queries": _asked(sheet, _open_queries(sheet), user, at)} if made is Move.ASK_CHANGES else {}),
            attachments=attachments,
            dedupe_key=f"{made.value}:{sheet.id}:{sheet.current_snapshot_id}:{at.isoformat()}:{user.id}",
            about=_about(sheet, user),
        )


def asked_later(sheet: Sheet, query: Query, *, at: datetime) -> None:
    """Tell the centre of one query more, about a sheet that it has to correct already; no commit."""
    for user in people.of_centre(sheet.centre_id, CENTRE):
        mail.enqueue(
            f"sheet_{Move.ASK_CHANGES.value}",
            recipient=user.email,
            at=at,
            context=_context(sheet, user, "") | {"queries": _asked(sheet, [query], user, at), "later": True},
            dedupe_key=f"query:{query.id}:{user.id}",
            about=_about(sheet, user),
        )


def whole_wanted(sheet: Sheet, *, words: str, asker: str, at: datetime) -> None:
    """Tell those who asked that the centre wants to change the whole sheet; no commit."""
    authors = sa.select(Query.created_by).where(Query.sheet_id == sheet.id, Query.state != QueryState.CLOSED)
    asked_by = set(db.session.scalars(authors))
    for user in people.of_federation(sheet.federation_id, sheet.centre.department, among=asked_by):
        context = _context(sheet, user, words) | {"path": f"/relecture/{sheet.id}", "asker": asker}
        key = f"whole_wanted:{sheet.id}:{sheet.current_snapshot_id}:{user.id}"
        mail.enqueue(
            "whole_wanted", recipient=user.email, at=at, context=context, dedupe_key=key, about=_about(sheet, user)
        )


def whole_opened(sheet: Sheet, *, at: datetime) -> None:
    """Tell the centre that it may change every answer now; no commit."""
    for user in people.of_centre(sheet.centre_id, CENTRE):
        key = f"whole_opened:{sheet.id}:{sheet.current_snapshot_id}:{user.id}"
        mail.enqueue(
            "whole_opened",
            recipient=user.email,
            at=at,
            context=_context(sheet, user, ""),
            dedupe_key=key,
            about=_about(sheet, user),
        )


def _about(sheet: Sheet, user: User) -> About:
    return About(user_id=user.id, campaign_id=sheet.campaign_id, centre_id=sheet.centre_id)


def _context(sheet: Sheet, user: User, reason: str) -> dict[str, Any]:
    return {
        "name": user.full_name,
        "title": sheet.action.title,
        "reference": sheet.reference,
        "year": sheet.campaign.year,
        "centre": sheet.centre.name,
        "reason": reason,
        "path": f"/fiches/{sheet.id}",
    }


def _open_queries(sheet: Sheet) -> Sequence[Query]:
    return db.session.scalars(
        sa.select(Query)
        .where(Query.sheet_id == sheet.id, Query.state == QueryState.OPEN)
        .order_by(Query.created_at, Query.id)
    ).all()


def _asked(sheet: Sheet, queries: Sequence[Query], user: User, at: datetime) -> list[dict[str, Any]]:
    """The queries in words, each with this person's own link to reply by."""
    version = form_of(sheet.form_version)
    return [
        {
            "question": version.question(query.question).short_label,
            "text": query.text,
            "deadline": query.deadline,
            "path": f"/reponse/{_link(sheet, query, user, at)}",
        }
        for query in queries
    ]


def _link(sheet: Sheet, query: Query, user: User, at: datetime) -> str:
    _row, token = personal_links.issue(
        PersonalPurpose.QUERY,
        target_id=query.id,
        federation_id=sheet.federation_id,
        email=user.email,
        at=at,
        user_id=user.id,
        name=user.full_name,
    )
    return token
