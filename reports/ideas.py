"""What the parts of a typed account are about: aims, beginnings, dated steps, regular meetings, or the story."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

from reports.cutting import sentences
from reports.rendering import Line, lines

_DAYS = "lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche"
_MONTHS = "janvier|février|mars|avril|mai|juin|juillet|août|septembre|octobre|novembre|décembre"
_YEAR = r"(?:19|20)\d\d(?:\s?[-/–]\s?(?:19|20)?\d\d)?"
_DATE = re.compile(
    rf"\b(?:(?:début|fin|mi)[ -])?(?:\d{{1,2}}(?:er)? )?(?:{_MONTHS}) {_YEAR}(?!\d)"
    rf"|\b\d{{1,2}}(?:er)? (?:{_MONTHS})\b"
    rf"|\b\d{{1,2}}[./]\d{{1,2}}[./](?:19|20)?\d\d\b"
    rf"|\b(?:printemps|été|automne|hiver|rentrée) {_YEAR}(?!\d)"
    rf"|(?<=\ben )(?:{_MONTHS})\b|(?<=\bdepuis )(?:{_MONTHS})\b"
    rf"|(?<![\d,.])\b{_YEAR}\b(?![\d,]|\s?(?:€|euros?|personnes|habitants|heures))",
    re.IGNORECASE,
)
_AIMS = re.compile(r"\b(?:objectifs?|finalités?|intentions?|buts? (?:de|est|sont|recherché))\b", re.IGNORECASE)
_SESSION = re.compile(
    rf"\b(?:tous|toutes) les (?:\S+ )?(?:{_DAYS}|semaines|mois|quinze jours|deux semaines)"
    rf"|\bchaque (?:{_DAYS}|semaine|mois)\b"
    rf"|\b(?:une?|deux|trois|\d) (?:{_DAYS}|semaine|fois|soirs?|séances?|après-midi|matinées?|ateliers?|jours?) "
    rf"(?:sur deux|sur trois|par (?:semaine|mois)|chaque semaine)",
    re.IGNORECASE,
)
_HOUR_OR_DAY = re.compile(rf"\b(?:{_DAYS})s?\b|\b\d{{1,2}} ?[hH]\b|\b\d{{1,2}}h\d\d\b")
_ORIGIN = re.compile(
    r"\b(?:idée|origine|au départ|constats?|diagnostic|est née?|a vu le jour|à la demande|à l.initiative"
    r"|fait suite|besoins? (?:exprim|repér|dits?|identifi)\w*)\b",
    re.IGNORECASE,
)


class Idea(StrEnum):
    """What a part of a text is about."""

    AIMS = "aims"
    SESSION = "session"
    STEPS = "steps"
    ORIGIN = "origin"
    STORY = "story"


@dataclass(frozen=True)
class Run:
    """Typed lines in a row that are about the same thing."""

    idea: Idea
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Step:
    """A sentence or list item as typed, and the date that stands in it (empty without one)."""

    when: str
    text: str


def runs(text: str) -> list[Run]:
    """The text in parts, each about one thing as far as its words tell; no line of it is lost or moved."""
    told = [(_idea_of(paragraph), paragraph) for paragraph in _paragraphs(lines(text))]
    return [
        Run(idea, tuple(line for _idea, paragraph in same for line in paragraph))
        for idea, same in groupby(told, lambda pair: pair[0])
    ]


def steps(run: Iterable[Line]) -> list[Step]:
    """Its sentences and list items, in their order, each with the first date that it names."""
    pieces = [piece for line in run if line.shape != "blank" for piece in _pieces(line)]
    return [Step(_date(piece), piece.rstrip()) for piece in pieces]


def _pieces(line: Line) -> list[str]:
    """A list item is one piece; « 1. » and « 2) » end no sentence."""
    return [line.text] if line.shape == "item" else sentences(line.text)


def _date(text: str) -> str:
    found = _DATE.search(text)
    return found.group() if found else ""


def _paragraphs(typed: Sequence[Line]) -> list[list[Line]]:
    """A line, with the list or the paragraph that it announces, and the blanks after that."""
    found: list[list[Line]] = []
    for line in typed:
        begins = line.shape == "text" or (line.shape == "item" and found and found[-1][-1].shape == "blank")
        if not found or (begins and not _announces(found[-1])):
            found.append([])
        found[-1].append(line)
    return found


def _announces(paragraph: Sequence[Line]) -> bool:
    said = [line.text.rstrip() for line in paragraph if line.shape != "blank"]
    return bool(said) and said[-1].endswith(":")


def _idea_of(paragraph: Sequence[Line]) -> Idea:
    head = paragraph[0].text
    text = "\n".join(line.text for line in paragraph)
    listed = any(line.shape == "item" for line in paragraph)
    dated = [bool(step.when) for step in steps(paragraph)]
    if _AIMS.search(head) and (listed or head.rstrip().endswith(":") or _AIMS.search(head[:60])):
        return Idea.AIMS
    if dated.count(True) >= 2 and dated.count(True) * 2 >= len(dated):
        return Idea.STEPS
    if _SESSION.search(text) and _HOUR_OR_DAY.search(text):
        return Idea.SESSION
    return Idea.ORIGIN if _ORIGIN.search(head) else Idea.STORY
