"""What the federation's queries on an answer are called in French."""

from webapp.models import Query
from webapp.vocabulary import QueryReason, QueryState

REASONS: dict[QueryReason, str] = {
    QueryReason.INCOMPLETE: "Réponse incomplète",
    QueryReason.INCONSISTENT: "Réponses qui se contredisent",
    QueryReason.WORDING: "À reformuler",
    QueryReason.OUTDATED: "À mettre à jour",
}

STATES: dict[QueryState, str] = {
    QueryState.OPEN: "En attente",
    QueryState.ANSWERED: "Répondue",
    QueryState.CLOSED: "Fermée",
}


def state_of(query: Query) -> str:
    """How a query stands, as its federation reads it: it is prepared, then sent, or withdrawn before that."""
    if query.withdrawn:
        return "Retirée"
    return "Préparée" if query.state is QueryState.OPEN and query.sent_at is None else STATES[query.state]
