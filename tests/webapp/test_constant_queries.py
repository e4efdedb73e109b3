"""A page asks the database as often for a thousand sheets as for ten."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy

from forms.lifecycle import SheetState
from tests import factories
from tests.client import PageClient
from tests.many_sheets import add_sheets
from tests.signing import sign_in
from webapp.models import (
    Campaign,
    Centre,
    DeskVisit,
    Quote,
    ReadingMark,
    ReportRun,
    ReportRunSheet,
    Sheet,
    Snapshot,
    User,
)
from webapp.vocabulary import RoleName

FEW, MANY = 10, 1_000
CENTRES = 4

# It hears what the process that answers asks the database.
pytestmark = pytest.mark.in_process

REVIEWING = (
    "/relecture",
    "/relecture?state=toutes",
    "/relecture?state=toutes&q=atelier",
    "/relecture?state=draft",
    "/relecture/{sent}",
    "/campagnes",
    "/relecture/{sent}/histoire",
    "/relecture/{sent}/envois/1",
    "/campagnes/{campaign}",
    "/campagnes/{campaign}/suivi",
    "/campagnes/{campaign}/suivi/{centre}",
    "/campagnes/{campaign}/relances",
    "/campagnes/{campaign}/relances/nouvelle?groupe=to_correct",
    "/campagnes/{campaign}/invitations",
    "/centres/{centre}/telephone",
    "/travaux",
    "/centres",
    "/centres/{centre}",
    "/actions/{action}",
    "/rapports",
    "/conventions",
    "/conventions/{agreement}",
    "/lecture",
    "/lecture/citations?voir=autres",
)
# By hand: the main pages of each role.
PAGES: dict[str, tuple[str, ...]] = {
    "visitor": ("/catalogue", "/catalogue?q=atelier", "/catalogue/{published}"),
    "member": (
        "/fiches",
        "/fiches/nouvelle",
        "/fiches/{draft}",
        "/fiches/{draft}/action",
        "/fiches/{draft}/verification",
    ),
    "responsible": ("/fiches", "/fiches/{draft}/verification", "/fiches/{sent}/lecture", "/fiches/{sent}/histoire"),
    "reviewer": REVIEWING,
    "limited": REVIEWING,
    "administrator": (
        "/campagnes/{campaign}/modifier",
        "/campagnes/{campaign}/suivante",
        "/centres/{centre}/fusionner",
        "/relecture/etiquettes",
        "/comptes",
        "/journal",
        "/imports",
        "/financeurs",
    ),
    "funder": (
        "/fiches",
        "/fiches/{published}/lecture",
        "/rapports",
        "/conventions/{agreement}",
        "/lecture",
        "/lecture/{report}",
        "/lecture/{report}/{published}",
        "/lecture/{report}/{published}/citer/summary",
        "/lecture/citations",
        "/lecture/citations/csv",
    ),
    "platform": ("/comptes", "/federations"),
}


class Land:
    """A federation, a campaign, four centres, somebody in each place."""

    def __init__(self) -> None:
        federation = factories.FederationFactory()
        self.centres: list[Centre] = [factories.CentreFactory(federation=federation) for _ in range(CENTRES)]
        funder = factories.FunderFactory(federation=federation)
        self.campaign: Campaign = factories.campaign_of(federation)
        factories.expect(self.campaign, *self.centres)
        factories.address(self.campaign, funder)
        self.agreement = factories.AgreementFactory(funder=funder)
        self.people: dict[str, User] = {
            "member": factories.person(RoleName.MEMBER, self.centres[0], password=None),
            "responsible": factories.person(RoleName.RESPONSIBLE, self.centres[0], password=None),
            "reviewer": factories.person(RoleName.REVIEWER, federation, password=None),
            "limited": factories.person(RoleName.REVIEWER, federation, password=None),
            "administrator": factories.person(RoleName.ADMINISTRATOR, federation, password=None),
            "funder": factories.person(RoleName.FUNDER, funder, password=None),
            "platform": factories.person(RoleName.PLATFORM, password=None),
        }
        self.people["limited"].roles[0].departments = ["46"]
        self.report: ReportRun = factories.received_report(funder)
        # One in each state of the first centre, so that pages of one sheet have theirs.
        for centre in self.centres:
            self.add(len(SheetState), centre)

    def add(self, number: int, *centres: Centre) -> None:
        """More sheets."""
        add_sheets(self.campaign, centres or self.centres, number, author_id=self.people["reviewer"].id)
        self._hold()

    def _hold(self) -> None:
        """The report holds every published sheet, of each of which the funder's reader quotes a passage."""
        reader, funder = self.people["funder"], self.report.addressed[0].funder
        held = sa.select(ReportRunSheet.snapshot_id).where(ReportRunSheet.report_run_id == self.report.id)
        published = sa.select(Snapshot).join(Sheet, Sheet.current_snapshot_id == Snapshot.id)
        rows = factories.db.session.scalars(
            published.where(Sheet.state == SheetState.PUBLISHED, Snapshot.id.not_in(held)).order_by(Sheet.reference)
        ).all()
        begun = factories.db.session.scalar(sa.select(sa.func.count()).select_from(held.subquery())) or 0
        for position, snapshot in enumerate(rows, start=begun + 1):
            place = {"report_run_id": self.report.id, "snapshot_id": snapshot.id}
            factories.db.session.add(ReportRunSheet(**place, position=position))
            factories.db.session.add(
                ReadingMark(user_id=reader.id, snapshot_id=snapshot.id, sheet_id=snapshot.sheet_id, at=factories.START)
            )
            factories.db.session.add(
                DeskVisit(user_id=reader.id, **place, opened_at=factories.START, seen_at=factories.START)
            )
            words = {"question": "summary", "text": "Un atelier ouvert", "shared": True, "created_at": factories.START}
            who = {"federation_id": self.campaign.federation_id, "funder_id": funder.id, "created_by": reader.id}
            factories.db.session.add(Quote(sheet_id=snapshot.sheet_id, **place, **words, **who))
        factories.db.session.commit()

    def path(self, page: str) -> str:
        """A page of the first sheets of the first centre."""
        rows = {
            sheet.state: sheet
            for sheet in Sheet.query.filter_by(centre_id=self.centres[0].id).order_by(Sheet.reference.desc())
        }
        return page.format(
            draft=rows[SheetState.DRAFT].id,
            sent=rows[SheetState.SUBMITTED].id,
            published=rows[SheetState.PUBLISHED].id,
            action=rows[SheetState.SUBMITTED].action_id,
            campaign=self.campaign.id,
            agreement=self.agreement.id,
            report=self.report.id,
            centre=self.centres[0].id,
        )


