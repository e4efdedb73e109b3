"""What the federation does with a sheet that was sent."""

from datetime import date
from typing import Any

import factory

from forms.lifecycle import SheetState
from tests.factories.base import START, YEAR, Factory, moments
from tests.factories.people import FederationFactory, UserFactory
from tests.factories.sheets import SheetFactory, sent_sheet
from webapp import models
from webapp.database import db
from webapp.vocabulary import LabelTone, QueryReason, QueryState


class QueryFactory(Factory):
    class Meta:
        model = models.Query

    sheet = factory.SubFactory(SheetFactory)
    question = "people"
    state = QueryState.OPEN
    reason = QueryReason.INCOMPLETE
    text = "Combien de bénévoles, parmi ces personnes\u202f?"
    created_at = moments()
    sent_at = factory.LazyAttribute(
        lambda made: made.created_at if made.sheet.state is SheetState.CHANGES_REQUESTED else None
    )
    author = factory.SubFactory(UserFactory)


class ReadingMarkFactory(Factory):
    """Somebody has read what was last sent of a sheet."""

    class Meta:
        model = models.ReadingMark

    class Params:
        sheet = factory.LazyFunction(lambda: sent_sheet())

    user_id = factory.LazyFunction(lambda: UserFactory().id)
    sheet_id = factory.LazyAttribute(lambda made: made.sheet.id)
    snapshot_id = factory.LazyAttribute(lambda made: made.sheet.current_snapshot_id)
    at = moments()


class NoteFactory(Factory):
    class Meta:
        model = models.Note

    sheet = factory.SubFactory(SheetFactory)
    author = factory.SubFactory(UserFactory)
    text = "À rapprocher de la demande de l’an passé."
    created_at = moments()


class LabelFactory(Factory):
    class Meta:
        model = models.Label

    federation = factory.SubFactory(FederationFactory)
    name = factory.Sequence(lambda number: f"À montrer {number}")
    tone = LabelTone.GREEN
    created_at = START


class OpinionFactory(Factory):
    """An opinion asked on what was last sent of a sheet."""

    class Meta:
        model = models.Opinion

    sheet = factory.LazyFunction(lambda: sent_sheet())
    snapshot_id = factory.LazyAttribute(lambda made: made.sheet.current_snapshot_id)
    name = "Paul Estève"
    email = "paul@mairie.example"
    question = "Cette action convient-elle au quartier\u202f?"
    due_on = date(YEAR, 12, 24)
    asked_at = moments()
    asker = factory.SubFactory(UserFactory)


class BulkRunFactory(Factory):
    """An act prepared on many sheets and not yet confirmed; `sheets=` are its lines."""

    class Meta:
        model = models.BulkRun

    federation_id = factory.LazyAttribute(lambda made: FederationFactory().id)
    act = "validate"
    requester = factory.SubFactory(UserFactory)
    created_at = moments()

    @factory.post_generation
    def sheets(self, _create: bool, extracted: list[models.Sheet] | None, **_details: Any) -> None:
        for position, sheet in enumerate(extracted or (), start=1):
            seen = {"snapshot_id": sheet.current_snapshot_id, "sheet_state": sheet.state}
            db.session.add(models.BulkItem(run=self, sheet_id=sheet.id, position=position, **seen))
        db.session.commit()
