"""French words as a search compares them: what a sheet is found by, what was asked, the passage that answers.

The database only ever sees what comes out of here, plain tokens of a-z and 0-9, so that every engine finds the same.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import snowballstemmer
from rapidfuzz import process
from rapidfuzz.distance import OSA

from forms.definition import FormVersion
from forms.french import fold

LONGEST_QUERY, MOST_WORDS, LONGEST_WORD = 200, 12, 40
BEGINNING = 3
"""Letters from which the last word is taken for the beginning of one."""
SLIPS = ((8, 2), (4, 1))
"""(letters, slips): a word of so many letters may hold so many."""

STEM, WORD, TITLE_STEM, TITLE_WORD = "s", "w", "t", "u"
"""How tokens begin: a stem or a word of the whole sheet, the same of its title."""

_PIECE = re.compile(r"(?:[^\W_]|[\u0300-\u036f])+")
_COMMON = """
a afin ai ainsi au aussi aux avec c ce ces cet cette d dans de des du elle elles en est et etc eux il ils j je l la le
les leur leurs lui m ma mais me mes mon n ne nos notre nous on ont ou par pas pour qu que qui s sa se ses si son sont
sur t ta te tes toi ton tu un une vos votre vous y
"""
_EMPTY = frozenset(_COMMON.split())
"""Words that every sheet holds: nobody means them."""
_SINGULARS = {"travaux": "travail"}
_snowball = snowballstemmer.stemmer("french")


@dataclass(frozen=True)
class Term:
    """A word that was asked for. beginning: a longer word that begins so will do."""

    word: str
    beginning: bool = False

    @property
    def stem(self) -> str:
        """What the word is compared by."""
        return stem(self.word)


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """What the singular, the plural, the feminine and most endings of a folded word have in common.

    Folded first: « animée » must be found by who types « animee ». Snowball, written for words with accents, then
    leaves some plurals and -e behind, which are taken off before and after it.

    What only a few letters are left of keeps an -e: « café » isn't « Caf », at the price that « fine » isn't « fin ».
    """
    if any(char.isdigit() for char in word):
        return word
    singular = _SINGULARS.get(word) or _singular(word)
    found: str = _snowball.stemWord(singular)
    found = found.rstrip("ex") or found
    return f"{found}e" if len(found) < len(singular) and _is_short(found) else found


def _is_short(found: str) -> bool:
    # After a vowel the -e is that of a feminine: « amie » is « ami ».
    return len(found) < 4 and found[-1] not in "aeiouy"


def _singular(word: str) -> str:
    if word.endswith("eaux") or (len(word) > 3 and word[-1] in "sx" and not word.endswith("aux")):
        return word[:-1]
    return word[:-3] + "al" if word.endswith("aux") and len(word) > 4 else word


def words(text: str) -> Iterator[str]:
    """The folded words of a text in their order, those that mean nothing and the endless left out."""
    for found in _PIECE.finditer(unicodedata.normalize("NFC", text)):
        yield from _folded(found.group())


@lru_cache(maxsize=65_536)
def _folded(piece: str) -> tuple[str, ...]:
    return tuple(word[:LONGEST_WORD] for word in fold(piece).split() if word not in _EMPTY)


def texts(version: FormVersion, answers: Mapping[str, Any]) -> list[str]:
    """What people read of a snapshot's answers, in the order of the form; nothing of what is sensitive, no files."""
    return [
        question.kind.text(question.kind.load(answers[question.id]))
        for question in version.questions
        if question.id in answers and not question.sensitive and not question.kind.uploads
    ]


def tokens(title: str, read: Iterable[str]) -> frozenset[str]:
    """What a sheet of that title and these texts is found by."""
    found: set[str] = set()
    for word in words(title):
        found |= {TITLE_STEM + stem(word), TITLE_WORD + word, STEM + stem(word), WORD + word}
    for text in read:
        for word in words(text):
            found |= {STEM + stem(word), WORD + word}
    return frozenset(found)


def words_of(found: AbstractSet[str]) -> list[str]:
    """The words among tokens that somebody may have meant who typed another: those of letters, in order."""
    return sorted(token[1:] for token in found if token[0] == WORD and len(token) > SLIPS[-1][0] and token.isalpha())


def asked(text: str) -> tuple[Term, ...]:
    """The words of a search, each once; whatever else stands in the text means nothing. Any text will do.

    The last one may be the beginning of a word, as long as it isn't followed by a blank.
    """
    text = text[:LONGEST_QUERY]
    found = list(dict.fromkeys(words(text)))[:MOST_WORDS]
    last = found[-1] if found else ""
    open_end = len(last) >= BEGINNING and not text[-1].isspace()
    return tuple(Term(word, word == last and open_end) for word in found)


def is_found(terms: Iterable[Term], found: AbstractSet[str], *, in_title: bool = False) -> bool:
    """Whether a sheet of these tokens answers a search: the rule that the engines are held to."""
    as_stem, as_word = (TITLE_STEM, TITLE_WORD) if in_title else (STEM, WORD)
    return all(
        as_stem + term.stem in found
        or (term.beginning and any(token.startswith(as_word + term.word) for token in found))
        for term in terms
    )


def slips_allowed(word: str) -> int:
    """How many slips a word may hold and still be told which one it was."""
    return next((slips for letters, slips in SLIPS if len(word) >= letters and word.isalpha()), 0)


def nearest(word: str, known: Iterable[str], *, most: int) -> list[str]:
    """The known words that may have been meant, nearest first: by slips (letters left out, added, changed, swapped),
    then those that begin alike, then by name; one for each stem, so many at most."""
    allowed = slips_allowed(word)
    near = process.extract(word, list(known), scorer=OSA.distance, score_cutoff=allowed, limit=None) if allowed else []
    ranked = sorted((distance, found[0] != word[0], found) for found, distance, _place in near)
    by_stem: dict[str, str] = {}
    for _distance, _begins, found in ranked:
        by_stem.setdefault(stem(found), found)
    return list(by_stem.values())[:most]


@dataclass(frozen=True)
class Piece:
    """A piece of a text as it stands. marked: it is a word that was asked for."""

    text: str
    marked: bool = False


def marked(text: str, terms: Sequence[Term]) -> list[Piece]:
    """The whole text in pieces, the words asked for marked; joined they are the text."""
    found: list[Piece] = []
    at = 0
    for match in _PIECE.finditer(text):
        if _answers(match.group(), terms):
            found += [Piece(text[at : match.start()]), Piece(match.group(), marked=True)]
            at = match.end()
    return [piece for piece in (*found, Piece(text[at:])) if piece.text]


def _answers(piece: str, terms: Sequence[Term]) -> bool:
    return any(
        stem(word) == term.stem or (term.beginning and word.startswith(term.word))
        for word in _folded(unicodedata.normalize("NFC", piece))
        for term in terms
    )


def passage(read: Iterable[str], terms: Sequence[Term], *, around: int = 90) -> list[Piece]:
    """Where the first word asked for stands in these texts, with so many characters on both sides; nothing where
    none does."""
    for text in read:
        first = next((match for match in _PIECE.finditer(text) if _answers(match.group(), terms)), None)
        if first is not None:
            begin, end = max(0, first.start() - around), min(len(text), first.end() + around)
            begin = 0 if not begin else text.find(" ", begin, first.start()) + 1 or begin
            end = end if end == len(text) else max(text.rfind(" ", first.end(), end), first.end())
            cut = f"{'… ' if begin else ''}{text[begin:end]}{' …' if end < len(text) else ''}"
            return marked(" ".join(cut.split()), terms)
    return []