@contextmanager
def counted(db: SQLAlchemy) -> Iterator[list[str]]:
    """The statements that are sent meanwhile."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "INSERT", "UPDATE", "DELETE")):
            sent.append(statement)

    sa.event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", note)


def statements(client: PageClient, db: SQLAlchemy, land: Land, who: str) -> dict[str, int]:
    """How many statements each of the pages of somebody sends."""
    found = {}
    for page in PAGES[who]:
        path = land.path(page)
        with counted(db) as sent:
            assert client.get(path).status_code in {200, 302}, path
        found[page] = len(sent)
    return found


def test_a_page_asks_as_often_for_a_thousand_sheets_as_for_ten(client: PageClient, db: SQLAlchemy) -> None:
    land = Land()
    client.check_pages = False
    # What a process reads once and keeps is read before it is counted.
    _by_everybody(client, db, land)
    few = _by_everybody(client, db, land)
    assert all(few.values())
    land.add(MANY)
    many = _by_everybody(client, db, land)
    assert {page: (few[page], count) for page, count in many.items() if count != few[page]} == {}


def test_no_page_brings_a_form_that_the_process_knows(client: PageClient, db: SQLAlchemy) -> None:
    land = Land()
    client.check_pages = False
    _by_everybody(client, db, land)
    with counted(db) as sent:
        _by_everybody(client, db, land)
    assert [one for one in sent if "FROM form_version" in one or "JOIN form_version" in one]
    assert [one for one in sent if re.search(r"form_version(_\d+)?\.document", one)] == []


def _by_everybody(client: PageClient, db: SQLAlchemy, land: Land) -> dict[tuple[str, str], int]:
    found = {}
    for who in PAGES:
        if who == "visitor":
            with client.session_transaction() as kept:
                kept.clear()
        else:
            sign_in(client, land.people[who])
        found |= {(who, page): count for page, count in statements(client, db, land, who).items()}
    return found
