"""From the lines under each label to answers: choices by label and near label, prose as it stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any

from forms.catalogue_text.labels import Block, Line
from forms.catalogue_text.outline import item_text
from forms.catalogue_text.shapes import Finding, Level
from forms.choices import Choice, by_label
from forms.conditions import Visibility, visibility
from forms.counting import offers
from forms.definition import FormVersion, Question
from forms.french import fold
from forms.prose import ToldCount
from forms.steps import Unparsed
from forms.values import Refused

CLOSE = 0.85
"""From this likeness on (difflib, folded text), another spelling is taken for the same word."""


@dataclass
class Notebook:
    """What is gathered while the blocks of one sheet are read."""

    sheet: str
    answers: dict[str, Any] = field(default_factory=dict)
    unparsed: dict[str, Unparsed] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def say(self, level: Level, question: str | None, message: str) -> None:
        """Add a finding about this sheet."""
        self.findings.append(Finding(self.sheet, question, level, message))

    def set_aside(self, question: Question, posted: Sequence[str], error: str) -> None:
        """Keep what could not be read, with the reason, where the person will see it."""
        self.unparsed[question.id] = Unparsed(tuple((question.id, text) for text in posted), error)
        self.say(Level.WARNING, question.id, error)


def read_prose(block: Block, notebook: Notebook) -> None:
    """Free text: character for character as it stands between two labels."""
    question = block.marker.question
    text = "\n".join(line.text for line in block.lines)
    try:
        value = question.kind.parse([text])
    except Refused as refused:
        notebook.set_aside(question, [text], refused.message)
        return
    if value is not None:
        notebook.answers[question.id] = question.kind.dump(value)


def read_many(block: Block, notebook: Notebook) -> None:
    """A list of choices: the readable ones are kept, the others set aside."""
    question = block.marker.question
    found, unknown = _choices(block, notebook)
    codes = [choice.code for choice in found]
    if codes:
        notebook.answers[question.id] = question.kind.dump(question.kind.parse(codes))
    if unknown:
        notebook.set_aside(question, [*codes, *unknown], _not_in_list(unknown))


def read_one(block: Block, notebook: Notebook) -> None:
    """One choice: the first readable one; what stands beside it is set aside."""
    question = block.marker.question
    found, unknown = _choices(block, notebook)
    if found:
        notebook.answers[question.id] = question.kind.dump(found[0].code)
    others = list(dict.fromkeys(choice.label for choice in found if choice != found[0]))
    if unknown:
        notebook.set_aside(question, [*unknown, *others], _not_in_list(unknown))
    elif others:
        error = f"Plusieurs réponses là où il en faut une : « {found[0].label} » est gardée, pas {_quoted(others)}."
        notebook.set_aside(question, others, error)


def read_files(block: Block, notebook: Notebook) -> None:
    """Names of files: the text format doesn't hold the files themselves."""
    names = [item_text(line.text) if line.item else line.text.strip() for line in block.lines]
    for name in filter(None, names):
        message = f"Le fichier « {name} » n’est pas dans le texte du catalogue : joignez-le à la fiche."
        notebook.say(Level.WARNING, block.marker.question.id, message)


Reader = Callable[[Block, Notebook], None]
READERS: dict[str, Reader] = {
    "short_text": read_prose,
    "long_text": read_prose,
    "choice_one": read_one,
    "choice_many": read_many,
    "files": read_files,
}
"""How the format writes each kind of answer; it has no way to write the other kinds."""


def _choices(block: Block, notebook: Notebook) -> tuple[list[Choice], list[str]]:
    found: list[Choice] = []
    unknown: list[str] = []
    for line in block.lines:
        if block.marker.is_noise(line):
            continue
        text = item_text(line.text) if line.item else line.text.strip()
        choice = _choice(block.marker.choices, line, text)
        if choice is None:
            unknown.append(text)
            continue
        found.append(choice)
        if text != choice.label:
            message = f"« {text} » a été lu comme « {choice.label} »."
            notebook.say(Level.INFO, block.marker.question.id, message)
    return found, unknown


def _choice(choices: tuple[Choice, ...], line: Line, text: str) -> Choice | None:
    if line.folded is None:
        return None
    return by_label(choices, text) or closest(text, choices)


def closest(text: str, choices: tuple[Choice, ...]) -> Choice | None:
    """The one choice that the text is a slip of; None where none is near or two are equally so."""
    scored = sorted(
        ((max(likeness(text, name) for name in (choice.label, *choice.aliases)), choice) for choice in choices),
        key=lambda pair: pair[0],
        reverse=True,
    )
    if not scored or scored[0][0] < CLOSE:
        return None
    tied = len(scored) > 1 and scored[1][0] == scored[0][0]
    return None if tied else scored[0][1]


def likeness(one: str, other: str) -> float:
    """How alike two names are, from 0 to 1, case, accents and punctuation aside."""
    return SequenceMatcher(None, fold(one), fold(other), autojunk=False).ratio()


def _quoted(texts: Sequence[str]) -> str:
    return ", ".join(f"« {text} »" for text in texts)


def _not_in_list(unknown: Sequence[str]) -> str:
    if len(unknown) == 1:
        return f"{_quoted(unknown)} n’est pas dans la liste : choisissez la réponse qui convient ou effacez-la."
    return f"{_quoted(unknown)} ne sont pas dans la liste : choisissez les réponses qui conviennent ou effacez-les."


def merge_repeated(version: FormVersion, notebook: Notebook) -> None:
    """A question asked twice (both territories): equal answers become one, different ones stay."""
    for question in version.questions:
        if question.same_as is None or question.id not in notebook.answers:
            continue
        first = version.question(question.same_as)
        if notebook.answers.get(first.id) == notebook.answers[question.id]:
            del notebook.answers[question.id]
        elif first.id in notebook.answers:
            section = version.section_of(question.id).title
            message = f"« {question.label} » diffère dans la partie « {section} » : les deux réponses sont gardées."
            notebook.say(Level.INFO, question.id, message)


def flag_unasked(version: FormVersion, notebook: Notebook) -> None:
    """Answers that the other answers don't call for (a precision without its choice) are kept."""
    seen = visibility(version, notebook.answers)
    for question in version.questions:
        if question.id in notebook.answers and seen[question.id] is not Visibility.SHOWN:
            message = (
                f"« {question.label} » est rempli alors que la réponse qui le demande n’est pas cochée : "
                "le texte est gardé, complétez la question d’avant."
            )
            notebook.say(Level.WARNING, question.id, message)


def proposals(version: FormVersion, answers: Mapping[str, Any], notebook: Notebook) -> tuple[ToldCount, ...]:
    """The figures that prose holds, offered one by one; none is ever set here."""
    offered = offers(version, answers)
    for count in offered:
        label = version.question(count.question).label
        message = f"« {count.excerpt} » : inscrire {count.number} dans « {label} » ? Une personne doit le confirmer."
        notebook.say(Level.PROPOSAL, count.question, message)
    return offered
