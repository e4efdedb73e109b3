"""Which lines of a sheet are labels: the known order of labels decides, never a line by itself.

A free text may hold a line that looks like a label (« - Public »). Every way of taking lines for
labels in order has a cost: a label left out costs most, then choices that can't be read, then a
label written otherwise than in the form. The cheapest way wins; between equals, the first line.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

from forms.catalogue_text.outline import is_item
from forms.choices import Choice
from forms.definition import FormVersion, Question
from forms.french import fold

_MOVED = {"files": "organisation"}
"""The catalogue shows the files at the top, behind the organisation."""

_IN_TABLE = frozenset({"title", "year"})
"""Said by the line above the sheet and by the table at the head of the file."""

_LEFT_OUT = 1000
_WRITTEN_OTHERWISE = 1
_UNREADABLE = 10
_LONGEST_LABEL = 300
_OF_EACH = 4
"""Of the lines that look like one label, so many of the first and of the last are weighed."""


@dataclass(frozen=True)
class Line:
    """A line of a sheet with what is asked about it again and again.

    folded: for comparison; None where the line is too long to be a label or a choice.
    """

    text: str
    folded: str | None

    @classmethod
    def of(cls, text: str) -> Line:
        return cls(text, fold(text) if len(text) <= _LONGEST_LABEL else None)

    @property
    def item(self) -> bool:
        return is_item(self.text)

    @property
    def bare(self) -> bool:
        """« Partenaires d'action: », without a dash."""
        return not self.item and self.text.rstrip().endswith(":")


@dataclass(frozen=True)
class Marker:
    """A label to be found: its question and the words that announce it.

    heading: a section's own line above its questions (« Avec qui cette action a-t-elle été
    menée ? »); it announces the first of them, whose label follows (« Partenaires d'action: »).
    expected: stands in every sheet, even without an answer. choices: those of the question.
    """

    question: Question
    heading: str
    expected: bool
    choices: tuple[Choice, ...]

    @cached_property
    def _label(self) -> str:
        return fold(self.question.label)

    @cached_property
    def _folded(self) -> frozenset[str]:
        return frozenset({self._label, fold(self.heading)} - {""})

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(fold(name) for choice in self.choices for name in (choice.label, *choice.aliases))

    def cost_of(self, line: Line) -> int | None:
        """What it costs to take that line for this label; None where it can't be."""
        bare = bool(self.heading) and line.bare and line.folded == self._label
        if not bare and not (line.item and line.folded in self._folded):
            return None
        exact = (f"- {self.question.label}", f"{self.question.label}:")
        # The heading is our own sentence, with our own no-break spaces: its words are enough.
        return 0 if line.text in exact or line.folded != self._label else _WRITTEN_OTHERWISE

    def is_noise(self, line: Line) -> bool:
        """True for what the catalogue writes around choices: a lone dash, the label once more."""
        if not line.folded and line.text.strip(" -") == "":
            return True
        return bool(self.heading) and line.folded == self._label

    def reads(self, line: Line) -> bool:
        """True where the line belongs among the choices of the question."""
        return self.is_noise(line) or line.folded in self._known


@dataclass(frozen=True)
class Block:
    """A label that was found: the lines under it, and whether another line looked just like it."""

    marker: Marker
    lines: tuple[Line, ...]
    doubtful: bool


@dataclass(frozen=True)
class _Candidate:
    marker: int
    at: int
    cost: int


def markers(version: FormVersion, readable: Collection[str]) -> tuple[Marker, ...]:
    """The labels of a version in the order of the catalogue.

    readable: the kinds of answers that the format can hold; questions of other kinds were never in it.
    """
    found: list[Marker] = []
    for section in version.sections:
        for number, question in enumerate(section.questions):
            if question.kind.name in readable and question.id not in _IN_TABLE:
                found.append(_marker(question, section.intro if number == 0 else ""))
    for moved, before in _MOVED.items():
        place = next((at for at, item in enumerate(found) if item.question.id == before), None)
        mover = next((item for item in found if item.question.id == moved), None)
        if place is not None and mover is not None:
            found.remove(mover)
            found.insert(place + 1, mover)
    return tuple(found)


