"""Campaigns: their form, whom they expect, whom they are addressed to, how centres are followed."""

from datetime import date

import factory

from forms.registry import shipped
from tests.factories.base import START, YEAR, Factory, moments
from tests.factories.people import CentreFactory, FederationFactory, UserFactory
from webapp import models
from webapp.database import db
from webapp.vocabulary import CallGroup


class FormVersionFactory(Factory):
    """The version shipped for `year`, once a database."""

    class Meta:
        model = models.FormVersion
        sqlalchemy_get_or_create = ("sha256",)

    class Params:
        year = YEAR

    key = factory.LazyAttribute(lambda made: shipped(made.year).key)
    sha256 = factory.LazyAttribute(lambda made: shipped(made.year).sha256)
    document = factory.LazyAttribute(lambda made: shipped(made.year).to_json())
    published_at = START


class CampaignFactory(Factory):
    """An open campaign; its dates leave the whole year."""

    class Meta:
        model = models.Campaign

    federation = factory.SubFactory(FederationFactory)
    year = YEAR
    title = factory.LazyAttribute(lambda made: f"Campagne {made.year}")
    form_version = factory.SubFactory(FormVersionFactory)
    shown_deadline = factory.LazyAttribute(lambda made: date(made.year + 1, 1, 31))
    last_creation = factory.LazyAttribute(lambda made: date(made.year + 1, 2, 15))
    last_edit = factory.LazyAttribute(lambda made: date(made.year + 1, 3, 31))
    opened_at = START


def campaign_of(federation: models.Federation, year: int = YEAR) -> models.Campaign:
    """The federation's campaign of that year, made where there is none."""
    known = db.session.query(models.Campaign).filter_by(federation_id=federation.id, year=year).one_or_none()
    return known or CampaignFactory(federation=federation, year=year)


def expect(campaign: models.Campaign, *centres: models.Centre) -> None:
    """These centres are expected to answer."""
    db.session.add_all([models.CampaignCentre(campaign=campaign, centre=centre) for centre in centres])
    db.session.commit()


def extend(campaign: models.Campaign, centre: models.Centre, until: date, *, by: models.User | None = None) -> None:
    """This expected centre has until that day."""
    line = db.session.get_one(models.CampaignCentre, (campaign.id, centre.id))
    line.extended_until, line.extension_reason, line.extended_at = until, "Un dégât des eaux.", START
    line.extended_by = by.id if by else None
    db.session.commit()


def address(campaign: models.Campaign, *funders: models.Funder) -> None:
    """The validated sheets are addressed to these funders."""
    db.session.add_all([models.CampaignFunder(campaign=campaign, funder=funder) for funder in funders])
    db.session.commit()


class CallNoteFactory(Factory):
    class Meta:
        model = models.CallNote

    centre = factory.SubFactory(CentreFactory)
    campaign = factory.LazyAttribute(lambda made: campaign_of(made.centre.federation))
    at = moments()
    by = factory.SubFactory(UserFactory)
    text = "Denise envoie ses fiches vendredi."


class ReminderFactory(Factory):
    class Meta:
        model = models.Reminder

    campaign = factory.SubFactory(CampaignFactory)
    group = CallGroup.UNFINISHED
    days = 7
    message = "Nous attendons vos fiches."
    created_at = moments()
    due_at = factory.SelfAttribute("created_at")


class ExpectedUploadFactory(Factory):
    class Meta:
        model = models.ExpectedUpload

    campaign = factory.SubFactory(CampaignFactory)
    uploaded_by = factory.LazyAttribute(lambda made: UserFactory().id)
    name = "centres.xlsx"
    cells = "[]"
    created_at = moments()
