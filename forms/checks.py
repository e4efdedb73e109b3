"""Soft checks: what looks odd in a sheet without being wrong. Each asks « sûr ? » and lets a reason pass.

A new check is one function and its code; which questions it looks at, their kinds and the definition say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from typing import Any

from forms import wording
from forms.conditions import Visibility, visibility
from forms.counting import prose_of, told
from forms.definition import FormVersion, Origin, Question, content_hash
from forms.french import amount, number, plural, typography
from forms.kinds import CellType
from forms.prose import amounts_in, totals_in

Answers = Mapping[str, Any]


class DoubtCode(StrEnum):
    """What was noticed, in the order in which one question's doubts are told."""

    JUMP = "jump"
    PARTS = "parts"
    PROSE = "prose"
    FILLER = "filler"
    CAPITALS = "capitals"
    REPEATED = "repeated"


@dataclass(frozen=True)
class Doubt:
    """Something to be mended or confirmed: the question where it stands, what was noticed, what to do.

    key: of 16 hexadecimal digits, made of the check and of the answers that it is about: once
    they change, what was confirmed no longer counts.
    """

    code: DoubtCode
    question: str
    message: str
    key: str


@dataclass(frozen=True)
class Seen:
    """What the checks look at: the answers that are asked, and what they are compared with."""

    version: FormVersion
    answers: Answers
    last_year: Answers
    others: Sequence[tuple[str, Answers]]

    @cached_property
    def questions(self) -> tuple[Question, ...]:
        """The questions that a person answered, in order."""
        return tuple(item for item in self.version.questions if item.id in self.answers)

    @cached_property
    def texts(self) -> dict[str, str]:
        """What was written, by question id in order."""
        found = {question.id: prose_of(self.version, question.id, self.answers) for question in self.questions}
        return {id: text for id, text in found.items() if text}

    def value(self, question: Question) -> Any:
        """This year's answer as its kind knows it."""
        return question.kind.load(self.answers[question.id])

    def figure(self, id: str) -> Decimal | None:
        """The figure of that question; None without one, be it unanswered, unknown or not of this version."""
        if id not in self.answers:
            return None
        question = self.version.question(id)
        return question.kind.figure(self.value(question))


Noticed = tuple[str, str, Any]
"""The question, the message, and the JSON that it is about."""

_TIMES = 3
_LEAST, _LEAST_EUROS = Decimal(10), Decimal(1000)
_ABOUT = Decimal("0.2")
"""How far an estimate may lie from a figure without contradicting it."""


def jumps(seen: Seen) -> Iterator[Noticed]:
    """A figure three times last year's or more, or a third of it or less, and not by a handful."""
    year = _year(seen)
    for question in seen.questions:
        if question.id not in seen.last_year:
            continue
        before = _quantities(question, question.kind.load(seen.last_year[question.id]))
        for what, (now, euros) in _quantities(question, seen.value(question)).items():
            if what in before and _jumps(before[what][0], now, _LEAST_EUROS if euros else _LEAST):
                said = amount if euros else number
                name = ", ".join(filter(None, (question.short_label, _named(what))))
                message = (
                    f"{typography(name)}\u00a0: {said(before[what][0])} {year}, {said(now)} cette année. "
                    "Est-ce juste\u202f? Sinon, corrigez le nombre."
                )
                yield question.id, message, [what, str(before[what][0]), str(now)]


def _year(seen: Seen) -> str:
    ids = [item.id for item in seen.version.questions if item.filled_from is Origin.CAMPAIGN]
    known = [seen.last_year[id] for id in ids if id in seen.last_year]
    return f"en {known[0]}" if known else "la dernière fois"


def _quantities(question: Question, value: Any) -> dict[str, tuple[Decimal, bool]]:
    """What an answer adds up to, by what it is: euros (true) or a figure."""
    euros = question.kind.euros(value)
    if euros:
        return {what: (sum(amounts, Decimal(0)), True) for what, amounts in euros.items()}
    figure = question.kind.figure(value)
    return {} if figure is None else {"": (figure, False)}


def _jumps(before: Decimal, now: Decimal, least: Decimal) -> bool:
    low, high = sorted((before, now))
    return high >= _TIMES * low and high - low >= least


