"""The demonstration's words: every answer fits the form, every figure agrees, not a sentence is a real centre's."""

import re
from collections.abc import Iterator
from dataclasses import asdict, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from forms import rules, steps
from forms.checks import Doubt, doubts
from forms.departments import DEPARTMENTS
from forms.french import fold, typography
from forms.kinds import is_picture
from forms.lifecycle import SheetState
from forms.registry import shipped
from webapp.demo.texts import Demonstration, SheetText, TextsError, load
from webapp.demo.texts.checking import check
from webapp.demo.texts.coding import coded, unread
from webapp.vocabulary import QueryState, RoleName, Sharing

DEMONSTRATION = load()
SHEETS = [
    pytest.param(sheet, id=f"{action.id}-{sheet.year}")
    for federation in DEMONSTRATION.federations
    for centre in federation.centres
    for action in centre.actions
    for sheet in action.sheets
]
SENT = [case for case in SHEETS if case.values[0].state is not SheetState.DRAFT]
SETTLED = [case for case in SHEETS if case.values[0].state in (SheetState.VALIDATED, SheetState.PUBLISHED)]
REAL = Path(__file__).parents[2] / "../shared/data"
# Reserved for fiction by the French regulator: nobody answers these numbers.
FICTION = re.compile(r"(01 99 00|02 61 91|03 53 01|04 65 71|05 36 49) \d\d \d\d")


def texts_in(value: Any) -> Iterator[str]:
    """Every text in there, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list | tuple):
        for item in value.values() if isinstance(value, dict) else value:
            yield from texts_in(item)
    elif hasattr(value, "items"):
        yield from texts_in(dict(value))


def everything() -> list[str]:
    """All the texts of the demonstration."""
    return list(texts_in([_plain(federation) for federation in DEMONSTRATION.federations]))


def _plain(federation: Any) -> dict[str, Any]:
    sheets = federation.sheets()
    bare = replace(federation, centres=tuple(replace(centre, actions=()) for centre in federation.centres))
    told = [
        [
            dict(s.answers),
            s.title,
            [q.text for q in s.queries],
            [q.reply for q in s.queries],
            [one.reason for one in s.sure],
        ]
        for s in sheets
    ]
    drawn = [[file.caption, file.alt] for sheet in sheets for file in sheet.files]
    return {"federation": asdict(bare), "sheets": told, "files": drawn}


def test_the_large_federation_has_what_the_demonstration_promises() -> None:
    large, small = DEMONSTRATION.federations
    assert len(large.centres) == 12
    assert [campaign.year for campaign in large.campaigns] == [2024, 2025, 2026]
    assert {funder.kind for funder in large.funders} == {"Caf", "Département", "Regroupement de communes"}
    assert 40 <= len(large.sheets()) <= 50
    assert len([action for centre in large.centres for action in centre.actions]) == 24
    assert len(small.centres) == 2
    assert len(small.sheets()) == 3


def test_this_year_has_a_sheet_in_every_state_and_every_sharing() -> None:
    this_year = [sheet for sheet in DEMONSTRATION.federations[0].sheets() if sheet.year == 2026]
    assert {sheet.state for sheet in this_year} == set(SheetState)
    assert {sheet.sharing for sheet in this_year} == set(Sharing)
    assert {query.state for sheet in this_year for query in sheet.queries} == set(QueryState)


def test_every_role_has_an_account() -> None:
    assert {person.role for person in DEMONSTRATION.everybody()} == set(RoleName)


@pytest.mark.parametrize("sheet", SHEETS)
def test_every_answer_fits_the_form(sheet: SheetText) -> None:
    version = shipped(sheet.year)
    stored = coded(version, sheet.answers)
    assert set(stored) == set(sheet.answers)
    assert all(version.question(question).typed for question in stored)
    assert set(unread(version, sheet.unparsed)) == set(sheet.unparsed)
    assert {query.question for query in sheet.queries} <= {question.id for question in version.questions}


@pytest.mark.parametrize("sheet", SENT)
def test_a_sheet_that_was_sent_could_be_sent(sheet: SheetText) -> None:
    version = shipped(sheet.year)
    stored = coded(version, sheet.answers)
    assert not sheet.unparsed
    assert steps.missing(version, stored, {}) == ()
    assert rules.broken(version, stored) == ()


@pytest.mark.parametrize("sheet", SETTLED)
def test_figures_of_a_settled_sheet_stand_in_its_prose(sheet: SheetText) -> None:
    rows = sheet.answers.get("funding_lines", ())
    assert isinstance(rows, tuple)
    granted = [row["granted"] for row in rows if not isinstance(row, str)]
    told = _digits(sheet.answers["funding"])
    total = sum((amount for amount in granted if isinstance(amount, Decimal)), Decimal(0))
    assert [amount for amount in (*granted, total) if f"{amount}\u00a0€" not in told] == []
    people = _digits(sheet.answers["people"])
    stored = coded(shipped(sheet.year), sheet.answers)
    counts = {stored[id].get("number") for id in ("participants_count", "volunteers_count") if id in stored}
    assert [count for count in counts if count and not re.search(rf"\b{count}\b", people)] == []


def _doubted(sheet: SheetText) -> list[Doubt]:
    """What looks odd in a sheet, beside its action's last year and the other sheets of its centre."""
    centre = next(c for f in DEMONSTRATION.federations for c in f.centres for a in c.actions if sheet in a.sheets)
    action = next(action for action in centre.actions if sheet in action.sheets)
    version = shipped(sheet.year)
    before = [other for other in action.sheets if other.year < sheet.year and other.submitted]
    beside = [other for other in centre.actions for other in other.sheets if other.year == sheet.year]
    last = coded(version, before[-1].answers) | {"year": before[-1].year} if before else None
    others = [(other.title, coded(version, other.answers)) for other in beside if other is not sheet]
    return list(doubts(version, coded(version, sheet.answers), last_year=last, others=others))


