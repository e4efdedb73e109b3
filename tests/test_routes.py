"""Every address of the site: what it demands, what a visitor gets, what nobody declared."""

import logging
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from werkzeug.routing import Rule

from forms.lifecycle import SheetState
from tests import factories
from tests.client import PageClient
from tests.signing import sign_in, token_of
from webapp.clock import now
from webapp.guard import TOKEN, acts_of
from webapp.models import Centre, Funder, User
from webapp.policy import TABLE, Act, Everyone
from webapp.queries.accounts import hash_of, open_session
from webapp.vocabulary import DeliveryState, MailState, PersonalPurpose, RoleName, Sharing

UNSAFE = ("POST", "PATCH", "PUT", "DELETE")
# What a visitor may get where an address is open to anyone: the page, an address to go on to, nothing there any more,
# a form that was not filled in, and the readiness of the service.
OPEN_ANSWERS = {200, 302, 304, 308, 400, 404, 405, 409, 410, 415, 422}

API = "/api/v1/"

# Which of our things stands in a hole of an address, by the hole's name or by what comes before it.
SIGNS = {
    "list_id": "list",
    "mail_id": "mail",
    "file_id": "file",
    "upload_id": "upload",
    "query_id": "query",
    "role_id": "role",
    "note_id": "note",
    "label_id": "label",
    "opinion_id": "opinion",
    "sheet_id": "held",
    "quote_id": "quote",
    "user_id": "user",
    "funder_id": "funder",
    "taken_id": "taken",
    "template_id": "template",
    "federation_id": "federation",
    "link_id": "link",
    "centre_id": "centre",
    "campaign_id": "campaign",
    "reminder_id": "reminder",
    "other_id": "report",
    "token_id": "token",
    "delivery_id": "delivery",
    "/webhooks/": "webhook",
    "/sheets/": "sheet",
    "/campaigns/": "campaign",
    "/fiches/": "sheet",
    "/lots/": "bulk",
    "/travaux/": "job",
    "/relecture/": "sheet",
    "/demandes/": "query",
    "/actions/": "action",
    "/campagnes/": "campaign",
    "/centres/": "centre",
    "/financeurs/": "funder",
    "/conventions/": "agreement",
    "/rapports/": "report",
    "/lecture/": "report",
    "/imports/": "import",
    "/catalogue/": "sheet",
    "/comptes/": "user",
}

# A workbook of expected centres as it was read.
CENTRE_LIST = '[{"name": "Centres", "cells": [[1, 1, "Nom du centre"], [1, 2, "Commune"], [2, 1, "Le Lavoir"]]}]'

# The contract: journeys, load tests and links in mails rely on these.
ADDRESSES = (
    "/",
    "/connexion",
    "/fiches",
    "/fiches/<>",
    "/fiches/<>/<>",
    "/fiches/<>/verification",
    "/fiches/<>/envoyer",
    "/fiches/<>/pieces",
    "/fiches/<>/pieces/<>",
    "/fiches/<>/emporter",
    "/fiches/<>/emporter/classeur",
    "/fiches/<>/emporter/papier",
    "/aide/formulaire.pdf",
    "/relecture",
    "/relecture/<>",
    "/campagnes",
    "/campagnes/<>",
    "/centres",
    "/comptes",
    "/rapports",
    "/rapports/<>",
    "/rapports/<>/telecharger",
    "/rapports/<>/comparer/<>",
    "/rapports/verifier",
    "/catalogue",
    "/catalogue/<>",
    "/aide",
    "/api",
    "/api/v1/openapi.json",
    "/api/v1/sheets",
    "/api/v1/tables/sheets.csv",
    "/droits",
    "/healthz",
    "/readyz",
)


@dataclass(frozen=True)
class World:
    """Two federations with everything in them, and the ids of the first one's things."""

    ids: dict[str, UUID]
    people: dict[RoleName, User]
    strangers: dict[RoleName, User]


@pytest.fixture
def world(db: SQLAlchemy) -> World:
    """What every address is tried on."""
    return a_world()


