"""A change of an answer in French: who, when, from what to what, word by word."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from forms.definition import FormVersion
from forms.differences import Piece, differences, shortened
from forms.french import PARIS, clock, moment, typography
from webapp.history_words import SOMEBODY, Entry, entries
from webapp.models import Change, Event

ERASED = "(contenu effacé, à la demande d’une personne ou au terme de sa conservation)"


@dataclass(frozen=True)
class Told:
    """A line of the history; pieces: what a change did to the words of an answer, none for a move.

    whole: the answer that was given first or erased, where there is nothing to compare it with.
    """

    entry: Entry
    pieces: tuple[Piece, ...] = ()
    whole: str = ""


def told(line: Event | Change, version: FormVersion) -> Told | None:
    """A line in words; None for a kind of event that says nothing to people."""
    if isinstance(line, Change):
        return _change(line, version)
    found = entries([line], version)
    return Told(found[0]) if found else None


def _change(change: Change, version: FormVersion) -> Told:
    who = change.user.full_name or change.user.email if change.user is not None else SOMEBODY
    known = change.question in version
    named = typography(version.question(change.question).short_label) if known else change.question
    gone = change.before is None and change.after is None
    done = "a changé" if gone else "a répondu à" if change.before is None else "a changé"
    if change.after is None and not gone:
        done = "a effacé"
    entry = Entry(
        f"{who} {done} «\u00a0{named}\u00a0»",
        _between(change.began_at, change.ended_at),
        change.ended_at.isoformat(),
    )
    before, after = (_text(version, change.question, answer) for answer in (change.before, change.after))
    if gone:
        return Told(entry, whole=ERASED)
    if not (before and after):
        return Told(entry, whole=before or after)
    return Told(entry, shortened(differences(before, after)))


def _between(began: datetime, ended: datetime) -> str:
    """« 3 mars 2026 à 9 h 02 », « … de 9 h 02 à 9 h 20 » where somebody typed for a while."""
    same_day = began.astimezone(PARIS).date() == ended.astimezone(PARIS).date()
    if not same_day or clock(began) == clock(ended):
        return moment(ended)
    return f"{moment(began).rpartition(' à ')[0]} de {clock(began)} à {clock(ended)}"


def _text(version: FormVersion, question: str, answer: Any) -> str:
    """The answer as people read it; what its version no longer asks as it was stored."""
    if answer is None:
        return ""
    if question not in version:
        return str(answer)
    kind = version.question(question).kind
    return kind.text(kind.load(answer))
