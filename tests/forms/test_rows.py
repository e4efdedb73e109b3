"""Questions of several rows: no row is dropped in silence, no file is added or lost by words."""

from typing import Any

import pytest

from forms.french import typography
from forms.kinds import Amount, ChoiceOne, Files, ShortText, Table, TableColumn, YesNo
from forms.kinds.base import row_indexes
from forms.steps import Control, StepReading, controls, read_step
from forms.values import Refused
from tests.forms.strategies import CHOICES, KIND_VARIANTS, asked, version_of

TABLE = Table(
    (
        TableColumn("name", "Nom", ShortText(max_length=20)),
        TableColumn("type", "Type", ChoiceOne(CHOICES)),
        TableColumn("money", "Montant demandé (€)", Amount()),
    ),
    max_rows=4,
)
PARTNERS = version_of(asked(TABLE, "rows"), asked(TABLE, "rows_too"))
PICTURE = {"id": "a", "name": "affiche.png", "media_type": "image/png", "size": 9, "sha256": "0" * 64,
           "width": 3, "height": 2, "caption": "L’affiche", "alt": "Un bal"}  # fmt: skip
PAPER = {"id": "b", "name": "presse.pdf", "media_type": "application/pdf", "size": 8, "sha256": "1" * 64}
PIECES = version_of(asked(Files(), "files"))
STORED = {"files": [PICTURE, PAPER]}


def post(*pairs: tuple[str, str]) -> StepReading:
    return read_step(PARTNERS, PARTNERS.sections[0], pairs, {"rows"}, {})


def post_words(*pairs: tuple[str, str]) -> StepReading:
    return read_step(PIECES, PIECES.sections[0], pairs, {"files"}, STORED)


def shown_again(read: StepReading) -> Control:
    return controls(PARTNERS, PARTNERS.sections[0], read.answers, read.unparsed)[0]


def test_rows_keep_their_order_across_gaps_and_any_number() -> None:
    read = post(
        ("rows-10000-name", "dernière"),
        ("rows-2-name", "deuxième"),
        ("rows-10-name", "troisième"),
        ("rows-0-name", "première"),
    )
    assert [row["name"] for row in read.answers["rows"]] == ["première", "deuxième", "troisième", "dernière"]


def test_indexes_are_read_as_written() -> None:
    names = [
        "rows-1-name",
        "rows-01-name",
        "rows-99999999999999999999-name",
        "rows-x-name",
        "rows-1",
        "rows_too-5-name",
        "rows-٣-name",
    ]
    assert row_indexes("rows", names) == ["01", "1", "99999999999999999999"]


def test_blank_rows_are_no_rows() -> None:
    read = post(("rows-0-name", ""), ("rows-1-name", "MJC"), ("rows-1-type", ""), ("rows-2-money", " "))
    assert read.answers == {"rows": [{"name": "MJC"}]}


def test_only_blank_rows_are_no_answer() -> None:
    assert post(("rows-0-name", ""), ("rows-1-name", " ")).cleared == {"rows"}


def test_questions_whose_names_begin_alike_are_not_mixed() -> None:
    read = post(("rows_too-0-name", "autre"), ("rows-0-name", "une"))
    assert read.answers == {"rows": [{"name": "une"}]}
    unread = post(("rows_too-0-name", "autre"), ("rows-0-money", "cher")).unparsed["rows"]
    assert unread.posted == (("rows-0-money", "cher"),)


def test_too_many_rows_are_an_error_and_all_stay() -> None:
    read = post(*((f"rows-{at}-name", f"ligne {at}") for at in range(5)))
    assert read.answers == {}
    assert read.unparsed["rows"].error == "Gardez 4 lignes au plus."
    field = shown_again(read).field
    assert [row["name"].typed for row in field.rows] == [f"ligne {at}" for at in range(5)]


def test_errors_name_row_and_column() -> None:
    read = post(
        ("rows-0-name", "MJC"),
        ("rows-1-name", "x" * 21),
        ("rows-7-money", "cher"),
        ("rows-7-type", "inconnu"),
    )
    error = read.unparsed["rows"].error
    assert error.startswith("Ligne 2, nom\u00a0: Raccourcissez")
    assert "Ligne 3, type\u00a0: Choisissez" in error
    assert "Ligne 3, montant demandé (€)\u00a0: Écrivez" in error
    assert typography(error) == error
    assert read.answers == {}


def test_an_unread_row_stays_shown_with_its_error_beside_the_good_ones() -> None:
    control = shown_again(post(("rows-0-name", "MJC"), ("rows-5-money", "cher"), ("rows-5-name", "Caf")))
    good, bad = control.field.rows
    assert (good["name"].typed, bad["name"].typed, bad["money"].typed) == ("MJC", "Caf", "cher")
    assert not good["name"].errors
    assert bad["money"].errors
    assert control.errors


