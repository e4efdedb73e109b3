"""What webhooks tell of, and what became of it, in French."""

from forms.lifecycle import Move
from webapp.vocabulary import DeliveryState

KINDS: dict[Move, str] = {
    Move.SEND: "envoyée",
    Move.WITHDRAW: "reprise par le centre",
    Move.ASK_CHANGES: "renvoyée à corriger",
    Move.VALIDATE: "validée",
    Move.REOPEN: "rouverte",
    Move.PUBLISH: "publiée",
    Move.UNPUBLISH: "retirée du catalogue",
}
"""What has happened to the sheet."""

STATES: dict[DeliveryState, str] = {
    DeliveryState.QUEUED: "en attente",
    DeliveryState.SENT: "reçu",
    DeliveryState.FAILED: "abandonné",
}


def kind_in_words(kind: str) -> str:
    """« Fiche validée » for « sheet.validate », « Essai » for a trial."""
    move = kind.removeprefix("sheet.")
    return f"Fiche {KINDS[Move(move)]}" if move in set(Move) else "Essai"
