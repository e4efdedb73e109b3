"""The history of a sheet in French sentences: who did what, and when."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from forms.definition import FormVersion
from forms.french import moment, typography
from forms.lifecycle import TRANSITIONS, Move
from webapp.models import Event
from webapp.sharing_words import SHOWN_TO, published_for
from webapp.vocabulary import Sharing

SOMEBODY = "Recueil"
"""Who did what nobody signed for: the program itself, at the command line."""

FOR_CENTRE = " au téléphone, pour le centre"

_WORDS = {
    "sheet.begun": "a commencé la fiche",
    "sheet.imported": "a repris la fiche d’une archive",
    "sheet.brought": "a repris la fiche d’un classeur",
    "sheet.read": "a commencé à lire la fiche",
    "query.asked": "a posé une demande",
    "query.replied": "a répondu à une demande",
    "query.closed": "a fermé une demande",
    "query.withdrawn": "a retiré, avant son envoi, une demande",
    "sheet.reminded": "a relancé le centre",
    "sheet.whole_wanted": "a demandé à pouvoir modifier toute la fiche",
    "sheet.whole_opened": "a rouvert toutes les questions",
    "sheet.shared": "a changé à qui la fiche se montre",
    "note.written": "a écrit une note de la fédération",
    "note.changed": "a changé sa note de la fédération",
    "note.deleted": "a supprimé une note de la fédération",
    "label.put": "a mis une étiquette",
    "label.taken": "a retiré une étiquette",
    "opinion.asked": "a demandé un avis extérieur",
    "opinion.given": "a donné son avis",
    "opinion.revoked": "a retiré sa demande d’avis",
    "phone.begun": "a commencé à remplir la fiche au téléphone, pour le centre",
    "phone.ended": "a terminé la saisie au téléphone",
    "phone.confirmed": "a confirmé ce qui a été saisi au téléphone",
    "phone.refused": "n’a pas confirmé ce qui a été saisi au téléphone",
    "sign_off.asked": "a demandé la signature de la présidence",
    "sign_off.signed": "a signé la fiche",
    "sign_off.returned": "n’a pas signé la fiche",
    "sheet.opened": "a ouvert la fiche dans un rapport reçu",
    "quote.shared": "a partagé avec la fédération un passage de la fiche",
    "quote.taken_back": "ne partage plus un passage de la fiche",
    "attachment.added": "a joint un fichier",
    "attachment.removed": "a retiré un fichier",
}
_SAID = {
    **dict.fromkeys(("attachment", "label", "opinion"), "name"),
    **dict.fromkeys(("query", "phone", "sign_off"), "text"),
}
"""Which word of an event's data stands beneath its sentence, by what it is about."""

PUBLICATION = f"sheet.{Move.PUBLISH.value}"
_MOVES = {f"sheet.{move.value}": line.done for move, line in TRANSITIONS.items()}


@dataclass(frozen=True)
class Entry:
    """A line of the history: a sentence, the moment for people and for machines, a word said with it."""

    text: str
    when: str
    iso: str
    note: str = ""


def entries(events: Iterable[Event], version: FormVersion) -> list[Entry]:
    """The events of a sheet as lines, in the order given; each needs its actor. Kinds without words are left out."""
    told = list(events)
    typed = _typed_for_centre(told)
    return [
        Entry(
            _sentence(event, version) + (FOR_CENTRE if event.seq in typed else ""),
            moment(event.at),
            event.at.isoformat(),
            _note(event),
        )
        for event in told
        if event.kind in _MOVES or event.kind in _WORDS
    ]


def _typed_for_centre(events: Iterable[Event]) -> set[int]:
    """Those that somebody of the federation did in the centre's place, while typing by telephone."""
    found: set[int] = set()
    typist: UUID | None = None
    for event in sorted(events, key=lambda one: one.seq):
        if event.kind == "phone.begun":
            typist = event.actor_id
        elif event.kind in {"phone.ended", "phone.confirmed"}:
            typist = None
        elif typist is not None and event.actor_id == typist and event.kind.startswith("attachment."):
            found.add(event.seq)
    return found


def _sentence(event: Event, version: FormVersion) -> str:
    # A president signs, and somebody outside says what they think, without an account.
    by = str(event.data.get("by") or "") if event.kind.startswith("sign_off.") else ""
    who = by or _name(event)
    done = _MOVES.get(event.kind) or _WORDS[event.kind]
    question = str(event.data.get("question"))
    if event.kind == "sheet.begun" and "carried_from" in event.data:
        done += f" en reprenant celle de {event.data['carried_from']}"
    if event.kind == PUBLICATION:
        done += published_for(event.data)
    if event.kind.startswith("query.") and question in version:
        done += f" sur «\u00a0{typography(version.question(question).short_label)}\u00a0»"
    if event.data.get("by_link"):
        done += ", par le lien du mail"
    return f"{who} {done}"


def _name(event: Event) -> str:
    if event.kind == "opinion.given":
        return str(event.data["name"])
    return event.actor.full_name or event.actor.email if event.actor is not None else SOMEBODY


def _note(event: Event) -> str:
    if event.kind == "opinion.given":
        return ""
    if event.kind == "sheet.shared":
        return SHOWN_TO[Sharing(event.data["to"])]
    if event.kind == "phone.begun":
        return f"Avec {event.data.get('with')}"
    if event.kind == "phone.confirmed":
        return f"Saisi par {event.data.get('typist')}"
    said = _SAID.get(event.kind.partition(".")[0], "reason")
    return str(event.data.get(said) or "")