def a_world() -> World:
    """One sheet in the middle of its life, one public, a report, an import; somebody of each role, and a stranger."""
    centre, funder, people = _a_federation()
    federation = centre.federation
    _, _, strangers = _a_federation()
    del strangers[RoleName.PLATFORM]
    sheet = factories.sent_sheet(SheetState.SUBMITTED, centre=centre)
    answers = {"title": "Le jardin", "summary": "Un jardin ouvert."}
    held = factories.sent_sheet(SheetState.PUBLISHED, centre=centre, sharing=Sharing.PUBLIC, answers=answers)
    query = factories.QueryFactory(sheet=sheet, author=people[RoleName.REVIEWER])
    attachment = factories.AttachmentFactory(sheet=sheet)
    upload = factories.UploadFactory(sheet_id=sheet.id, user_id=people[RoleName.RESPONSIBLE].id)
    owned = {"federation_id": federation.id, "owner_id": people[RoleName.REVIEWER].id}
    run = factories.ReportRunFactory(federation=federation, job=factories.JobFactory(**owned))
    template = factories.ReportTemplateFactory(federation=federation)
    link = factories.PersonalLinkFactory(
        purpose=PersonalPurpose.REPORT, federation_id=federation.id, target_id=run.id, expires_at=now() + timedelta(30)
    )
    factories.hold(run, held)
    bulk = factories.BulkRunFactory(federation_id=federation.id, requester=people[RoleName.REVIEWER], sheets=[sheet])
    imported = factories.ImportRunFactory(federation=federation, requester=people[RoleName.ADMINISTRATOR])
    factories.expect(sheet.campaign, centre)
    invitation = factories.MailFactory(
        kind="campaign_invitation", campaign_id=sheet.campaign_id, centre_id=centre.id, state=MailState.FAILED
    )
    ids = {
        "sheet": sheet.id,
        "action": sheet.action_id,
        "campaign": sheet.campaign_id,
        "centre": centre.id,
        "funder": funder.id,
        "agreement": factories.AgreementFactory(funder=funder, centres=[centre], actions=[sheet.action]).id,
        "query": query.id,
        "file": attachment.id,
        "upload": upload.id,
        "report": run.id,
        "job": run.job_id,
        "template": template.id,
        "federation": federation.id,
        "link": link.id,
        "bulk": bulk.id,
        "import": imported.id,
        "reminder": factories.ReminderFactory(campaign=sheet.campaign, centre_ids=[str(centre.id)]).id,
        "taken": factories.TakeawayUploadFactory(sheet=sheet).id,
        "list": factories.ExpectedUploadFactory(campaign=sheet.campaign, cells=CENTRE_LIST).id,
        "mail": invitation.id,
        "note": factories.NoteFactory(sheet=sheet, author=people[RoleName.REVIEWER]).id,
        "label": factories.LabelFactory(federation=federation).id,
        "opinion": factories.OpinionFactory(sheet=sheet, asker=people[RoleName.REVIEWER]).id,
        "held": held.id,
        "quote": factories.QuoteFactory(sheet=held, funder=funder, report_run=run, author=people[RoleName.FUNDER]).id,
        "token": factories.ApiTokenFactory(user=people[RoleName.ADMINISTRATOR]).id,
        "webhook": (told := factories.WebhookFactory(federation=federation, url="http://127.0.0.1:9/")).id,
        "delivery": factories.WebhookDeliveryFactory(webhook=told, state=DeliveryState.SENT).id,
        "user": people[RoleName.MEMBER].id,
        "role": people[RoleName.MEMBER].roles[0].id,
    }
    return World(ids, people, strangers)


def _a_federation() -> tuple[Centre, Funder, dict[RoleName, User]]:
    centre = factories.CentreFactory()
    funder = factories.FunderFactory(federation=centre.federation)
    places = {"centre": centre, "federation": centre.federation, "funder": funder, None: None}
    people = {name: factories.person(name, places[factories.PLACED_IN[name]], password=None) for name in RoleName}
    return centre, funder, people


def stay(client: PageClient, person: User) -> None:
    """Sign in again where the last address visited has ended the session."""
    with client.session_transaction() as kept:
        token = str(kept.get(TOKEN))
    found = open_session(hash_of(token), at=now())
    if found is None or found.user_id != person.id:
        sign_in(client, person)


def rules(app: Flask) -> list[Rule]:
    """Every address, in a fixed order."""
    return sorted(app.url_map.iter_rules(), key=lambda rule: (rule.rule, sorted(rule.methods or ())))


def visits(app: Flask, ids: dict[str, UUID] | None = None) -> Iterator[tuple[Rule, str, str]]:
    """Each address with each of its methods, its holes filled by the ids of our things, or else at random."""
    for rule in rules(app):
        path = _filled(rule, ids or {})
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield rule, method, path


def _filled(rule: Rule, ids: dict[str, UUID]) -> str:
    def fill(hole: re.Match[str]) -> str:
        if hole.group().startswith("<any("):
            return hole.group()[len("<any(") :].partition(",")[0]
        if not hole.group().startswith("<uuid"):
            return {"filename": "css/base.css", "section": "action", "number": "1", "question": "summary"}.get(
                hole.group(1), "x"
            )
        before = rule.rule[: hole.start()]
        named = next((name for sign, name in SIGNS.items() if sign.startswith("/") and sign in before), "")
        return str(ids.get(SIGNS.get(hole.group(1), named)) or uuid4())

    return re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", fill, rule.rule)


def ask(client: PageClient, method: str, path: str, **details: object) -> int:
    """The status that an address answers with; forms carry their token. An exception counts as 500."""
    headers = {"X-CSRFToken": token_of(client)} if method in UNSAFE else {}
    client.check_pages = False
    given: dict[str, Any] = {**details, "headers": headers | dict(details.get("headers") or {})}  # type: ignore[call-overload]
    try:
        return client.open(path, method=method, **given).status_code
    except Exception as failure:  # noqa: BLE001 (whatever breaks is what is looked for)
        logging.getLogger(__name__).warning("%s %s: %r", method, path, failure)
        return 500


def test_every_address_says_what_it_demands(app: Flask) -> None:
    silent = [rule.rule for rule in rules(app) if not acts_of(app, rule.endpoint)]
    assert not silent, "these answer 403 to everybody: mark their views with @needs(Act.…)"


