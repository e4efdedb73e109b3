"""The text format of the public catalogue, read into sheets with their answers and findings, and written."""

from forms.catalogue_text.answers import CLOSE, likeness
from forms.catalogue_text.outline import NOT_TEXT, NOT_THIS_FORMAT, decode
from forms.catalogue_text.reading import held_questions, parse
from forms.catalogue_text.shapes import Entry, Finding, Level, Parsed, ParsedSheet
from forms.catalogue_text.writing import WrittenSheet, read_otherwise, write

__all__ = [
    "CLOSE",
    "NOT_TEXT",
    "NOT_THIS_FORMAT",
    "Entry",
    "Finding",
    "Level",
    "Parsed",
    "ParsedSheet",
    "WrittenSheet",
    "decode",
    "held_questions",
    "likeness",
    "parse",
    "read_otherwise",
    "write",
]
