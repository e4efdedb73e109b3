"""A campaign with centres in every state, for the tests of following, reminders and digests."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from forms.lifecycle import SheetState
from tests import factories
from webapp import models
from webapp.database import db
from webapp.vocabulary import RoleName

OPENED = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
AT = datetime(2027, 1, 11, 9, 0, tzinfo=UTC)
"""A Monday, three weeks before the shown deadline."""


@dataclass
class Scene:
    """A federation in the middle of its campaign, and one centre for each state."""

    federation: models.Federation
    campaign: models.Campaign
    centres: dict[str, models.Centre]
    people: dict[str, models.User]

    def name(self, key: str) -> str:
        """The name of a centre."""
        return self.centres[key].name


def days_ago(days: int) -> datetime:
    """Some days before AT."""
    return AT - timedelta(days=days)


def make() -> Scene:
    """One centre not opened, one opened, one stuck, one that advances, one to correct, one done."""
    federation = factories.FederationFactory()
    campaign = factories.CampaignFactory(federation=federation, opened_at=OPENED)
    keys = ("silent", "opened", "stuck", "moving", "back", "done")
    centres = {key: factories.CentreFactory(federation=federation, name=f"Centre {key}") for key in keys}
    factories.expect(campaign, *centres.values())
    people = {key: factories.person(RoleName.RESPONSIBLE, centres[key], password=None) for key in keys}
    people["back_member"] = factories.person(RoleName.MEMBER, centres["back"], password=None)
    people["stuck_member"] = factories.person(RoleName.MEMBER, centres["stuck"], password=None)
    factories.UserSessionFactory(
        user=people["silent"], created_at=OPENED - timedelta(days=30), seen_at=OPENED - timedelta(1)
    )
    factories.UserSessionFactory(user=people["opened"], created_at=days_ago(20), seen_at=days_ago(20))
    draft(centres["stuck"], days=12)
    draft(centres["moving"], days=2)
    back = factories.sent_sheet(SheetState.CHANGES_REQUESTED, centre=centres["back"], updated_at=days_ago(3))
    factories.QueryFactory(sheet=back, created_at=days_ago(5), author=people["opened"])
    factories.sent_sheet(SheetState.SUBMITTED, centre=centres["done"])
    return Scene(federation, campaign, centres, people)


def draft(centre: models.Centre, *, days: int, **details: Any) -> models.Sheet:
    """A draft that last changed so many days ago."""
    sheet: models.Sheet = factories.SheetFactory(centre=centre, updated_at=days_ago(days), **details)
    return sheet


def send_all(centre: models.Centre) -> None:
    """The centre has sent all that it has."""
    for sheet in db.session.query(models.Sheet).filter_by(centre_id=centre.id):
        db.session.execute(
            models.Sheet.__table__.update()
            .where(models.Sheet.__table__.c.id == sheet.id)
            .values(state=SheetState.SUBMITTED, submitted_at=AT)
        )
    db.session.commit()


def last_year(federation: models.Federation, first_sent: dict[models.Centre, date | None]) -> models.Campaign:
    """The campaign of the year before: when each centre first sent; None: never."""
    campaign = factories.CampaignFactory(
        federation=federation,
        year=2025,
        form_version=factories.FormVersionFactory(),
        opened_at=OPENED.replace(year=2025),
    )
    factories.expect(campaign, *first_sent)
    for centre, when in first_sent.items():
        if when is not None:
            sheet = factories.SheetFactory(centre=centre, campaign=campaign, state=SheetState.SUBMITTED)
            at = datetime(when.year, when.month, when.day, 9, tzinfo=UTC)
            factories.SnapshotFactory(sheet=sheet, created_at=at)
    return campaign
