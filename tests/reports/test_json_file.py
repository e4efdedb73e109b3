"""The sheets as JSON: everything that was sent, readable in twenty years, and by ourselves."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from jsonschema import validate

from forms.definition import FormVersion, content_hash
from forms.schema import answers_schema
from reports import json_file
from reports.content import no_progress
from tests.reports.samples import REPAIR, report_sheet
from tests.reports.sealed import sent, sent_input

CONTENT = sent_input()


def written(content: Any = CONTENT) -> bytes:
    out = io.BytesIO()
    json_file.make(content, out, no_progress)
    return out.getvalue()


def test_every_answer_fits_the_form_that_stands_beside_it() -> None:
    data = json.loads(written())
    forms = {sha256: FormVersion.from_json(form) for sha256, form in data["forms"].items()}
    assert [form.sha256 for form in forms.values()] == list(forms)
    for sheet in data["sheets"]:
        validate(sheet["answers"], answers_schema(forms[sheet["version_sha256"]]))
        said = {"version": sheet["version_sha256"], "answers": sheet["answers"]}
        assert content_hash(said) == sheet["snapshot_sha256"]
    assert data["sheets"][0]["answers"] == REPAIR


def test_the_sheets_come_back_as_they_were() -> None:
    assert json_file.sheets_of(json.loads(written())) == CONTENT.sheets


def test_a_sheet_stands_on_a_line_and_an_empty_choice_is_json_too() -> None:
    lines = [line for line in written().decode().splitlines() if '"reference"' in line]
    assert [json.loads(line.strip().rstrip(","))["reference"] for line in lines] == [
        sheet.reference for sheet in CONTENT.sheets
    ]
    assert json.loads(written(sent_input(years=(), sheets=())))["sheets"] == []


def test_what_was_not_asked_is_told_from_what_was_not_answered() -> None:
    school = json.loads(written())["sheets"][1]
    assert "initiators_detail" in school["not_asked"]
    assert "limits" not in school["not_asked"]
    assert "limits" not in school["answers"]


def test_half_a_character_is_written_as_json_writes_it() -> None:

    data = json.loads(written(sent_input(report_sheet(REPAIR | {"summary": "avant \ud800 après \ufffe"}))))
    assert data["sheets"][0]["answers"]["summary"] == "avant \ud800 après \ufffe"


@pytest.mark.parametrize(
    "change",
    [{"forms": {}}, {"forms": []}, {"sheets": [{}]}, {"sheets": [[]]}, {"sheets": 7}],
    ids=lambda change: json.dumps(change),
)
def test_a_file_that_is_none_of_ours_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="no sheets of ours"):
        json_file.sheets_of(json.loads(written()) | change)


def test_amounts_that_are_no_numbers_are_refused() -> None:
    data = json.loads(written(sent_input(sent(REPAIR))))
    data["sheets"][0]["answers"]["funding_lines"][0]["granted"] = "beaucoup"
    with pytest.raises(ValueError, match="no sheets of ours"):
        json_file.sheets_of(data)
