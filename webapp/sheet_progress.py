"""How far a sheet is: the state of each step, what is missing, what to do next."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from forms.checks import Doubt
from forms.definition import Section
from forms.french import PARIS, clock, day, moment, plural
from forms.lifecycle import SheetState
from forms.rules import broken
from forms.steps import STEP_LABELS, StepState, missing, step_states, unanswered
from webapp.models import Query, Sheet
from webapp.queries.openings import awaiting
from webapp.queries.versions import form_of


@dataclass(frozen=True)
class Step:
    """A step as lists show it: id (in addresses), title, state, its name, a short line beneath."""

    id: str
    title: str
    state: StepState
    note: str

    @property
    def state_text(self) -> str:
        """The state's name."""
        return STEP_LABELS[self.state]


@dataclass(frozen=True)
class Progress:
    """The steps in order, how many points keep the sheet from being sent (doubts too), how many queries wait.

    to_reread: of those points, the answers that were carried from an earlier year.
    """

    steps: tuple[Step, ...]
    missing: int
    queries: int
    to_reread: int = 0

    @property
    def complete(self) -> int:
        """How many steps are answered as a whole."""
        return sum(1 for step in self.steps if step.state is StepState.COMPLETE)

    @property
    def expected(self) -> int:
        """How many steps ask for something, or were answered although they need not be."""
        return sum(1 for step in self.steps if step.state is not StepState.OPTIONAL)

    @property
    def next_step(self) -> Step | None:
        """Where to go on: first what is to be corrected, then what is not complete; None when all is done."""
        for wanted in ({StepState.TO_CORRECT}, {StepState.TODO, StepState.STARTED}):
            found = next((step for step in self.steps if step.state in wanted), None)
            if found is not None:
                return found
        return None

    @property
    def missing_in_words(self) -> str:
        """« 2 réponses reprises à relire et 1 point à compléter »; nothing where all is there."""
        reread, other = self.to_reread, self.missing - self.to_reread
        parts = [_reread(reread)] if reread else []
        return " et ".join(parts + ([plural(other, "point à compléter", "points à compléter")] if other else []))

    @property
    def in_words(self) -> str:
        """« 5 étapes sur 8 »."""
        return f"{plural(self.complete, 'étape', 'étapes')} sur {self.expected}"


def progress_of(sheet: Sheet, queries: Iterable[Query] = (), doubts: Iterable[Doubt] = ()) -> Progress:
    """The progress of a sheet with what the federation asked about it. Needs sheet.form_version, .current_snapshot.

    doubts: those that nobody has confirmed.
    """
    version = form_of(sheet.form_version)
    waiting = [query.question for query in awaiting(sheet, queries)]
    lacking = [item.question for item in missing(version, sheet.answers, sheet.unparsed, sheet.carried)]
    reread = [question for question in lacking if question in sheet.carried]
    lacking += [item.question for item in broken(version, sheet.answers)]
    doubted = [doubt.question for doubt in doubts]
    states = step_states(version, sheet.answers, sheet.unparsed, waiting, sheet.carried)
    steps = tuple(
        Step(
            section.id,
            section.title,
            states[section.id],
            _note(section, waiting, reread, lacking, doubted),
        )
        for section in version.sections
    )
    return Progress(steps, len(lacking) + len(doubted), len(waiting), len(reread))


def _note(section: Section, waiting: list[str], reread: list[str], lacking: list[str], doubted: list[str]) -> str:
    ids = {question.id for question in section.questions}
    asked, again, needed, odd = (sum(id in ids for id in found) for found in (waiting, reread, lacking, doubted))
    parts = [plural(asked, "demande de la fédération", "demandes de la fédération")] if asked else []
    if again:
        parts.append(_reread(again))
    if needed - again:
        parts.append(plural(needed - again, "point à compléter avant l’envoi", "points à compléter avant l’envoi"))
    if odd:
        parts.append(plural(odd, "point à corriger ou à confirmer", "points à corriger ou à confirmer"))
    return " · ".join(parts)


def _reread(count: int) -> str:
    return plural(count, "réponse reprise à relire", "réponses reprises à relire")


def to_do_in_words(sheet: Sheet, progress: Progress, *, reopened: bool = False) -> str:
    """What a sheet that may be changed still asks of the centre. reopened: for a reason, and not by queries."""
    if sheet.state is SheetState.CHANGES_REQUESTED:
        if not progress.queries and reopened:
            return "Rouverte par la fédération\u00a0: corrigez-la, puis renvoyez-la."
        if not progress.queries:
            return "Vous avez répondu à tout\u00a0: renvoyez-la."
        waiting = ("demande de la fédération vous attend", "demandes de la fédération vous attendent")
        return f"{plural(progress.queries, *waiting)}."
    if not progress.missing:
        left = len(unanswered(form_of(sheet.form_version), sheet.answers, sheet.unparsed))
        if left:
            return f"Peut être envoyée\u202f; {plural(left, 'question reste', 'questions restent')} sans réponse."
        return "Prête à être envoyée."
    return f"{progress.missing_in_words} pour pouvoir l’envoyer."


def saved_in_words(saved: datetime, state: SheetState, *, at: datetime) -> str:
    """« Enregistré à 14 h 32 · pas encore envoyée »; with the day where it was another one."""
    today = saved.astimezone(PARIS).date() == at.astimezone(PARIS).date()
    when = f"à {clock(saved)}" if today else f"le {moment(saved)}"
    sent = {SheetState.DRAFT: "pas encore envoyée", SheetState.CHANGES_REQUESTED: "corrections pas encore envoyées"}
    return f"Enregistré {when} · {sent.get(state, 'envoyée')}"


def deadline_in_words(days: int, last_edit: date) -> str:
    """What is left until the shown deadline. days: whole days, negative after it."""
    if days > 1:
        return f"Il reste {days}\u00a0jours"
    if days == 1:
        return "Il reste un jour"
    if days == 0:
        return "C’est le dernier jour"
    return f"La date limite est passée\u202f; vous pouvez encore envoyer jusqu’au {day(last_edit)}"
