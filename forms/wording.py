"""What can be told of a text without reading it: fillers, capitals, paragraphs that stand twice."""

from __future__ import annotations

import re
from functools import lru_cache

from forms.french import fold

LONG = 120
"""Characters, folded: a paragraph from there on doesn't stand in two places by chance."""
_SHORT = 80
_FILLERS = re.compile(
    r"idem\b.*|ras|r a s|rien a signaler|x+|test|tbd|todo|bla( bla)*|azerty\w*"
    r"|(?:a|reste a) (?:completer|remplir|rediger|preciser)\b.*|en cours de redaction"
    r"|(?:voir|cf|comme|pareil|identique|inchangee?|reprendre|la meme chose|memes?)\b.*\b(?:20\d\d|(?:l )?an (?:dernier"
    r"|passe)|annees? (?:derniere|precedentes?|passee)|derniere fois|fiche|bilan|rapport|annexe|ci dessus"
    r"|ci dessous|plus haut|plus bas)\b.*"
)
_ANYWHERE = re.compile(
    r"\blorem ipsum\b|\bx{3,}\b|(?:^|[\n:(\[«…])\s*(?:à|a) (?:compl[ée]ter|remplir)\s*(?=$|[\n)\].!…»])",
    re.IGNORECASE,
)
_TOTALS = re.compile(
    r"(?:sous )?(?:total|totaux)(?: (?:general|generaux|annuel|ttc|ht|20\d\d|(?:des?|du|de la|en) \w+))*|somme|ensemble"
)
_LETTERS, _LINKS = 40, 3
_LINKING = frozenset({
    "a", "au", "aux", "ce", "d", "de", "des", "du", "en", "est", "et", "il", "l", "la", "le", "les", "ont", "ou",
    "par", "pour", "que", "qui", "sur", "un", "une",
})  # fmt: skip


def filler(text: str) -> str:
    """The words that stand where an answer should (« idem », « à compléter »); empty where there are none."""
    folded = fold(text)
    if not folded or (len(folded) <= _SHORT and _FILLERS.fullmatch(folded)):
        return text.strip()
    found = _ANYWHERE.search(text)
    return found.group(0).strip(" \t\n:([«…") if found else ""


def is_shouted(text: str) -> bool:
    """True for a text all in capitals that makes sentences: more than a name or a list of initials."""
    # First, as it takes least: nearly every text holds a small letter.
    if text.upper() != text:
        return False
    words = fold(text).split()
    letters = sum(char.isalpha() for char in text)
    linking = sum(word in _LINKING for word in words)
    return letters >= _LETTERS and linking >= _LINKS


def is_total(text: str) -> bool:
    """True for the name of a line that sums up the others."""
    return bool(_TOTALS.fullmatch(fold(text)))


def _blocks(text: str) -> list[str]:
    """The paragraphs of a text, cut at blank lines."""
    return [fold(block) for block in re.split(r"\n\s*\n", text)]


def _lines(text: str) -> list[str]:
    return [fold(line) for line in text.split("\n")]


@lru_cache(maxsize=1024)
def pieces(text: str) -> tuple[str, ...]:
    """The long parts of a text, folded: all of it, its paragraphs, its lines; largest first, each once.

    Kept for a while: each page of a sheet compares it with all others of its centre.
    """
    found = (fold(text), *_blocks(text), *_lines(text))
    return tuple(dict.fromkeys(piece for piece in found if len(piece) >= LONG))


def said_twice(text: str) -> str:
    """The first long paragraph or line that stands twice in a text, folded; empty where none does."""
    for parts in (_blocks(text), _lines(text)):
        long = [part for part in parts if len(part) >= LONG]
        for part in long:
            if long.count(part) > 1:
                return part
    return ""


def beginning(text: str, piece: str) -> str:
    """How a piece of a text begins, as it was written."""
    candidates = [*re.split(r"\n\s*\n", text), *text.split("\n"), text]
    written = next((part for part in candidates if fold(part) == piece), text)
    return shortened(written)


def shortened(text: str, most: int = 60) -> str:
    """The first words of a text, on one line."""
    line = re.sub(r"[ \t\n]+", " ", text).strip()
    return line if len(line) <= most else f"{line[:most].rsplit(' ', 1)[0].rstrip(' ,;:.')}…"
