"""The public catalogue's text format: every answer comes in as it stands, everything else is said."""

import unicodedata
from collections.abc import Mapping
from typing import Any

import pytest

from forms.catalogue_text import Level, Parsed, ParsedSheet, decode, parse
from forms.catalogue_text.answers import closest
from forms.choices import Choice
from forms.registry import shipped
from forms.values import Refused
from tests.forms.catalogue_files import USUAL, file_text, sheet_text


def one(said: Mapping[str, Any], title: str = "Le jeudi des bricoleurs") -> ParsedSheet:
    """The only sheet of a file that says that."""
    parsed = parse(file_text(sheet_text(title, said)))
    assert len(parsed.sheets) == 1
    return parsed.sheets[0]


def said_about(parsed: Parsed | ParsedSheet, question: str | None, level: Level) -> list[str]:
    """The messages of that level about that question."""
    findings = parsed.all_findings if isinstance(parsed, Parsed) else parsed.findings
    return [item.message for item in findings if item.question == question and item.level is level]


# ---------------------------------------------------------------- answers


def test_a_whole_sheet_is_read_answer_by_answer() -> None:
    sheet = one(USUAL)
    assert (sheet.organisation, sheet.department, sheet.year) == ("Centre social du Gué", "46", 2019)
    assert sheet.answers == {
        "title": "Le jeudi des bricoleurs",
        "status": "en_cours",
        "dimension": "services",
        "keywords": ["culture", "loisirs"],
        "summary": "Chaque jeudi, on répare ensemble.",
        "initiators": ["centre"],
        "initiative_territory": "commune",
        "experience": "On a commencé à trois.",
        "public": ["familles"],
        "partners": ["caf", "commune"],
        "description": "- le matin : l’accueil\n- l’après-midi : l’atelier\n\nEt le soir, un repas.",
        "people": "12 participants + 3 bénévoles",
        "perspectives": "Recommencer.",
    }
    assert sheet.unparsed == {}


def test_an_answer_left_empty_is_absent() -> None:
    sheet = one({"organisation": "Centre social du Gué - Lot"})
    assert set(sheet.answers) == {"title"}
    assert not sheet.refused


def test_both_territories_become_one_when_equal_and_stay_two_when_not() -> None:
    assert "partners_territory" not in one(USUAL).answers
    different = one(USUAL | {"partners_territory": "Plusieurs communes"})
    assert different.answers["initiative_territory"] == "commune"
    assert different.answers["partners_territory"] == "communes"
    assert said_about(different, "partners_territory", Level.INFO)


def test_a_precision_without_its_choice_is_kept_and_flagged() -> None:
    sheet = one(USUAL | {"initiators_detail": "Le foyer rural"})
    assert sheet.answers["initiators_detail"] == "Le foyer rural"
    assert said_about(sheet, "initiators_detail", Level.WARNING)
    asked = one(USUAL | {"initiators": ["Autre"], "initiators_detail": "Le foyer rural"})
    assert not said_about(asked, "initiators_detail", Level.WARNING)


def test_counts_are_proposed_from_prose_and_never_set() -> None:
    sheet = one(USUAL)
    assert [(count.question, count.number) for count in sheet.proposals] == [
        ("participants_count", 12),
        ("volunteers_count", 3),
    ]
    assert len(said_about(sheet, "participants_count", Level.PROPOSAL)) == 1
    assert not {"participants_count", "volunteers_count"} & set(sheet.answers)


@pytest.mark.parametrize("digits", ["99999999", "9" * 5000])
def test_a_figure_that_the_form_would_refuse_is_not_proposed(digits: str) -> None:
    sheet = one(USUAL | {"people": f"{digits} participants"})
    assert sheet.proposals == ()
    assert sheet.answers["people"] == f"{digits} participants"


# ---------------------------------------------------------------- choices


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("Viellissement", "vieillissement"),
        ("democratie & citoyennete", "democratie"),
        ("Envirronement", "environnement"),
        ("Mobilité / Transports", "mobilite"),
    ],
)
def test_a_spelling_slip_is_read_and_told(written: str, code: str) -> None:
    sheet = one(USUAL | {"keywords": [written]})
    assert sheet.answers["keywords"] == [code]
    assert written in said_about(sheet, "keywords", Level.INFO)[0]


def test_a_choice_written_as_in_the_list_is_no_finding() -> None:
    labels = [choice.label for choice in shipped(2020).question("keywords").kind.choices]  # type: ignore[attr-defined]
    sheet = one(USUAL | {"keywords": labels})
    assert len(sheet.answers["keywords"]) == len(labels)
    assert not said_about(sheet, "keywords", Level.INFO)


