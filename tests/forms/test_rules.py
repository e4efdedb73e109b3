"""The rules across questions: each one broken, each one mended."""

from typing import Any

import pytest

from forms.conditions import Answered
from forms.definition import FormVersion, Question, Section
from forms.french import typography
from forms.kinds import ShortText
from forms.registry import shipped
from forms.rules import RULES, broken

VERSION = shipped(2026)


def counted(number: int) -> dict[str, Any]:
    return {"number": number, "how": "counted"}


PICTURE = {"id": "a", "name": "bal.png", "media_type": "image/png", "size": 1, "sha256": "0" * 64}
PAPER = {"id": "b", "name": "bal.pdf", "media_type": "application/pdf", "size": 1, "sha256": "0" * 64}

# rule, answers that break it, the question to mend, words of the message, the answers that mend it
CASES: list[tuple[str, dict[str, Any], str, str, dict[str, Any]]] = [
    (
        "named_partners_are_ticked",
        {"partners": ["caf"], "partners_named": [{"name": "A", "type": "msa"}, {"name": "B", "type": "commune"}]},
        "partners",
        "«\u00a0MSA, Commune\u00a0»",
        {"partners": ["caf", "msa", "commune"]},
    ),
    (
        "named_partners_are_ticked",
        {"partners_named": [{"name": "A", "type": "autre"}]},
        "partners",
        "«\u00a0Autre\u00a0»",
        {"partners_named": [{"name": "A"}]},
    ),
    (
        "named_rows_have_a_name",
        {"partners": ["caf"], "partners_named": [{"name": "A"}, {"type": "caf"}]},
        "partners_named",
        "le nom du partenaire à la ligne 2",
        {"partners_named": [{"name": "A"}, {"name": "B", "type": "caf"}]},
    ),
    (
        "named_rows_have_a_name",
        {"funding_lines": [{"granted": "10.00"}]},
        "funding_lines",
        "le nom du financeur à la ligne 1",
        {"funding_lines": [{"granted": "10.00", "funder": "Caf"}]},
    ),
    (
        "granted_within_requested",
        {"funding_lines": [{"funder": "A", "requested": "9.00", "granted": "9.00"},
                           {"funder": "B", "requested": "9.00", "granted": "10.00"}]},
        "funding_lines",
        "ligne 2",
        {"funding_lines": [{"funder": "B", "requested": "10.00", "granted": "9.00"}, {"funder": "C", "granted": "5.00"},
                           {"funder": "D", "requested": "5.00"}]},
    ),
    (
        "sessions_for_participants",
        {"participants_count": counted(3), "sessions_count": counted(0)},
        "sessions_count",
        "au moins une séance",
        {"sessions_count": counted(1)},
    ),
    (
        "pictures_are_described",
        {"files": [PAPER, PICTURE]},
        "files",
        "«\u00a0bal.png\u00a0»",
        {"files": [PAPER, PICTURE | {"alt": "On danse"}]},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "answers", "question", "words", "mending"), CASES)
def test_a_broken_rule_says_where_and_what_to_do(
    rule: str, answers: dict[str, Any], question: str, words: str, mending: dict[str, Any]
) -> None:
    (found,) = broken(VERSION, answers)
    assert found.question == question
    assert words in found.message
    assert typography(found.message) == found.message
    assert found.message.endswith(".")
    assert next(item for item in RULES if item.__name__ == rule)(answers) == found
    assert broken(VERSION, answers | mending) == ()


def test_every_rule_is_broken_once_here() -> None:
    assert {rule.__name__ for rule in RULES} == {case[0] for case in CASES}


def test_an_empty_sheet_breaks_no_rule() -> None:
    assert broken(VERSION, {}) == ()


def test_several_broken_rules_are_all_said() -> None:
    answers = {"files": [PICTURE], "participants_count": counted(1), "sessions_count": counted(0)}
    assert [item.question for item in broken(VERSION, answers)] == ["sessions_count", "files"]


@pytest.mark.parametrize(
    "answers",
    [
        {"sessions_count": counted(0)},
        {"sessions_count": counted(0), "participants_count": counted(0)},
        {"participants_count": counted(3)},
    ],
)
def test_no_session_without_participants_is_no_contradiction(answers: dict[str, Any]) -> None:
    assert broken(VERSION, answers) == ()


def test_a_rule_about_questions_that_a_version_lacks_says_nothing() -> None:
    short = FormVersion("test", "Fiche", (Section("s", "S", (Question("title", "Nom", ShortText()),)),))
    for _rule, answers, *_others in CASES:
        assert broken(short, answers) == ()


def test_answers_to_questions_that_are_not_asked_break_nothing() -> None:
    participants = VERSION.question("participants_count").but(show_if=Answered("status", ("en_cours",)))
    questions = (VERSION.question("status"), participants, VERSION.question("sessions_count"))
    version = FormVersion("test", "Fiche", (Section("s", "S", questions),))
    answers = {"participants_count": counted(3), "sessions_count": counted(0)}
    assert broken(version, answers | {"status": "en_cours"})
    assert broken(version, answers | {"status": "terminee"}) == ()


def test_a_rule_that_could_not_be_mended_in_this_version_says_nothing() -> None:
    version = FormVersion("test", "Fiche", (Section("s", "S", (VERSION.question("partners_named"),)),))
    assert broken(version, {"partners_named": [{"name": "A", "type": "msa"}]}) == ()
