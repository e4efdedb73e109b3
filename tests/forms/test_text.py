"""The gate for everything that comes in: clean text, French numbers, long texts kept exactly."""

import unicodedata
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms.kinds import LongText
from forms.steps import read_step
from forms.values import Refused, clean_text, read_decimal, showable
from tests.forms.strategies import asked, patient, raw_texts, version_of

NBSP = "\u00a0"
NARROW = "\u202f"


def test_text_is_kept_composed() -> None:
    assert clean_text("e\u0301te\u0301") == "\u00e9t\u00e9"


@pytest.mark.parametrize("ending", ["\r\n", "\r", "\n"])
def test_line_ends_become_one(ending: str) -> None:
    assert clean_text(f"un{ending}{ending}deux") == "un\n\ndeux"


@pytest.mark.parametrize(
    "bad",
    ["\0", "\ud800", "\ufdd0", "\ufdef", "\ufffe", "\uffff", "\U0001fffe", "\U0010ffff"],
    ids=ascii,
)
def test_what_breaks_databases_and_files_is_refused_and_still_shown(bad: str) -> None:
    with pytest.raises(Refused, match="effacez"):
        clean_text(f"avant{bad}après")
    assert showable(f"avant{bad}après") == "avant\ufffdaprès"
    assert clean_text(showable(bad)) == "\ufffd"


@pytest.mark.parametrize(
    "good", ["\U0001f389", "\ufffd", "\ufdcf", "\ufdf0", "\t", "œ’«»…\u202f\u00a0", "\ue000", "日本"]
)
def test_everything_else_is_kept(good: str) -> None:
    assert clean_text(good) == good


@given(raw_texts)
@patient
def test_cleaning_twice_is_cleaning_once(raw: str) -> None:
    cleaned = clean_text(raw)
    assert clean_text(cleaned) == cleaned
    assert unicodedata.is_normalized("NFC", cleaned)
    assert "\r" not in cleaned


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("12", "12"),
        ("  12 ", "12"),
        ("1 234", "1234"),
        (f"1{NBSP}234", "1234"),
        (f"1{NARROW}234{NARROW}567", "1234567"),
        ("1\u2009234", "1234"),
        ("12,50", "12.50"),
        ("12.50", "12.50"),
        ("1 234,5", "1234.5"),
        ("1.234,5", "1234.5"),
        ("1.234.567,50", "1234567.50"),
        ("-3", "-3"),
        ("+3", "3"),
        ("0012", "12"),
    ],
)
def test_french_numbers_are_read(typed: str, number: str) -> None:
    assert read_decimal(typed) == Decimal(number)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ", "douze", "12 15", "1 23", "1 2345", "1e5", "1E5", "NaN", "sNaN", "inf", "-Infinity", "1,2,3",
        "1.2345,6", "1.234.567",
        "1'234", "0x10", "1_000", "12 %", "--1", "- 1", ",5", "5,", "١٢", "１２", "²", "½", "XII",
    ],
)  # fmt: skip
def test_what_is_no_number_is_never_guessed(typed: str) -> None:
    assert read_decimal(typed) is None


@given(st.integers(-(10**12), 10**12), st.sampled_from(["", " ", NBSP, NARROW]))
@patient
def test_a_number_grouped_in_threes_is_that_number(value: int, separator: str) -> None:
    assert read_decimal(f"{value:,}".replace(",", separator)) == value


TEXTS = [
    "\npremière ligne vide",
    "\n\n\ntrois lignes vides",
    "blancs à la fin   \n\n ",
    "   retrait gardé\n\t- et tabulation",
    "- un\n- deux\n\n\n- trois",
    "x" * 60_000,
    "« guillemets » \"droits\" 'simples' & € œ … 1\u202f234",
    "=SOMME(A1)\n+1\n-2\n@x",
    "\U0001f389 fête",
]


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_long_texts_come_back_character_for_character(text: str) -> None:
    version = version_of(asked(LongText()))
    pairs = version.question("it").kind.posted("it", text)
    assert "\n" not in pairs[0][1].replace("\r\n", ""), "browsers post line ends as CR LF"
    read = read_step(version, version.sections[0], pairs, {"it"}, {})
    assert read.answers == {"it": text}
