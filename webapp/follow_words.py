"""Following a campaign in French: what each group is called, what a reminder says."""

from collections.abc import Sequence

from forms.french import day, plural
from forms.lifecycle import SheetState
from webapp.models import Campaign
from webapp.queries.following import CentreLine, Peace, SheetLine
from webapp.vocabulary import CallGroup

GROUPS: dict[CallGroup, str] = {
    CallGroup.UNFINISHED: "À suivre",
    CallGroup.NOT_OPENED: "Pas ouvert",
    CallGroup.NOT_BEGUN: "Ouvert, pas commencé",
    CallGroup.STUCK: "Arrêtés",
    CallGroup.TO_CORRECT: "À corriger",
    CallGroup.UNDER_WAY: "Avancent",
    CallGroup.LATE_LAST_YEAR: "En retard l’an dernier",
    CallGroup.DONE: "Terminé",
}
"""In the order of the page."""

REMINDED = tuple(group for group in GROUPS if group is not CallGroup.DONE)

_ASKS: dict[CallGroup, str] = {
    CallGroup.NOT_OPENED: "La campagne est ouverte, et personne de votre centre ne s’est encore connecté à Recueil.",
    CallGroup.NOT_BEGUN: "Votre centre n’a pas encore commencé de fiche.",
    CallGroup.STUCK: "Une fiche de votre centre est commencée et n’a pas avancé ces derniers jours.",
    CallGroup.TO_CORRECT: "Nous vous avons demandé des compléments, et nous attendons vos corrections.",
}


def proposed_message(campaign: Campaign, group: CallGroup) -> str:
    """What a reminder to that group says before anybody changes it."""
    begin = _ASKS.get(group, "Nous n’avons pas encore reçu toutes les fiches de votre centre.")
    end = f"Elles sont attendues avant le {day(campaign.shown_deadline)}."
    if group is CallGroup.TO_CORRECT:
        return f"{begin}\n\nQuelques minutes suffisent souvent\u00a0: ouvrez la fiche, répondez, renvoyez-la."
    return f"{begin} {end}\n\nVous pouvez remplir une fiche en plusieurs fois\u00a0: tout est gardé."


def standing(line: CentreLine) -> str:
    """« 2 fiches en cours, 1 envoyée »: what a centre has, for itself."""
    states = [one.sheet.state for one in line.sheets]
    drafts, back = states.count(SheetState.DRAFT), states.count(SheetState.CHANGES_REQUESTED)
    sent = len(states) - drafts - back
    parts = [plural(drafts, "fiche en cours de saisie", "fiches en cours de saisie")] if drafts else []
    parts += [plural(back, "fiche à corriger", "fiches à corriger")] if back else []
    parts += [plural(sent, "fiche envoyée", "fiches envoyées")] if sent else []
    return f"Où en est {line.centre.name}\u00a0: {', '.join(parts) or 'aucune fiche commencée'}."


def left_alone(peace: Peace) -> str:
    """Why a centre is not reminded."""
    if peace.promised:
        return f"Le centre a promis d’envoyer pour le {day(peace.until)}"
    return f"Le centre a reçu un délai jusqu’au {day(peace.until)}"


def where(line: CentreLine) -> str:
    """Why a centre may be called, in a line."""
    match line.standing:
        case CallGroup.NOT_OPENED:
            return "Personne ne s’est connecté depuis l’ouverture"
        case CallGroup.NOT_BEGUN:
            return "S’est connecté, n’a rien commencé"
        case CallGroup.DONE:
            return "Tout est envoyé"
    parts = [_days("À corriger", line.waiting)] if CallGroup.TO_CORRECT in line.groups else []
    if CallGroup.STUCK in line.groups:
        parts.append(_days("Sans changement", line.still))
    elif CallGroup.UNDER_WAY in line.groups:
        parts.append("En cours de saisie")
    return " · ".join(parts)


def _days(words: str, days: int) -> str:
    return f"{words} depuis {plural(days, 'jour', 'jours')}" if days else f"{words} depuis aujourd’hui"


def how_far(line: SheetLine) -> str:
    """« 3 étapes sur 8, s’arrête à « Publics » » for a sheet that the centre has; nothing for another."""
    if not line.editable:
        return ""
    words = f"{plural(line.done, 'étape', 'étapes')} sur {line.total}"
    return f"{words}, s’arrête à «\u00a0{line.stops_at}\u00a0»" if line.stops_at else words


def listed(names: Sequence[str]) -> str:
    """« A, B et C »."""
    *first, last = names
    return f"{', '.join(first)} et {last}" if first else last
