"""The form of 2026: every question of the field reference, word for word, and a golden file."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
import wtforms

from forms.choices import by_label
from forms.conditions import AllOf, Answered, AnyOf, Condition, Not
from forms.definition import Question
from forms.french import fold, typography
from forms.kinds import ChoiceMany, ChoiceOne, Table
from forms.registry import shipped

VERSION = shipped(2026)
ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "golden" / "form-2026.json"
RENEW = "RENEW_GOLDEN=1 .venv/bin/pytest tests/forms/test_version_2026.py -k golden"
SOURCE = ROOT.parent / "shared" / "data" / "actions-lot.txt"

PARTNER_TYPES = (
    "Association locale · Association nationale · Caf · MSA · Commune · Regroupement de communes · Département · Région"
    " · Préfecture · Éducation Nationale · FONJEP · Entreprise privée · Autre"
)
TERRITORIES = "Un quartier · Plusieurs quartiers · Une commune · Plusieurs communes · Autre"

# Typed from the field reference by hand: what the code says is compared with this, never copied.
EXPECTED: tuple[tuple[str, str, str, str, str], ...] = (
    ("action", "title", "Nom de l'action", "short_text", ""),
    ("action", "organisation", "Structure organisatrice", "short_text", ""),
    ("action", "year", "Année", "whole_number", ""),
    ("action", "status", "Statut de l'action", "choice_one", "En cours · Terminée"),
    ("action", "ended_reason", "Raisons pour lesquelles l'action est terminée", "long_text", ""),
    ("action", "dimension", "Dimension", "choice_one", "Services · Citoyenneté · Accompagnement de projets"),
    (
        "action",
        "keywords",
        "Mots clés associés à l'action",
        "choice_many",
        "intergénérationnel · éducation / scolarité · Solidarité · Culture · Démocratie & citoyenneté · Vieillissement"
        " · Environnement · vacances / loisirs · développement durable · Mixité sociale · Santé · Précarité"
        " · Intégration · discriminations · Emploi, économie · mobilité / transport · Parentalité",
    ),
    ("action", "summary", "Résumé", "long_text", ""),
    (
        "initiative",
        "initiators",
        "Qui est à l'initiative de l'action ?",
        "choice_many",
        "Le centre social · Un groupe d'habitants · Un ou plusieurs partenaire(s) · Autre",
    ),
    ("initiative", "initiators_detail", "Précision ( si autre )", "short_text", ""),
    ("initiative", "initiative_territory", "Territoire concerné", "choice_one", TERRITORIES),
    (
        "initiative",
        "experience",
        "Description de l'expérience, ses objectifs, ses acteurs et ses différentes phases.",
        "long_text",
        "",
    ),
    ("public", "public", "Public", "choice_many", "Tous publics · Enfants · Jeunesse · familles · Adultes · Seniors"),
    ("partenaires", "partners", "Partenaires d'action", "choice_many", PARTNER_TYPES),
    ("partenaires", "partners_named", "Partenaires nommés", "table", "name · type · role"),
    ("partenaires", "partners_territory", "Territoire concerné", "choice_one", TERRITORIES),
    ("partenaires", "description", "Description générale", "long_text", ""),
    ("moyens", "funding", "Ressources financières mobilisées pour cette action", "long_text", ""),
    ("moyens", "funding_lines", "Plan de financement", "table", "funder · type · requested · granted"),
    ("moyens", "people", "Nombre de personnes mobilisés pour cette action", "long_text", ""),
    ("moyens", "participants_count", "Participants", "count", ""),
    ("moyens", "volunteers_count", "Bénévoles", "count", ""),
    ("moyens", "staff_count", "Salariés", "count", ""),
    ("moyens", "sessions_count", "Séances ou passages", "count", ""),
    ("resultats", "results_territory", "Résultat sur le territoire", "long_text", ""),
    ("resultats", "results_centre", "Résultat pour le centre social", "long_text", ""),
    ("resultats", "results_residents", "Résultat pour les habitants", "long_text", ""),
    ("suites", "limits", "Suite de l'action : Limites", "long_text", ""),
    ("suites", "perspectives", "Suite de l'action : Perspectives", "long_text", ""),
    ("pieces", "files", "Fichier(s) associé(s)", "files", ""),
)

ADDED = {
    "partners_named", "funding_lines", "participants_count", "volunteers_count", "staff_count", "sessions_count",
}  # fmt: skip
"""The questions that the source doesn't have."""


def parts_of(question: Question) -> str:
    kind = question.kind
    if isinstance(kind, ChoiceOne | ChoiceMany):
        return " · ".join(choice.label for choice in kind.choices)
    return " · ".join(column.id for column in kind.of) if isinstance(kind, Table) else ""


def leaves(condition: Condition | None) -> list[Answered]:
    match condition:
        case None:
            return []
        case Answered():
            return [condition]
        case Not(inner):
            return leaves(inner)
        case AnyOf(parts) | AllOf(parts):
            return [leaf for part in parts for leaf in leaves(part)]


def lists_of_choices() -> list[Any]:
    kinds: list[tuple[str, Any]] = [(question.id, question.kind) for question in VERSION.questions]
    for question in VERSION.questions:
        if isinstance(question.kind, Table):
            kinds += [(f"{question.id}.{column.id}", column.kind) for column in question.kind.of]
    return [pytest.param(kind.choices, id=name) for name, kind in kinds if isinstance(kind, ChoiceOne | ChoiceMany)]


