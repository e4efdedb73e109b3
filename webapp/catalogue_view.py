"""The catalogue as its pages show it: lines with the words asked for, chips, addresses."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from forms.definition import FormVersion
from forms.french import fold
from forms.search import Piece, Term, marked, passage, texts
from webapp.models import Sheet
from webapp.queries.catalogue import WORDS, Filter, Line, Wanted
from webapp.queries.versions import form_of

_LEAD = "summary"
"""What stands under a title while nothing is searched."""
_LONGEST_LEAD = 180

Address = Callable[..., str]


@dataclass(frozen=True)
class Shown:
    """An action in the list: its title and the passage that answers, in pieces; its other years, newest first."""

    sheet: Sheet
    title: Sequence[Piece]
    passage: Sequence[Piece]
    others: Sequence[tuple[UUID, int]]


@dataclass(frozen=True)
class Part:
    """One thing that was asked for: what it is called, whether that is as somebody typed it, how many actions would
    answer without it, and the address of the list without it."""

    text: str
    typed: bool
    count: int
    url: str


def shown(line: Line, terms: Sequence[Term]) -> Shown:
    """The line with what was asked for marked; needs the snapshot's form version."""
    snapshot = line.sheet.current_snapshot
    if snapshot is None:
        raise ValueError(f"sheet {line.sheet.reference} was never sent")
    version = form_of(snapshot.form_version)
    found = passage(_read(version, snapshot.answers), terms) if terms else []
    title = marked(snapshot.title, terms) if terms else [Piece(snapshot.title)]
    return Shown(line.sheet, title, found or _lead(version, snapshot.answers), line.others)


def _read(version: FormVersion, answers: Mapping[str, object]) -> list[str]:
    return texts(version, {id_: answer for id_, answer in answers.items() if id_ != "title"})


def _lead(version: FormVersion, answers: Mapping[str, object]) -> list[Piece]:
    """The beginning of what the sheet says of itself."""
    if _LEAD not in answers or _LEAD not in version or version.question(_LEAD).sensitive:
        return []
    text = " ".join(str(answers[_LEAD]).split())
    if len(text) <= _LONGEST_LEAD:
        return [Piece(text)]
    return [Piece(f"{text[:_LONGEST_LEAD].rpartition(' ')[0] or text[:_LONGEST_LEAD]} …")]


def as_spelt(word: str, lines: Sequence[Shown]) -> str:
    """A folded word as one of these lines spells it, or as it is."""
    pieces = (piece.text for line in lines for piece in (*line.title, *line.passage) if piece.marked)
    return next((piece.lower() for piece in pieces if fold(piece) == word), word)


def arguments(want: Wanted, **changes: Sequence[str] | str | int) -> dict[str, object]:
    """The query of an address that asks for this, with some of it changed; what is empty falls away."""
    whole: dict[str, object] = {"q": want.text, **want.chosen, **changes}
    return {name: value for name, value in whole.items() if value}


def chips(filters: Sequence[Filter], want: Wanted, address: Address) -> list[dict[str, str | bool]]:
    """Each choice that was made, with the address of the list without it."""
    found: list[dict[str, str | bool]] = []
    for filter_ in filters:
        codes = want.chosen.get(filter_.name, ())
        found += [
            {
                "text": f"{filter_.label}\u00a0: {choice.label}",
                "url": address(**arguments(want, **{filter_.name: [code for code in codes if code != choice.code]})),
            }
            for choice in filter_.choices
            if choice.chosen
        ]
    if want.text.strip():
        found.insert(
            0, {"text": f"«\u00a0{want.text.strip()}\u00a0»", "typed": True, "url": address(**arguments(want, q=""))}
        )
    return found


def parts(filters: Sequence[Filter], want: Wanted, without: Mapping[str, int], address: Address) -> list[Part]:
    """What the list was asked for: the words, and each facet with all of its choices, as together they narrow it."""
    found = [
        Part(_in_words(filter_), False, without[filter_.name], address(**arguments(want, **{filter_.name: ()})))
        for filter_ in filters
        if filter_.name in without
    ]
    if WORDS in without:
        text = f"«\u00a0{want.text.strip()}\u00a0»"
        found.insert(0, Part(text, True, without[WORDS], address(**arguments(want, q=""))))
    return found


def _in_words(filter_: Filter) -> str:
    chosen = [choice.label for choice in filter_.choices if choice.chosen]
    return f"{filter_.label}\u00a0: {' ou '.join(chosen)}"
