"""The API: what a token opens, page by page, and what it never shows."""

import csv
import gzip
import io
import json
from base64 import b64encode
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import uuid4

import jsonschema
import pytest
import sqlalchemy as sa
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forms.definition import content_hash
from forms.lifecycle import Move, SheetState
from forms.registry import shipped
from tests import factories
from tests.client import PageClient
from tests.signing import sign_in
from tests.webapp.api_season import ALL, Season, a_season, ask, items, token_for
from webapp.clock import now
from webapp.models import ApiToken, Sheet
from webapp.policy import ACT_OF_SCOPE
from webapp.queries.accounts import actor_of, hash_of
from webapp.services import accounts, sheets, tokens
from webapp.token_words import SCOPES
from webapp.vocabulary import RoleName, Sharing, TokenScope

PUBLISHED = SheetState.PUBLISHED


@pytest.fixture
def season(db: SQLAlchemy) -> Season:
    return a_season()


def titles(client: PageClient, token: str, path: str = "/sheets") -> set[str]:
    return {line["title"] for line in items(ask(client, path, token))}


def test_the_federation_reads_what_was_sent_and_never_a_draft(client: PageClient, season: Season) -> None:
    token = token_for(season.reviewer)
    found = {line["id"]: line for line in items(ask(client, "/sheets", token))}
    sent = {str(sheet.id) for state, sheet in season.sheets.items() if state is not SheetState.DRAFT}
    assert set(found) == sent | {str(season.unaddressed.id)}
    assert ask(client, f"/sheets/{season.sheets[SheetState.DRAFT].id}", token).status_code == 404


def test_what_a_centre_writes_after_sending_is_not_read(client: PageClient, season: Season, db: SQLAlchemy) -> None:
    sheet = season.sheets[SheetState.CHANGES_REQUESTED]
    sheet.answers = sheet.answers | {"title": "Encore au brouillon", "summary": "Encore au brouillon."}
    sheet.action.title = "Encore au brouillon"
    db.session.commit()
    token = token_for(season.reviewer)
    for path in ("/sheets", f"/sheets/{sheet.id}"):
        answer = ask(client, path, token)
        assert answer.status_code == 200
        assert "Encore au brouillon" not in answer.text
    told = ask(client, f"/sheets/{sheet.id}", token).json
    snapshot = sheet.current_snapshot
    assert snapshot is not None
    assert (told["answers"], told["snapshot"]["sha256"]) == (snapshot.answers, snapshot.sha256)


def test_a_funder_reads_what_is_addressed_to_it(client: PageClient, season: Season) -> None:
    token = token_for(season.reader)
    accepted = {str(season.sheets[state].id) for state in (SheetState.VALIDATED, PUBLISHED)}
    assert {line["id"] for line in items(ask(client, "/sheets", token))} == accepted
    assert [line["id"] for line in items(ask(client, "/campaigns", token))] == [str(season.campaign.id)]
    assert [line["id"] for line in items(ask(client, "/centres", token))] == [str(season.centre.id)]
    assert ask(client, f"/figures?campaign={season.campaign.id}", token).json["sheets"] == 2
    hidden = (
        f"/sheets/{season.unaddressed.id}",
        f"/sheets/{season.sheets[SheetState.SUBMITTED].id}",
        f"/campaigns/{season.other.id}",
        f"/figures?campaign={season.other.id}",
    )
    for path in hidden:
        assert ask(client, path, token).status_code == 404, path


def test_another_federations_things_are_as_what_is_not_there(client: PageClient, season: Season) -> None:
    stranger = a_season()
    for owner in (stranger.reviewer, stranger.administrator, stranger.reader):
        token = token_for(owner)
        for part, id in (
            ("/sheets/{}", season.sheets[PUBLISHED].id),
            ("/campaigns/{}", season.campaign.id),
            ("/centres/{}", season.centre.id),
            ("/figures?campaign={}", season.campaign.id),
        ):
            theirs, nothing = ask(client, part.format(id), token), ask(client, part.format(uuid4()), token)
            assert (theirs.status_code, theirs.data) == (404, nothing.data)
        for filtered in ("campaign", "centre"):
            id = season.campaign.id if filtered == "campaign" else season.centre.id
            assert items(ask(client, f"/sheets?{filtered}={id}", token)) == []