@pytest.mark.parametrize("sheet", SENT)
def test_what_looks_odd_in_a_sheet_that_was_sent_has_its_reason(sheet: SheetText) -> None:
    noticed = {(doubt.question, doubt.code) for doubt in _doubted(sheet)}
    assert {(one.question, one.code) for one in sheet.sure} == noticed
    assert all(len(one.reason) > 15 for one in sheet.sure)


def test_there_is_a_reason_to_read_and_a_draft_with_two_doubts_left() -> None:
    this_year = [sheet for sheet in DEMONSTRATION.federations[0].sheets() if sheet.year == 2026]
    assert [sheet.title for sheet in this_year if sheet.sure and sheet.state is SheetState.SUBMITTED]
    drafts = [sheet for sheet in this_year if sheet.state is SheetState.DRAFT]
    assert [len(_doubted(sheet)) for sheet in drafts if _doubted(sheet)] == [2]
    told = [coded(shipped(sheet.year), sheet.answers) for sheet in DEMONSTRATION.federations[0].sheets()]
    hows = {answer["how"] for stored in told for answer in stored.values() if isinstance(answer, dict)}
    assert hows == {"counted", "estimated", "unknown"}


def _digits(text: object) -> str:
    return re.sub(r"(?<=\d)\u202f(?=\d{3})", "", str(text))


def test_every_text_has_french_typography() -> None:
    wrong = [text for text in everything() if "'" in text or "..." in text or typography(text) != text]
    assert wrong == []


def test_places_and_numbers_are_fiction_but_departments_are_official() -> None:
    centres = [centre for federation in DEMONSTRATION.federations for centre in federation.centres]
    people = DEMONSTRATION.everybody()
    assert {centre.department for centre in centres} <= set(DEPARTMENTS)
    phones = [centre.phone for centre in centres] + [person.phone for person in people if person.phone]
    assert [phone for phone in phones if not FICTION.fullmatch(phone)] == []
    mails = [centre.email for centre in centres] + [person.email for person in people]
    assert [mail for mail in mails if not mail.endswith(".example.org")] == []


