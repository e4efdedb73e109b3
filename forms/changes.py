"""What changed between two sendings of a sheet, question by question and word by word."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from forms.definition import Question
from forms.differences import Piece, differences, shortened
from forms.document import Document, ReadItem


@dataclass(frozen=True)
class Changed:
    """A question whose answer is no longer the same; None where the version did not have it."""

    question: Question
    before: ReadItem | None
    after: ReadItem | None


@dataclass(frozen=True)
class WordsChanged:
    """A question whose answer reads differently, word by word."""

    id: str
    label: str
    pieces: tuple[Piece, ...]


def changed(before: Document, after: Document) -> tuple[Changed, ...]:
    """The questions that read differently, in the order of the newer document; those gone from it last."""
    old, new = dict(_items(before)), dict(_items(after))
    order = [*new, *(id_ for id_ in old if id_ not in new)]
    pairs = [(old.get(id_), new.get(id_)) for id_ in order]
    return tuple(
        Changed((now or was).question, was, now)  # type: ignore[union-attr]
        for was, now in pairs
        if _value(was) != _value(now)
    )


def words_changed(before: Document, after: Document) -> tuple[WordsChanged, ...]:
    """The answers that differ between two sendings, in the order of the newer one."""
    return tuple(
        WordsChanged(change.question.id, change.question.short_label, _pieces(change))
        for change in changed(before, after)
        if change.question.typed
    )


def _pieces(change: Changed) -> tuple[Piece, ...]:
    before, after = (item.text if item else "" for item in (change.before, change.after))
    return shortened(differences(before, after))


def _items(document: Document) -> Iterator[tuple[str, ReadItem]]:
    return ((item.question.id, item) for section in document.sections for item in section.items)


def _value(item: ReadItem | None) -> object:
    return item.value if item is not None else None