def parts(seen: Seen) -> Iterator[Noticed]:
    """A total that its parts don't make, a line « Total » among those that are added up, sessions without anybody."""
    for question in seen.questions:
        yield from _total_lines(question, seen)
        totals = _missed_totals(question, seen)
        if totals:
            sums = _sums(question, seen)
            message = (
                f"Le texte annonce {_in_text(totals)} en tout, les lignes font {_in_lines(sums)}. "
                "Corrigez l’un ou l’autre, ou dites d’où vient l’écart."
            )
            yield question.id, message, [sorted(map(str, totals)), sorted(map(str, sums.values()))]
    participants, sessions = (seen.figure(id) for id in ("participants_count", "sessions_count"))
    if participants == 0 and sessions:
        held = plural(int(sessions), "séance", "séances")
        message = (
            f"Aucun participant, pour {held}. Est-ce juste\u202f? "
            "Si vous ne savez pas combien de personnes sont venues, choisissez «\u00a0Ne sait pas\u00a0»."
        )
        yield "participants_count", message, str(sessions)


def _total_lines(question: Question, seen: Seen) -> Iterator[Noticed]:
    columns = question.kind.columns(question)
    if not question.kind.own_tab or CellType.AMOUNT not in {column.type for column in columns}:
        return
    for line, row in enumerate(question.kind.cells(seen.value(question)), 1):
        if any(wording.is_total(cell) for cell in row if isinstance(cell, str)):
            message = (
                f"La ligne {line} semble être un total\u00a0: les mêmes montants compteraient deux fois, car Recueil "
                "additionne les lignes. Retirez-la."
            )
            yield question.id, message, [line, [str(cell) for cell in row]]


def prose(seen: Seen) -> Iterator[Noticed]:
    """A figure or an amount that a text says and its number contradicts."""
    for question, count in told(seen.version, seen.answers):
        figure = seen.figure(question.id)
        about = count.estimated or (figure is not None and question.kind.estimated(seen.value(question)))
        if figure is not None and not _agree(figure, Decimal(count.number), about=about):
            message = (
                f"Le texte dit «\u00a0{count.excerpt}\u00a0», la case {number(figure)}. "
                "Corrigez l’un ou l’autre, ou dites pourquoi ils diffèrent."
            )
            yield question.id, message, [count.number, count.excerpt, str(figure)]
    for question in seen.questions:
        if question.counted_in is not None:
            yield from _amounts(question, seen)


def _agree(one: Decimal, other: Decimal, *, about: bool) -> bool:
    return abs(one - other) <= (_ABOUT * max(one, other) if about else 0)


def _amounts(question: Question, seen: Seen) -> Iterator[Noticed]:
    """Amounts in prose against those of the answer: they agree as soon as the one can be read in the other."""
    text = seen.texts.get(question.counted_in or "", "")
    written = () if _missed_totals(question, seen) else amounts_in(text)
    columns = [amounts for amounts in question.kind.euros(seen.value(question)).values() if any(amounts)]
    sums = _sums(question, seen)
    known = {*sums.values()}.union(*columns)
    if (
        not written
        or not columns
        or {*sums.values()} & {*written, sum(written)}
        or set(written) <= known
        or any({*amounts} <= {*written} for amounts in columns)
    ):
        return
    message = (
        f"Le texte parle de {_in_text(written)}, les lignes font {_in_lines(sums)}. "
        "Corrigez l’un ou l’autre, ou dites pourquoi ils diffèrent."
    )
    yield question.id, message, [[str(euros) for euros in written], sorted(map(str, known))]


def _missed_totals(question: Question, seen: Seen) -> tuple[Decimal, ...]:
    """What the text calls a total, where the answer adds up to nothing of the kind."""
    totals = totals_in(seen.texts.get(question.counted_in or "", ""))
    sums = _sums(question, seen).values()
    return totals if sums and not {*sums} & {*totals} else ()


def _sums(question: Question, seen: Seen) -> dict[str, Decimal]:
    """What the amounts of an answer add up to, by what they are."""
    columns = question.kind.euros(seen.value(question))
    return {what: sum(amounts, Decimal(0)) for what, amounts in columns.items() if any(amounts)}


