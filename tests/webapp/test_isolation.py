"""Nothing of another federation is shown: not in a list, a count, a search, a figure nor a file."""

import io
import zipfile
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from flask_sqlalchemy import SQLAlchemy

from forms.lifecycle import SheetState
from reports.catalogue import REPORTS, ReportKind
from tests import factories
from tests.client import PageClient
from tests.signing import post, sign_in
from webapp.clock import now
from webapp.models import Federation, ReportRunFunder, Sheet, SheetLabel, User
from webapp.queries import campaigns, centres, journal, review
from webapp.queries.accounts import actor_of
from webapp.queries.report_selection import Selection
from webapp.services import events, reports
from webapp.vocabulary import JobState, RoleName, Sharing

CANARY = "Canari"
"""Stands in every text of the other federation."""

SHEETS = 3
YEARS = (2026, 2027)
"""The other federation has a year that ours has not."""


class Side:
    """A federation with somebody in each place, a campaign and a few sheets in each state."""

    def __init__(self, word: str, years: tuple[int, ...]) -> None:
        self.word = word
        self.federation: Federation = factories.FederationFactory(name=f"Fédération {word}")
        self.centre = factories.CentreFactory(
            federation=self.federation, name=f"Centre {word}", commune=f"Commune {word}", contact_name=f"Contact {word}"
        )
        self.funder = factories.FunderFactory(federation=self.federation, name=f"Caf {word}")
        self.people = {name: self._person(name) for name in RoleName if name is not RoleName.PLATFORM}
        self.campaigns = [
            factories.CampaignFactory(federation=self.federation, year=year, title=f"Campagne {word}") for year in years
        ]
        for campaign in self.campaigns:
            factories.expect(campaign, self.centre)
            factories.address(campaign, self.funder)
        self.label = factories.LabelFactory(federation=self.federation, name=f"Étiquette {word}")
        self.sheets = [self._sheet(state) for state in SheetState for _ in range(SHEETS)]
        self.agreement = factories.AgreementFactory(
            funder=self.funder, title=f"Convention {word}", reference=f"Référence {word}", centres=[self.centre]
        )
        self.run = factories.ReportRunFactory(federation=self.federation, title=f"Recueil {word}")
        self._handed_over()
        factories.ImportRunFactory(
            federation=self.federation, requester=self.people[RoleName.ADMINISTRATOR], name=f"{word}.txt"
        )
        self._followed()

    def _followed(self) -> None:
        """The centre was called and is to be reminded and invited; work goes on on its sheets."""
        reviewer, campaign = self.people[RoleName.REVIEWER], self.campaigns[0]
        factories.CallNoteFactory(centre=self.centre, campaign=campaign, by=reviewer, text=f"Appel {self.word}")
        self.reminder = factories.ReminderFactory(
            campaign=campaign, author=reviewer, centre_ids=[str(self.centre.id)], message=f"Relance {self.word}"
        )
        factories.MailFactory(
            kind="campaign_invitation",
            recipient=self.people[RoleName.RESPONSIBLE].email,
            campaign_id=campaign.id,
            centre_id=self.centre.id,
        )
        self.job = factories.JobFactory(
            federation_id=self.federation.id, owner_id=reviewer.id, error=f"Arrêt {self.word}", state=JobState.FAILED
        )
        self.bulk = factories.BulkRunFactory(
            federation_id=self.federation.id, requester=reviewer, sheets=self.sheets[SHEETS:]
        )

    def _person(self, name: RoleName) -> User:
        place = {"centre": self.centre, "federation": self.federation, "funder": self.funder}[
            factories.PLACED_IN[name] or ""
        ]
        email = f"{name.value}@{self.word.lower()}.example"
        return factories.person(name, place, password=None, full_name=f"Nom {self.word}", email=email)

    def _sheet(self, state: SheetState) -> Sheet:
        title = f"Atelier {self.word} {state.value}"
        answers = {"title": title, "summary": f"Résumé {self.word}", "dimension": self.dimension}
        details: dict[str, Any] = {
            "centre": self.centre,
            "campaign": self.campaigns[0],
            "sharing": Sharing.NETWORK,
            "title": title,
            "answers": answers,
        }
        sheet: Sheet
        if state is SheetState.DRAFT:
            sheet = factories.SheetFactory(**details)
        else:
            sheet = factories.sent_sheet(state, **details)
        factories.QueryFactory(sheet=sheet, author=self.people[RoleName.REVIEWER], text=f"Demande {self.word}")
        if state is not SheetState.DRAFT:
            self._annotated(sheet)
        events.record(
            "sheet.begun",
            at=factories.START,
            actor_id=self.people[RoleName.MEMBER].id,
            federation_id=self.federation.id,
            sheet_id=sheet.id,
            data={"name": self.word},
        )
        return sheet

    def _handed_over(self) -> None:
        """The report holds the accepted sheets and was handed to the funder, whose people quote it."""
        self.run.addressed = [ReportRunFunder(funder=self.funder)]
        accepted = [sheet for sheet in self.sheets if sheet.state in {SheetState.VALIDATED, SheetState.PUBLISHED}]
        factories.hold(self.run, *accepted)
        picked = {"funder": self.funder, "report_run": self.run, "author": self.people[RoleName.FUNDER]}
        self.quote = factories.QuoteFactory(
            sheet=accepted[0], text=f"Résumé {self.word}", note=f"Note sur {self.word}", shared=True, **picked
        )
        self.held = accepted[0]

    def _annotated(self, sheet: Sheet) -> None:
        """A note, a label, somebody to read it, an opinion from outside."""
        reviewer = self.people[RoleName.REVIEWER]
        factories.NoteFactory(sheet=sheet, author=reviewer, text=f"Note {self.word}")
        opinion = {"name": f"Élu {self.word}", "question": f"Avis {self.word}", "email": f"elu@{self.word}.example"}
        factories.OpinionFactory(sheet=sheet, asker=reviewer, **opinion)
        factories.db.session.add(
            SheetLabel(sheet_id=sheet.id, label_id=self.label.id, put_at=factories.START, put_by=reviewer.id)
        )
        sheet.assigned_to = reviewer.id

    @property
    def dimension(self) -> str:
        """Each federation has its own, so that the choices of the lists can be told apart."""
        return "citoyennete" if self.word == CANARY else "services"


