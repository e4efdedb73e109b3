"""What the federation's queries on an answer are called in French."""

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