def test_every_question_of_the_reference_is_there_word_for_word() -> None:
    said = tuple(
        (section.id, question.id, question.label, question.kind.name, parts_of(question))
        for section in VERSION.sections
        for question in section.questions
    )
    assert said == EXPECTED


def test_the_steps_are_those_of_the_reference() -> None:
    titles = ["L’action", "Initiative", "Public", "Partenaires", "Moyens", "Résultats", "Suites", "Pièces"]
    assert [section.title for section in VERSION.sections] == titles


def test_a_published_version_does_not_change_by_accident_golden() -> None:
    now = {"sha256": VERSION.sha256, "document": VERSION.to_json()}
    if os.environ.get("RENEW_GOLDEN"):
        GOLDEN.write_text(json.dumps(now, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    assert now == json.loads(GOLDEN.read_text(encoding="utf-8")), (
        "The form of 2026 is no longer the one that was published. A published version is never changed: words and "
        "questions of another year go into a manifest of their own (forms/campaigns/c<year>.py). Only as long as no "
        f"campaign has begun with it, renew the golden file: {RENEW}"
    )


@pytest.mark.skipif(not SOURCE.exists(), reason="the real sheets are not on this machine")
def test_labels_are_those_of_the_real_sheets() -> None:
    lines = {line.strip().lstrip("- ").rstrip(" :") for line in SOURCE.read_text(encoding="utf-8").splitlines()}
    # Filled in by the product, or never answered in these sheets.
    absent = {"year", "title", "ended_reason"}
    for question in VERSION.questions:
        if question.id not in ADDED | absent:
            assert question.label.rstrip(" :") in lines, question.id


def test_who_answers_what_and_when() -> None:
    assert [question.id for question in VERSION.questions if not question.typed] == ["organisation", "year"]
    assert {question.id for question in VERSION.questions if question.required} == {
        "title", "status", "ended_reason", "dimension", "summary", "public",
    }  # fmt: skip
    conditions = {question.id: question.show_if for question in VERSION.questions if question.show_if}
    assert conditions == {
        "ended_reason": Answered("status", ("terminee",)),
        "initiators_detail": Answered("initiators", ("autre", "partenaires")),
    }
    assert {question.id: question.same_as for question in VERSION.questions if question.same_as} == {
        "partners_territory": "initiative_territory"
    }
    assert all(VERSION.question(id).optional for id in ADDED)


def test_lists_are_filtered_by_these_questions() -> None:
    facets = {question.id for question in VERSION.questions if question.facet}
    assert {"status", "dimension", "keywords", "public", "partners", "initiators"} <= facets
    assert all(VERSION.question(id).kind.facets(VERSION.question(id).kind.sample(1)) for id in facets)


def test_conditions_speak_of_codes_that_exist() -> None:
    for question in VERSION.questions:
        for leaf in leaves(question.show_if):
            kind = VERSION.question(leaf.question).kind
            codes = {choice.code for choice in kind.choices} if isinstance(kind, ChoiceOne | ChoiceMany) else set()
            assert set(leaf.values) <= codes


@pytest.mark.parametrize("choices", lists_of_choices())
def test_no_two_choices_of_a_list_can_be_taken_for_each_other(choices: Any) -> None:
    assert len({choice.code for choice in choices}) == len(choices)
    names = [fold(name) for choice in choices for name in {fold(name) for name in (choice.label, *choice.aliases)}]
    assert len(set(names)) == len(names)
    assert all(names)
    for choice in choices:
        for name in (choice.label, choice.label.upper(), f" {choice.label}. ", *choice.aliases):
            assert by_label(choices, name) is choice


@pytest.mark.parametrize(
    ("question", "slip", "code"),
    [
        ("keywords", "Viellissement", "vieillissement"),
        ("dimension", "Accompagnement de projet", "accompagnement"),
        ("initiators", "Un groupe d’habitants", "habitants"),
        ("partners", "EDUCATION NATIONALE", "education_nationale"),
        ("public", "Familles", "familles"),
    ],
)
def test_spelling_slips_of_old_sheets_are_understood(question: str, slip: str, code: str) -> None:
    kind: Any = VERSION.question(question).kind
    choice = by_label(kind.choices, slip)
    assert choice is not None
    assert choice.code == code


def test_no_id_hides_what_a_form_or_a_document_needs() -> None:
    taken = set(dir(wtforms.Form))
    ids = {question.id for question in VERSION.questions}
    ids |= {
        column.id for question in VERSION.questions if isinstance(question.kind, Table) for column in question.kind.of
    }
    assert not ids & taken


def test_our_own_words_have_french_typography() -> None:
    ours = [section.title for section in VERSION.sections] + [section.intro for section in VERSION.sections]
    ours += [question.help for question in VERSION.questions]
    ours += [question.short for question in VERSION.questions]
    assert [text for text in ours if typography(text) != text] == []


def test_every_real_answer_fits() -> None:
    for question in VERSION.questions:
        if question.kind.name == "long_text":
            assert question.kind.to_json()["max_length"] >= 32_767
