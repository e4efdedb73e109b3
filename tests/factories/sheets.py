"""Actions and their sheets: drafts, what was sent, and what comes with them."""

import hashlib
from typing import Any
from uuid import uuid4

import factory

from forms.lifecycle import SheetState
from tests.factories.base import START, YEAR, Factory, moments
from tests.factories.campaigns import campaign_of
from tests.factories.people import CentreFactory, UserFactory, person
from webapp import models
from webapp.database import db
from webapp.queries.versions import form_of
from webapp.services.snapshots import show
from webapp.vocabulary import RoleName


class ActionFactory(Factory):
    class Meta:
        model = models.Action

    centre = factory.SubFactory(CentreFactory)
    title = factory.Sequence(lambda number: f"Le jardin partagé {number}")
    created_at = START


class SheetFactory(Factory):
    """A draft of this year; `centre=` and `campaign=` may be given, they must be of one federation."""

    class Meta:
        model = models.Sheet

    class Params:
        title = factory.Sequence(lambda number: f"Le jardin partagé {number}")

    centre = factory.SubFactory(CentreFactory)
    campaign = factory.LazyAttribute(lambda made: campaign_of(made.centre.federation))
    action = factory.LazyAttribute(lambda made: ActionFactory(centre=made.centre, title=made.title))
    federation = factory.LazyAttribute(lambda made: made.centre.federation)
    form_version = factory.LazyAttribute(lambda made: made.campaign.form_version)
    reference = factory.Sequence(lambda number: f"{YEAR}-{number:04d}")
    answers = factory.LazyAttribute(lambda made: {"title": made.title})
    state = SheetState.DRAFT
    created_at = START
    updated_at = START


class SnapshotFactory(Factory):
    """What was sent of a sheet; it becomes the sheet's current one, with its facets."""

    class Meta:
        model = models.Snapshot

    sheet = factory.SubFactory(SheetFactory, state=SheetState.SUBMITTED, submitted_at=START)
    number = factory.LazyAttribute(lambda made: len(made.sheet.snapshots) + 1)
    title = factory.LazyAttribute(lambda made: made.sheet.action.title)
    form_version = factory.LazyAttribute(lambda made: made.sheet.form_version)
    answers = factory.LazyAttribute(lambda made: dict(made.sheet.answers))
    passed_checks = factory.LazyAttribute(
        lambda made: [{"key": key, **one} for key, one in (made.sheet.passed_checks or {}).items()]
    )
    sha256 = factory.LazyAttribute(lambda made: hashlib.sha256(repr(made.answers).encode()).hexdigest())
    sheet_revision = factory.LazyAttribute(lambda made: made.sheet.revision)
    created_at = moments()

    @factory.post_generation
    def current(self, _create: bool, extracted: bool | None, **_details: Any) -> None:
        if extracted is False:
            return
        show(self.sheet, self, form_of(self.form_version))
        db.session.commit()


def sent_sheet(state: SheetState = SheetState.SUBMITTED, **details: Any) -> models.Sheet:
    """A sheet in that state with the snapshot that it must have."""
    given = {"submitted_at": START, **details}
    if state in {SheetState.VALIDATED, SheetState.PUBLISHED}:
        given.setdefault("validated_at", START)
    if state is SheetState.PUBLISHED:
        given.setdefault("published_at", START)
    sheet: models.Sheet = SheetFactory(state=state, **given)
    SnapshotFactory(sheet=sheet)
    return sheet


class ChangeFactory(Factory):
    class Meta:
        model = models.Change

    sheet = factory.SubFactory(SheetFactory)
    question = "summary"
    user = factory.SubFactory(UserFactory)
    began_at = START
    ended_at = START
    before = None
    after = "Un jardin ouvert à tous."
    revision = 1


class PhoneEntryFactory(Factory):
    """Somebody of the federation types a sheet now; `ended_at=` ends it."""

    class Meta:
        model = models.PhoneEntry

    sheet = factory.SubFactory(SheetFactory)
    typist = factory.LazyAttribute(lambda made: person(RoleName.REVIEWER, made.sheet.federation, password=None))
    started_at = START
    spoke_with = "Denise Lagarde"
    refusal = ""


class SignOffFactory(Factory):
    """The president was asked to sign."""

    class Meta:
        model = models.SignOff

    sheet = factory.SubFactory(SheetFactory)
    name = "Paul Cazals"
    email = "presidence@centre.example"
    asked_at = START
    signed_name = ""
    remark = ""


class AttachmentFactory(Factory):
    class Meta:
        model = models.Attachment

    sheet = factory.SubFactory(SheetFactory)
    question = "files"
    storage_key = factory.LazyFunction(lambda: uuid4().hex)
    name = "affiche.png"
    media_type = "image/png"
    size = 1234
    sha256 = factory.LazyFunction(lambda: hashlib.sha256(uuid4().bytes).hexdigest())
    width = 640
    height = 480
    created_at = moments()


class UploadFactory(Factory):
    class Meta:
        model = models.Upload

    sheet_id = factory.LazyFunction(lambda: SheetFactory().id)
    question = "files"
    user_id = factory.LazyFunction(lambda: UserFactory().id)
    name = "affiche.png"
    size = 1234
    created_at = moments()
    updated_at = factory.SelfAttribute("created_at")


class TakeawayUploadFactory(Factory):
    class Meta:
        model = models.TakeawayUpload

    sheet = factory.SubFactory(SheetFactory)
    uploaded_by = factory.LazyAttribute(lambda made: UserFactory().id)
    name = "fiche.xlsx"
    cells = "[]"
    created_at = moments()
