"""The page judges which questions are asked as the server does: random forms, random answers, one verdict."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Page

from forms.conditions import Visibility, visibility
from forms.definition import FormVersion
from tests.forms.test_conditions import some_answers, versions

VERDICT = {True: Visibility.SHOWN, False: Visibility.HIDDEN, None: Visibility.UNKNOWN}
JUDGE = """async ([script, cases]) => {
    const { visibility } = await import(script);
    return cases.map(([questions, answers]) => visibility(questions, answers));
}"""

cases = st.lists(st.tuples(versions(), some_answers), min_size=20, max_size=60)


@pytest.fixture
def judge(page: Page, live_server: str) -> Any:
    """The page's own judgement of many cases at once."""
    page.goto(f"{live_server}/aide")
    version = page.request.get(f"{live_server}/aide").text().partition("/static/js-")[2].partition("/")[0]

    def ask(given: list[tuple[FormVersion, dict[str, Any]]]) -> list[dict[str, Any]]:
        sent = [
            [[[item.id, item.show_if.to_json() if item.show_if else None] for item in version.questions], answers]
            for version, answers in given
        ]
        verdicts: list[dict[str, Any]] = page.evaluate(
            JUDGE, [f"/static/js-{version or 'any'}/conditions.js", json.loads(json.dumps(sent))]
        )
        return verdicts

    return ask


@pytest.mark.browser
@given(given_cases=cases)
# Many cases an example, found fast: making a failing one smaller would take a browser too long.
@settings(max_examples=25, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
def test_the_page_and_the_server_agree(judge: Any, given_cases: list[tuple[FormVersion, dict[str, Any]]]) -> None:
    for (version, answers), verdict in zip(given_cases, judge(given_cases), strict=True):
        assert {id: VERDICT[shown] for id, shown in verdict.items()} == visibility(version, answers)