def test_a_role_limited_to_departments_reads_theirs(client: PageClient, season: Season, db: SQLAlchemy) -> None:
    elsewhere = factories.CentreFactory(federation=season.federation, department="82")
    sheet = factories.sent_sheet(SheetState.VALIDATED, centre=elsewhere, campaign=season.campaign)
    limited = factories.person(RoleName.REVIEWER, season.federation, password=None)
    limited.roles[0].departments = ["82"]
    db.session.commit()
    token = token_for(limited)
    assert [line["id"] for line in items(ask(client, "/sheets", token))] == [str(sheet.id)]
    assert ask(client, f"/figures?campaign={season.campaign.id}", token).json["sheets"] == 1
    table = ask(client, "/tables/sheets.csv", token).text
    assert sheet.reference in table
    assert season.sheets[PUBLISHED].reference not in table


@pytest.mark.parametrize("path", ["/sheets", "/campaigns", "/centres", "/figures", "/tables/sheets.csv"])
def test_without_a_good_token_one_is_told_how_to_ask(client: PageClient, season: Season, path: str) -> None:
    sign_in(client, season.administrator)
    for token in ("", "recueil_inconnu"):
        answer = ask(client, path, token)
        assert (answer.status_code, answer.mimetype) == (401, "application/problem+json")
        assert answer.headers["WWW-Authenticate"].startswith("Bearer ")
        assert answer.json["status"] == 401


def test_a_token_reads_only_what_it_is_for(client: PageClient, season: Season) -> None:
    paths = {
        TokenScope.CAMPAIGNS: "/campaigns",
        TokenScope.CENTRES: "/centres",
        TokenScope.SHEETS: "/sheets",
        TokenScope.FIGURES: f"/figures?campaign={season.campaign.id}",
    }
    assert set(paths) == set(TokenScope) == set(SCOPES) == set(ACT_OF_SCOPE)
    for scope in TokenScope:
        token = token_for(season.administrator, scope.value)
        statuses = {other: ask(client, path, token).status_code for other, path in paths.items()}
        assert statuses == {other: 200 if other is scope else 403 for other in paths}


def test_a_token_opens_nothing_else_of_the_site(client: PageClient, season: Season) -> None:
    token = token_for(season.administrator)
    answer = client.get("/journal", headers={"Authorization": f"Bearer {token}", "Accept": "application/json"})
    assert answer.status_code == 401


def test_a_token_ends_when_it_is_revoked_or_its_time_is_over(
    client: PageClient, season: Season, db: SQLAlchemy
) -> None:
    token = token_for(season.reviewer, days=30)
    row = db.session.query(ApiToken).one()
    assert ask(client, "/sheets", token).status_code == 200
    row.expires_at = now() - timedelta(seconds=1)
    assert ask(client, "/sheets", token).status_code == 401
    row.expires_at = now() + timedelta(days=1)
    assert ask(client, "/sheets", token).status_code == 200
    assert tokens.revoke(row.id, user=season.reviewer, at=now())
    assert ask(client, "/sheets", token).status_code == 401


@pytest.mark.parametrize("act", ["close", "take_away", "replace", "limit"])
def test_a_token_ends_with_the_rights_of_its_owner(client: PageClient, season: Season, act: str) -> None:
    token = token_for(season.reviewer)
    actor, role = actor_of(season.administrator), season.reviewer.roles[0]
    assert ask(client, "/sheets", token).status_code == 200
    {
        "close": lambda: accounts.close(season.reviewer, actor=actor, at=now()),
        "take_away": lambda: accounts.take_away(role, actor=actor, at=now()),
        "replace": lambda: accounts.replace(role, RoleName.ADMINISTRATOR, actor=actor, at=now()),
        "limit": lambda: accounts.limit(role, ["46"], actor=actor, at=now()),
    }[act]()
    assert ask(client, "/sheets", token).status_code == 401


