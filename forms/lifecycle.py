"""The life of a sheet: its states, and the one table of moves between them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class SheetState(StrEnum):
    """Where a sheet is."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    CHANGES_REQUESTED = "changes_requested"
    VALIDATED = "validated"
    PUBLISHED = "published"


class Audience(StrEnum):
    """Who reads a state's name."""

    CENTRE = "centre"
    FEDERATION = "federation"
    FUNDER = "funder"


LABELS: dict[SheetState, dict[Audience, str]] = {
    state: dict(zip(Audience, labels, strict=True))
    for state, labels in {
        SheetState.DRAFT: ("Brouillon", "En cours de saisie", "En cours de saisie"),
        SheetState.SUBMITTED: ("Envoyée", "À relire", "En relecture"),
        SheetState.CHANGES_REQUESTED: ("À corriger", "Corrections demandées", "En relecture"),
        SheetState.VALIDATED: ("Validée", "Validée", "Validée"),
        SheetState.PUBLISHED: ("Publiée", "Publiée", "Publiée"),
    }.items()
}


def label(state: SheetState, audience: Audience) -> str:
    """The French name of a state for that audience."""
    return LABELS[state][audience]


_SEVERAL = {SheetState.VALIDATED: "Validées", SheetState.PUBLISHED: "Publiées"}


def label_of_several(state: SheetState) -> str:
    """The French name of a state as the federation reads it over several sheets."""
    return _SEVERAL.get(state) or label(state, Audience.FEDERATION)


class Move(StrEnum):
    """What can be done with a sheet as a whole."""

    SEND = "send"
    WITHDRAW = "withdraw"
    ASK_CHANGES = "ask_changes"
    VALIDATE = "validate"
    REOPEN = "reopen"
    PUBLISH = "publish"
    UNPUBLISH = "unpublish"


class Need(StrEnum):
    """What a move needs beside the right to make it."""

    COMPLETE = "complete"
    CAMPAIGN_OPEN = "campaign_open"
    UNREAD = "unread"
    OPEN_QUERY = "open_query"
    NO_OPEN_QUERY = "no_open_query"
    REASON = "reason"
    SHARED = "shared"
    SIGNED_OFF = "signed_off"


@dataclass(frozen=True)
class Transition:
    """A line of the table: from which states to which one, what it needs, and its French words.

    label: on the button. done: in the history, after the person's name. snapshot: the answers are
    frozen by this move.
    """

    move: Move
    sources: frozenset[SheetState]
    target: SheetState
    needs: tuple[Need, ...]
    label: str
    done: str
    snapshot: bool = False


def _line(
    move: Move,
    sources: set[SheetState],
    target: SheetState,
    needs: tuple[Need, ...],
    words: tuple[str, str],
    snapshot: bool = False,
) -> Transition:
    return Transition(move, frozenset(sources), target, needs, *words, snapshot)


_S = SheetState
TRANSITIONS: dict[Move, Transition] = {
    line.move: line
    for line in (
        _line(
            Move.SEND,
            {_S.DRAFT, _S.CHANGES_REQUESTED},
            _S.SUBMITTED,
            (Need.COMPLETE, Need.CAMPAIGN_OPEN, Need.SIGNED_OFF),
            ("Envoyer", "a envoyé la fiche"),
            snapshot=True,
        ),
        _line(
            Move.WITHDRAW,
            {_S.SUBMITTED},
            _S.DRAFT,
            (Need.UNREAD, Need.CAMPAIGN_OPEN),
            ("Reprendre la fiche", "a repris la fiche avant sa lecture"),
        ),
        _line(
            Move.ASK_CHANGES,
            {_S.SUBMITTED},
            _S.CHANGES_REQUESTED,
            (Need.OPEN_QUERY,),
            ("Demander des compléments", "a demandé des compléments"),
        ),
        _line(
            Move.VALIDATE,
            {_S.SUBMITTED},
            _S.VALIDATED,
            (Need.NO_OPEN_QUERY,),
            ("Valider", "a validé la fiche"),
        ),
        _line(
            Move.REOPEN,
            {_S.VALIDATED, _S.PUBLISHED},
            _S.CHANGES_REQUESTED,
            (Need.REASON,),
            ("Rouvrir", "a rouvert la fiche"),
        ),
        _line(
            Move.PUBLISH,
            {_S.VALIDATED},
            _S.PUBLISHED,
            (Need.SHARED,),
            ("Publier", "a publié la fiche"),
        ),
        _line(
            Move.UNPUBLISH,
            {_S.PUBLISHED},
            _S.VALIDATED,
            (Need.REASON,),
            ("Retirer du catalogue", "a retiré la fiche du catalogue"),
        ),
    )
}

EDITABLE = frozenset({SheetState.DRAFT, SheetState.CHANGES_REQUESTED})
"""The states in which the centre may change answers."""

READABLE = frozenset({SheetState.VALIDATED, SheetState.PUBLISHED})
"""The states in which funders and reports read the sheet."""


def moves_from(state: SheetState) -> tuple[Transition, ...]:
    """The moves that leave a state, in the table's order."""
    return tuple(line for line in TRANSITIONS.values() if state in line.sources)