def _in_text(euros: Iterable[Decimal]) -> str:
    """« 800 € et 950 € », each once, as they come."""
    return " et ".join(amount(value) for value in dict.fromkeys(euros))


def _in_lines(sums: Mapping[str, Decimal]) -> str:
    """« 800 € (montant accordé) et 950 € (montant demandé) »."""
    names = {what: _named(what) for what in sums}
    return " et ".join(f"{amount(value)} ({names[what]})" if what else amount(value) for what, value in sums.items())


def _named(what: str) -> str:
    return what.removesuffix(" (€)").lower()


def fillers(seen: Seen) -> Iterator[Noticed]:
    """« idem », « voir 2024 », « à compléter »: who reads this sheet alone learns nothing."""
    for id, text in seen.texts.items():
        found = wording.filler(text)
        if found:
            message = (
                f"«\u00a0{wording.shortened(found)}\u00a0» ne dit rien à qui lit cette fiche seule. "
                "Écrivez la réponse en entier, ou laissez vide."
            )
            yield id, message, text


def capitals(seen: Seen) -> Iterator[Noticed]:
    """A text all in capitals."""
    for id, text in seen.texts.items():
        if wording.is_shouted(text):
            yield id, "Ce texte est tout en capitales. Récrivez-le en minuscules\u00a0: il se lira mieux.", text


def repeated(seen: Seen) -> Iterator[Noticed]:
    """The same paragraph twice in the sheet, or in another sheet of the centre this year."""
    earlier: dict[str, str] = {}
    for label, answers in seen.others:
        for id in answers:
            for piece in wording.pieces(prose_of(seen.version, id, answers)):
                earlier.setdefault(piece, f"dans la fiche «\u00a0{label}\u00a0»")
    for id, text in seen.texts.items():
        own = wording.pieces(text)
        twice = wording.said_twice(text)
        shared = twice or next((piece for piece in own if piece in earlier), "")
        if shared:
            where = "deux fois dans cette réponse" if twice else f"aussi {earlier[shared]}"
            message = (
                f"Le paragraphe «\u00a0{wording.beginning(text, shared)}\u00a0» est {where}. "
                "Gardez-le à un seul endroit et dites ici ce qui est propre à cette question."
            )
            yield id, message, [where, shared]
        name = typography(seen.version.question(id).short_label)
        for piece in own:
            earlier[piece] = f"dans «\u00a0{name}\u00a0»"


CHECKS: dict[DoubtCode, Callable[[Seen], Iterator[Noticed]]] = {
    DoubtCode.JUMP: jumps,
    DoubtCode.PARTS: parts,
    DoubtCode.PROSE: prose,
    DoubtCode.FILLER: fillers,
    DoubtCode.CAPITALS: capitals,
    DoubtCode.REPEATED: repeated,
}


def doubts(
    version: FormVersion,
    answers: Answers,
    *,
    last_year: Answers | None = None,
    others: Sequence[tuple[str, Answers]] = (),
) -> tuple[Doubt, ...]:
    """What looks odd in these answers, in the order of the form.

    answers: valid JSON by question id; those that are not asked say nothing. last_year: the
    answers of the same action's last snapshot, of kinds that this version can read. others: the
    other sheets of the centre this year, each with the name that it goes by.
    """
    shown = visibility(version, answers)
    asked = {
        question.id: answers[question.id]
        for question in version.questions
        if question.typed and question.id in answers and shown[question.id] is Visibility.SHOWN
    }
    seen = Seen(version, asked, last_year or {}, others)
    found = [
        Doubt(code, question, message, content_hash([code.value, question, about])[:16])
        for code, check in CHECKS.items()
        for question, message, about in check(seen)
        if question in asked
    ]
    place = {question.id: at for at, question in enumerate(version.questions)}
    return tuple(sorted(found, key=lambda doubt: place[doubt.question]))


def readable(version: FormVersion, answers: Answers, written_in: FormVersion) -> dict[str, Any]:
    """Of answers written in another version those that this one reads: to be compared with."""
    return {
        id: answer
        for id, answer in answers.items()
        if id in version and id in written_in and version.question(id).kind.reads(written_in.question(id).kind)
    }