def test_every_picture_is_described() -> None:
    files = [file for federation in DEMONSTRATION.federations for sheet in federation.sheets() for file in sheet.files]
    assert len(files) >= 20
    assert all(len(file.alt) > 20 and file.caption for file in files)
    assert is_picture({"media_type": "image/png"})


def test_reading_twice_gives_the_same() -> None:
    assert load() == DEMONSTRATION


@pytest.mark.skipif(not REAL.is_dir(), reason="the real sheets are not here")
def test_no_sentence_is_taken_from_a_real_sheet() -> None:
    real = " ".join(fold(path.read_text(encoding="utf-8")) for path in sorted(REAL.glob("*.txt")))
    pieces = {real[at : at + 40] for at in range(len(real) - 39)}
    ours = [fold(text) for text in everything()]
    assert [text[at : at + 40] for text in ours for at in range(len(text) - 39) if text[at : at + 40] in pieces] == []


@pytest.mark.skipif(not REAL.is_dir(), reason="the real sheets are not here")
def test_no_title_and_no_centre_is_a_real_one() -> None:
    real = {fold(line.lstrip("- ")) for path in REAL.glob("*.txt") for line in path.read_text("utf-8").splitlines()}
    names = [sheet.title for federation in DEMONSTRATION.federations for sheet in federation.sheets()]
    for federation in DEMONSTRATION.federations:
        names += [name for centre in federation.centres for name in (centre.name, centre.commune, *centre.aliases)]
    assert [name for name in names if fold(name) in real] == []


def test_a_validated_sheet_with_an_open_query_is_refused() -> None:
    query = next(q for s in DEMONSTRATION.federations[0].sheets() for q in s.queries if q.state is QueryState.OPEN)
    with pytest.raises(TextsError, match="n’est pas close"):
        check(_with_first_sheet(queries=(query,)))


def test_a_sheet_published_without_consent_is_refused() -> None:
    with pytest.raises(TextsError, match="sans l’accord"):
        check(_with_first_sheet(sharing=Sharing.NETWORK))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"renewed": True}, "qui n’a rien envoyé"),
        ({"confirmed": ("summary",)}, "sans rien reprendre"),
    ],
)
def test_a_sheet_renewed_from_nothing_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(TextsError, match=said):
        check(_with_first_sheet(**changes))


def test_a_sheet_renewed_and_sent_is_refused() -> None:
    large, *others = DEMONSTRATION.federations
    centre, *neighbours = large.centres
    action, *later = centre.actions
    sheets = (action.sheets[0], replace(action.sheets[1], renewed=True), *action.sheets[2:])
    centre = replace(centre, actions=(replace(action, sheets=sheets), *later))
    with pytest.raises(TextsError, match="ne part pas"):
        check(replace(DEMONSTRATION, federations=(replace(large, centres=(centre, *neighbours)), *others)))


@pytest.mark.parametrize("sheet", [case for case in SHEETS if case.values[0].renewed])
def test_what_a_renewed_sheet_confirms_is_asked_and_not_typed_anew(sheet: SheetText) -> None:
    assert all(question in shipped(sheet.year) for question in sheet.confirmed)
    assert not set(sheet.confirmed) & set(sheet.answers)


def test_an_unknown_choice_is_refused() -> None:
    with pytest.raises(TextsError, match="choix inconnu"):
        coded(shipped(2026), {"keywords": ("jardinage",)})


def _with_first_sheet(**changes: Any) -> Demonstration:
    """The demonstration with its first sheet, a published one, said otherwise."""
    large, *others = DEMONSTRATION.federations
    centre, *neighbours = large.centres
    action, *later = centre.actions
    sheet = replace(action.sheets[0], **changes)
    action = replace(action, sheets=(sheet, *action.sheets[1:]))
    centre = replace(centre, actions=(action, *later))
    return replace(DEMONSTRATION, federations=(replace(large, centres=(centre, *neighbours)), *others))
