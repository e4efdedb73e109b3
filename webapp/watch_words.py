"""What the page of those who look after the service says in French."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from webapp.queries.backups import State
from webapp.services.mail_kinds import category_of
from webapp.vocabulary import MailCategory, MailState

QUIET = timedelta(minutes=2)
"""A worker that is well says so every twenty seconds."""

MAIL_STATES: dict[MailState, str] = {
    MailState.QUEUED: "En attente",
    MailState.SENT: "Parti",
    MailState.FAILED: "Échec",
    MailState.DROPPED: "Abandonné",
}

MAIL_CATEGORIES: dict[MailCategory, str] = {
    MailCategory.ACCOUNT: "Compte ou lien personnel",
    MailCategory.RECEIPT: "Reçu",
    MailCategory.QUERIES: "Demande",
    MailCategory.SHEETS: "Nouvelle d’une fiche",
    MailCategory.REMINDERS: "Relance",
    MailCategory.REPORTS: "Rapport",
}


def mail_label(kind: str) -> str:
    """What a mail is, in words."""
    return MAIL_CATEGORIES[category_of(kind)]


def age(since: datetime, at: datetime) -> str:
    """« 40 secondes », « 12 minutes », « 3 heures », « 2 jours »."""
    seconds = max(0, int((at - since).total_seconds()))
    for size, one, many in ((86_400, "jour", "jours"), (3_600, "heure", "heures"), (60, "minute", "minutes")):
        if seconds >= size:
            number = seconds // size
            return f"{number} {one if number == 1 else many}"
    return f"{seconds} {'seconde' if seconds < 2 else 'secondes'}"


def since(oldest: datetime | None, at: datetime) -> str:
    """How long the oldest has waited; nothing where nothing waits."""
    return f"le plus ancien depuis {age(oldest, at)}" if oldest is not None else ""


def about_workers(seen: Sequence[datetime], at: datetime) -> tuple[str, str]:
    """The tone of a notice and its sentence: whether anybody does the work. seen: by worker, the latest first."""
    if not seen:
        return "error", "Aucun exécutant n’a donné signe de vie depuis un jour : rapports et mails attendent."
    if at - seen[0] > QUIET:
        said = f"L’exécutant n’a pas donné signe de vie depuis {age(seen[0], at)} : rapports et mails attendent."
        return "error", said
    alive = sum(1 for moment in seen if at - moment <= QUIET)
    who = "Un exécutant travaille" if alive == 1 else f"{alive} exécutants travaillent"
    return "success", f"{who} ; dernier signe de vie il y a {age(seen[0], at)}."


@dataclass(frozen=True)
class Recovery:
    """How recovery stands, in words. moments: label and moment, none where it has not happened yet."""

    tone: str
    sentence: str
    problems: tuple[str, ...]
    moments: tuple[tuple[str, datetime | None], ...]


def about_backups(state: State, at: datetime) -> Recovery:
    """Whether one could come back to what was yesterday."""
    moments = (
        ("Dernière sauvegarde réussie", state.last_good.started_at if state.last_good else None),
        ("Dernier essai de restauration réussi", state.last_drill.drilled_at if state.last_drill else None),
    )
    if state.problems:
        return Recovery("error", "", state.problems, moments)
    if state.last_good is None:
        return Recovery("info", "La première sauvegarde n’est pas encore faite.", (), moments)
    said = f"La dernière sauvegarde a abouti il y a {age(state.last_good.started_at, at)}."
    return Recovery("success", said, (), moments)
