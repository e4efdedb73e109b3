"""A list holds exactly what the policy lets through one by one."""

import random
from itertools import product

import pytest
import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy

from forms.lifecycle import SheetState
from tests import factories
from webapp.database import db as database
from webapp.models import (
    Agreement,
    Campaign,
    Centre,
    Federation,
    Funder,
    Quote,
    ReportRun,
    ReportRunFunder,
    Role,
    Sheet,
    User,
)
from webapp.policy import ANONYMOUS, Act, Actor, decide
from webapp.queries.accounts import actor_of
from webapp.queries.scope import PLACES, scope_of
from webapp.queries.things import thing_of
from webapp.vocabulary import RoleName, Sharing

# A federation's account pages hold a person who has a role elsewhere too; the account itself is then nobody's to close.
SHARED_ACCOUNTS = {Act.ACCOUNT_LIST, Act.ACCOUNT_INVITE, Act.ACCOUNT_CHANGE_ROLE, Act.ACCOUNT_END}


@pytest.fixture
def actors(db: SQLAlchemy) -> list[Actor]:
    """Two federations with sheets in every state and sharing, and somebody in every place, of all or of one part."""
    draw = random.Random(2026)
    people = []
    for _ in range(2):
        federation = factories.FederationFactory()
        centres = [factories.CentreFactory(federation=federation, department=code) for code in ("46", "82", "2A")]
        funders = [factories.FunderFactory(federation=federation) for _ in range(2)]
        addressed = factories.campaign_of(federation)
        other = factories.CampaignFactory(federation=federation, year=2025)
        factories.address(addressed, funders[0])
        for funder in funders:
            factories.AgreementFactory(funder=funder)
        for centre, state, sharing in product(centres, SheetState, Sharing):
            campaign = draw.choice([addressed, other])
            factories.SheetFactory(centre=centre, campaign=campaign, state=state, sharing=sharing)
        chosen = ([], ["46"], ["46", "82"], ["82"])
        runs = [factories.ReportRunFactory(federation=federation, parameters={"departments": one}) for one in chosen]
        runs.append(factories.ReportRunFactory(federation=federation))
        db.session.add(ReportRunFunder(report_run=runs[0], funder=funders[0]))
        for name in RoleName:
            place = {"centre": centres[0], "federation": federation, "funder": funders[0]}.get(
                factories.PLACED_IN[name] or ""
            )
            people.append(factories.person(name, place, password=None))
            if name in (RoleName.REVIEWER, RoleName.ADMINISTRATOR):
                _entrust(people[-1], draw)
        for centre in centres[1:]:
            factories.person(RoleName.MEMBER, centre, password=None)
        _quote(federation, centres, funders, draw)
        people += [_limited(name, federation, *draw.sample(["46", "82", "2A", "32"], k=some)) for name, some in PARTS]
    db.session.commit()
    return [ANONYMOUS, *(actor_of(person) for person in people)]


def _quote(federation: Federation, centres: list[Centre], funders: list[Funder], draw: random.Random) -> None:
    """Passages picked for a funder or for the federation, shared or not, of reports still addressed to it or not."""
    for centre, funder, shared, kept in product(centres, (*funders, None), (False, True), (False, True)):
        if shared or funder is not None:
            sheet = factories.sent_sheet(SheetState.VALIDATED, centre=centre)
            run = factories.received_report(funder if kept else None, sheet, federation=federation)
            people = factories.db.session.scalars(sa.select(User).order_by(User.email)).all()
            author = draw.choice(people)
            factories.QuoteFactory(sheet=sheet, funder=funder, report_run=run, shared=shared, author=author)


def _entrust(person: User, draw: random.Random) -> None:
    """Some sheets are being typed by that person, others were."""
    federation = person.roles[0].federation_id
    sheets = database.session.scalars(
        sa.select(Sheet).where(Sheet.federation_id == federation).order_by(Sheet.reference)
    )
    for sheet in draw.sample(sheets.all(), 12):
        ended = draw.choice([None, factories.START])
        if not any(entry.open for entry in sheet.phone_entries):
            factories.PhoneEntryFactory(sheet=sheet, typist=person, ended_at=ended)


PARTS = tuple(product((RoleName.REVIEWER, RoleName.ADMINISTRATOR), (1, 2, 3)))


def _limited(name: RoleName, federation: Federation, *departments: str) -> User:
    person = factories.person(name, federation, password=None)
    person.roles[0].departments = sorted(departments)
    return person


MODELS = (Agreement, Sheet, Campaign, Centre, Federation, Funder, ReportRun, Quote, Role, User)


def test_a_list_holds_what_the_policy_allows(db: SQLAlchemy, actors: list[Actor], subtests: pytest.Subtests) -> None:
    # The two federations take longer to make than to be looked at: once for all tables.
    for model in MODELS:
        with subtests.test(model.__name__):
            rows = list(db.session.scalars(sa.select(model)))
            found_some = False
            for actor, act in product(actors, Act):
                listed = {row.id for row in db.session.scalars(sa.select(model).where(scope_of(actor, act, model)))}
                allowed = {row.id for row in rows if decide(actor, act, thing_of(row)).allowed}
                assert listed == allowed, (act, actor.roles)
                found_some = found_some or (bool(allowed) and len(allowed) < len(rows))
            assert found_some


def test_an_account_held_in_two_federations_is_listed_in_both_and_closed_by_neither(db: SQLAlchemy) -> None:
    first, second = factories.FederationFactory(), factories.FederationFactory()
    shared = factories.person(RoleName.REVIEWER, first, password=None)
    factories.grant(shared, RoleName.REVIEWER, second)
    administrator = actor_of(factories.person(RoleName.ADMINISTRATOR, first, password=None))
    listed = db.session.scalars(sa.select(User.id).where(scope_of(administrator, Act.ACCOUNT_LIST, User))).all()
    assert shared.id in listed
    assert not decide(administrator, Act.ACCOUNT_END, thing_of(shared)).allowed
    roles = db.session.scalars(sa.select(Role).where(scope_of(administrator, Act.ACCOUNT_LIST, Role))).all()
    assert {role.federation_id for role in roles} == {first.id}


def test_every_table_that_the_policy_scopes_is_known_to_it() -> None:
    assert set(PLACES) >= set(MODELS)