@pytest.fixture
def sides(db: SQLAlchemy) -> tuple[Side, Side]:
    """Ours, then the other one, full of canaries."""
    found = Side("Merle", YEARS[:1]), Side(CANARY, YEARS)
    db.session.commit()
    return found


LISTS = (
    "/fiches",
    "/fiches/nouvelle",
    "/relecture",
    "/relecture?state=toutes",
    "/relecture?state=draft",
    "/relecture?state=toutes&q=atelier",
    "/relecture?state=validated&year=2026",
    "/campagnes",
    "/campagnes/nouvelle",
    "/centres",
    "/centres?q=centre",
    "/comptes",
    "/comptes?q=nom",
    "/comptes/inviter",
    "/financeurs",
    "/imports",
    "/journal",
    "/rapports",
    "/rapports/nouveau",
    "/rapports/modeles/nouveau",
    "/conventions",
    "/conventions/nouvelle",
    "/relecture?q=note",
    "/relecture/etiquettes",
    "/travaux",
    "/lecture",
    "/lecture/citations",
    "/lecture/citations?voir=autres",
    "/catalogue",
    "/catalogue?q=atelier",
)
CAMPAIGN = ("", "/modifier", "/suivante", "/suivi", "/relances", "/relances/nouvelle", "/invitations", "/dates.ics")
CENTRE = ("", "/modifier", "/renommer", "/fusionner", "/telephone")