def test_only_the_hash_of_a_token_is_kept(season: Season, db: SQLAlchemy) -> None:
    token = token_for(season.reviewer)
    row = db.session.query(ApiToken).one()
    assert row.token_hash == hash_of(token)
    kept = json.dumps([str(getattr(row, column.key)) for column in ApiToken.__table__.columns])
    assert token not in kept
    assert token.startswith(row.prefix)


def test_the_use_of_a_token_is_noted_by_the_worker_at_most_every_quarter_of_an_hour(
    client: PageClient, season: Season, db: SQLAlchemy
) -> None:
    token = token_for(season.reviewer)
    row = db.session.query(ApiToken).one()
    assert ask(client, "/sheets", token).status_code == 200
    assert db.session.query(ApiToken).one().used_at is None
    at = now()
    tokens.note_used(row.id, at=at)
    tokens.note_used(row.id, at=at + timedelta(minutes=5))
    db.session.refresh(row)
    assert row.used_at == at
    tokens.note_used(row.id, at=at + timedelta(minutes=20))
    db.session.refresh(row)
    assert row.used_at == at + timedelta(minutes=20)


@pytest.mark.in_process
def test_the_worker_is_told_of_the_use(app: Flask, client: PageClient, season: Season, db: SQLAlchemy) -> None:
    huey = app.extensions["recueil.queue"]["huey"]
    huey.flush()
    token = token_for(season.reviewer)
    for _ in range(3):
        assert ask(client, "/sheets", token).status_code == 200
    (task,) = [task for task in huey.pending() if task.name == "token_used"]
    huey.execute(task)
    huey.flush()
    db.session.expire_all()
    assert db.session.query(ApiToken).one().used_at is not None


def test_the_same_again_costs_no_body(client: PageClient, season: Season) -> None:
    token = token_for(season.reviewer)
    for path in ("/sheets", f"/sheets/{season.sheets[PUBLISHED].id}", "/tables/sheets.csv", "/catalogue"):
        first = ask(client, path, token)
        mark = first.headers["ETag"]
        assert mark.startswith('"')
        again = ask(client, path, token, If_None_Match=mark)
        assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", mark)
        squeezed = ask(client, path, token, Accept_Encoding="gzip").headers["ETag"]
        assert ask(client, path, token, If_None_Match=squeezed).status_code == 304
        assert first.headers["Cache-Control"].startswith("private")
    season.sheets[PUBLISHED].centre.name = "Centre social du Pont neuf"
    assert ask(client, "/sheets", token, If_None_Match=first.headers["ETag"]).status_code == 200


@pytest.mark.parametrize("path", ["/sheets", "/tables/sheets.csv", "/forms/2026/schema"])
def test_long_answers_go_out_compressed(client: PageClient, season: Season, path: str) -> None:
    token = token_for(season.reviewer)
    whole = ask(client, path, token)
    squeezed = ask(client, path, token, Accept_Encoding="gzip")
    assert squeezed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(squeezed.data) == whole.data
    assert len(squeezed.data) < len(whole.data) / 2


def heavy(season: Season) -> tuple[str, ...]:
    return f"/figures?campaign={season.campaign.id}", "/tables/sheets.csv", "/tables/sheets.csv?year=2026"


@pytest.mark.in_process
def test_what_is_made_from_all_the_sheets_is_not_made_again_where_nothing_changed(
    client: PageClient, season: Season, db: SQLAlchemy
) -> None:
    token, paths, said = token_for(season.reviewer), heavy(season), list[str]()
    db.session.remove()

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        said.append(statement)

    sa.event.listen(db.engine, "before_cursor_execute", note)
    try:
        for path in paths:
            said.clear()
            mark = ask(client, path, token).headers["ETag"]
            assert "snapshot.answers" in " ".join(said)
            said.clear()
            again = ask(client, path, token, If_None_Match=mark)
            assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", mark)
            assert said
            assert "snapshot.answers" not in " ".join(said)
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", note)