def test_a_blank_row_offered_never_takes_the_name_of_a_typed_one() -> None:
    field = shown_again(post(("rows-0-name", "MJC"), ("rows-2-money", "cher"))).field
    rows = list(field.with_blank_rows(2))
    names = [row["name"].name for _index, row in rows]
    assert names == ["rows-0-name", "rows-1-name", "rows-2-name", "rows-3-name"]
    assert [index for index, _row in rows] == [0, 1, 2, 3]
    assert [row["name"].typed for _index, row in rows] == ["MJC", "", "", ""]
    assert rows[1][1]["money"].typed == "cher"


def test_no_more_blank_rows_are_offered_than_are_kept() -> None:
    field = shown_again(post(*((f"rows-{at}-name", "x") for at in range(3)))).field
    assert len(list(field.with_blank_rows(3))) == 4


def test_chosen_codes_and_typed_text_of_a_stored_row_are_shown() -> None:
    control = shown_again(post(("rows-0-type", "caf"), ("rows-0-money", "1 250,5")))
    (row,) = control.field.rows
    assert row["type"].chosen == {"caf"}
    assert row["money"].typed == "1 250,50"


def test_a_table_stands_in_no_table_and_has_no_column_twice() -> None:
    with pytest.raises(ValueError, match="table"):
        Table((TableColumn("rows", "Lignes", TABLE),))
    with pytest.raises(ValueError, match="twice"):
        Table((TableColumn("done", "Fait", YesNo()), TableColumn("done", "Fait", YesNo())))


def test_a_cell_that_cannot_be_read_says_its_row_and_column() -> None:
    with pytest.raises(Refused) as refused:
        TABLE.from_cells([("MJC", "Caf", 12.0), ("Caf", None, "cher")])
    assert refused.value.where == "ligne 2, Montant demandé (€)"


def test_the_reading_text_of_a_row_names_its_columns() -> None:
    rows: list[dict[str, Any]] = [{"name": "Caf", "money": Amount().parse(["1250"])}, {"type": "caf"}]
    assert TABLE.text(rows) == "Nom\u00a0: Caf · Montant demandé (€)\u00a0: 1\u202f250\u00a0€\nType\u00a0: Caf"


def test_words_about_files_change_words_only() -> None:
    read = post_words(("files-0-id", "a"), ("files-0-caption", " Le bal "), ("files-0-alt", "On danse"),
                      ("files-1-id", "b"), ("files-1-caption", "Dans la presse"), ("files-1-size", "1"))  # fmt: skip
    assert read.answers["files"] == [
        PICTURE | {"caption": "Le bal", "alt": "On danse"},
        PAPER | {"caption": "Dans la presse"},
    ]


def test_unknown_ids_change_nothing() -> None:
    read = post_words(("files-0-id", "zzz"), ("files-0-caption", "intruse"), ("files-1-caption", "sans id"))
    assert read.answers == STORED


def test_nothing_posted_about_files_changes_nothing() -> None:
    assert post_words().answers == STORED


def test_absent_words_are_not_empty_words() -> None:
    read = post_words(("files-0-id", "a"), ("files-0-caption", ""))
    (picture, paper) = read.answers["files"]
    assert "caption" not in picture
    assert picture["alt"] == "Un bal"
    assert paper == PAPER


def test_words_posted_without_any_stored_file_are_no_answer() -> None:
    pairs = KIND_VARIANTS["files"].posted("files", [PICTURE])
    read = read_step(PIECES, PIECES.sections[0], pairs, {"files"}, {})
    assert read.cleared == {"files"}
    assert read.answers == {}


@pytest.mark.parametrize("words", ["x" * 501, "a\0b"])
def test_words_that_cannot_be_kept_name_their_file_and_stay_shown(words: str) -> None:
    read = post_words(("files-0-id", "a"), ("files-1-id", "b"), ("files-1-caption", words), ("files-0-alt", "Un bal"))
    assert read.answers == {}
    assert read.unparsed["files"].error.startswith("Fichier 2\u00a0: ")
    (control,) = controls(PIECES, PIECES.sections[0], STORED, read.unparsed)
    assert control.errors
    assert control.value[1]["caption"] == words.replace("\0", "\ufffd")


def test_a_number_of_a_file_that_cannot_be_read_says_its_row_and_column() -> None:
    row: tuple[Any, ...] = ("a", "affiche.png", "image/png", "lourd", "0" * 64, None, None, None, None)
    with pytest.raises(Refused) as refused:
        Files().from_cells([row])
    assert refused.value.where == "ligne 1, Taille (octets)"