def test_an_address_that_nobody_declared_is_shut(make_app: Callable[..., Flask], db: SQLAlchemy, world: World) -> None:
    # From the fixture, which closes its connections: one that is left open is betrayed in some later test.
    app = make_app()
    app.add_url_rule("/oubliee", "forgotten", lambda: "nobody thought of me")
    client = app.test_client()
    assert isinstance(client, PageClient)
    for person in (None, *world.people.values()):
        if person is not None:
            sign_in(client, person)
        answer = client.get("/oubliee")
        assert answer.status_code == 403
        assert "nobody thought" not in answer.text


def test_an_anonymous_visitor_gets_what_the_table_says(app: Flask, client: PageClient, world: World) -> None:
    wrong = []
    for rule, method, path in visits(app, world.ids):
        open_to_all = any(Everyone.ANYONE in TABLE[act] for act in acts_of(app, rule.endpoint))
        status = ask(client, method, path, headers={"Accept": "text/html", "Sec-Fetch-Mode": "navigate"})
        # A form says 401 in JSON as soon as it carries the token in a header, as scripts do.
        expected = OPEN_ANSWERS if open_to_all else {302} if method == "GET" else {302, 401}
        if path.startswith(API) and not open_to_all:
            expected = {401}
        if status not in expected:
            wrong.append(f"{method} {path}: {status}")
    assert not wrong


def test_an_anonymous_program_is_told_to_sign_in(app: Flask, client: PageClient, world: World) -> None:
    wrong = []
    for rule, method, path in visits(app, world.ids):
        if any(Everyone.ANYONE in TABLE[act] for act in acts_of(app, rule.endpoint)):
            continue
        status = ask(client, method, path, headers={"Accept": "application/json"})
        if status != 401:
            wrong.append(f"{method} {path}: {status}")
    assert not wrong


@pytest.mark.parametrize("name", RoleName)
def test_no_address_breaks_whoever_asks(app: Flask, client: PageClient, world: World, name: RoleName) -> None:
    wrong = []
    for _rule, method, path in visits(app, world.ids):
        stay(client, world.people[name])
        for body in ({}, {"data": "[", "content_type": "application/json"}) if method in UNSAFE else ({},):
            status = ask(client, method, path, **body)
            if status >= 500:
                wrong.append(f"{method} {path}: {status}")
    assert not wrong


@pytest.mark.parametrize("name", RoleName)
def test_who_lacks_the_right_everywhere_never_gets_in(
    app: Flask, client: PageClient, world: World, name: RoleName
) -> None:
    wrong = []
    for rule, method, path in visits(app, world.ids):
        acts = acts_of(app, rule.endpoint)
        if any({Everyone.ANYONE, Everyone.SIGNED_IN, name} & set(TABLE[act]) for act in acts):
            continue
        stay(client, world.people[name])
        status = ask(client, method, path)
        # For a program a session is nothing: only a token is.
        if status != (401 if path.startswith(API) else 403):
            wrong.append(f"{method} {path}: {status}")
    assert not wrong


@pytest.mark.parametrize("name", [name for name in RoleName if name is not RoleName.PLATFORM])
def test_what_belongs_to_another_federation_is_as_what_is_not_there(
    app: Flask, client: PageClient, world: World, name: RoleName
) -> None:
    wrong = []
    headers = {"Accept": "application/json"}
    for (rule, method, theirs), (_, _, nothing) in zip(visits(app, world.ids), visits(app), strict=True):
        if Act.ACCOUNT_OWN in acts_of(app, rule.endpoint) or "<uuid" not in rule.rule:
            continue
        statuses = []
        for path in (theirs, nothing):
            stay(client, world.strangers[name])
            statuses.append(ask(client, method, path, headers=headers))
        if statuses[0] != statuses[1] or statuses[0] < 400:
            wrong.append(f"{method} {theirs}: {statuses}")
    assert not wrong


def test_the_page_of_another_federation_says_the_same_as_one_that_is_not_there(
    client: PageClient, world: World
) -> None:
    sign_in(client, world.strangers[RoleName.ADMINISTRATOR])
    headers = {"Accept": "application/json"}
    answers = [
        client.get(f"/{part}/{id}", headers=headers)
        for part in ("rapports", "comptes")
        for id in (world.ids[{"rapports": "report", "comptes": "user"}[part]], uuid4())
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.data for answer in answers}) == 1


def test_the_addresses_that_others_rely_on_are_there(app: Flask) -> None:
    known = {re.sub(r"<[^<>]*>", "<>", rule.rule) for rule in rules(app)}
    assert not [address for address in ADDRESSES if address not in known]


def test_every_navigation_entry_opens_for_whom_it_is_shown(client: PageClient, world: World) -> None:
    for name, person in world.people.items():
        sign_in(client, person)
        page = client.get("/compte").text
        menu = page[page.index('aria-label="Navigation principale"') : page.index("</nav>")]
        links = re.findall(r'href="([^"]+)"', menu)
        assert links, name
        for link in links:
            assert client.get(link).status_code == 200, (name, link)