@pytest.mark.parametrize("change", ["centre", "answers", "state", "another", "order", "form"])
def test_what_is_made_from_all_the_sheets_is_made_again_where_something_changed(
    client: PageClient, season: Season, db: SQLAlchemy, change: str
) -> None:
    token, sheet = token_for(season.reviewer), season.sheets[PUBLISHED]
    before = {path: ask(client, path, token) for path in heavy(season)}
    match change:
        case "centre":
            season.centre.name = "Centre social du Pont neuf"
        case "answers":
            sent_at = sheet.snapshots[0].created_at
            answers = sheet.answers | {"summary": "Un verger."}
            sheet.current_snapshot = factories.SnapshotFactory(sheet=sheet, answers=answers, created_at=sent_at)
        case "state":
            sheet.state = SheetState.CHANGES_REQUESTED
        case "another":
            factories.sent_sheet(SheetState.VALIDATED, centre=season.centre, campaign=season.campaign)
        case "order":
            season.sheets[SheetState.VALIDATED].action.title = "Avant tout"
        case "form":
            document = shipped(factories.YEAR).to_json()
            document["sections"][0]["questions"][0]["label"] = "Nom"
            version = factories.FormVersionFactory(document=document, sha256=content_hash(document))
            factories.CampaignFactory(federation=season.federation, year=2027, form_version=version)
    db.session.commit()
    for path, first in before.items():
        again = ask(client, path, token, If_None_Match=first.headers["ETag"])
        if again.status_code == 304:
            assert ask(client, path, token).data == first.data
        else:
            assert again.headers["ETag"] != first.headers["ETag"]
    changed = [
        path for path, first in before.items() if ask(client, path, token).headers["ETag"] != first.headers["ETag"]
    ]
    assert changed


