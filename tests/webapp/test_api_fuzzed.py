"""The API under schemathesis: whatever is asked, nothing breaks and nothing is answered that the document lacks."""

import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextvars import Context
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from hypothesis import HealthCheck, Phase, given, settings

from forms.lifecycle import SheetState
from tests.webapp.api_season import Season, a_season, token_for
from webapp.blueprints.api.operations import OPERATIONS

with warnings.catch_warnings():
    # Of libraries that it brings along.
    warnings.simplefilter("ignore")
    import schemathesis
    from schemathesis.checks import not_a_server_error
    from schemathesis.generation import GenerationMode
    from schemathesis.specs.openapi.checks import (
        content_type_conformance,
        negative_data_rejection,
        positive_data_acceptance,
        response_headers_conformance,
        response_schema_conformance,
        status_code_conformance,
        unsupported_method,
    )

EXAMPLES, FEW = 8, 2
"""At random of each kind and address, always the same ones; the bounds of every parameter come besides, all of them.

Few where another program asks the same with more rights.
"""
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
    unsupported_method,
]
GOOD, BAD, REAL = "positive", "negative", "real"

WHO: dict[str, Callable[[Season], str]] = {
    "nobody": lambda season: "",
    "federation": lambda season: token_for(season.administrator),
    "funder": lambda season: token_for(season.reader),
    "narrow": lambda season: token_for(season.reviewer, "campaigns"),
}


@dataclass
class Caller:
    """A program that asks, and what it was answered: statuses by address and by what kind of question it was."""

    token: str
    answered: dict[tuple[str, str], set[int]] = field(default_factory=lambda: defaultdict(set))

    def ask(self, case: Any, kind: str) -> None:
        """Ask, and hold the answer against the document."""
        headers = {"Accept-Encoding": "identity"} | ({"Authorization": f"Bearer {self.token}"} if self.token else {})
        # Apart from the test: what one request knows of who asks must not reach the next.
        response = Context().run(case.call, headers=headers)
        self.answered[case.operation.path, kind].add(response.status_code)
        # A cursor is a text that nobody can make up.
        taken = [positive_data_acceptance] if kind == GOOD and "after" not in (case.query or {}) else []
        case.validate_response(response, checks=[*CHECKS, *taken])


@pytest.mark.parametrize("who", WHO)
def test_nothing_breaks_and_nothing_is_undocumented(app: Flask, db: SQLAlchemy, who: str) -> None:
    season = a_season()
    caller = Caller(WHO[who](season))
    ids = [season.campaign.id, season.centre.id, season.campaign.form_version.sha256, season.campaign.form_version.key]
    ids += [season.sheets[state].id for state in (SheetState.PUBLISHED, SheetState.DRAFT)]
    db.session.remove()
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)
    for found in schema.get_all_operations():
        operation = found.ok()
        for case in _real(operation, [str(one) for one in ids]):
            caller.ask(case, REAL)
        for case in _bounds(schema, operation):
            caller.ask(case, case.meta.generation.mode.value)
        for mode in GenerationMode:
            _at_random(operation, mode, caller, EXAMPLES if who == "federation" else FEW)
    _went_through(caller, who)


def _real(operation: Any, ids: list[str]) -> Iterator[Any]:
    """The address as it stands, and where it wants an id, every one of them: what is there, and not for all."""
    path = [parameter.name for parameter in operation.path_parameters]
    query = [parameter.name for parameter in operation.query if parameter.is_required]
    for one in ids if path or query else ids[:1]:
        yield operation.Case(path_parameters=dict.fromkeys(path, one), query=dict.fromkeys(query, one))


def _bounds(schema: Any, operation: Any) -> Iterator[Any]:
    """Both sides of every bound of every parameter, one after the other; other methods; things missing and doubled."""
    generation = schema.config.generation_for(operation=operation)
    cases = schema.iter_coverage_cases(operation, generation_modes=list(GenerationMode), generation_config=generation)
    # Flask says by itself to OPTIONS what else may be asked.
    return (case for case in cases if case.method != "OPTIONS")


def _at_random(operation: Any, mode: Any, caller: Caller, examples: int) -> None:
    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    def ask(case: Any) -> None:
        caller.ask(case, mode.value)

    ask()


def _went_through(caller: Caller, who: str) -> None:
    """Nothing was only knocked at: each address was asked well and badly, and opened to whom it is for."""
    for operation in OPERATIONS:
        real, good, bad = (caller.answered[operation.path, kind] for kind in (REAL, GOOD, BAD))
        shut = {"nobody": 401, "narrow": 403}.get(who) if operation.scope else None
        if operation.scope and who == "narrow" and operation.scope.value == "campaigns":
            shut = None
        assert shut or 200 in real, operation.path
        assert not shut or shut in good & bad, operation.path
        assert good, operation.path
        assert bad & ({shut} if shut else {404, 422}), operation.path
    assert {path for path, _kind in caller.answered} == {operation.path for operation in OPERATIONS}