@pytest.mark.parametrize("name", [name for name in RoleName if name is not RoleName.PLATFORM])
def test_no_page_holds_a_word_of_another_federation(
    client: PageClient, sides: tuple[Side, Side], name: RoleName
) -> None:
    ours, other = sides
    sign_in(client, ours.people[name])
    shown = 0
    for path in _pages(ours):
        answer = client.get(path)
        if answer.status_code == 200 and answer.mimetype == "text/html":
            shown += ours.word in answer.text
            assert CANARY.lower() not in answer.text.lower(), path
            for id in _ids(other):
                assert str(id) not in answer.text, path
    assert shown, "nothing was looked at"


def _pages(ours: Side) -> Iterator[str]:
    yield from LISTS
    campaign = f"/campagnes/{ours.campaigns[0].id}"
    yield from (f"{campaign}{part}" for part in CAMPAIGN)
    yield f"{campaign}/suivi/{ours.centre.id}"
    yield f"{campaign}/centres/{ours.centre.id}/delai"
    yield f"{campaign}/relances/{ours.reminder.id}"
    yield from (f"/centres/{ours.centre.id}{part}" for part in CENTRE)
    yield f"/relecture/lots/{ours.bulk.id}"
    yield f"/travaux/{ours.job.id}"
    yield f"/rapports/{ours.run.id}"
    yield from (f"/conventions/{ours.agreement.id}{part}" for part in ("", "/modifier"))
    yield from (f"/lecture/{ours.run.id}{part}" for part in ("", f"/{ours.held.id}", f"/{ours.held.id}/citer/summary"))
    yield f"/comptes/{ours.people[RoleName.MEMBER].id}"
    for sheet in ours.sheets[::SHEETS]:
        for part in ("", "/histoire", "/envois", "/envois/1"):
            yield f"/relecture/{sheet.id}{part}"
            yield f"/fiches/{sheet.id}{part}"
        yield f"/fiches/{sheet.id}/lecture"
        yield f"/actions/{sheet.action_id}"


def _ids(side: Side) -> Iterator[UUID]:
    yield from (side.federation.id, side.centre.id, side.funder.id, side.run.id)
    yield from (side.label.id, side.reminder.id, side.bulk.id, side.job.id, side.agreement.id, side.quote.id)
    yield from (row.id for row in (*side.campaigns, *side.sheets))


def test_counts_and_choices_are_those_of_the_federation(sides: tuple[Side, Side]) -> None:
    ours, _other = sides
    actor = actor_of(ours.people[RoleName.ADMINISTRATOR])
    (line,) = campaigns.campaigns(actor, at=now())
    assert (line.expected, line.sent, dict(line.states)) == (1, 1, dict.fromkeys(SheetState, SHEETS))
    found = review.find(actor, review.Wanted(), None, page=1)
    assert (found.count, dict(found.counts)) == (SHEETS * len(SheetState), dict.fromkeys(SheetState, SHEETS))
    offered = review.choices(actor)
    assert [value for value, _label in offered.years] == [str(YEARS[0])]
    assert [label for _value, label in offered.centres] == [ours.centre.name]
    assert [value for value, _label in offered.dimensions] == [ours.dimension]
    assert [(row.centre.name, row.sheets) for row in centres.centres(actor)] == [(ours.centre.name, len(ours.sheets))]
    assert journal.count(actor) == len(ours.sheets)
    sheet = ours.sheets[SHEETS]
    assert review.queue(actor, sheet, review.Wanted(), sheet.state).total == SHEETS


def test_a_search_by_title_finds_nothing_elsewhere(sides: tuple[Side, Side]) -> None:
    ours, other = sides
    for side, word, count in ((ours, CANARY, 0), (ours, "atelier", 4 * SHEETS), (other, "Merle", 0)):
        actor = actor_of(side.people[RoleName.REVIEWER])
        assert review.find(actor, review.Wanted(title=word), None, page=1).count == count, word
    stranger = review.Wanted(centre=other.centre.id)
    assert review.find(actor_of(ours.people[RoleName.REVIEWER]), stranger, None, page=1).count == 0


