"""A passage of an answer: found again whatever became of its spaces on the way, and never cut inside a word."""

import re

_PARTED = re.compile(r"\n\s*\n|\n(?=\s*[•–—-]\s)")
"""Where an answer is offered in parts: at an empty line, and before each line of a list."""


def passage(answer: str, wanted: str) -> str | None:
    """The part of the answer that reads as what is wanted, as it stands there, widened to whole words; None where it
    isn't there. Spaces, line ends and no-break spaces count as one space; nothing else may differ."""
    words = wanted.split()
    if not words:
        return None
    found = re.search(r"\s+".join(map(re.escape, words)), answer)
    if found is None:
        return None
    begin, end = found.span()
    while begin > 0 and _joined(answer, begin):
        begin -= 1
    while end < len(answer) and _joined(answer, end):
        end += 1
    return answer[begin:end]


def _joined(text: str, at: int) -> bool:
    """Whether that place is inside a word."""
    return _in_word(text[at - 1]) and _in_word(text[at])


def _in_word(sign: str) -> bool:
    return sign.isalnum() or sign == "_"


def parts(answer: str) -> tuple[str, ...]:
    """The paragraphs of an answer, in order, without the blanks around them; whoever can't select picks one."""
    return tuple(part for piece in _PARTED.split(answer) if (part := piece.strip()))
