"""Soft checks: each notices what it is for, leaves what is close to it alone, and says what to do."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms.catalogue_text import decode, parse
from forms.checks import CHECKS, Doubt, DoubtCode, doubts
from forms.conditions import Answered
from forms.definition import FormVersion, Section
from forms.french import amount, fold, number, typography
from forms.registry import shipped
from forms.wording import LONG, filler, is_shouted, is_total, said_twice
from tests.forms.strategies import patient, through_json

VERSION = shipped(2026)
PARAGRAPH = (
    "Un samedi sur deux, la grande salle devient un atelier\u00a0: on y apporte un grille-pain qui ne chauffe plus, "
    "un vélo qui grince, et l’on repart avec un objet réparé et trois nouveaux voisins."
)
OTHER = (
    "Le jeudi soir, la même salle se remplit de chaises\u00a0: un conteur du village voisin y prend la parole, "
    "les enfants s’assoient devant, et la soirée finit autour d’une soupe que chacun a épluchée."
)


def counted(number: int, how: str = "counted") -> dict[str, Any]:
    return {"number": number, "how": how}


def funded(*lines: tuple[str, str | None, str | None]) -> list[dict[str, str]]:
    return [
        {key: value for key, value in zip(("funder", "requested", "granted"), line, strict=True) if value}
        for line in lines
    ]


Case = tuple[DoubtCode, str, str, dict[str, Any], dict[str, Any], list[tuple[str, dict[str, Any]]]]

# code, question, words of the message, answers, last year's, the centre's other sheets
NOTICED: list[Case] = [
    (DoubtCode.JUMP, "participants_count", "98 en 2025, 980 cette année",
     {"participants_count": counted(980)}, {"participants_count": counted(98), "year": 2025}, []),
    (DoubtCode.JUMP, "participants_count", "98 en 2025, 9 cette année",
     {"participants_count": counted(9)}, {"participants_count": counted(98), "year": 2025}, []),
    (DoubtCode.JUMP, "participants_count", "0 en 2025, 10 cette année",
     {"participants_count": counted(10)}, {"participants_count": counted(0), "year": 2025}, []),
    (DoubtCode.JUMP, "participants_count", "10 la dernière fois, 30 cette année",
     {"participants_count": counted(30)}, {"participants_count": counted(10)}, []),
    (DoubtCode.JUMP, "funding_lines", "Plan de financement, montant accordé\u00a0: 1\u202f500\u00a0€ en 2025",
     {"funding_lines": funded(("Caf", None, "15000.00"))},
     {"funding_lines": funded(("Caf", None, "1000.00"), ("Commune", None, "500.00")), "year": 2025}, []),
    (DoubtCode.PARTS, "participants_count", "12\u00a0séances",
     {"participants_count": counted(0), "sessions_count": counted(12)}, {}, []),
    (DoubtCode.PARTS, "funding_lines", "La ligne 2",
     {"funding_lines": funded(("Caf", None, "800.00"), ("TOTAL", None, "800.00"))}, {}, []),
    (DoubtCode.PARTS, "funding_lines", "1\u202f300\u00a0€ en tout, les lignes font 1\u202f250\u00a0€",
     {"funding": "1 300 € au total : 800 € de la Caf, 450 € de la commune",
      "funding_lines": funded(("Caf", None, "800.00"), ("Commune", None, "450.00"))}, {}, []),
    (DoubtCode.PROSE, "participants_count", "«\u00a098 participants\u00a0», la case 89",
     {"people": "98 participants, 15 bénévoles", "participants_count": counted(89)}, {}, []),
    (DoubtCode.PROSE, "volunteers_count", "«\u00a0une quinzaine de bénévoles\u00a0», la case 30",
     {"people": "une quinzaine de bénévoles", "volunteers_count": counted(30)}, {}, []),
    (DoubtCode.PROSE, "funding_lines", "parle de 800\u00a0€, les lignes font 950\u00a0€ (montant accordé)",
     {"funding": "800 euros", "funding_lines": funded(("Caf", None, "500.00"), ("Commune", None, "450.00"))}, {}, []),
    (DoubtCode.FILLER, "limits", "«\u00a0Idem.\u00a0»", {"limits": "Idem."}, {}, []),
    (DoubtCode.CAPITALS, "summary", "capitales",
     {"summary": "UN SAMEDI SUR DEUX LA GRANDE SALLE DEVIENT UN ATELIER DE RÉPARATION."}, {}, []),
    (DoubtCode.REPEATED, "description", "aussi dans «\u00a0Résumé\u00a0»",
     {"summary": PARAGRAPH, "description": f"D’abord ceci.\n\n{PARAGRAPH.upper()}\n\nPuis cela."}, {}, []),
    (DoubtCode.REPEATED, "summary", "aussi dans la fiche «\u00a0Le café des parents\u00a0»",
     {"summary": PARAGRAPH}, {}, [("Le café des parents", {"description": f"{OTHER}\n{PARAGRAPH}"})]),
    (DoubtCode.REPEATED, "summary", "deux fois dans cette réponse", {"summary": f"{PARAGRAPH}\n{PARAGRAPH}"}, {}, []),
]  # fmt: skip

# What is close to a doubt and none: answers, last year's, others
LEFT_ALONE: list[tuple[dict[str, Any], dict[str, Any], list[tuple[str, dict[str, Any]]]]] = [
    ({"participants_count": counted(290)}, {"participants_count": counted(98)}, []),
    ({"participants_count": counted(34)}, {"participants_count": counted(98)}, []),
    ({"participants_count": counted(12)}, {"participants_count": counted(3)}, []),
    ({"participants_count": counted(1)}, {"participants_count": counted(10)}, []),
    ({"participants_count": {"how": "unknown"}}, {"participants_count": counted(98)}, []),
    ({"participants_count": counted(980)}, {"participants_count": {"how": "unknown"}}, []),
    ({"participants_count": counted(980)}, {"volunteers_count": counted(98)}, []),
    ({"funding_lines": funded(("Caf", None, "900.00"))}, {"funding_lines": funded(("Caf", None, "200.00"))}, []),
    ({"funding_lines": funded(("Caf", "15000.00", None))}, {"funding_lines": funded(("Caf", None, "200.00"))}, []),
    ({"participants_count": counted(0), "sessions_count": {"how": "unknown"}}, {}, []),
    ({"participants_count": counted(0), "sessions_count": counted(0)}, {}, []),
    ({"participants_count": counted(5), "volunteers_count": counted(12)}, {}, []),
    ({"funding_lines": funded(("Total Solidarité Bois", None, "800.00"), ("Caf", None, "300.00"))}, {}, []),
    ({"people": "98 participants", "participants_count": counted(98)}, {}, []),
    ({"people": "98 participants"}, {}, []),
    ({"people": "98 participants", "participants_count": {"how": "unknown"}}, {}, []),
    ({"people": "une quinzaine de bénévoles", "volunteers_count": counted(13)}, {}, []),
    ({"people": "98 participants", "participants_count": counted(100, "estimated")}, {}, []),
    ({"people": "98 participants le soir, 40 participants le matin", "participants_count": counted(120)}, {}, []),
    ({"summary": "98 participants", "participants_count": counted(89)}, {}, []),
    ({"funding": "800 euros", "funding_lines": funded(("Caf", None, "800.00"))}, {}, []),
    ({"funding": "1 250 € : 800 € de la Caf, le reste de la commune",
      "funding_lines": funded(("Caf", None, "800.00"), ("Commune", None, "450.00"))}, {}, []),
    ({"funding": "800 € de la Caf", "funding_lines": funded(("Caf", None, "800.00"), ("Commune", None, "450.00"))},
     {}, []),
    ({"funding": "Coût total : 1 250 €, dont 800 € de la Caf",
      "funding_lines": funded(("Caf", "900.00", "800.00"), ("Commune", None, "450.00"))}, {}, []),
    ({"funding": "Coût total : 1 250 €"}, {}, []),
    ({"funding": "800 € de la Caf et 450 € de la commune, pour 1 600 € dépensés",
      "funding_lines": funded(("Caf", "900.00", "800.00"), ("Commune", None, "450.00"))}, {}, []),
    ({"funding": "800 € et 450 €", "funding_lines": funded(("Deux communes", None, "1250.00"))}, {}, []),
    ({"funding": "Des fonds propres", "funding_lines": funded(("Caf", None, "800.00"))}, {}, []),
    ({"funding": "800 euros", "funding_lines": funded(("Caf", None, None))}, {}, []),
    ({"limits": "Aller voir la mer reste un projet coûteux : il a fallu renoncer à la sortie de 2024."}, {}, []),
    ({"summary": "Un atelier, UN SAMEDI SUR DEUX, DANS LA GRANDE SALLE DU CENTRE SOCIAL."}, {}, []),
    ({"title": "ACCOMPAGNEMENT À LA SCOLARITÉ"}, {}, []),
    ({"initiators_detail": "CAF, MSA, DDETS, ARS, CARSAT, DRAC, CNAF, UDAF, CCAS, EPCI, SIAE", "initiators": ["autre"]},
     {}, []),
    ({"summary": PARAGRAPH, "description": OTHER}, {}, [("Le café", {"summary": PARAGRAPH.replace("vélo", "train")})]),
    ({"summary": "Une phrase courte.", "description": "Une phrase courte."}, {}, []),
]  # fmt: skip


def found(case: tuple[dict[str, Any], dict[str, Any], list[tuple[str, dict[str, Any]]]]) -> tuple[Doubt, ...]:
    answers, last_year, others = through_json(case)
    return doubts(VERSION, answers, last_year=last_year, others=[(label, told) for label, told in others])


@pytest.mark.parametrize("case", NOTICED)
def test_what_is_odd_is_noticed_and_the_message_says_what_to_do(case: Case) -> None:
    code, question, words, *rest = case
    (doubt,) = found((rest[0], rest[1], rest[2]))
    assert (doubt.code, doubt.question) == (code, question)
    assert words in doubt.message
    assert typography(doubt.message) == doubt.message
    assert doubt.message.endswith(".")
    assert any(verb in doubt.message for verb in ("orrigez", "Retirez", "choisissez", "crivez", "Gardez"))
    assert len(doubt.key) == 16


@pytest.mark.parametrize("case", LEFT_ALONE)
def test_what_is_close_to_a_doubt_is_left_alone(case: Any) -> None:
    assert found(case) == ()


def test_every_check_notices_something_here() -> None:
    assert set(CHECKS) == set(DoubtCode) == {case[0] for case in NOTICED}


@pytest.mark.parametrize("case", NOTICED)
def test_a_confirmation_lapses_when_the_answer_changes(case: Case) -> None:
    _code, question, _words, answers, last_year, others = case
    (before,) = found((answers, last_year, others))
    assert before == found((answers | {"results_centre": "Autre chose."}, last_year, others))[0]
    changed = through_json(answers[question])
    if isinstance(changed, dict):
        changed["number"] += 1
    elif isinstance(changed, str):
        changed = f"idem {changed}" if len(changed) < LONG else f"{changed[:-1]} !\n\n{changed}"
    else:
        changed[0]["granted"] = "801.00"
    after = found((answers | {question: changed}, last_year, others))
    assert before.key not in {doubt.key for doubt in after if doubt.message != before.message}


def test_different_doubts_have_different_keys() -> None:
    keys = [found((case[3], case[4], case[5]))[0].key for case in NOTICED]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize(
    "text",
    ["idem", "Idem", "IDEM.", "idem 2024", "Idem que l’an dernier", "voir 2024", "Voir la fiche 2024", "cf. bilan",
     "cf. l’an dernier", "cf ci-dessus", "comme l’année dernière", "RAS", "R.A.S.", "rien à signaler", "à compléter",
     "À compléter avec Nadia", "xxx", "X", "test", "…", "?", "-", "en cours de rédaction", "Reste à rédiger",
     "  idem\n"],
)  # fmt: skip
def test_fillers_are_known(text: str) -> None:
    assert filler(text) == text.strip()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Un beau bilan.\n(à compléter)", "à compléter"),
        ("Partenaires : XXX et la mairie", "XXX"),
        ("Le public : à compléter", "à compléter"),
        ("Lorem ipsum dolor sit amet", "Lorem ipsum"),
    ],
)
def test_a_filler_in_the_middle_of_a_text_is_known(text: str, words: str) -> None:
    assert filler(text) == words


@pytest.mark.parametrize(
    "text",
    ["", "Voir la mer pour la première fois", "Voir les voisins autrement", "Comme un repas de famille",
     "Le même public que celui de l’accueil, plus les habitants du hameau : la fiche de présence le montre bien",
     "Il reste des dossiers à compléter avec les familles.", "Aider à compléter les dossiers", "Le XXe siècle raconté",
     "Néant", "Aucune", "En cours", "Les voisins se parlent.", "Tests de lecture et jeux", "idéal pour commencer"],
)  # fmt: skip
def test_answers_that_only_look_like_fillers_are_none(text: str) -> None:
    assert filler(text) == ""


@pytest.mark.parametrize(
    "name", ["Total", "TOTAL", "Total :", "Totaux", "Sous-total", "Total des subventions", "Somme"]
)
def test_totals_are_known_by_their_name(name: str) -> None:
    assert is_total(name)
    assert not is_total(f"{name} Énergies Nouvelles")


@given(st.text(), st.text(), st.text())
@patient
def test_the_same_text_is_always_found_wherever_it_stands(before: str, after: str, seed: str) -> None:
    text = f"{seed}\n{PARAGRAPH}\n\n{OTHER}"
    here = {"summary": text, "description": f"{before}\n\n{text}\n\n{after}"}
    assert "description" in {doubt.question for doubt in doubts(VERSION, here) if doubt.code is DoubtCode.REPEATED}
    there = [("Une autre", {"experience": here["description"]})]
    twice = doubts(VERSION, {"summary": text}, others=there)
    assert "summary" in {doubt.question for doubt in twice if doubt.code is DoubtCode.REPEATED}


@given(st.integers(0, 3000), st.integers(0, 3000))
@patient
def test_a_jump_up_is_a_jump_as_much_as_down(one: int, other: int) -> None:
    def jumps(before: int, now: int) -> bool:
        return bool(found(({"volunteers_count": counted(now)}, {"volunteers_count": counted(before)}, [])))

    assert jumps(one, other) is jumps(other, one)
    low, high = sorted((one, other))
    assert jumps(one, other) is (high >= 3 * low and high - low >= 10)


@given(st.integers(2, 5000), st.integers(0, 5000))
@patient
def test_a_number_and_the_text_agree_exactly_or_there_is_a_doubt(told: int, held: int) -> None:
    answers = {"people": f"{number(told)} participants", "participants_count": counted(held)}
    assert bool(found((answers, {}, []))) is (told != held)


@given(st.lists(st.integers(1, 900_000), min_size=1, max_size=5))
@patient
def test_lines_that_the_text_tells_one_by_one_or_as_a_sum_agree_with_it(cents: list[int]) -> None:
    amounts = [Decimal(value).scaleb(-2) for value in cents]
    lines = funded(*(("Caf", None, f"{value:.2f}") for value in amounts))
    for said in (" + ".join(map(amount, amounts)), amount(sum(amounts, Decimal(0)))):
        assert found(({"funding": f"Nous avons reçu {said}.", "funding_lines": lines}, {}, [])) == ()
    assert found(({"funding": f"{amount(sum(amounts, Decimal(0)))} en tout", "funding_lines": lines}, {}, [])) == ()
    wrong = amount(sum(amounts, Decimal(0)) + 10_000_000)
    assert [doubt.code for doubt in found(({"funding": f"En tout {wrong}", "funding_lines": lines}, {}, []))] == [
        DoubtCode.PARTS
    ]
    assert [doubt.code for doubt in found(({"funding": wrong, "funding_lines": lines}, {}, []))] == [DoubtCode.PROSE]


@given(st.text(st.sampled_from("aé L'\n«»?XIVxiv0123"), max_size=200))
@patient
def test_no_text_breaks_the_checks(text: str) -> None:
    answers = {"summary": text, "people": text, "funding": text} if text.strip() else {}
    assert all(doubt.key for doubt in doubts(VERSION, answers, others=[("x", answers)]))
    assert not (is_shouted(text) and text != text.upper())
    assert said_twice(text) == "" or text.count("\n")


def test_a_text_in_capitals_is_known_by_words_not_by_initials() -> None:
    assert is_shouted("LES ENFANTS DU QUARTIER ONT PEINT LE MUR DU PRÉAU.")
    assert not is_shouted("Les enfants du quartier ont peint le mur du préau.")
    assert not is_shouted("12 345 678 901 234 567 890 123 456 789 012 345 678 901 234")
    assert len(fold(PARAGRAPH)) >= LONG


def test_an_empty_sheet_raises_no_doubt() -> None:
    assert doubts(VERSION, {}, last_year={"participants_count": counted(98)}, others=[("x", {"summary": OTHER})]) == ()


def test_answers_that_are_not_asked_raise_none() -> None:
    reason = VERSION.question("ended_reason")
    assert reason.show_if == Answered("status", ("terminee",))
    assert doubts(VERSION, {"status": "terminee", "ended_reason": "idem"})
    assert doubts(VERSION, {"status": "en_cours", "ended_reason": "idem"}) == ()


def test_doubts_stand_in_the_order_of_the_form() -> None:
    answers = {
        "perspectives": "idem",
        "summary": "RAS",
        "people": "98 participants",
        "participants_count": counted(980),
    }
    told = doubts(VERSION, answers, last_year={"participants_count": counted(50)})
    assert [(doubt.question, doubt.code.value) for doubt in told] == [
        ("summary", "filler"),
        ("participants_count", "jump"),
        ("participants_count", "prose"),
        ("perspectives", "filler"),
    ]


def test_a_version_without_the_texts_is_checked_for_the_rest() -> None:
    version = FormVersion("test", "Fiche", (Section("s", "S", (VERSION.question("participants_count"),)),))
    answers = {"participants_count": counted(980), "people": "98 participants"}
    assert doubts(version, answers) == ()
    assert [doubt.code for doubt in doubts(version, answers, last_year={"participants_count": counted(9)})] == [
        DoubtCode.JUMP
    ]


def test_real_sheets_raise_few_doubts_and_none_that_is_absurd(shared_data: Path) -> None:
    sheets = parse(decode((shared_data / "actions-lot.txt").read_bytes())).sheets
    told = {
        sheet.title: doubts(
            shipped(sheet.year or 0),
            sheet.answers,
            others=[
                (other.title, other.answers)
                for other in sheets
                if other is not sheet and (other.organisation, other.year) == (sheet.organisation, sheet.year)
            ],
        )
        for sheet in sheets
    }
    assert len(told) == 11
    # One says the same paragraph twice, one answers by « idem »: both would be asked about by any reader.
    assert sorted((doubt.code.value, doubt.question) for some in told.values() for doubt in some) == [
        ("filler", "results_residents"),
        ("repeated", "description"),
    ]
