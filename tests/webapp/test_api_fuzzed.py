"""The API under schemathesis: whatever is asked, nothing breaks and nothing is answered that the document lacks."""

import warnings
from collections.abc import Callable
from contextvars import Context
from typing import Any

import pytest
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from forms.lifecycle import SheetState
from tests.webapp.api_season import Season, a_season, token_for
from webapp.blueprints.api.operations import OPERATIONS

with warnings.catch_warnings():
    # Of libraries that it brings along.
    warnings.simplefilter("ignore")
    import schemathesis
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi.checks import (
        content_type_conformance,
        negative_data_rejection,
        response_headers_conformance,
        response_schema_conformance,
        status_code_conformance,
    )

EXAMPLES = 20
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]

WHO: dict[str, Callable[[Season], str]] = {
    "nobody": lambda season: "",
    "federation": lambda season: token_for(season.administrator),
    "funder": lambda season: token_for(season.reader),
    "narrow": lambda season: token_for(season.reviewer, "campaigns"),
}


# What must have been answered somewhere, or the fuzzing has only knocked at doors.
REACHED = {
    "nobody": {200, 401, 404, 422},
    "federation": {200, 404, 422},
    "funder": {200, 404, 422},
    "narrow": {200, 403, 404, 422},
}


@pytest.mark.parametrize("who", WHO)
def test_nothing_breaks_and_nothing_is_undocumented(app: Flask, db: SQLAlchemy, who: str) -> None:
    season = a_season()
    token = WHO[who](season)
    ids = {"campaign": season.campaign.id, "centre": season.centre.id}
    ids |= {"sheet": season.sheets[SheetState.PUBLISHED].id, "draft": season.sheets[SheetState.DRAFT].id}
    ids |= {"form": season.campaign.form_version.sha256}
    db.session.remove()
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)
    headers = {"Accept-Encoding": "identity"} | ({"Authorization": f"Bearer {token}"} if token else {})
    seen: set[int] = set()
    asked = [_fuzz(found.ok(), headers, ids, seen) for found in schema.get_all_operations()]
    assert {f"/api/v1{operation.path}" for operation in OPERATIONS} == set(asked)
    assert seen >= REACHED[who]


def _fuzz(operation: Any, headers: dict[str, str], ids: dict[str, Any], seen: set[int]) -> str:
    real = st.one_of(st.none(), st.sampled_from([str(id) for id in ids.values()]))

    @given(case=operation.as_strategy(), id=real, campaign=real)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    def fuzz(case: Any, id: str | None, campaign: str | None) -> None:
        if id and case.path_parameters:
            case.path_parameters = dict.fromkeys(case.path_parameters, id)
        if campaign and "campaign" in (case.query or {}):
            case.query["campaign"] = campaign
        # Apart from the test: what one request knows of who asks must not reach the next.
        response = Context().run(case.call, headers=headers)
        seen.add(response.status_code)
        case.validate_response(response, checks=CHECKS)

    fuzz()
    return str(operation.full_path)