def test_a_report_holds_the_federation_s_sheets_and_no_other(sides: tuple[Side, Side]) -> None:
    ours, other = sides
    for wanted, count in (
        (Selection(federation_id=ours.federation.id), 2 * SHEETS),
        (Selection(federation_id=ours.federation.id, years=YEARS), 2 * SHEETS),
        (Selection(federation_id=ours.federation.id, departments=("46",)), 2 * SHEETS),
        (Selection(federation_id=ours.federation.id, centres=(other.centre.id,)), 0),
        (Selection(federation_id=ours.federation.id, centres=(ours.centre.id, other.centre.id)), 2 * SHEETS),
    ):
        content = reports.content_for(ReportKind.WORKBOOK, wanted, title="", at=now())
        assert len(content.sheets) == count
        assert content.expected in {1, None}
        out = io.BytesIO()
        reports.write(REPORTS[ReportKind.WORKBOOK], content, out)
        words = _words(out.getvalue())
        assert "Atelier Merle" in words or not count
        assert CANARY not in words


def _words(workbook: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(workbook)) as parts:
        return "".join(parts.read(name).decode("utf-8", "replace") for name in parts.namelist())


def test_a_report_of_another_federation_s_centre_is_refused(client: PageClient, sides: tuple[Side, Side]) -> None:
    ours, other = sides
    sign_in(client, ours.people[RoleName.REVIEWER])
    asked: dict[str, Any] = {"federation": str(ours.federation.id), "kind": "workbook"}
    for chosen in ([other.centre.id], [ours.centre.id, other.centre.id]):
        answer = post(client, "/rapports", {**asked, "centres": [str(id) for id in chosen]})
        assert answer.status_code == 422
        assert CANARY not in answer.text
    assert post(client, "/rapports", {**asked, "federation": str(other.federation.id)}).status_code == 404


def test_the_public_catalogue_holds_what_a_centre_made_public_and_nothing_else(
    client: PageClient, sides: tuple[Side, Side], db: SQLAlchemy
) -> None:
    assert CANARY not in client.get("/catalogue").text
    _ours, other = sides
    other.sheets[-1].sharing = Sharing.PUBLIC
    db.session.commit()
    page = client.get("/catalogue").text
    assert page.count(other.sheets[-1].action.title) >= 1
    assert "validated" not in page


def test_the_words_that_are_looked_for_are_really_there(client: PageClient, sides: tuple[Side, Side]) -> None:
    _ours, other = sides
    sign_in(client, other.people[RoleName.ADMINISTRATOR])
    for path in (
        "/relecture",
        "/campagnes",
        "/centres",
        "/comptes",
        "/financeurs",
        "/journal",
        "/rapports",
        "/conventions",
        "/imports",
        "/relecture/etiquettes",
        "/travaux",
        "/lecture",
        f"/lecture/{other.run.id}",
        f"/lecture/{other.run.id}/{other.held.id}",
        f"/lecture/{other.run.id}/{other.held.id}/citer/summary",
        "/lecture/citations?voir=autres",
    ):
        assert CANARY in client.get(path).text, path
    sheet, campaign = other.sheets[SHEETS], f"/campagnes/{other.campaigns[0].id}"
    read = client.get(f"/relecture/{sheet.id}").text
    for words in (f"Note {CANARY}", f"Étiquette {CANARY}", f"Élu {CANARY}", f"Avis {CANARY}"):
        assert words in read, words
    assert f"Appel {CANARY}" in client.get(f"{campaign}/suivi/{other.centre.id}").text
    assert f"Relance {CANARY}" in client.get(f"{campaign}/relances/{other.reminder.id}").text
    assert f"{CANARY.lower()}.example" in client.get(f"{campaign}/invitations").text
    assert f"Arrêt {CANARY}" in client.get(f"/travaux/{other.job.id}").text
    assert CANARY in client.get(f"/relecture/lots/{other.bulk.id}").text
