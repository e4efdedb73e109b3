"""One version of a report against another, in words."""

from __future__ import annotations

from dataclasses import replace

from forms.differences import Fate
from reports.columns import asked_columns
from reports.comparing_versions import compare, compare_sheets
from reports.figures import key_figures
from reports.manifest import entry_of
from tests.reports.samples import REPAIR, SCHOOL, TALE, counted
from tests.reports.sealed import sent

FIRST = (sent(REPAIR, 1), sent(SCHOOL, 2))
REWORKED = REPAIR | {
    "summary": REPAIR["summary"].replace("une dizaine de bénévoles", "quinze bénévoles"),
    "participants_count": counted(170),
}
SECOND = (sent(REWORKED, 1), sent(TALE, 3))


def test_the_same_sheets_in_another_order_are_the_same() -> None:
    found = compare_sheets(FIRST, FIRST[::-1])
    assert found.same
    assert found.sentences == ()
    assert found.summary == "Les deux versions contiennent les mêmes fiches, sans changement."


def test_sheets_that_came_and_went_are_named() -> None:
    found = compare_sheets(FIRST, SECOND)
    assert [entry.reference for entry in found.added] == ["2025-0003"]
    assert [entry.reference for entry in found.withdrawn] == ["2026-0002"]
    assert "Fiche ajoutée\u00a0: 2025-0003, Contes à la veillée, Centre" in found.sentences[0]
    assert found.sentences[1].startswith("Fiche retirée\u00a0: 2026-0002")


def test_a_sheet_sent_again_is_told_word_by_word() -> None:
    (again,) = compare_sheets(FIRST, SECOND).sent_again
    assert [change.id for change in again.changes] == ["summary", "participants_count"]
    pieces = again.changes[0].pieces
    assert [piece.text.strip() for piece in pieces if piece.fate is Fate.REMOVED] == ["une dizaine de"]
    assert [piece.text.strip() for piece in pieces if piece.fate is Fate.ADDED] == ["quinze"]
    (sentence,) = [said for said in compare_sheets(FIRST, SECOND).sentences if said.startswith("Fiche renvoyée")]
    assert "(1\u00a0mot ajouté, 3\u00a0retirés)" in sentence


def test_totals_that_moved_stand_as_they_are_printed() -> None:
    moved = {one.label: one for one in compare_sheets(FIRST, SECOND).moved}
    asked = asked_columns((*FIRST, *SECOND))
    totals = [(one, other) for one, other in zip(key_figures(FIRST, asked), key_figures(SECOND, asked), strict=True)]
    assert [(one.before, one.after) for one in compare_sheets(FIRST, SECOND).moved] == [
        (one.text, other.text) for one, other in totals if one.value != other.value
    ]
    assert moved["Participants"].before == "164"
    assert moved["Participants"].after == "380"
    assert "2\u00a0fiches sur 2" in moved["Participants"].base_after


def test_the_same_total_from_other_sheets_has_not_moved() -> None:
    other = (sent(REPAIR | {"summary": "Autre"}, 1), FIRST[1])
    found = compare_sheets(FIRST, other)
    assert found.moved == ()
    assert not found.same


def test_without_answers_sheets_are_named_and_totals_left_alone() -> None:
    found = compare([entry_of(sheet) for sheet in FIRST], [entry_of(sheet) for sheet in SECOND])
    assert found.moved == ()
    assert not found.known
    assert found.sent_again[0].changes == ()
    assert found.sentences[-1].startswith("Des réponses ne sont pas à portée")
    assert found.summary == "1\u00a0fiche ajoutée, 1\u00a0fiche retirée, 1\u00a0fiche renvoyée."


def test_answers_of_another_sending_are_not_taken_for_this_one() -> None:
    """The kept sheet is of a later sending than the file names."""
    later = replace(sent(REWORKED, 1), snapshot_sha256="f" * 64)
    found = compare([entry_of(FIRST[0])], [entry_of(SECOND[0])], [FIRST[0]], [later])
    assert not found.known
    assert found.sent_again[0].changes == ()