def test_unknown_choices_are_listed_and_set_aside_beside_the_readable_ones() -> None:
    sheet = one(USUAL | {"keywords": ["Culture", "Jardinage", "Numérique"]})
    assert sheet.answers["keywords"] == ["culture"]
    message = said_about(sheet, "keywords", Level.WARNING)[0]
    assert "Jardinage" in message
    assert "Numérique" in message
    aside = sheet.unparsed["keywords"]
    assert aside.posted == (("keywords", "culture"), ("keywords", "Jardinage"), ("keywords", "Numérique"))
    assert aside.error == message
    assert not sheet.refused


def test_an_unknown_single_choice_is_no_answer_but_is_kept() -> None:
    sheet = one(USUAL | {"dimension": "Loisirs créatifs"})
    assert "dimension" not in sheet.answers
    assert sheet.unparsed["dimension"].posted == (("dimension", "Loisirs créatifs"),)


def test_a_second_answer_to_a_single_choice_is_kept_aside() -> None:
    sheet = one(USUAL | {"dimension": ["Services", "Citoyenneté"]})
    assert sheet.answers["dimension"] == "services"
    assert ("dimension", "Citoyenneté") in sheet.unparsed["dimension"].posted


def test_two_choices_equally_near_are_not_guessed_between() -> None:
    choices = (Choice("a", "Atelier du matin A"), Choice("b", "Atelier du matin B"))
    assert closest("Atelier du matin C", choices) is None
    assert closest("Atelier du matiin B", choices) == choices[1]


# ---------------------------------------------------------------- labels


@pytest.mark.parametrize("line", ["- Dimension", "- Public", "- Suite de l'action : Limites", "- Participants"])
def test_a_bullet_that_looks_like_a_label_stays_in_the_text(line: str) -> None:
    text = f"Nos axes :\n{line}\n- Services\net c’est tout"
    sheet = one(USUAL | {"experience": text, "summary": text})
    assert (sheet.answers["experience"], sheet.answers["summary"]) == (text, text)
    assert sheet.answers["dimension"] == "services"
    assert sheet.answers["public"] == ["familles"]


def test_of_two_lines_that_could_be_the_label_the_first_is_taken_and_told() -> None:
    sheet = one(USUAL | {"results_territory": "Avant", "results_centre": "Ici\n- Résultat pour le centre social\nlà"})
    assert sheet.answers["results_centre"] == "Ici\n- Résultat pour le centre social\nlà"
    assert said_about(sheet, "results_centre", Level.WARNING)


def test_labels_with_curly_apostrophes_and_other_spaces_are_labels() -> None:
    text = file_text(sheet_text("Fiche", USUAL)).replace("- Statut de l'action", "-  Statut de l’action ")
    assert parse(text).sheets[0].answers["status"] == "en_cours"


def test_a_missing_label_is_told_and_nothing_is_lost() -> None:
    parsed = parse(
        file_text(
            sheet_text("Une", USUAL), sheet_text("Deux", USUAL).replace("- Public\n", ""), sheet_text("Trois", USUAL)
        )
    )
    assert said_about(parsed.sheets[1], "public", Level.WARNING)
    assert parsed.sheets[1].answers["experience"] == "On a commencé à trois.\n- familles"
    assert not said_about(parsed.sheets[0], "public", Level.WARNING)


def test_names_of_files_are_told_since_the_text_does_not_hold_them() -> None:
    sheet = one(USUAL | {"files": "- affiche.pdf"})
    assert "affiche.pdf" in said_about(sheet, "files", Level.WARNING)[0]


# ---------------------------------------------------------------- the table


def test_years_come_from_the_table_each_line_used_once() -> None:
    sheets = [sheet_text(title, USUAL) for title in ("Fête", "FÊTE !", "Fête")]
    parsed = parse(file_text(*sheets, years=[2016, 2017, 2018]))
    assert [sheet.year for sheet in parsed.sheets] == [2016, 2017, 2018]


def test_titles_with_bars_quotes_and_blanks_find_their_year() -> None:
    for title in ('"La" soirée | suite :', "  REPAS / FÊTE : ", "!!!", "L'été  "):
        sheet = one(USUAL, title=title)
        assert (sheet.title, sheet.year) == (title.strip(), 2019)
        assert sheet.answers["title"] == title.strip()