def test_the_filters_narrow(client: PageClient, season: Season, db: SQLAlchemy) -> None:
    token = token_for(season.reviewer)
    moved = season.sheets[SheetState.VALIDATED]
    moved.state_since = factories.START + timedelta(days=30)
    db.session.commit()
    since = (factories.START + timedelta(days=29)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert titles(client, token, f"/sheets?updated_since={since}") == {"Le jardin validated"}
    assert titles(client, token, "/sheets?state=published") == {"Le jardin published"}
    assert len(titles(client, token, "/sheets?year=2025")) == 1
    assert len(titles(client, token, f"/sheets?campaign={season.campaign.id}")) == 4
    assert titles(client, token, f"/sheets?centre={uuid4()}") == set()


@pytest.mark.parametrize(
    "asked",
    ["limit=0", "limit=201", "limit=x", "year=12", "state=lost", "campaign=1", "updated_since=hier", "nothing=1"],
)
def test_what_cannot_be_read_is_told_by_its_name(client: PageClient, season: Season, asked: str) -> None:
    answer = ask(client, f"/sheets?{asked}", token_for(season.reviewer))
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")
    assert answer.json["parameter"] == asked.partition("=")[0]


def test_a_cursor_is_good_for_its_own_list_only(client: PageClient, season: Season) -> None:
    token = token_for(season.reviewer)
    first = ask(client, "/sheets?limit=1&year=2026", token)
    after = first.json["next"].partition("after=")[2]
    assert first.headers["Link"] == f'<{first.json["next"]}>; rel="next"'
    assert ask(client, f"/sheets?limit=2&year=2026&after={after}", token).status_code == 200
    for other in (f"/sheets?limit=1&after={after}", f"/campaigns?after={after}", f"/sheets?year=2026&after={after}x"):
        assert ask(client, other, token).status_code == 422, other


@given(draws=st.lists(st.integers(0, 9999), max_size=12), limit=st.integers(1, 4))
@settings(max_examples=8, deadline=None, database=None, suppress_health_check=list(HealthCheck))
def test_whoever_walks_all_pages_meets_each_once_while_others_arrive(
    client: PageClient, db: SQLAlchemy, draws: list[int], limit: int
) -> None:
    sheet = factories.sent_sheet()
    token = token_for(factories.person(RoleName.REVIEWER, sheet.federation, password=None))
    there = {sheet.reference}
    waiting = [f"{draw:04d}-{uuid4().hex[:6]}" for draw in draws]
    for reference in waiting[: len(waiting) // 2]:
        there.add(factories.sent_sheet(centre=sheet.centre, reference=reference).reference)
    late = iter(waiting[len(waiting) // 2 :])
    met: list[str] = []
    path: str | None = f"/sheets?limit={limit}"
    while path is not None:
        answer = ask(client, path, token)
        met += [line["reference"] for line in items(answer)]
        assert len(met) <= 1 + len(draws), "a page leads back"
        arriving = next(late, None)
        if arriving is not None:
            factories.sent_sheet(centre=sheet.centre, reference=arriving)
        path = answer.json["next"] and answer.json["next"].partition("/api/v1")[2]
    assert len(met) == len(set(met))
    assert there <= set(met)
    assert met == sorted(met)


def test_the_schema_of_a_version_accepts_the_answers_of_its_sheets(client: PageClient, season: Season) -> None:
    told = ask(client, f"/sheets/{season.sheets[PUBLISHED].id}", token_for(season.reviewer)).json
    sha256 = told["form"]["sha256"]
    schema = ask(client, f"/forms/{sha256}/schema")
    assert schema.mimetype == "application/schema+json"
    jsonschema.validate(told["answers"], json.loads(schema.data))
    assert ask(client, f"/forms/{told['form']['key']}").json["sha256"] == sha256
    assert ask(client, "/forms/1789").status_code == 404


def test_the_catalogue_is_open_and_holds_what_is_public(client: PageClient, season: Season) -> None:
    (line,) = items(ask(client, "/catalogue"))
    assert line["id"] == str(season.sheets[PUBLISHED].id)
    told = ask(client, f"/catalogue/{line['id']}").json
    assert told["answers"]["summary"] == "Un jardin ouvert à tous."
    sent = season.sheets[PUBLISHED].current_snapshot
    assert sent is not None
    assert line["snapshot_sha256"] == told["snapshot_sha256"] == sent.sha256
    assert ask(client, f"/catalogue/{season.sheets[SheetState.VALIDATED].id}").status_code == 404


def test_the_public_reads_nothing_personal(client: PageClient, season: Season, db: SQLAlchemy) -> None:
    document = shipped(factories.YEAR).to_json()
    for section in document["sections"]:
        for question in section["questions"]:
            question["sensitive"] = question["id"] == "summary"
    version = factories.FormVersionFactory(document=document, sha256=content_hash(document))
    sheet = factories.sent_sheet(
        PUBLISHED,
        centre=season.centre,
        campaign=season.campaign,
        form_version=version,
        title="Une autre",
        answers={"title": "Une autre", "summary": "Camille, 12 ans.", "dimension": "citoyennete"},
        sharing=Sharing.PUBLIC,
    )
    (line,) = [one for one in items(ask(client, "/catalogue")) if one["id"] == str(sheet.id)]
    told = ask(client, f"/catalogue/{sheet.id}").json
    # The hash is of all answers, and a guess could be tried on it.
    assert line["snapshot_sha256"] is told["snapshot_sha256"] is None
    assert (told["answers"]["title"], told["answers"]["dimension"]) == ("Une autre", "citoyennete")
    assert "summary" not in told["answers"]
    whole = ask(client, f"/sheets/{sheet.id}", token_for(season.reviewer)).json["answers"]
    assert whole["summary"] == "Camille, 12 ans."


def test_the_figures_say_what_they_rest_on(client: PageClient, season: Season) -> None:
    told = ask(client, f"/figures?campaign={season.campaign.id}", token_for(season.reviewer)).json
    assert told["coverage"] == {"answered": 1, "expected": 2, "closed": False}
    assert told["sheets"] == 2
    assert told["figures"]
    assert all(figure["value"] is None and figure["answered"] == 0 for figure in told["figures"])


def test_a_spreadsheet_gives_the_token_as_a_password(client: PageClient, season: Season) -> None:
    token = token_for(season.reviewer)
    basic = {"Authorization": "Basic " + b64encode(f"excel:{token}".encode()).decode()}
    answer = client.get("/api/v1/tables/sheets.csv", headers=basic)
    assert (answer.status_code, answer.mimetype) == (200, "text/csv")
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig")), delimiter=";"))
    assert len(rows) == 1 + 3
    narrowed = client.get("/api/v1/tables/sheets.csv?year=2025", headers=basic)
    assert narrowed.data.decode("utf-8-sig").splitlines()[0].split(";") == rows[0]
    assert len(narrowed.data.decode("utf-8-sig").splitlines()) == 2
    # Everywhere else a password is no token.
    assert client.get("/api/v1/sheets", headers=basic).status_code == 401
    asked = ask(client, "/tables/sheets.csv").headers["WWW-Authenticate"]
    assert "Bearer" in asked
    assert "Basic" in asked


def test_each_token_has_its_own_pace(make_app: Callable[..., Flask], season: Season) -> None:
    app = make_app(rate_limits=True)
    visitor = app.test_client()
    assert isinstance(visitor, PageClient)
    hasty, calm = token_for(season.reviewer), token_for(season.administrator)
    path = f"/figures?campaign={season.campaign.id}"
    statuses = [ask(visitor, path, hasty).status_code for _ in range(31)]
    assert (set(statuses[:30]), statuses[30]) == ({200}, 429)
    refused = ask(visitor, path, hasty)
    assert refused.mimetype == "application/problem+json"
    assert int(refused.headers["Retry-After"]) >= 1
    assert ask(visitor, path, calm).status_code == 200


def test_only_get_is_answered(client: PageClient, season: Season) -> None:
    answer = client.post("/api/v1/sheets", headers={"Authorization": f"Bearer {token_for(season.reviewer)}"})
    assert (answer.status_code, answer.mimetype) == (405, "application/problem+json")


def test_a_move_is_found_by_its_moment(client: PageClient, season: Season, db: SQLAlchemy) -> None:
    at = now()
    sheet = season.sheets[SheetState.SUBMITTED]
    sheets.move(sheet.id, Move.VALIDATE, actor=actor_of(season.reviewer), at=at)
    since = (at - timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    (line,) = items(ask(client, f"/sheets?updated_since={since}", token_for(season.reviewer)))
    assert (line["id"], line["state"]) == (str(sheet.id), "validated")
    assert datetime.fromisoformat(line["updated_at"]) == at
    assert db.session.get_one(Sheet, sheet.id).state is SheetState.VALIDATED


def test_the_guide_names_every_address(client: PageClient, app: Flask, db: SQLAlchemy) -> None:
    document = client.get("/api/v1/openapi.json").json
    assert document["openapi"].startswith("3.1")
    page = client.get("/api").text
    for path in document["paths"]:
        assert f"GET {path}" in page
    rules = {rule.rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/api/v1/")}
    assert len(rules) == len(document["paths"]) + 1


def test_every_field_and_parameter_is_described(client: PageClient, db: SQLAlchemy) -> None:
    document = client.get("/api/v1/openapi.json").json
    fields = {
        f"{name}.{field}": said
        for name, schema in document["components"]["schemas"].items()
        for field, said in schema.get("properties", {}).items()
    }
    parameters = {
        f"{path} {said['name']}": said
        for path, asked in document["paths"].items()
        for said in asked["get"]["parameters"]
    }
    assert fields
    assert parameters
    assert [name for name, said in (fields | parameters).items() if not said.get("description")] == []
    coded = [schema for schema in document["components"]["schemas"].values() if "enum" in schema]
    assert coded
    assert all(f"{code} (" in schema["description"] for schema in coded for code in schema["enum"])


def test_every_scope_is_offered() -> None:
    assert set(ALL) == {scope.value for scope in TokenScope}
