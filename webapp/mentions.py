"""A person in words: the spellings by which they are found, and the same words without them."""

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property
from typing import Any

GONE = "[effacé]"
SHORTEST_NAME = 5
SHORTEST_PHONE = 9
_GAP = r"[\s\u00a0\u202f.()-]*"
_BETWEEN = r"[\s\u00a0\u202f._-]+"
"""Between the words of a name; in names of files they are joined."""
_ACCENTED = {
    "a": "aàâäáãå",
    "c": "cç",
    "e": "eéèêë",
    "i": "iîïíì",
    "n": "nñ",
    "o": "oôöóòõ",
    "u": "uùûüú",
    "y": "yÿý",
}
"""Names are typed without their accents, in capitals above all."""


@dataclass(frozen=True)
class Mentions:
    """How a person may be named: addresses, whole names (two words at least), telephones."""

    emails: frozenset[str]
    names: frozenset[str] = frozenset()
    phones: frozenset[str] = frozenset()

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Finds any of them, whatever the case, the accents and the blanks; not inside a longer word or number."""
        parts = [rf"(?<![\w.+-]){re.escape(email)}(?![\w-])" for email in sorted(self.emails)]
        orders = {order for name in self.whole_names for order in (name, _surname_first(name))}
        parts += [rf"(?<![^\W_]){_spaced(name)}(?![^\W_])" for name in sorted(orders, key=lambda one: (-len(one), one))]
        parts += [rf"(?<!\d){_dialled(phone)}(?!\d)" for phone in sorted(self.whole_phones)]
        return re.compile("|".join(parts) or r"(?!)", re.IGNORECASE)

    @property
    def whole_names(self) -> frozenset[str]:
        """Those that can be looked for without taking somebody else for the person."""
        clean = (" ".join(name.split()) for name in self.names)
        return frozenset(name for name in clean if " " in name and len(name) >= SHORTEST_NAME)

    @property
    def whole_phones(self) -> frozenset[str]:
        """Digits of those that are whole; the French leading zero and +33 are the same."""
        digits = (re.sub(r"\D", "", phone) for phone in self.phones)
        return frozenset(re.sub(r"^(0033|33|0)", "", one) for one in digits if len(one) >= SHORTEST_PHONE)

    def is_one(self, value: object) -> bool:
        """Whether a value is the person's address, name or telephone and nothing else."""
        return isinstance(value, str) and bool(self.pattern.fullmatch(value.strip()))

    def found_in(self, value: object) -> bool:
        """Whether a text, or any text in a JSON value, names the person."""
        if isinstance(value, str):
            return bool(self.pattern.search(value))
        if isinstance(value, dict):
            return any(self.found_in(one) for pair in value.items() for one in pair)
        return isinstance(value, list) and any(self.found_in(one) for one in value)

    def taken_out(self, value: Any) -> Any:
        """The same value without them; keys of objects are ids and stay."""
        if isinstance(value, str):
            return self.pattern.sub(GONE, value)
        if isinstance(value, dict):
            return {key: self.taken_out(one) for key, one in value.items()}
        return [self.taken_out(one) for one in value] if isinstance(value, list) else value

    @property
    def prefilters(self) -> tuple[str, ...]:
        """Patterns of LIKE of which one finds any text that names the person: for the database."""
        # Letters that may have accents have no common small letter on both engines: any will do there.
        names = {_roughly(max(name.split(), key=_sure)) for name in self.whole_names}
        # Of a number only two digits are sure to stand together; the last ones tell most.
        found = {_roughly(email, but="") for email in self.emails} | names | {phone[-2:] for phone in self.whole_phones}
        return tuple(sorted(f"%{one}%" for one in found))


def _surname_first(name: str) -> str:
    """« Lagarde Denise »: of two words alone one knows which is which."""
    words = name.split()
    return " ".join(reversed(words)) if len(words) == 2 else name


def _spaced(name: str) -> str:
    return _BETWEEN.join("".join(map(_letter, word)) for word in name.split())


def _letter(char: str) -> str:
    if char in "'’":
        return "['’]"
    if char == "-":
        return r"[-\u2010\u2011\s]"
    plain = _plain(char)
    return f"[{_ACCENTED[plain]}]" if plain in _ACCENTED else re.escape(char)


def _plain(char: str) -> str:
    return unicodedata.normalize("NFD", char)[0].lower()


def _sure(word: str) -> int:
    """How many letters of it have no accent in any spelling."""
    return sum(char.isascii() and char.isalnum() and _plain(char) not in _ACCENTED for char in word)


def _roughly(word: str, *, but: str = "".join(_ACCENTED)) -> str:
    """For LIKE, in small letters: any letter for those of « but », for other signs and for what isn't ASCII."""
    return "".join("_" if one in "%-'\\" or not one.isascii() or one in but else one for one in map(str.lower, word))


def _dialled(national: str) -> str:
    return rf"(?:(?:\+|00){_GAP}33{_GAP}(?:\(0\){_GAP})?|0){_GAP.join(national)}"
