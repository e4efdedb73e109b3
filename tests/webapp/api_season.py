"""Two federations with sheets in every state, and programs that ask: what the tests of the API share."""

from dataclasses import dataclass
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from forms.lifecycle import SheetState
from tests import factories
from webapp.clock import now
from webapp.models import Campaign, Centre, Federation, Funder, Sheet, User
from webapp.services import tokens
from webapp.vocabulary import RoleName, Sharing, TokenScope

ALL = tuple(scope.value for scope in TokenScope)
ANSWERS = {"dimension": "citoyennete", "summary": "Un jardin ouvert à tous."}


@dataclass(frozen=True)
class Season:
    """A federation's season: a sheet in each state, one campaign addressed to the funder and one that is not."""

    federation: Federation
    centre: Centre
    funder: Funder
    campaign: Campaign
    other: Campaign
    sheets: dict[SheetState, Sheet]
    unaddressed: Sheet
    reviewer: User
    administrator: User
    reader: User


def a_season() -> Season:
    """Everything of a federation."""
    centre = factories.CentreFactory()
    federation = centre.federation
    funder = factories.FunderFactory(federation=federation)
    campaign = factories.campaign_of(federation)
    other = factories.CampaignFactory(federation=federation, year=2025)
    factories.expect(campaign, centre, factories.CentreFactory(federation=federation, department="82"))
    factories.address(campaign, funder)
    sheets = {
        state: (factories.SheetFactory if state is SheetState.DRAFT else factories.sent_sheet)(
            **({} if state is SheetState.DRAFT else {"state": state}),
            centre=centre,
            campaign=campaign,
            title=f"Le jardin {state.value}",
            answers={"title": f"Le jardin {state.value}", **ANSWERS},
            sharing=Sharing.PUBLIC,
        )
        for state in SheetState
    }
    unaddressed = factories.sent_sheet(SheetState.VALIDATED, centre=centre, campaign=other)
    people = [
        factories.person(RoleName.REVIEWER, federation, password=None),
        factories.person(RoleName.ADMINISTRATOR, federation, password=None),
        factories.person(RoleName.FUNDER, funder, password=None),
    ]
    return Season(federation, centre, funder, campaign, other, sheets, unaddressed, *people)


def token_for(user: User, *scopes: str, days: int = 365) -> str:
    """A token of that account, for everything where nothing is said."""
    return tokens.make(user, name="Essai", scopes=scopes or ALL, days=days, at=now())[1]


def ask(client: FlaskClient, path: str, token: str = "", **headers: str) -> TestResponse:
    """Ask as a program does."""
    given = {"Authorization": f"Bearer {token}"} if token else {}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    answer: TestResponse = client.get(f"/api/v1{path}", headers=given | named)
    return answer


def items(answer: TestResponse) -> list[Any]:
    """What a page holds."""
    assert answer.status_code == 200, answer.text
    found: list[Any] = answer.json["items"]
    return found
