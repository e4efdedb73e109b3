"""One version of a report against another, in words: which sheets came, went or were sent again, which totals moved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from forms import french
from forms.changes import WordsChanged, words_changed
from forms.differences import Fate
from reports.columns import asked_columns
from reports.content import ReportSheet
from reports.figures import key_figures
from reports.manifest import Entry, entry_of


@dataclass(frozen=True)
class SentAgain:
    """A sheet that both versions hold, sent again in between. changes: the answers that read differently, word by
    word, in the order of the newer form; empty where they aren't at hand, or only what the form fills has changed."""

    before: Entry
    after: Entry
    changes: tuple[WordsChanged, ...] = ()


@dataclass(frozen=True)
class Moved:
    """A total that is no longer the same: as both versions print it, with what each rests on."""

    label: str
    before: str
    after: str
    base_before: str
    base_after: str


@dataclass(frozen=True)
class Comparison:
    """What is no longer the same. known: False where some answers weren't at hand: then totals are not compared."""

    added: tuple[Entry, ...] = ()
    withdrawn: tuple[Entry, ...] = ()
    sent_again: tuple[SentAgain, ...] = ()
    moved: tuple[Moved, ...] = ()
    known: bool = True

    @property
    def same(self) -> bool:
        """Whether both versions hold the same sheets, as they were sent."""
        return not (self.added or self.withdrawn or self.sent_again)

    @property
    def summary(self) -> str:
        """« 2 fiches ajoutées, 1 fiche renvoyée. »"""
        counts = (
            (len(self.added), "fiche ajoutée", "fiches ajoutées"),
            (len(self.withdrawn), "fiche retirée", "fiches retirées"),
            (len(self.sent_again), "fiche renvoyée", "fiches renvoyées"),
            (len(self.moved), "total changé", "totaux changés"),
        )
        said = [french.plural(count, one, many) for count, one, many in counts if count]
        return f"{', '.join(said)}." if said else "Les deux versions contiennent les mêmes fiches, sans changement."

    @property
    def sentences(self) -> tuple[str, ...]:
        """All of it in French, a sentence each: what a reader of the first version must know of the second."""
        return (
            *(f"Fiche ajoutée : {named(entry)}." for entry in self.added),
            *(f"Fiche retirée : {named(entry)}." for entry in self.withdrawn),
            *(_sent_again(one) for one in self.sent_again),
            *(f"{one.label} : {one.before} → {one.after}." for one in self.moved),
            *(() if self.known else ("Des réponses ne sont pas à portée : les totaux ne sont pas comparés.",)),
        )


def named(entry: Entry) -> str:
    """« 2026-0004, Le café, Centre social X (2026) »."""
    return ", ".join(filter(None, (entry.reference, entry.title.strip(), f"{entry.centre} ({entry.year})")))


def compare(
    before: Sequence[Entry],
    after: Sequence[Entry],
    sheets_before: Sequence[ReportSheet] = (),
    sheets_after: Sequence[ReportSheet] = (),
) -> Comparison:
    """What changed from one version to the other.

    before, after: what each holds. sheets_before, sheets_after: the same sheets with their answers, as far as they are
    at hand; a sheet is known by its reference, a sending by its snapshot's SHA-256. Out: in the order of the newer
    version, what was withdrawn in that of the older one; totals only where all answers of both are at hand.
    """
    old, new = ({entry.reference: entry for entry in entries} for entries in (before, after))
    answers = {(sheet.reference, sheet.snapshot_sha256): sheet for sheet in (*sheets_before, *sheets_after)}
    known = all((entry.reference, entry.snapshot_sha256) in answers for entry in (*before, *after))
    return Comparison(
        added=tuple(entry for entry in after if entry.reference not in old),
        withdrawn=tuple(entry for entry in before if entry.reference not in new),
        sent_again=tuple(
            SentAgain(old[entry.reference], entry, _words(old[entry.reference], entry, answers))
            for entry in after
            if entry.reference in old and old[entry.reference].snapshot_sha256 != entry.snapshot_sha256
        ),
        moved=_moved([_sheet(entry, answers) for entry in before], [_sheet(entry, answers) for entry in after])
        if known
        else (),
        known=known,
    )


def compare_sheets(before: Sequence[ReportSheet], after: Sequence[ReportSheet]) -> Comparison:
    """The same where all answers are at hand."""
    return compare([entry_of(sheet) for sheet in before], [entry_of(sheet) for sheet in after], before, after)


_Answers = dict[tuple[str, str], ReportSheet]


def _sheet(entry: Entry, answers: _Answers) -> ReportSheet:
    return answers[entry.reference, entry.snapshot_sha256]


def _words(old: Entry, new: Entry, answers: _Answers) -> tuple[WordsChanged, ...]:
    pair = [answers.get((entry.reference, entry.snapshot_sha256)) for entry in (old, new)]
    if pair[0] is None or pair[1] is None:
        return ()
    return words_changed(pair[0].document, pair[1].document)


def _moved(before: Sequence[ReportSheet], after: Sequence[ReportSheet]) -> tuple[Moved, ...]:
    """The totals that changed, those of all that either version asked."""
    asked = asked_columns((*before, *after))
    pairs = zip(key_figures(before, asked), key_figures(after, asked), strict=True)
    return tuple(
        Moved(
            f"{new.label} ({new.group})" if new.group else new.label, old.text, new.text, old.base.text, new.base.text
        )
        for old, new in pairs
        if old.value != new.value
    )


def _sent_again(one: SentAgain) -> str:
    if not one.changes:
        return f"Fiche renvoyée : {named(one.after)}."
    labels = ", ".join(f"« {change.label} » ({_size(change)})" for change in one.changes)
    return f"Fiche renvoyée : {named(one.after)} ; change : {labels}."


def _size(change: WordsChanged) -> str:
    """« 12 mots ajoutés, 3 retirés »."""
    counts = {
        fate: sum(len(piece.text.split()) for piece in change.pieces if piece.fate is fate)
        for fate in (Fate.ADDED, Fate.REMOVED)
    }
    if not counts[Fate.ADDED]:
        return french.plural(counts[Fate.REMOVED], "mot retiré", "mots retirés")
    added = french.plural(counts[Fate.ADDED], "mot ajouté", "mots ajoutés")
    removed = counts[Fate.REMOVED]
    return f"{added}, {french.plural(removed, 'retiré', 'retirés')}" if removed else added
