"""Refuse demonstration texts that contradict themselves: unknown people, moments out of order, impossible states."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from forms.lifecycle import SheetState
from webapp.demo.texts.shapes import (
    CentreText,
    Demonstration,
    FederationText,
    QueryText,
    SheetText,
    TextsError,
)
from webapp.vocabulary import QueryState, Sharing

# Which moments a sheet in a state must have; of sending, validating and publishing it may have no other.
NEEDS = {
    SheetState.DRAFT: (),
    SheetState.SUBMITTED: ("submitted",),
    SheetState.CHANGES_REQUESTED: ("submitted", "asked"),
    SheetState.VALIDATED: ("submitted", "validated"),
    SheetState.PUBLISHED: ("submitted", "validated", "published"),
}


def check(demonstration: Demonstration) -> None:
    """Raise TextsError at the first contradiction."""
    everybody = demonstration.everybody()
    _once("compte", (person.id for person in everybody))
    _once("adresse", (person.email for person in everybody))
    _once("fédération", (federation.id for federation in demonstration.federations))
    _once("centre", (c.id for f in demonstration.federations for c in f.centres))
    for federation in demonstration.federations:
        _federation(federation)
        _agreements(federation)


def _agreements(federation: FederationText) -> None:
    """Each is with a funder of the federation, on centres of it."""
    known = {centre.id for centre in federation.centres}
    for agreement in federation.agreements:
        if agreement.funder not in {funder.id for funder in federation.funders} or not set(agreement.centres) <= known:
            raise TextsError(f"convention {agreement.id} : financeur ou centre inconnu")


def _once(what: str, found: Iterable[str]) -> None:
    for value, times in Counter(found).items():
        if times > 1:
            raise TextsError(f"{what} en double : {value}")


def _federation(federation: FederationText) -> None:
    for campaign in federation.campaigns:
        if not campaign.opened_at.date() < campaign.shown_deadline <= campaign.last_creation <= campaign.last_edit:
            raise TextsError(f"{federation.id} {campaign.year} : dates de la campagne en désordre")
    _once("action", (action.id for centre in federation.centres for action in centre.actions))
    readers = {person.id for person in federation.people}
    for centre in federation.centres:
        for action in centre.actions:
            for before, sheet in zip((None, *action.sheets), action.sheets, strict=False):
                where = f"{centre.id}/{action.id}/{sheet.year}"
                _sheet(where, federation, centre, sheet)
                _renewed(where, sheet, before)
                for query in sheet.queries:
                    _query(f"{where}/{query.question}", query, readers, {p.id for p in centre.people})


def _sheet(where: str, federation: FederationText, centre: CentreText, sheet: SheetText) -> None:
    campaign = next((c for c in federation.campaigns if c.year == sheet.year), None)
    if campaign is None:
        raise TextsError(f"{where} : aucune campagne cette année-là")
    if sheet.author not in {person.id for person in centre.people}:
        raise TextsError(f"{where} : {sheet.author} n’est pas du centre")
    for moment in NEEDS[sheet.state]:
        if getattr(sheet, moment) is None:
            raise TextsError(f"{where} : {sheet.state} sans {moment}")
    for moment in {"submitted", "validated", "published"} - set(NEEDS[sheet.state]):
        if getattr(sheet, moment) is not None:
            raise TextsError(f"{where} : {sheet.state}, mais {moment}")
    if sheet.state is SheetState.PUBLISHED and sheet.sharing is not Sharing.PUBLIC:
        raise TextsError(f"{where} : publiée sans l’accord du centre")
    told = (sheet.created, sheet.submitted, sheet.asked, sheet.sent_again, sheet.validated, sheet.published)
    _in_order(where, [moment for moment in (campaign.opened_at, *told) if moment is not None])
    if sheet.created.date() > campaign.last_creation or sheet.updated < sheet.created:
        raise TextsError(f"{where} : commencée trop tard, ou modifiée avant d’être commencée")
    states = {query.state for query in sheet.queries}
    if sheet.state is SheetState.CHANGES_REQUESTED and QueryState.OPEN not in states:
        raise TextsError(f"{where} : compléments demandés sans demande ouverte")
    if sheet.state in (SheetState.VALIDATED, SheetState.PUBLISHED) and states - {QueryState.CLOSED}:
        raise TextsError(f"{where} : validée avec une demande qui n’est pas close")


def _renewed(where: str, sheet: SheetText, before: SheetText | None) -> None:
    if sheet.renewed and (before is None or before.submitted is None):
        raise TextsError(f"{where} : reprise d’une année qui n’a rien envoyé")
    if sheet.renewed and sheet.state is not SheetState.DRAFT:
        raise TextsError(f"{where} : reprise et envoyée, ce que personne n’a relu ne part pas")
    if sheet.confirmed and not sheet.renewed:
        raise TextsError(f"{where} : confirme des réponses sans rien reprendre")


def _query(where: str, query: QueryText, readers: set[str], colleagues: set[str]) -> None:
    if query.by not in readers:
        raise TextsError(f"{where} : {query.by} n’est pas de la fédération")
    if (query.reply is None) != (query.replied is None) or (query.reply is None) != (query.replied_by is None):
        raise TextsError(f"{where} : réponse sans date ou sans auteur")
    if query.replied_by is not None and query.replied_by not in colleagues:
        raise TextsError(f"{where} : {query.replied_by} n’est pas du centre")
    if (query.state is QueryState.CLOSED) != (query.closed is not None):
        raise TextsError(f"{where} : close sans date, ou datée sans être close")
    if query.state is QueryState.OPEN and query.reply is not None:
        raise TextsError(f"{where} : ouverte avec une réponse")
    if query.state is QueryState.ANSWERED and query.reply is None:
        raise TextsError(f"{where} : répondue sans réponse")
    _in_order(where, [moment for moment in (query.created, query.replied, query.closed) if moment is not None])


def _in_order(where: str, moments: list[datetime]) -> None:
    if any(moment.tzinfo is None for moment in moments) or moments != sorted(moments):
        raise TextsError(f"{where} : moments en désordre ou sans fuseau")
