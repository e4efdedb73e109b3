"""Reports, whom they are handed to, and what funders do with them."""

from typing import Any

import factory

from forms.french import fold
from tests.factories.base import START, YEAR, Factory, moments
from tests.factories.people import FederationFactory, FunderFactory, UserFactory
from tests.factories.sheets import sent_sheet
from tests.factories.work import JobFactory
from webapp import models
from webapp.database import db
from webapp.vocabulary import OpeningKind


class ReportRunFactory(Factory):
    class Meta:
        model = models.ReportRun

    federation = factory.SubFactory(FederationFactory)
    kind = "book"
    title = "Recueil 2026"
    job = factory.SubFactory(JobFactory)
    created_at = moments()


class ReportTemplateFactory(Factory):
    class Meta:
        model = models.ReportTemplate

    federation = factory.SubFactory(FederationFactory)
    name = factory.Sequence(lambda number: f"Le recueil de l’année {number}")
    folded = factory.LazyAttribute(lambda made: fold(made.name))
    kind = "book"
    selection = factory.LazyAttribute(lambda made: {"federation": str(made.federation.id), "latest": True})
    created_at = START
    updated_at = START


class ReportOpeningFactory(Factory):
    class Meta:
        model = models.ReportOpening

    report_run = factory.SubFactory(ReportRunFactory)
    at = moments()
    kind = OpeningKind.FILE
    name = "Claire Vidal"
    email = "claire@departement.example"


class AgreementFactory(Factory):
    """Two years, on everything; `centres=` and `actions=` narrow it."""

    class Meta:
        model = models.Agreement

    funder = factory.SubFactory(FunderFactory)
    federation = factory.LazyAttribute(lambda made: made.funder.federation)
    title = factory.Sequence(lambda number: f"Animation de la vie locale {number}")
    first_year = YEAR - 1
    last_year = YEAR
    created_at = START

    @factory.post_generation
    def centres(self, _create: bool, extracted: list[models.Centre] | None, **_details: Any) -> None:
        for centre in extracted or ():
            place = {"centre_id": centre.id, "federation_id": self.federation_id}
            db.session.add(models.AgreementCentre(agreement_id=self.id, **place))
        db.session.commit()

    @factory.post_generation
    def actions(self, _create: bool, extracted: list[models.Action] | None, **_details: Any) -> None:
        for action in extracted or ():
            place = {"action_id": action.id, "centre_id": action.centre_id, "federation_id": self.federation_id}
            db.session.add(models.AgreementAction(agreement_id=self.id, **place))
        db.session.commit()


def hold(run: models.ReportRun, *sheets: models.Sheet) -> None:
    """The report holds what was last sent of these sheets, in this order."""
    lines = [
        models.ReportRunSheet(report_run_id=run.id, snapshot_id=sheet.current_snapshot_id, position=position)
        for position, sheet in enumerate(sheets, start=1)
    ]
    db.session.add_all(lines)
    db.session.commit()


def received_report(
    funder: models.Funder | None, *sheets: models.Sheet, federation: models.Federation | None = None
) -> models.ReportRun:
    """A report that is ready, holds these sheets and was handed to that funder."""
    made = {"job": None, "finished_at": START, "federation": federation or funder.federation}  # type: ignore[union-attr]
    run: models.ReportRun = ReportRunFactory(**made)
    if funder is not None:
        run.addressed = [models.ReportRunFunder(funder=funder)]
    hold(run, *sheets)
    return run


class DeskVisitFactory(Factory):
    """Somebody opened what was last sent of a sheet, in a report that holds it."""

    class Meta:
        model = models.DeskVisit

    user_id = factory.LazyFunction(lambda: UserFactory().id)
    opened_at = moments()
    seen_at = factory.SelfAttribute("opened_at")


class QuoteFactory(Factory):
    """A passage of a sheet that `report_run` holds, picked for `funder`."""

    class Meta:
        model = models.Quote

    sheet = factory.LazyFunction(lambda: sent_sheet(answers={"title": "Le jardin", "summary": "Un jardin ouvert."}))
    snapshot_id = factory.LazyAttribute(lambda made: made.sheet.current_snapshot_id)
    federation_id = factory.LazyAttribute(lambda made: made.sheet.federation_id)
    funder = factory.LazyAttribute(lambda made: FunderFactory(federation=made.sheet.federation))
    report_run = factory.LazyAttribute(
        lambda made: received_report(made.funder, made.sheet, federation=made.sheet.federation)
    )
    question = "summary"
    text = "Un jardin ouvert."
    note = "Pour la commission."
    created_at = moments()
    author = factory.SubFactory(UserFactory)


class FunderReadingFactory(Factory):
    """A funder had that report open, or that sheet of it."""

    class Meta:
        model = models.FunderReading

    federation_id = factory.SelfAttribute("report_run.federation_id")
    kind = OpeningKind.PAGE
    at = START
    until = START
    name = "Denise Lagarde"
    email = "denise@caf.example"
