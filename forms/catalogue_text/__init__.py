"""The text format of the public catalogue, read into sheets with their answers and findings."""

from forms.catalogue_text.answers import CLOSE, likeness
from forms.catalogue_text.outline import decode
from forms.catalogue_text.reading import held_questions, parse
from forms.catalogue_text.shapes import Entry, Finding, Level, Parsed, ParsedSheet

__all__ = [
    "CLOSE",
    "Entry",
    "Finding",
    "Level",
    "Parsed",
    "ParsedSheet",
    "decode",
    "held_questions",
    "likeness",
    "parse",
]
