"""Which centre a written name means: the same name, a slip of it, or one that only resembles it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Generic, TypeVar

from forms.catalogue_text import likeness
from forms.french import fold

Key = TypeVar("Key")

_LINKING = frozenset(("le", "la", "les", "l", "de", "du", "des", "d", "et", "un", "une", "a", "au", "aux"))
_USUAL = frozenset(
    ("centre", "social", "sociale", "socio", "culturel", "culturelle", "csc", "cs", "espace", "association", "maison")
)
"""Words that most centres bear: sharing them says nothing."""

_SLIP = 0.8
"""From this likeness on (difflib), a word is a slip of another; short words and numbers must be the same."""

_PERHAPS = 0.65
"""From this likeness on, a person is asked."""


class Match(StrEnum):
    """How a written name was matched."""

    SAME = "same"
    NEAR = "near"
    DOUBTFUL = "doubtful"
    NEW = "new"


@dataclass(frozen=True)
class Known(Generic[Key]):
    """A centre under one of its names; a centre with aliases is known several times."""

    key: Key
    name: str


@dataclass(frozen=True)
class Guess(Generic[Key]):
    """What a name means: the one centre (SAME, NEAR), those that it may mean (DOUBTFUL), or none (NEW)."""

    match: Match
    candidates: tuple[Known[Key], ...] = ()

    @property
    def found(self) -> Known[Key] | None:
        """The centre meant, where there is no doubt."""
        return self.candidates[0] if self.match in {Match.SAME, Match.NEAR} else None


@dataclass(frozen=True)
class _Read(Generic[Key]):
    """A name made ready to be compared."""

    one: Known[Key]
    words: tuple[str, ...]
    telling: frozenset[str]


class CentreNames(Generic[Key]):
    """The names of all centres known so far, asked again and again."""

    def __init__(self, known: Iterable[Known[Key]] = ()) -> None:
        self._same: dict[str, list[Known[Key]]] = {}
        self._read: list[_Read[Key]] = []
        self._answers: dict[str, Guess[Key]] = {}
        for one in known:
            self.add(one)

    def add(self, one: Known[Key]) -> None:
        """Know a centre, or one more name of it, from now on."""
        folded = fold(one.name)
        self._same.setdefault(folded, []).append(one)
        self._read.append(_Read(one, _words(folded), _telling(folded)))
        self._answers.clear()

    def guess(self, name: str) -> Guess[Key]:
        """Find the centre that a name means.

        Case, accents and punctuation are folded. A slip is one where every word answers to a word
        of the other name in its place; where only the words that tell centres apart agree, or
        nearly do, a person must say.
        """
        folded = fold(name)
        if folded not in self._answers:
            self._answers[folded] = self._compare(folded)
        return self._answers[folded]

    def _compare(self, folded: str) -> Guess[Key]:
        words, telling = _words(folded), _telling(folded)
        near = [read.one for read in self._read if _alike(words, read.words, _SLIP)]
        for match, group in ((Match.SAME, self._same.get(folded, [])), (Match.NEAR, near)):
            centres = _distinct(group)
            if len(centres) == 1:
                return Guess(match, centres)
            if centres:
                return Guess(Match.DOUBTFUL, centres)
        doubtful = [
            read.one for read in self._read if _holds(telling, read.telling) or _alike(words, read.words, _PERHAPS)
        ]
        return Guess(Match.DOUBTFUL, _distinct(doubtful)) if doubtful else Guess(Match.NEW)


def _distinct(group: Sequence[Known[Key]]) -> tuple[Known[Key], ...]:
    return tuple({one.key: one for one in reversed(group)}.values())[::-1]


def _words(folded: str) -> tuple[str, ...]:
    return tuple(word for word in folded.split() if word not in _LINKING)


def _telling(folded: str) -> frozenset[str]:
    return frozenset(word for word in _words(folded) if len(word) > 1 or word.isdigit()) - _USUAL


def _holds(one: frozenset[str], other: frozenset[str]) -> bool:
    """True where all telling words of one name stand in the other (« L’Escale »)."""
    return bool(one) and bool(other) and (one <= other or other <= one)


def _alike(one: tuple[str, ...], other: tuple[str, ...], least: float) -> bool:
    if len(one) != len(other):
        return False
    return all(first == second or _same_word(first, second, least) for first, second in zip(one, other, strict=True))


@lru_cache(maxsize=100_000)
def _same_word(one: str, other: str, least: float) -> bool:
    shorter, longer = sorted((len(one), len(other)))
    if shorter < 4 or one.isdigit() or other.isdigit() or 2 * shorter < least * (shorter + longer):
        return False
    return likeness(one, other) >= least
