"""The acts that can be done on many sheets: for each its words, why a sheet can't have it, and how one is done."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from forms.french import plural
from forms.lifecycle import Move, SheetState
from forms.values import Refused
from webapp.campaign_dates import may_edit
from webapp.follow_words import left_alone
from webapp.models import BulkItem, Sheet
from webapp.policy import ACT_OF_MOVE, Act, Actor
from webapp.queries.bulk import Facts, waits_already
from webapp.services import assignment, review, sheet_reminders, sheets, texts
from webapp.vocabulary import QueryReason, Sharing


@dataclass(frozen=True)
class Work:
    """One line to be done, inside the transaction that holds it and its sheet."""

    item: BulkItem
    sheet: Sheet
    arguments: Mapping[str, Any]
    actor: Actor
    at: datetime


def _nothing(_typed: Mapping[str, str]) -> dict[str, Any]:
    return {}


@dataclass(frozen=True)
class BulkAct:
    """An act. name: in addresses and rows; label: in the list; button: with how many sheets it is for.

    will, done: what is said of a sheet before and after. right: demanded on every sheet. check: why a
    sheet can't have it, as far as can be known beforehand; an empty text where it can. do: the act
    itself, one commit; it raises Refused or policy.Denied as it does for a single sheet.
    read: the arguments, from what was typed under the recap; raises Refused with the field.
    will_by_sharing: said instead of will, where it depends on whom the centre shows the sheet to.
    """

    name: str
    label: str
    button: str
    will: str
    done: str
    right: Act
    check: Callable[[Sheet, Facts], str]
    do: Callable[[Work], None]
    read: Callable[[Mapping[str, str]], dict[str, Any]] = _nothing
    will_by_sharing: Mapping[Sharing, str] = field(default_factory=dict)

    def impossible(self, count: int) -> str:
        """What is said where none of the sheets chosen can have it."""
        if count == 1:
            return f"«\u00a0{self.label}\u00a0» n’est pas possible pour cette fiche\u00a0: sa ligne dit pourquoi."
        return f"«\u00a0{self.label}\u00a0» n’est possible pour aucune de ces fiches\u00a0: chaque ligne dit pourquoi."

    def will_be(self, sheet: Sheet) -> str:
        """What is said of that sheet beforehand."""
        return self.will_by_sharing.get(sheet.sharing, self.will)

    def button_for(self, count: int) -> str:
        """« Valider 12 fiches »."""
        return self.button.format(plural(count, "fiche", "fiches"))


_BEYOND = {
    SheetState.DRAFT: "Le centre ne l’a pas encore envoyée",
    SheetState.SUBMITTED: "Pas encore validée",
    SheetState.CHANGES_REQUESTED: "Le centre la corrige",
    SheetState.VALIDATED: "Déjà validée",
    SheetState.PUBLISHED: "Déjà publiée",
}
"""Why a sheet in that state is not for an act that is for others."""


def _reviewable(sheet: Sheet, facts: Facts) -> str:
    return "" if sheet.state is SheetState.SUBMITTED else _BEYOND[sheet.state]


def _validable(sheet: Sheet, facts: Facts) -> str:
    count = facts.open.get(sheet.id, 0)
    if count and sheet.state is SheetState.SUBMITTED:
        return f"{plural(count, 'demande attend', 'demandes attendent')} encore"
    return _reviewable(sheet, facts)


def _returnable(sheet: Sheet, facts: Facts) -> str:
    if sheet.state is SheetState.SUBMITTED and not facts.open.get(sheet.id):
        return "Aucune demande n’est posée sur cette fiche"
    return _reviewable(sheet, facts)


def _publishable(sheet: Sheet, facts: Facts) -> str:
    if sheet.state is not SheetState.VALIDATED:
        return _BEYOND[sheet.state]
    return "Le centre ne la montre qu’aux financeurs" if sheet.sharing is Sharing.FUNDERS else ""


def _askable(sheet: Sheet, facts: Facts) -> str:
    return "" if sheet.state in {SheetState.SUBMITTED, SheetState.CHANGES_REQUESTED} else _BEYOND[sheet.state]


def _remindable(sheet: Sheet, facts: Facts) -> str:
    if sheet.state not in sheet_reminders.REMINDED:
        return "Déjà envoyée" if sheet.state is SheetState.SUBMITTED else _BEYOND[sheet.state]
    peace = facts.peace.get((sheet.campaign_id, sheet.centre_id))
    if peace is not None:
        return left_alone(peace)
    if sheet.state is SheetState.DRAFT and not may_edit(sheet.campaign, at=facts.at):
        return "La campagne est close"
    if sheet.centre_id not in facts.reachable:
        return "Aucun responsable n’a de compte dans ce centre"
    return "Ce centre a déjà été relancé aujourd’hui" if sheet.centre_id in facts.reminded else ""


def _assignable(sheet: Sheet, facts: Facts) -> str:
    return _BEYOND[sheet.state] if sheet.state in {SheetState.VALIDATED, SheetState.PUBLISHED} else ""


def _move(move: Move) -> Callable[[Work], None]:
    def do(work: Work) -> None:
        sheets.move(work.sheet.id, move, actor=work.actor, at=work.at, seen=work.item.snapshot_id)

    return do


def _ask(work: Work) -> None:
    question, reason = work.arguments["question"], QueryReason(work.arguments["reason"])
    if waits_already(work.sheet.id, question, work.arguments["text"]):
        raise Refused("La même demande y attend déjà une réponse.")
    review.ask(work.sheet.id, question, reason=reason, text=work.arguments["text"], actor=work.actor, at=work.at)


def _remind(work: Work) -> None:
    work.item.message = sheet_reminders.remind(work.item, work.sheet, actor=work.actor, at=work.at)


def _assign(work: Work) -> None:
    assignment.assign(work.sheet.id, UUID(work.arguments["person"]), actor=work.actor, at=work.at)


def _person(typed: Mapping[str, str]) -> dict[str, Any]:
    try:
        return {"person": str(UUID(typed.get("person", "")))}
    except ValueError as error:
        raise Refused("Choisissez qui lira ces fiches.", question="person") from error


def _query(typed: Mapping[str, str]) -> dict[str, Any]:
    if not typed.get("question"):
        raise Refused("Choisissez la question sur laquelle porte la demande.", question="question")
    if typed.get("reason") not in set(QueryReason):
        raise Refused("Choisissez un motif.", question="reason")
    text = texts.said(typed.get("text", ""), "Écrivez ce que vous demandez aux centres.")
    return {"question": typed["question"], "reason": typed["reason"], "text": text}


def _of_move(move: Move, label: str, button: str, words: tuple[str, str], check: Any) -> BulkAct:
    return BulkAct(move.value, label, button, *words, ACT_OF_MOVE[move], check, _move(move))


ACTS: dict[str, BulkAct] = {
    act.name: act
    for act in (
        BulkAct(
            "assign",
            "Attribuer",
            "Attribuer {}",
            "Sera attribuée",
            "Attribuée",
            Act.REVIEW_ASSIGN,
            _assignable,
            _assign,
            _person,
        ),
        _of_move(Move.VALIDATE, "Valider", "Valider {}", ("Sera validée", "Validée"), _validable),
        BulkAct(
            "ask",
            "Poser la même demande",
            "Poser la demande sur {}",
            "La demande y sera posée",
            "Demande posée",
            Act.QUERY_ASK,
            _askable,
            _ask,
            _query,
        ),
        _of_move(
            Move.ASK_CHANGES,
            "Demander des compléments",
            "Renvoyer {} aux centres",
            ("Repartira au centre, avec vos demandes", "Repartie au centre"),
            _returnable,
        ),
        replace(
            _of_move(Move.PUBLISH, "Publier", "Publier {}", ("Sera publiée", "Publiée"), _publishable),
            will_by_sharing={
                Sharing.NETWORK: "Sera publiée pour le réseau",
                Sharing.PUBLIC: "Paraîtra au catalogue public",
            },
        ),
        BulkAct(
            "remind",
            "Relancer les centres",
            "Relancer pour {}",
            "Son centre sera relancé",
            "Relancée",
            Act.SHEET_REMIND,
            _remindable,
            _remind,
        ),
    )
}
"""By name, in the order of the list; one more act is one more entry."""
