"""The contract of all kinds: what one of them forgets, no page, workbook or report can mend."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms.french import typography
from forms.kinds import (
    KINDS,
    Amount,
    CellType,
    ChoiceMany,
    ChoiceOne,
    Count,
    Facet,
    Files,
    Kind,
    Row,
    Table,
    TableColumn,
    kind_from_json,
)
from forms.kinds.base import cell_text
from forms.steps import StepReading, controls, read_step
from forms.values import Refused
from tests.forms.strategies import CHOICES, KIND_VARIANTS, asked, patient, through_json, values, version_of

every_kind = pytest.mark.parametrize("kind", KIND_VARIANTS.values(), ids=list(KIND_VARIANTS))

PYTHON_TYPES = {
    CellType.TEXT: str,
    CellType.NUMBER: int,
    CellType.AMOUNT: Decimal,
    CellType.DAY: date,
    CellType.FLAG: int,
}


def as_excel_gives_it(cell: Any) -> Any:
    """Excel knows one number type and one date type."""
    if isinstance(cell, int | Decimal):
        return float(cell)
    return datetime(cell.year, cell.month, cell.day) if isinstance(cell, date) else cell  # noqa: DTZ001


def as_text_gives_it(cell: Any) -> str:
    """A table saved as text holds only text, and nothing for an empty cell."""
    return cell_text(as_excel_gives_it(cell)) if isinstance(cell, int | Decimal) else cell_text(cell)


def validator(kind: Kind) -> jsonschema.Draft202012Validator:
    schema = through_json(kind.json_schema())
    jsonschema.Draft202012Validator.check_schema(schema)
    checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
    return jsonschema.Draft202012Validator(schema, format_checker=checker)


def test_every_kind_goes_through_the_contract() -> None:
    assert {kind.name for kind in KIND_VARIANTS.values()} == set(KINDS)
    assert all(name == kind.name for name, kind in KINDS.items())


@every_kind
@patient
@given(data=st.data())
def test_a_value_comes_back_from_json(kind: Kind, data: st.DataObject) -> None:
    value = data.draw(values(kind))
    assert kind.load(through_json(kind.dump(value))) == value


@every_kind
@patient
@given(data=st.data())
def test_the_schema_accepts_what_is_dumped(kind: Kind, data: st.DataObject) -> None:
    validator(kind).validate(through_json(kind.dump(data.draw(values(kind)))))


@every_kind
@pytest.mark.parametrize("wrong", [None, {}, [], "", [None], [[]]])
def test_the_schema_refuses_what_is_no_answer(kind: Kind, wrong: Any) -> None:
    assert not validator(kind).is_valid(wrong)


@every_kind
@patient
@given(data=st.data())
def test_a_value_comes_back_from_its_cells(kind: Kind, data: st.DataObject) -> None:
    value = data.draw(values(kind))
    assert kind.from_cells(kind.cells(value)) == value


@every_kind
@pytest.mark.parametrize("degraded", [as_excel_gives_it, as_text_gives_it])
@patient
@given(data=st.data())
def test_a_value_comes_back_from_the_cells_of_a_workbook(kind: Kind, degraded: Any, data: st.DataObject) -> None:
    value = data.draw(values(kind))
    rows: list[Row] = [tuple(degraded(cell) for cell in row) for row in kind.cells(value)]
    assert kind.from_cells(rows) == value


brought_back = pytest.mark.parametrize(
    "kind", [kind for kind in KIND_VARIANTS.values() if not kind.uploads], ids=lambda kind: kind.name
)


@brought_back
@patient
@given(data=st.data())
def test_the_cells_of_a_value_say_what_a_browser_would_post(kind: Kind, data: st.DataObject) -> None:
    value = data.draw(values(kind))
    assert kind.posted_of_cells("it", kind.cells(value)) == kind.posted("it", value)
    assert kind.cells_of_posted("it", kind.posted("it", value)) == kind.cells(value)


@brought_back
def test_what_cant_be_read_stays_what_was_typed(kind: Kind) -> None:
    columns = kind.columns(asked(kind))
    rows: list[Row] = [tuple("à moitié" for _column in columns)]
    posted = kind.posted_of_cells("it", rows)
    assert {text for _name, text in posted} == {"à moitié"}
    shown = kind.cells_of_posted("it", posted)
    assert all(len(row) == len(columns) for row in shown)
    read_back = kind.posted_of_cells("it", shown)
    assert set(read_back) <= set(posted)


@every_kind
def test_a_column_of_choices_says_what_may_be_chosen(kind: Kind) -> None:
    offered = {column.label: column.options for column in kind.columns(asked(kind)) if column.options}
    for column in kind.columns(asked(kind)):
        assert column.offered or column.type is CellType.FLAG
    for options in offered.values():
        assert "Ancien choix" not in options
        known = ({"Oui", "Non"}, {"Compté", "Estimé", "Ne sait pas"})
        assert set(options) in (*known, {choice.label for choice in CHOICES if not choice.retired})


@every_kind
@patient
@given(data=st.data())
def test_cells_are_as_wide_and_of_the_type_that_the_columns_say(kind: Kind, data: st.DataObject) -> None:
    value = data.draw(values(kind))
    columns = kind.columns(asked(kind))
    rows = kind.cells(value)
    assert len(rows) == (len(value) if kind.own_tab else 1)
    for row in rows:
        for column, cell in zip(columns, row, strict=True):
            assert cell is None or type(cell) is PYTHON_TYPES[column.type]


@every_kind
def test_columns_have_ids_of_their_own_under_the_question(kind: Kind) -> None:
    ids = [column.id for column in kind.columns(asked(kind, "people"))]
    assert len(set(ids)) == len(ids) > 0
    assert all(id == "people" or id.startswith("people.") for id in ids)
    assert all(column.label for column in kind.columns(asked(kind)))


@every_kind
@patient
@given(data=st.data())
def test_the_form_reads_what_a_browser_posts(kind: Kind, data: st.DataObject) -> None:
    value = data.draw(values(kind))
    version = version_of(asked(kind))
    stored = {"it": through_json(kind.dump(value))}
    read = read_step(version, version.sections[0], kind.posted("it", value), {"it"}, stored)
    assert read.unparsed == {}
    assert read.answers == stored
    assert read.cleared == frozenset()


@every_kind
@patient
@given(data=st.data())
def test_the_page_shows_what_is_stored(kind: Kind, data: st.DataObject) -> None:
    value = data.draw(values(kind))
    version = version_of(asked(kind))
    (control,) = controls(version, version.sections[0], {"it": kind.dump(value)}, {})
    assert control.value == value
    assert control.errors == ()


@every_kind
def test_no_answer_is_the_same_everywhere(kind: Kind) -> None:
    columns = kind.columns(asked(kind))
    rows = kind.cells(None)
    assert rows == ([] if kind.own_tab else [(None,) * len(columns)])
    assert kind.from_cells(rows) is None
    assert kind.from_cells([("",) * len(columns)]) is None
    assert kind.is_empty(None)
    assert not kind.is_empty(kind.sample(1))


@every_kind
def test_an_emptied_control_is_no_answer(kind: Kind) -> None:
    version = version_of(asked(kind))
    blanks = [(name, "  ") for name, _text in kind.posted("it", kind.sample(2))]
    read = read_step(version, version.sections[0], blanks, {"it"}, {})
    assert read.cleared == {"it"}
    assert not read.answers
    assert not read.unparsed


@every_kind
@patient
@given(data=st.data())
def test_facets_are_codes_with_the_words_for_them(kind: Kind, data: st.DataObject) -> None:
    value = data.draw(values(kind))
    labels = {choice.code: choice.label for choice in CHOICES}
    expected: dict[str, tuple[Facet, ...]] = {
        "choice_one": (Facet(str(value), labels.get(str(value), "")),),
        "choice_many": tuple(Facet(code, labels[code]) for code in value) if kind.name == "choice_many" else (),
        "yes_no": (Facet("oui", "Oui") if value is True else Facet("non", "Non"),),
    }
    assert kind.facets(value) == expected.get(kind.name, ())


@every_kind
def test_a_kind_with_its_parameters_comes_back_from_json(kind: Kind) -> None:
    assert kind_from_json(through_json(kind.to_json())) == kind


@every_kind
def test_samples_are_valid_and_always_the_same(kind: Kind) -> None:
    version = version_of(asked(kind))
    for seed in range(40):
        value = kind.sample(seed)
        assert value == kind.sample(seed)
        stored = {"it": kind.dump(value)}
        validator(kind).validate(stored["it"])
        read = read_step(version, version.sections[0], kind.posted("it", value), {"it"}, stored)
        assert read.answers == stored
        assert kind.text(value).strip()


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(KeyError):
        kind_from_json({"kind": "horoscope"})


@pytest.mark.parametrize(
    ("variant", "typed"),
    [
        ("short_text of 12", "treize lettres"),
        ("short_text", "a\0b"),
        ("long_text", "x" * 60_001),
        ("long_text", "\ud800"),
        ("whole_number", "douze"),
        ("whole_number", "-1"),
        ("whole_number", "12,5"),
        ("whole_number", "9" * 400),
        ("year", "1899"),
        ("count", "douze"),
        ("count", "-1"),
        ("count of few", "13"),
        ("amount", "cher"),
        ("amount", "12,345"),
        ("amount", "-1"),
        ("amount", "100 000 000"),
        ("amount", "9" * 400),
        ("amount", "euros"),
        ("day", "31/02/2026"),
        ("day", "hier"),
        ("day", "01/01/0026"),
        ("choice_one", "inconnu"),
        ("choice_many", "inconnu"),
        ("yes_no", "peut-être"),
        ("yes_no", "?"),
    ],
)
def test_what_cannot_be_read_gets_a_sentence_that_says_what_to_do(variant: str, typed: str) -> None:
    kind = KIND_VARIANTS[variant]
    with pytest.raises(Refused) as refused:
        kind.parse([typed])
    message = refused.value.message
    assert message == typography(message)
    assert message.endswith(".")
    assert message.split()[0] in {"Raccourcissez", "Ce", "Écrivez", "Indiquez", "Choisissez", "Répondez"}


@pytest.mark.parametrize(
    ("variant", "cell"),
    [
        ("whole_number", 12.5),
        ("whole_number", float("nan")),
        ("whole_number", float("inf")),
        ("whole_number", True),
        ("amount", 12.345),
        ("amount", float("nan")),
        ("amount", float("inf")),
        ("amount", 1e300),
        ("amount", 1e-5),
        ("day", "le 3"),
        ("choice_one", "Caff"),
        ("yes_no", 2.0),
    ],
)
def test_a_cell_that_cannot_be_read_is_refused(variant: str, cell: Any) -> None:
    with pytest.raises(Refused) as refused:
        KIND_VARIANTS[variant].from_cells([(cell,)])
    assert refused.value.message == typography(refused.value.message)


@pytest.mark.parametrize(
    ("typed", "cents"),
    [("1 250", "1250.00"), ("800 euros", "800.00"), ("800 Euros", "800.00"), ("12,50 €", "12.50"), ("12.5", "12.50"),
     ("-0", "0.00"), ("€ 3", "3.00"), ("99 999 999", "99999999.00")],
)  # fmt: skip
def test_amounts_are_read_as_people_write_them(typed: str, cents: str) -> None:
    assert str(KIND_VARIANTS["amount"].parse([typed])) == cents


def test_the_noise_of_floats_is_taken_off_amounts() -> None:
    assert KIND_VARIANTS["amount"].from_cells([(0.1 + 0.2,)]) == Decimal("0.30")


@pytest.mark.parametrize(
    "typed", ["31/12/2026", "31-12-2026", "31.12.2026", "31 12 2026", "2026-12-31", " 31 / 12 / 2026 "]
)
def test_days_are_read_as_people_write_them(typed: str) -> None:
    assert KIND_VARIANTS["day"].parse([typed]) == date(2026, 12, 31)


@pytest.mark.parametrize(
    ("flag", "ticked"),
    [(1, True), (1.0, True), ("1", True), ("x", True), ("VRAI", True), ("Oui", True), (True, True),
     (0, False), (0.0, False), ("0", False), ("FAUX", False), ("", False), (None, False), (False, False)],
)  # fmt: skip
def test_flags_are_read_as_workbooks_write_them(flag: Any, ticked: bool) -> None:
    kind = KIND_VARIANTS["choice_many"]
    assert kind.from_cells([("", flag, 0, 0, 0, 0)]) == (["caf"] if ticked else None)


def test_a_flag_that_says_neither_is_refused() -> None:
    with pytest.raises(Refused, match="peut-être"):
        KIND_VARIANTS["choice_many"].from_cells([("", "peut-être", 0, 0, 0, 0)])


@pytest.mark.parametrize("cell", ["Emploi, économie", "EMPLOI ECONOMIE", " emploi "])
def test_a_choice_is_found_by_its_label_or_alias_in_a_cell(cell: str) -> None:
    assert KIND_VARIANTS["choice_one"].from_cells([(cell,)]) == "emploi"


def test_a_short_text_is_one_line() -> None:
    assert KIND_VARIANTS["short_text"].parse([" un\r\ndeux\n"]) == "un deux"


def test_choices_are_kept_in_the_order_of_the_definition_without_repeats() -> None:
    assert KIND_VARIANTS["choice_many"].parse(["democratie", "caf", "caf"]) == ["caf", "democratie"]


def test_a_retired_choice_is_read_but_not_offered() -> None:
    for variant in ("choice_one", "choice_many"):
        kind: Any = KIND_VARIANTS[variant]
        assert [choice.code for choice in kind.offered] == ["caf", "emploi", "democratie", "2026"]
        assert "Ancien choix" in kind.text(kind.parse(["ancien"]))


def test_years_are_written_without_spaces_and_counts_with_them() -> None:
    assert KIND_VARIANTS["year"].text(2026) == "2026"
    assert KIND_VARIANTS["whole_number"].text(2026) == "2\u202f026"


def posted_count(number: str, *how: str) -> StepReading:
    version = version_of(asked(KIND_VARIANTS["count"]))
    pairs = [("it", number), *(("it-how", code) for code in how)]
    return read_step(version, version.sections[0], pairs, {"it"}, {"it": {"number": 3, "how": "estimated"}})


def test_a_number_that_comes_alone_is_counted() -> None:
    assert posted_count("1 200").answers == {"it": {"number": 1200, "how": "counted"}}
    assert KIND_VARIANTS["count"].from_cells([(98.0, None)]) == {"number": 98, "how": "counted"}


def test_an_empty_box_is_no_answer_as_long_as_counted_is_only_proposed() -> None:
    assert posted_count("", "counted").cleared == {"it"}
    assert posted_count("").cleared == {"it"}


def test_not_knowing_is_an_answer_without_a_figure() -> None:
    assert posted_count("", "unknown").answers == {"it": {"how": "unknown"}}
    assert KIND_VARIANTS["count"].figure({"how": "unknown"}) is None
    assert not KIND_VARIANTS["count"].is_empty({"how": "unknown"})


@pytest.mark.parametrize(
    ("number", "how", "words"),
    [("98", "unknown", "effacez le nombre"), ("", "estimated", "le nombre estimé"), ("98", "autre", "Compté"),
     ("douze", "estimated", "chiffres")],
)  # fmt: skip
def test_a_number_and_its_how_that_disagree_both_stay_with_an_error(number: str, how: str, words: str) -> None:
    read = posted_count(number, how)
    assert words in read.unparsed["it"].error
    assert typography(read.unparsed["it"].error) == read.unparsed["it"].error
    version = version_of(asked(KIND_VARIANTS["count"]))
    (control,) = controls(version, version.sections[0], {}, read.unparsed)
    assert (control.field.typed, control.field.chosen_how) == (number, how)
    assert control.errors == (read.unparsed["it"].error,)


def test_the_page_proposes_counted_until_something_else_is_said() -> None:
    version = version_of(asked(KIND_VARIANTS["count"]))
    (control,) = controls(version, version.sections[0], {}, {})
    assert (control.field.typed, control.field.chosen_how) == ("", "counted")
    (control,) = controls(version, version.sections[0], {"it": {"how": "unknown"}}, {})
    assert (control.field.typed, control.field.chosen_how) == ("", "unknown")


@pytest.mark.parametrize(
    ("value", "text"),
    [({"number": 98, "how": "counted"}, "98\u00a0personnes"), ({"number": 1, "how": "counted"}, "1\u00a0personne"),
     ({"number": 0, "how": "counted"}, "0\u00a0personne"), ({"how": "unknown"}, "ne sait pas"),
     ({"number": 1200, "how": "estimated"}, "1\u202f200\u00a0personnes (estimé)")],
)  # fmt: skip
def test_a_count_says_how_it_is_known(value: Any, text: str) -> None:
    assert KIND_VARIANTS["count"].text(value) == text
    assert Count().text({"number": 3, "how": "counted"}) == "3"


def test_a_cell_that_says_neither_counted_nor_estimated_is_refused() -> None:
    with pytest.raises(Refused, match="au jugé"):
        KIND_VARIANTS["count"].from_cells([(98, "au jugé")])
    assert KIND_VARIANTS["count"].from_cells([(98, " estimé ")]) == {"number": 98, "how": "estimated"}


def test_a_count_has_no_place_in_a_table() -> None:
    with pytest.raises(ValueError, match="one control"):
        Table((TableColumn("count", "Nombre", Count()),))


@every_kind
@patient
@given(data=st.data())
def test_only_numbers_are_figures_and_only_texts_are_prose(kind: Kind, data: st.DataObject) -> None:
    value = data.draw(values(kind))
    figures = {"whole_number": lambda: value, "amount": lambda: value, "count": lambda: value.get("number")}
    expected = figures.get(kind.name, lambda: None)()
    assert kind.figure(value) == (None if expected is None else Decimal(expected))
    assert kind.prose(value) == (value if kind.name in {"short_text", "long_text"} else "")
    assert kind.estimated(value) == (kind.name == "count" and value["how"] == "estimated")


@every_kind
def test_a_figure_makes_a_value_where_the_kind_holds_one(kind: Kind) -> None:
    made = [kind.from_figure(7 + kind.to_json().get("minimum", 0), estimated=flag) for flag in (False, True)]
    if kind.name not in {"whole_number", "count"}:
        assert made == [None, None]
        return
    for flag, value in zip((False, True), made, strict=True):
        validator(kind).validate(kind.dump(value))
        assert kind.figure(value) == 7 + kind.to_json().get("minimum", 0)
        assert kind.estimated(value) is (flag and kind.name == "count")
    with pytest.raises(Refused):
        kind.from_figure(10**9, estimated=False)


def test_the_amounts_of_an_answer_are_told_by_what_they_are() -> None:
    table = KIND_VARIANTS["table"]
    rows = [{"money": Decimal("3.00"), "count": 4}, {"name": "x"}, {"money": Decimal("0.50")}]
    assert table.euros(rows) == {"Montant (€)": (Decimal("3.00"), Decimal("0.50"))}
    assert table.euros([{"count": 4}]) == {}
    assert KIND_VARIANTS["amount"].euros(Decimal("3.00")) == {"": (Decimal("3.00"),)}
    assert KIND_VARIANTS["count"].euros({"number": 3, "how": "counted"}) == {}


@every_kind
@patient
@given(data=st.data())
def test_a_figure_is_read_as_the_answer_says_it(kind: Kind, data: st.DataObject) -> None:
    value = data.draw(values(kind))
    figure = kind.figure(value)
    if figure is not None:
        assert kind.figure_text(figure) in kind.text(value)
        assert kind.figure_text(figure, unit=True).startswith(kind.figure_text(figure))


@every_kind
@patient
@given(data=st.data())
def test_an_answer_is_renewed_whole_unless_it_holds_what_is_no_longer_offered(kind: Kind, data: st.DataObject) -> None:
    value = through_json(kind.dump(data.draw(values(kind))))
    renewed = kind.renew(value)
    all_offered = kind.name in {"short_text", "long_text"} or "'ancien'" not in str([value])
    assert renewed.whole == (all_offered and not kind.uploads)
    if renewed.whole:
        assert renewed.answer == value
    elif renewed.answer is not None:
        validator(kind).validate(renewed.answer)
        assert "'ancien'" not in str([renewed.answer])


@every_kind
@pytest.mark.parametrize("odd", [None, {}, [], "", [None], [[]], {"a": 1}, 1.5, True, "2026-13-45", -1, "NaN"])
def test_renewing_what_is_no_answer_never_breaks(kind: Kind, odd: Any) -> None:
    renewed = kind.renew(odd)
    assert renewed.answer is None or validator(kind).is_valid(renewed.answer)


TYPED = [
    (Count(), [("it", "douze"), ("it-how", "counted")], "douze"),
    (Count(), [("it", "douze"), ("it-how", "estimated")], "douze · Estimé"),
    (Count(), [("it", "12"), ("it-how", "unknown")], "12 · Ne sait pas"),
    (ChoiceMany(CHOICES), [("it", "caf"), ("it", "zzz")], "Caf ; zzz"),
    (
        Table((TableColumn("type", "Type", ChoiceOne(CHOICES)), TableColumn("sum", "Montant", Amount()))),
        [
            ("it-0-type", "caf"),
            ("it-0-sum", "environ mille"),
            ("it-1-type", ""),
            ("it-1-sum", ""),
            ("it-2-sum", "12000"),
        ],
        "Caf · environ mille\n12\u202f000\u00a0€",
    ),
    (Files(), [("it-0-id", "675c6b3b"), ("it-0-caption", "x" * 501), ("it-0-alt", "")], "x" * 501),
]


@pytest.mark.parametrize(("kind", "posted", "said"), TYPED)
def test_what_was_typed_is_told_without_the_codes_of_the_form(
    kind: Kind, posted: list[tuple[str, str]], said: str
) -> None:
    assert kind.written("it", posted) == said


@every_kind
def test_nothing_typed_is_nothing_told(kind: Kind) -> None:
    assert kind.written("it", []) == ""