def _marker(question: Question, heading: str) -> Marker:
    return Marker(question, heading, question.show_if is None, getattr(question.kind, "choices", ()))


def blocks(texts: Sequence[str], wanted: Sequence[Marker]) -> tuple[Block, ...]:
    """Cut the lines of one sheet at its labels, in the order of the markers."""
    lines = [Line.of(text) for text in texts]
    candidates = _candidates(lines, wanted)
    path = _cheapest(candidates, lines, wanted)
    ends = [step.at for step in path[1:]] + [len(lines)]
    return tuple(
        Block(
            wanted[step.marker],
            tuple(lines[step.at + 1 : end]),
            _doubtful(step, end, candidates, wanted),
        )
        for step, end in zip(path, ends, strict=True)
    )


def _candidates(lines: Sequence[Line], wanted: Sequence[Marker]) -> list[_Candidate]:
    alike: list[list[_Candidate]] = [[] for _ in wanted]
    for at, line in enumerate(lines):
        if not line.folded or not (line.item or line.bare):
            continue
        for number, marker in enumerate(wanted):
            cost = marker.cost_of(line)
            if cost is not None:
                alike[number].append(_Candidate(number, at, cost))
    weighed = (group if len(group) <= 2 * _OF_EACH else group[:_OF_EACH] + group[-_OF_EACH:] for group in alike)
    return sorted((item for group in weighed for item in group), key=lambda item: (item.at, item.marker))


def _cheapest(candidates: list[_Candidate], lines: Sequence[Line], wanted: Sequence[Marker]) -> list[_Candidate]:
    """The cheapest way from the first line to the last, forward over all candidates."""
    left_out = list(accumulate((_LEFT_OUT * marker.expected for marker in wanted), initial=0))
    unreadable = [_unreadable_before(lines, marker) for marker in wanted]
    goal = _Candidate(len(wanted), len(lines), 0)
    ways: list[_Way] = []
    for item in [*candidates, goal]:
        best = _Way(left_out[item.marker], 0, None)
        for number, (before, way) in enumerate(zip(candidates, ways, strict=False)):
            if before.marker < item.marker and before.at < item.at:
                counted = unreadable[before.marker]
                block = _UNREADABLE * (counted[item.at] - counted[before.at + 1])
                skipped = left_out[item.marker] - left_out[before.marker + 1]
                best = min(best, _Way(way.cost + block + skipped, way.labels, number), key=_Way.order)
        ways.append(_Way(best.cost + item.cost, best.labels + 1, best.before))
    path: list[_Candidate] = []
    last = ways[-1].before
    while last is not None:
        path.append(candidates[last])
        last = ways[last].before
    return path[::-1]


@dataclass(frozen=True)
class _Way:
    """What it costs to come to a label, how many labels it passes, and the candidate before."""

    cost: int
    labels: int
    before: int | None

    def order(self) -> tuple[int, int]:
        return self.cost, -self.labels


def _unreadable_before(lines: Sequence[Line], marker: Marker) -> list[int]:
    """How many lines that are no choice stand before each line; none at all for prose."""
    if not marker.choices:
        return [0] * (len(lines) + 1)
    return list(accumulate((int(not marker.reads(line)) for line in lines), initial=0))


def _doubtful(step: _Candidate, end: int, candidates: Sequence[_Candidate], wanted: Sequence[Marker]) -> bool:
    """True where a later line could be the label just as well: both sides are prose."""
    prose = step.marker > 0 and not wanted[step.marker].choices and not wanted[step.marker - 1].choices
    return prose and any(
        item.marker == step.marker and step.at < item.at < end and item.cost == step.cost for item in candidates
    )
