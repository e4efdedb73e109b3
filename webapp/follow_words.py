"""Following a campaign in French: what each group is called, what a reminder says."""

from collections.abc import Sequence

from forms.french import day, plural
from forms.lifecycle import SheetState
from webapp.models import Campaign, Reminder
from webapp.queries.following import CentreLine, Peace, SheetLine
from webapp.vocabulary import CallGroup, LeftOut

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

LEFT_OUT: dict[LeftOut, str] = {
    LeftOut.REMINDED: "Déjà relancé ce jour-là",
    LeftOut.UNWILLING: "Ne veut pas de relance par mail",
    LeftOut.ACTED: "A agi entre-temps",
    LeftOut.LATER_DAY: "A promis une date ou reçu un délai",
    LeftOut.TOO_LATE: "Ne peut plus rien envoyer",
    LeftOut.UNREACHABLE: "Personne n’a de compte pour agir",
    LeftOut.CANCELLED: "La relance a été annulée",
}

_ASKS: dict[CallGroup, str] = {
    CallGroup.NOT_OPENED: "La campagne est ouverte, et personne de votre centre ne s’est encore connecté à Recueil.",
    CallGroup.NOT_BEGUN: "Votre centre n’a pas encore commencé de fiche.",
    CallGroup.STUCK: "Une fiche de votre centre est commencée et n’a pas avancé ces derniers jours.",
    CallGroup.TO_CORRECT: "Nous vous avons demandé des compléments, et nous attendons vos corrections.",
}


def proposed_message(group: CallGroup, *, over: bool = False) -> str:
    """What a reminder to that group says before anybody changes it; over: after the campaign's last day.

    It holds for every centre of the group. What is not the same for all, days among it, each reads in its `standing`.
    """
    if over or group is CallGroup.TO_CORRECT:
        return f"{_ASKS[CallGroup.TO_CORRECT]}\n\nQuelques minutes suffisent souvent."
    begin = _ASKS.get(group, "Il reste à votre centre au moins une fiche à envoyer ou à corriger.")
    return f"{begin}\n\nVous pouvez remplir une fiche en plusieurs fois\u00a0: tout est gardé."


def to_whom(reminder: Reminder) -> str:
    """« 3 centres du groupe « À suivre » »; one that leaves by itself takes the group as it is then."""
    group = f"groupe «\u00a0{GROUPS[reminder.group]}\u00a0»"
    if reminder.centre_ids is None:
        return f"Tout le {group}"
    return f"{plural(len(reminder.centre_ids), 'centre', 'centres')} du {group}"


def over(campaign: Campaign) -> str:
    """Why hardly anybody is reminded after the last day."""
    return (
        f"La campagne {campaign.year} est close depuis le {day(campaign.last_edit)}\u00a0: les centres n’envoient plus "
        "que les fiches à corriger, ou dans le délai qui leur a été donné."
    )


def standing(line: CentreLine, campaign: Campaign) -> str:
    """« 2 fiches en cours de saisie, 1 fiche envoyée »: what a centre has, for itself, and what is to be done by when.

    What it can't send any more is left out.
    """
    states = [one.sheet.state for one in line.sheets]
    drafts, back = states.count(SheetState.DRAFT), states.count(SheetState.CHANGES_REQUESTED)
    sent = len(states) - drafts - back
    asked = sum(len(one.queries) for one in line.owed)
    parts = []
    if drafts and line.may_send:
        parts.append(plural(drafts, "fiche en cours de saisie", "fiches en cours de saisie"))
    if back:
        queries = f" ({plural(asked, 'demande', 'demandes')})" if asked else ""
        parts.append(plural(back, "fiche à corriger", "fiches à corriger") + queries)
    parts += [plural(sent, "fiche envoyée", "fiches envoyées")] if sent else []
    said = [f"Où en est votre centre ({line.centre.name})\u00a0: {', '.join(parts) or 'aucune fiche commencée'}."]
    said += ["Pour corriger, ouvrez la fiche, répondez à ce qui vous est demandé, puis renvoyez-la."] if back else []
    said += [_expected_by(line, campaign)] if line.may_send else []
    return " ".join(said)


def _expected_by(line: CentreLine, campaign: Campaign) -> str:
    until = line.extended_until or campaign.shown_deadline
    if line.today > until:
        return f"Les fiches étaient attendues au plus tard le {day(until)}\u00a0: vous pouvez encore les envoyer."
    return f"Les fiches à envoyer sont attendues au plus tard le {day(until)}."


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