def test_a_sheet_that_the_table_ignores_is_refused_alone() -> None:
    text = file_text(sheet_text("Une", USUAL), sheet_text("Deux", USUAL)).replace("Une | Lot | 2019 |\n", "")
    parsed = parse(text)
    assert [sheet.refused for sheet in parsed.sheets] == [True, False]
    assert said_about(parsed.sheets[0], "year", Level.ERROR)


def test_an_announced_sheet_that_is_missing_is_told() -> None:
    text = file_text(sheet_text("Une", USUAL), sheet_text("Deux", USUAL))
    parsed = parse(text.replace("Une | Lot", "Oubliée | Lot | 2018 |\nUne | Lot"))
    assert [(item.sheet, item.level) for item in parsed.findings] == [("Oubliée", Level.ERROR)]


def test_an_unreadable_line_of_the_table_is_told() -> None:
    text = file_text(sheet_text("Une", USUAL), sheet_text("Deux", USUAL))
    parsed = parse(text.replace("Une | Lot | 2019 |", "Une | Lot | bientôt |"))
    assert "bientôt" in said_about(parsed, None, Level.ERROR)[0]


def test_a_sheet_without_title_or_organisation_is_refused() -> None:
    assert said_about(one(USUAL, title=""), "title", Level.ERROR)
    assert said_about(one(USUAL | {"organisation": ""}), "organisation", Level.ERROR)


def test_an_organisation_may_hold_a_dash_and_an_unknown_department() -> None:
    sheet = one(USUAL | {"organisation": "Espace - Les Ponts - Seine-Maritime"})
    assert (sheet.organisation, sheet.department) == ("Espace - Les Ponts", "76")
    assert said_about(sheet, "organisation", Level.WARNING)
    unknown = one(USUAL | {"organisation": "Espace Les Ponts - Nulle Part"})
    assert (unknown.organisation, unknown.department) == ("Espace Les Ponts - Nulle Part", "46")


# ---------------------------------------------------------------- files that can't be read


def refusal(data: bytes) -> str:
    """Why that file is refused as a whole."""
    with pytest.raises(Refused) as refused:
        parse(decode(data))
    return refused.value.message


def test_what_is_not_the_format_is_refused_in_words() -> None:
    assert "vide" in refusal(b"")
    assert "vide" in refusal(b"\n \r\n")
    assert "pas du texte" in refusal(b"\x89PNG\r\n\x1a\n\x00\x00\x00")
    assert "export du catalogue" in refusal(b"Bonjour, voici nos actions.")
    assert "export du catalogue" in refusal(bytes(range(1, 128)))
    assert "tableau" in refusal(sheet_text("Une", USUAL).encode())


def test_a_file_cut_anywhere_is_refused_or_read_as_if_whole() -> None:
    sheets = [sheet_text(title, USUAL) for title in ("Une", "Deux", "Trois")]
    whole = file_text(*sheets)
    # Behind the last label nothing tells a cut from a short answer.
    end = whole.rindex("Perspectives")
    for length in (*range(1, end, 11), *range(end - 80, end + len("Perspectives"))):
        with pytest.raises(Refused):
            parse(whole[:length])
    assert parse(whole).findings == ()


def test_every_encoding_in_use_is_read() -> None:
    text = file_text(sheet_text("L'été à 20 €", USUAL)).replace("’", "'")
    for data in (
        text.encode(),
        text.encode("utf-8-sig"),
        text.encode("cp1252"),
        text.encode("utf-16"),
        text.replace("\n", "\r\n").encode(),
        text.replace("\n", "\r").encode(),
    ):
        assert parse(decode(data)) == parse(text)


def test_utf8_with_a_broken_byte_is_not_read_as_another_encoding() -> None:
    whole = file_text(sheet_text("L'été", USUAL)).encode()
    assert "abîmés" in refusal(whole.replace(b"\xc3\xa9", b"\xc3", 1))
    assert "abîmés" in refusal(whole + b"\xff")


def test_decomposed_accents_are_composed() -> None:
    text = file_text(sheet_text("L’été", USUAL))
    assert parse(unicodedata.normalize("NFD", text)) == parse(text)


def test_a_huge_hostile_file_is_answered_quickly() -> None:
    hostile = "- Public\n" * 40_000 + "| " * 100_000 + "\n" + "-" * 100_000
    parse(file_text(sheet_text("Une", USUAL | {"summary": hostile})))
    with pytest.raises(Refused):
        parse("Nom | Département | Année |\n" + hostile)
