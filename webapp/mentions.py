"""A person in words: the spellings by which they are found, and the same words without them."""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

GONE = "[effacé]"
SHORTEST_NAME = 5
SHORTEST_PHONE = 9
_GAP = r"[\s\u00a0\u202f.()-]*"


@dataclass(frozen=True)
class Mentions:
    """How a person may be named: addresses, whole names (two words at least), telephones."""

    emails: frozenset[str]
    names: frozenset[str] = frozenset()
    phones: frozenset[str] = frozenset()

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Finds any of them, whatever the case and the blanks; not inside a longer word or number."""
        parts = [rf"(?<![\w.+-]){re.escape(email)}(?![\w-])" for email in sorted(self.emails)]
        parts += [rf"(?<!\w){_spaced(name)}(?!\w)" for name in sorted(self.whole_names, key=len, reverse=True)]
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
        """Pieces of which one stands, in some case, in any text that names the person: for the database."""
        # Letters with accents have no common small letter on both engines; the longest run without any has.
        words = {max(re.findall("[A-Za-z]+", name), key=len, default="") for name in self.whole_names}
        # Of a number only two digits are sure to stand together; the last ones tell most.
        return tuple(sorted(self.emails | words | {phone[-2:] for phone in self.whole_phones}))


def _spaced(name: str) -> str:
    return r"[\s\u00a0\u202f]+".join(re.escape(word).replace("'", "['’]").replace("’", "['’]") for word in name.split())


def _dialled(national: str) -> str:
    return rf"(?:(?:\+|00){_GAP}33{_GAP}(?:\(0\){_GAP})?|0){_GAP.join(national)}"
