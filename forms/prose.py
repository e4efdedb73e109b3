"""Figures read from prose without guessing: counts of people and sessions, amounts in euros."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from forms.french import fold
from forms.values import read_decimal


@dataclass(frozen=True)
class ToldCount:
    """A figure read from prose: which question it may answer, the number, the words it stood in.

    estimated: the prose itself says so (« environ », « une centaine »).
    """

    question: str
    number: int
    excerpt: str
    estimated: bool = False


_NOUNS = {
    "participants_count": r"participant(?:e|s|es|\(e\)s)*|personnes?|spectateurs?|passagers?",
    "volunteers_count": r"b[ée]n[ée]voles?",
    "staff_count": r"salari[ée](?:e|s|es|\(e\)s)*|professionnel(?:le|s|les)*|animat(?:eur|rice)s?",
    "sessions_count": r"s[ée]ances?|passages?|ateliers?|rencontres?|sorties?",
}
_UNITS = (
    "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix", "onze", "douze", "treize",
    "quatorze", "quinze", "seize", "dix sept", "dix huit", "dix neuf",
)  # fmt: skip
_TENS = {20: "vingt", 30: "trente", 40: "quarante", 50: "cinquante", 60: "soixante", 80: "quatre vingt"}
_ROUND = {
    "dizaine": 10, "douzaine": 12, "quinzaine": 15, "vingtaine": 20, "trentaine": 30, "quarantaine": 40,
    "cinquantaine": 50, "soixantaine": 60, "centaine": 100,
}  # fmt: skip


def _below_a_hundred() -> Iterator[tuple[str, int]]:
    """« deux » to « quatre vingt dix neuf », folded; « un » alone is an article, not a number."""
    yield from ((word, number) for number, word in enumerate(_UNITS, 1) if number > 1)
    for ten, word in _TENS.items():
        yield word if ten != 80 else "quatre vingts", ten
        for more in range(1, 20 if ten in (60, 80) else 10):
            linked = " et " if more in (1, 11) and ten != 80 else " "
            yield f"{word}{linked}{_UNITS[more - 1]}", ten + more


def _in_words() -> Iterator[tuple[str, int]]:
    """« deux » to « mille », folded."""
    small = dict(_below_a_hundred())
    yield from small.items()
    for hundred, word in enumerate(("cent", *(f"{unit} cent" for unit in _UNITS[1:9])), 1):
        yield word if hundred == 1 else f"{word}s", hundred * 100
        yield from ((f"{word} {more}", hundred * 100 + number) for more, number in (small | {"un": 1}).items())
    yield "mille", 1000


_WORDS = dict(_in_words())
_WORDS |= {f"{words}e": number for words, number in _WORDS.items() if words.endswith(" un")}
_WORD = "|".join(sorted({part for words in _WORDS for part in words.split()}, key=len, reverse=True))
_DIGITS = r"\d{1,3}(?:[ \u00a0\u202f]\d{3}){1,2}|\d{1,7}"
_FIGURE = (
    rf"(?<![\w,.])(?:(?P<digits>{_DIGITS})\s+"
    rf"|(?!(?:et|une?)\b)(?P<words>(?:{_WORD})(?:[\s-]{{1,3}}(?:{_WORD})){{0,6}})\s+"
    rf"|une\s+(?:(?:petite|bonne|grosse|grande)\s+)?(?P<round>{'|'.join(_ROUND)})\s+(?:de\s+|d[’'’]\s*))"
)
_COUNTED = {question: re.compile(rf"{_FIGURE}(?:{nouns})\b", re.IGNORECASE) for question, nouns in _NOUNS.items()}
_ABOUT = re.compile(
    r"(?:\b(?:environ|pr[èe]s\s+de|presque|autour\s+de|(?:à|a)\s+peu\s+pr[èe]s|approximativement|quelque|plus\s+de"
    r"|au\s+moins)|[~≈±])\s*$",
    re.IGNORECASE,
)
"""Before a figure: it is an estimate."""
_PART_OF_MORE = re.compile(
    rf"(?:(?:\d|\b(?:{_WORD}))\s*(?:\b(?:à|ou)|[-–/+])|\b(?:jusqu[’']à|moins\s+de?|maximum|entre\s+\S+\s+et)|\bmoins\s+d[’'])\s*$",
    re.IGNORECASE,
)
"""Before a figure: it is the end of a range or of a sum (« 10 à 15 participants »), or only a bound."""
_EACH_TIME = re.compile(
    r"\s*(?:diff[ée]rent(?:e|s|es)?\s*)?(?:\(?en\s+moyenne\b|/(?!\s*an)|à\s+chaque\b|chaque\b"
    r"|par\s+(?!ans?\b|ann[ée]e))",
    re.IGNORECASE,
)
"""After a figure: it is that of one session, week or group, not of the year."""
_AVERAGE = re.compile(r"\ben\s+moyenne\s*,?\s*$", re.IGNORECASE)
_BEFORE, _AFTER = 40, 30


def counts_in(text: str) -> tuple[ToldCount, ...]:
    """Figures that prose such as « 98 participants + une quinzaine de bénévoles » holds.

    In: any text. Out: for each question of the four counts the one figure found; nothing where
    two different figures compete for the same question, or where one is the end of a range or a
    sum (a person must choose, not the program). What is told of each session is no count.
    """
    found = (_one_count(question, pattern, text) for question, pattern in _COUNTED.items())
    return tuple(count for count in found if count is not None)


def _one_count(question: str, pattern: re.Pattern[str], text: str) -> ToldCount | None:
    matches = [match for match in pattern.finditer(text) if not _is_of_each_time(match, text)]
    numbers = {_number(match) for match in matches}
    if len(numbers) != 1 or any(_before(_PART_OF_MORE, match, text) for match in matches):
        return None
    number = numbers.pop()
    if number is None:
        return None
    estimated = any(match["round"] or _before(_ABOUT, match, text) for match in matches)
    return ToldCount(question, number, matches[0].group(0), bool(estimated))


def _number(match: re.Match[str]) -> int | None:
    """The number that a match writes; None for words that make none (« deux trois »)."""
    if match["digits"]:
        return int(re.sub(r"\D", "", match["digits"]))
    return _ROUND[match["round"].lower()] if match["round"] else _WORDS.get(fold(match["words"]))


def _before(pattern: re.Pattern[str], match: re.Match[str], text: str) -> bool:
    return bool(pattern.search(text, max(0, match.start() - _BEFORE), match.start()))


def _is_of_each_time(match: re.Match[str], text: str) -> bool:
    return bool(_EACH_TIME.match(text, match.end(), match.end() + _AFTER)) or _before(_AVERAGE, match, text)


_EUROS = re.compile(r"(?<![\w,.])(\d[\d \u00a0\u202f.]{0,18}(?:,\d{1,2})?)\s*(k?)(?:€|euros?\b)", re.IGNORECASE)

_DOTTED = re.compile(r"(?<=\d)\.(?=\d{3}(?!\d))")
"""Between thousands: « 1.200 € »."""


def amounts_in(text: str) -> tuple[Decimal, ...]:
    """The amounts in euros that prose holds (« 800 euros », « 1 500 € », « 12,5 k€ »), in order.

    What can't be read as one number is left out: « 12 15 € » are two, or none.
    """
    return tuple(value for value, _match in _amounts(text))


def totals_in(text: str) -> tuple[Decimal, ...]:
    """Of the amounts in prose those that it calls a total (« Coût total : 800 € », « 800 € en tout »)."""
    found, begins = [], 0
    for value, match in _amounts(text):
        after = _IN_ALL.match(text, match.end(), match.end() + _AFTER)
        if after or _TOTAL.search(text, max(begins, match.start() - _BEFORE), match.start()):
            found.append(value)
        begins = after.end() if after else match.end()
    return tuple(found)


def _amounts(text: str) -> Iterator[tuple[Decimal, re.Match[str]]]:
    for match in _EUROS.finditer(text):
        value = read_decimal(_DOTTED.sub("", match[1]))
        if value is not None:
            yield (value * 1000 if match[2] else value), match


_TOTAL = re.compile(r"\b(?:total|totale|totaux|en\s+tout)\b[ \u00a0]*[,:]?(?:(?!\bdont\b)[^.\n;:€,])*\Z", re.IGNORECASE)
_IN_ALL = re.compile(r"\s*,?\s*(?:au\s+total|en\s+tout|en\s+totalité)\b", re.IGNORECASE)
