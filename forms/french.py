"""French as people read it: numbers, amounts, days, plurals."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

NBSP = "\u00a0"
NARROW = "\u202f"
PARIS = ZoneInfo("Europe/Paris")
_LIGATURES = str.maketrans({"œ": "oe", "Œ": "OE", "æ": "ae", "Æ": "AE"})
_MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin",
    "juillet", "août", "septembre", "octobre", "novembre", "décembre",
)  # fmt: skip


def number(value: int | Decimal) -> str:
    """1234567 → « 1 234 567 » (narrow no-break spaces), 12.50 → « 12,50 »."""
    return f"{value:,}".replace(",", NARROW).replace(".", ",")


def amount(value: Decimal) -> str:
    """Euros: « 1 250 € », cents only where there are some: « 12,50 € »."""
    whole = value == value.to_integral_value()
    return f"{number(value.quantize(Decimal(1)) if whole else value.quantize(Decimal('0.01')))}{NBSP}€"


def signed(text: str, value: int | Decimal) -> str:
    """A difference with its sign before the words for its size: « + 12 », « − 250 € »."""
    return f"{'−' if value < 0 else '+'}{NBSP}{text}"


def day(value: date) -> str:
    """« 1er mai 2026 »."""
    first = "1er" if value.day == 1 else str(value.day)
    return f"{first}{NBSP}{_MONTHS[value.month - 1]} {value.year}"


def moment(value: datetime) -> str:
    """A moment in metropolitan France: « 21 novembre 2026 à 14 h 32 ». Takes an aware datetime."""
    local = value.astimezone(PARIS)
    return f"{day(local.date())} à {clock(value)}"


def clock(value: datetime) -> str:
    """« 14 h 32 », metropolitan French time. Takes an aware datetime."""
    local = value.astimezone(PARIS)
    return f"{local.hour}{NBSP}h{NBSP}{local.minute:02d}"


def size(octets: int) -> str:
    """A file's size: « 812 o », « 34 ko », « 1,2 Mo »."""
    if octets < 1000:
        return f"{octets}{NBSP}o"
    if octets < 999_500:  # from there the rounding would say « 1000 ko »
        return f"{round(octets / 1000)}{NBSP}ko"
    return f"{number(Decimal(octets).scaleb(-6).quantize(Decimal('0.1')))}{NBSP}Mo"


def plural(count: int, one: str, many: str) -> str:
    """« 0 fiche », « 1 fiche », « 2 fiches »: French counts from two upwards as plural."""
    return f"{number(count)}{NBSP}{many if abs(count) >= 2 else one}"


@lru_cache(maxsize=4096)
def fold(text: str) -> str:
    """For comparison only: lower case, no accents, punctuation and blanks as one space."""
    plain = unicodedata.normalize("NFKD", text.translate(_LIGATURES))
    plain = "".join(char for char in plain if not unicodedata.combining(char)).casefold()
    return " ".join(re.findall(r"[a-z0-9]+", plain))


def typography(text: str) -> str:
    """Our own sentences with French typography: ’ and no-break spaces before ; : ! ? and in « »."""
    return unbroken(text.replace("'", "’"))


def unbroken(text: str) -> str:
    """The same words with no-break spaces before ; : ! ? and in « », so that no line begins with a sign."""
    text = re.sub(r"[ \u00a0]([;!?])", NARROW + r"\1", text)
    text = re.sub(r"[ \u00a0](:)(?!\S)", NBSP + r"\1", text)
    return re.sub(r"«[ ]", f"«{NBSP}", re.sub(r"[ ]»", f"{NBSP}»", text))
