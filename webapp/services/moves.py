"""What a move of a sheet asks for and what it brings with it; the state itself is written by `sheets.move`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from forms import rules, steps
from forms.french import PARIS, plural
from forms.lifecycle import Move, Need, SheetState, Transition
from forms.values import Refused
from webapp import policy
from webapp.campaign_dates import may_edit_sheet
from webapp.database import db
from webapp.models import Event, Query, Sheet
from webapp.policy import Actor
from webapp.queries import openings, people
from webapp.queries.doubts import open_doubts
from webapp.queries.things import thing_of
from webapp.queries.versions import form_of
from webapp.services import events, notices, signatures, texts, typists
from webapp.services.reading import note_read
from webapp.vocabulary import QueryState, Sharing

NOBODY = (
    "Personne n’a de compte dans ce centre\u00a0: invitez d’abord quelqu’un qui corrigera la fiche, puis rouvrez-la."
)
"""Why a sheet is not reopened."""


SILENT = "Dites en quelques mots pourquoi cette réponse reste la même."
"""What is asked of a centre that sends a query back with neither word nor change."""


@dataclass(frozen=True)
class Said:
    """What is said with one move only.

    whole: asking for changes, every question opens and not only those asked about. silences: sending
    again, the reason for each query (by its id) to which nothing was said or changed.
    """

    whole: bool = False
    silences: Mapping[UUID, str] = field(default_factory=dict)


NOTHING_SAID = Said()


def refuse_unless_allowed(sheet: Sheet, wanted: Move, *, actor: Actor) -> None:
    """Raises policy.Denied where the actor may not make that move on that sheet."""
    policy.require(actor, policy.ACT_OF_MOVE[wanted], thing_of(sheet))


def refuse_unless_ready(
    sheet: Sheet, transition: Transition, *, at: datetime, reason: str, said: Said = NOTHING_SAID
) -> None:
    """Raises Refused where the table of moves or one of its needs forbids the move."""
    if sheet.state not in transition.sources:
        raise Refused("Cette fiche a changé d’état entre-temps\u00a0: rechargez la page.")
    for need in transition.needs:
        if need is Need.REASON:
            if not reason:
                raise Refused("Indiquez la raison\u00a0: le centre la lira.", question="reason")
        else:
            _NEEDS[need](sheet, at)
    if transition.move is Move.REOPEN and not people.of_centre(sheet.centre_id, notices.CENTRE):
        # Reopened, it would be a sheet that nobody can correct or send again.
        raise Refused(NOBODY)
    if transition.move is Move.SEND:
        for query in openings.silent(sheet):
            texts.said(said.silences.get(query.id, ""), SILENT, place=silence_name(query.id))


def silence_name(query_id: UUID | str) -> str:
    """The name of the control that asks why a query stays without reply."""
    return f"_silence-{query_id}"


def _complete(sheet: Sheet, at: datetime) -> None:
    version = form_of(sheet.form_version)
    missing = steps.missing(version, sheet.answers, sheet.unparsed, sheet.carried)
    if missing:
        left = plural(len(missing), "réponse manque", "réponses manquent")
        if all(item.question in sheet.carried for item in missing):
            left = plural(len(missing), "réponse reprise est à relire", "réponses reprises sont à relire")
        raise Refused(f"Cette fiche ne peut pas encore être envoyée\u00a0: {left}.", question=missing[0].question)
    broken = rules.broken(version, sheet.answers)
    if broken:
        raise Refused(broken[0].message, question=broken[0].question)
    doubts = open_doubts(sheet)
    if doubts:
        left = plural(len(doubts), "point est à corriger ou à confirmer", "points sont à corriger ou à confirmer")
        raise Refused(f"Cette fiche ne peut pas encore être envoyée\u00a0: {left}.", question=doubts[0].question)


def _campaign_open(sheet: Sheet, at: datetime) -> None:
    if sheet.state is SheetState.DRAFT and not may_edit_sheet(sheet, at=at):
        raise Refused("La campagne est close\u00a0: cette fiche ne peut plus être envoyée.")
    if sheet.state is SheetState.SUBMITTED and not may_edit_sheet(sheet, at=at):
        # Taken back, it would be a draft that nobody can change or send any more.
        raise Refused("La campagne est close\u00a0: demandez à la fédération de vous renvoyer cette fiche à corriger.")


def _signed_off(sheet: Sheet, at: datetime) -> None:
    if sheet.campaign.sign_off and signatures.under(sheet) is None:
        raise Refused(
            "La présidence doit signer cette fiche avant l’envoi : demandez sa signature. "
            "Une réponse changée après une signature la fait tomber."
        )


def _unread(sheet: Sheet, at: datetime) -> None:
    if sheet.read_at is not None:
        raise Refused("La fédération a commencé à lire cette fiche\u00a0: demandez-lui de vous la rouvrir.")


def _open_query(sheet: Sheet, at: datetime) -> None:
    if not open_queries(sheet.id):
        raise Refused("Posez d’abord au moins une demande sur une question.")


def _no_open_query(sheet: Sheet, at: datetime) -> None:
    count = open_queries(sheet.id)
    if count:
        waiting = plural(count, "demande attend", "demandes attendent")
        them = "la" if count == 1 else "les"
        raise Refused(f"{waiting} encore\u00a0: retirez-{them} ou renvoyez la fiche au centre.")


def _shared(sheet: Sheet, at: datetime) -> None:
    if sheet.sharing is Sharing.FUNDERS:
        raise Refused("Le centre n’a pas choisi de montrer cette fiche à d’autres qu’aux financeurs.")


_NEEDS: dict[Need, Callable[[Sheet, datetime], None]] = {
    Need.COMPLETE: _complete,
    Need.CAMPAIGN_OPEN: _campaign_open,
    Need.UNREAD: _unread,
    Need.OPEN_QUERY: _open_query,
    Need.NO_OPEN_QUERY: _no_open_query,
    Need.SHARED: _shared,
    Need.SIGNED_OFF: _signed_off,
}


def refuse_unless_whole(sheet: Sheet, *, at: datetime) -> None:
    """Raises Refused where the sheet could not be sent even if it were signed."""
    _complete(sheet, at)
    _campaign_open(sheet, at)


def open_queries(sheet_id: UUID) -> int:
    """How many queries on that sheet still wait for the centre."""
    waiting = sa.select(sa.func.count()).where(Query.sheet_id == sheet_id, Query.state == QueryState.OPEN)
    return db.session.scalar(waiting) or 0


def mark(sheet: Sheet, made: Move, *, actor_id: UUID | None, at: datetime, said: Said = NOTHING_SAID) -> None:
    """The moments and queries that a move changes beside the state; who decides has read."""
    if made not in {Move.SEND, Move.WITHDRAW}:
        note_read(sheet, user_id=actor_id, at=at)
    match made:
        case Move.SEND:
            sheet.submitted_at, sheet.read_at = at, None
            sheet.only_asked, sheet.whole_wanted_at = False, None
            _keep_silences(sheet, said.silences, actor_id, at)
            _tell_replies(sheet, at)
            _pass_queries(sheet.id, QueryState.OPEN, QueryState.ANSWERED, actor_id, at)
            typists.settle(sheet, actor_id=actor_id, at=at)
            signatures.drop(sheet.id, at=at)
        case Move.WITHDRAW:
            sheet.submitted_at = None
        case Move.VALIDATE:
            sheet.validated_at = at
            _pass_queries(sheet.id, QueryState.ANSWERED, QueryState.CLOSED, actor_id, at)
        case Move.PUBLISH:
            sheet.published_at = at
        case Move.UNPUBLISH:
            sheet.published_at = None
        case Move.REOPEN:
            sheet.validated_at = sheet.published_at = None
            sheet.only_asked = False
        case Move.ASK_CHANGES:
            sheet.only_asked = not said.whole
            _send_prepared(sheet, at)


def _keep_silences(sheet: Sheet, silences: Mapping[UUID, str], actor_id: UUID | None, at: datetime) -> None:
    """Why nothing was changed is the reply to the query."""
    rows = db.session.scalars(
        sa.select(Query).where(Query.sheet_id == sheet.id, Query.state == QueryState.OPEN, Query.id.in_(silences))
    )
    for query in sorted(rows, key=lambda row: (row.created_at, row.id)):
        if silences[query.id].strip():
            answer(query, sheet, texts.said(silences[query.id], SILENT), actor_id=actor_id, at=at)


def _tell_replies(sheet: Sheet, at: datetime) -> None:
    """What was kept while it was typed is told in the journal once it leaves, in its last words."""
    replied = sa.select(Event.data).where(Event.sheet_id == sheet.id, Event.kind == "query.replied")
    told = {(data["question"], data.get("text")) for data in db.session.scalars(replied)}
    rows = sa.select(Query).where(Query.sheet_id == sheet.id, Query.state == QueryState.ANSWERED)
    for query in db.session.scalars(rows.order_by(Query.replied_at, Query.id)):
        if query.reply and (query.question, query.reply) not in told:
            _tell_reply(query, sheet, query.reply, actor_id=query.replied_by, at=at)


def _tell_reply(
    query: Query, sheet: Sheet, text: str, *, actor_id: UUID | None, at: datetime, by_link: bool = False
) -> None:
    data = {"question": query.question, "text": text, **({"by_link": True} if by_link else {})}
    events.record(
        "query.replied", at=at, actor_id=actor_id, federation_id=sheet.federation_id, sheet_id=sheet.id, data=data
    )


def answer(
    query: Query, sheet: Sheet, text: str, *, actor_id: UUID | None, at: datetime, by_link: bool = False
) -> None:
    """The query is answered, in these words if any and by what was changed; no commit."""
    query.reply = text or query.reply
    query.replied_at, query.replied_by, query.state = at, actor_id, QueryState.ANSWERED
    _tell_reply(query, sheet, text, actor_id=actor_id, at=at, by_link=by_link)


def _send_prepared(sheet: Sheet, at: datetime) -> None:
    prepared = sa.select(Query).where(Query.sheet_id == sheet.id, Query.state == QueryState.OPEN)
    for query in db.session.scalars(prepared.order_by(Query.created_at, Query.id)):
        leave(query, sheet, at=at)


def leave(query: Query, sheet: Sheet, *, at: datetime) -> None:
    """A query leaves for the centre, with a day for the reply that is still to come; no commit."""
    today = at.astimezone(PARIS).date()
    query.sent_at = query.sent_at or at
    if query.deadline is None or query.deadline < today:
        query.deadline = today + timedelta(days=sheet.campaign.query_days)


def _pass_queries(sheet_id: UUID, before: QueryState, after: QueryState, actor_id: UUID | None, at: datetime) -> None:
    rows = db.session.scalars(
        sa.select(Query).where(Query.sheet_id == sheet_id, Query.state == before).order_by(Query.created_at, Query.id)
    )
    for query in rows:
        query.state = after
        if after is QueryState.ANSWERED:
            # Sending again answers by the corrected text where no word was written.
            query.replied_at, query.replied_by = query.replied_at or at, query.replied_by or actor_id
        else:
            query.closed_at, query.closed_by = at, actor_id


def announce(sheet: Sheet, made: Move, *, before: SheetState, actor_id: UUID | None, at: datetime, reason: str) -> None:
    """Put the mails that a move brings into the outbox, in the same transaction. before: the state it left."""
    notices.sheet_moved(sheet, made, before=before, actor_id=actor_id, at=at, reason=reason)
