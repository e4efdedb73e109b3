"""Believable rows for tests; each call commits, so that servers and visitors see what was made."""

import hashlib
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import factory
from argon2 import PasswordHasher
from factory.alchemy import SQLAlchemyModelFactory

from forms.french import fold
from forms.lifecycle import TRANSITIONS, SheetState
from forms.registry import shipped
from webapp import models
from webapp.database import db
from webapp.queries.versions import form_of
from webapp.services import events
from webapp.services.snapshots import show
from webapp.vocabulary import (
    CallGroup,
    DeliveryState,
    ErasureKind,
    LabelTone,
    LinkPurpose,
    MailCategory,
    MailManner,
    OpeningKind,
    PersonalPurpose,
    QueryReason,
    QueryState,
    RoleName,
    SignOffState,
    Verdict,
)

START = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
YEAR = 2026
PASSWORD = "une phrase assez longue"
# What is kept of a password says how dear it was: a cheap one is checked by the product as any other is.
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
PLACED_IN = {
    RoleName.MEMBER: "centre",
    RoleName.RESPONSIBLE: "centre",
    RoleName.REVIEWER: "federation",
    RoleName.ADMINISTRATOR: "federation",
    RoleName.FUNDER: "funder",
    RoleName.PLATFORM: None,
}


def moments(minutes: int = 1) -> Any:
    """One moment after the other."""
    return factory.Sequence(lambda number: START + timedelta(minutes=number * minutes))


class Factory(SQLAlchemyModelFactory):
    """What all share: the one session, and a commit."""

    class Meta:
        abstract = True
        sqlalchemy_session_factory = lambda: db.session  # noqa: E731
        sqlalchemy_session_persistence = "commit"


class FederationFactory(Factory):
    class Meta:
        model = models.Federation

    name = factory.Sequence(lambda number: f"Fédération des centres sociaux du Val {number}")


class CentreFactory(Factory):
    class Meta:
        model = models.Centre

    federation = factory.SubFactory(FederationFactory)
    name = factory.Sequence(lambda number: f"Centre social Les Tilleuls {number}")
    commune = "Valbourg"
    department = "46"
    email = factory.Sequence(lambda number: f"accueil{number}@centre.example")
    contact_name = "Denise Lagarde"


class CentreAliasFactory(Factory):
    class Meta:
        model = models.CentreAlias

    centre = factory.SubFactory(CentreFactory)
    name = factory.Sequence(lambda number: f"Les Tilleuls, ancien nom {number}")


class FunderFactory(Factory):
    class Meta:
        model = models.Funder

    federation = factory.SubFactory(FederationFactory)
    name = factory.Sequence(lambda number: f"Caf du Val {number}")
    kind = "caf"


class UserFactory(Factory):
    """An account; `password="…"` gives it one, `roles` come from `grant`."""

    class Meta:
        model = models.User

    email = factory.Sequence(lambda number: f"personne{number}@exemple.example")
    full_name = factory.Sequence(lambda number: f"Camille Bessières {number}")
    active = True
    created_at = START

    @factory.post_generation
    def password(self, _create: bool, extracted: str | None, **_details: Any) -> None:
        if extracted:
            self.password = CHEAP.hash(extracted)
            db.session.commit()


def grant(user: models.User, name: RoleName, place: Any = None) -> models.Role:
    """Let the account be that, there: a centre, a federation, a funder, or nowhere for the platform."""
    where = PLACED_IN[name]
    role = models.Role(user=user, name=name, **({where: place} if where else {}))
    db.session.add(role)
    db.session.commit()
    return role


def person(name: RoleName, place: Any = None, *, password: str | None = PASSWORD, **details: Any) -> models.User:
    """An account that is that, there, and can sign in."""
    user: models.User = UserFactory(password=password, **details)
    grant(user, name, place)
    return user


class UserSessionFactory(Factory):
    class Meta:
        model = models.UserSession

    user = factory.SubFactory(UserFactory)
    token_hash = factory.LazyFunction(lambda: hashlib.sha256(uuid4().bytes).hexdigest())
    created_at = START
    seen_at = START


class LinkFactory(Factory):
    class Meta:
        model = models.Link

    user = factory.SubFactory(UserFactory)
    purpose = LinkPurpose.SIGN_IN
    token_hash = factory.LazyFunction(lambda: hashlib.sha256(uuid4().bytes).hexdigest())
    created_at = START
    expires_at = START + timedelta(hours=1)


class PersonalLinkFactory(Factory):
    class Meta:
        model = models.PersonalLink

    purpose = PersonalPurpose.CAMPAIGN
    federation_id = factory.LazyAttribute(lambda made: FederationFactory().id)
    target_id = factory.LazyFunction(uuid4)
    email = "personne@exemple.example"
    token_hash = factory.LazyFunction(lambda: hashlib.sha256(uuid4().bytes).hexdigest())
    created_at = START
    expires_at = START + timedelta(days=30)


class PasskeyFactory(Factory):
    class Meta:
        model = models.Passkey

    user = factory.SubFactory(UserFactory)
    credential_id = factory.LazyFunction(lambda: uuid4().bytes)
    public_key = b"key"
    name = "Téléphone"
    created_at = START
    used_at = START


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


def campaign_of(federation: models.Federation, year: int = YEAR) -> models.Campaign:
    """The federation's campaign of that year, made where there is none."""
    known = db.session.query(models.Campaign).filter_by(federation_id=federation.id, year=year).one_or_none()
    return known or CampaignFactory(federation=federation, year=year)


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


class JobFactory(Factory):
    class Meta:
        model = models.Job

    kind = "report"
    created_at = moments()


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


class MailFactory(Factory):
    class Meta:
        model = models.Mail

    kind = "receipt"
    recipient = "personne@exemple.example"
    subject = "Votre fiche est envoyée"
    text = "Bonjour,\n\nvotre fiche est envoyée."
    created_at = moments()


class WorkerSeenFactory(Factory):
    class Meta:
        model = models.WorkerSeen

    name = factory.Sequence(lambda number: f"machine:{number}")
    started_at = moments()
    seen_at = moments(2)


class ImportRunFactory(Factory):
    class Meta:
        model = models.ImportRun

    federation = factory.SubFactory(FederationFactory)
    requester = factory.SubFactory(UserFactory)
    name = "actions.txt"
    text = "Nom de l’action"
    created_at = moments()


class ExpectedUploadFactory(Factory):
    class Meta:
        model = models.ExpectedUpload

    campaign = factory.SubFactory(CampaignFactory)
    uploaded_by = factory.LazyAttribute(lambda made: UserFactory().id)
    name = "centres.xlsx"
    cells = "[]"
    created_at = moments()


class TakeawayUploadFactory(Factory):
    class Meta:
        model = models.TakeawayUpload

    sheet = factory.SubFactory(SheetFactory)
    uploaded_by = factory.LazyAttribute(lambda made: UserFactory().id)
    name = "fiche.xlsx"
    cells = "[]"
    created_at = moments()


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


class DigestLineFactory(Factory):
    class Meta:
        model = models.DigestLine

    user = factory.SubFactory(UserFactory)
    kind = "sheet_validate"
    subject = "La fiche 2026-0001 est validée"
    parts = factory.LazyFunction(lambda: [{"text": "Merci."}, {"label": "Voir la fiche", "path": "/fiches/1"}])
    created_at = moments()


class ApiTokenFactory(Factory):
    class Meta:
        model = models.ApiToken

    user = factory.SubFactory(UserFactory)
    name = "Tableau de bord"
    prefix = "recueil_abcdef"
    token_hash = factory.LazyFunction(lambda: hashlib.sha256(uuid4().bytes).hexdigest())
    scopes = factory.LazyFunction(lambda: ["sheets"])
    created_at = START
    expires_at = START + timedelta(days=365)


class WebhookFactory(Factory):
    """An address that is told of every move."""

    class Meta:
        model = models.Webhook

    federation = factory.SubFactory(FederationFactory)
    url = "https://exemple.example/recueil"
    moves = factory.LazyFunction(lambda: [move.value for move in TRANSITIONS])
    secret = "kept"
    created_at = START


class WebhookDeliveryFactory(Factory):
    class Meta:
        model = models.WebhookDelivery

    webhook = factory.SubFactory(WebhookFactory)
    kind = "sheet.validate"
    body = "{}"
    created_at = START
    queued_at = START
    due_at = START


def one_of_everything() -> None:
    """At least a row in every table, each column of weight filled somewhere."""
    passed = {"code": "filler", "question": "limits", "message": "Court.", "reason": "Tout va bien.", "by": None}
    sheet = sent_sheet(
        SheetState.PUBLISHED,
        answers={"title": "Le jardin", "dimension": "citoyennete"},
        passed_checks={"0123456789abcdef": {**passed, "at": START.isoformat()}},
    )
    centre, federation, campaign = sheet.centre, sheet.federation, sheet.campaign
    CentreAliasFactory(centre=centre)
    funder = FunderFactory(federation=federation)
    expect(campaign, centre)
    address(campaign, funder)
    WorkerSeenFactory()
    author = UserFactory(second_factor_on=True, totp_secret="kept", recovery_codes=["used", "once"], passkey_handle="a")
    for name, place in zip(RoleName, (centre, centre, federation, federation, funder, None), strict=True):
        grant(author, name, place)
    UserSessionFactory(user=author)
    LinkFactory(user=author)
    PasskeyFactory(user=author)
    ended = {"ended_at": START, "ended_by": author.id}
    entry = PhoneEntryFactory(sheet=sheet, typist=author, confirmed_at=START, confirmed_by=author.id, **ended)
    PhoneEntryFactory(sheet=sheet, typist=author, refused_at=START, refused_by=author.id, refusal="Non.", **ended)
    SignOffFactory(
        sheet=sheet,
        asker=author,
        state=SignOffState.SIGNED,
        answered_at=START,
        signed_name="Paul Cazals",
        sha256="0" * 64,
    )
    ChangeFactory(sheet=sheet, user=author, phone_entry_id=entry.id)
    wording = {"proposed": "Un jardin ouvert.", "proposed_from": "Un jardin."}
    QueryFactory(sheet=sheet, author=author, deadline=date(YEAR, 6, 30), **wording)
    ReadingMarkFactory(sheet=sheet, user_id=author.id)
    sheet.assigned_to = author.id
    NoteFactory(sheet=sheet, author=author, edited_at=START)
    label = LabelFactory(federation=federation)
    db.session.add(models.SheetLabel(sheet_id=sheet.id, label_id=label.id, put_at=START, put_by=author.id))
    OpinionFactory(sheet=sheet, asker=author, verdict=Verdict.RESERVED, text="Oui, mais.", answered_at=START)
    attachment = AttachmentFactory(sheet=sheet)
    UploadFactory(sheet_id=sheet.id, user_id=author.id, attachment_id=attachment.id, received=1234)
    events.record(
        "sheet.sent", at=START, actor_id=author.id, federation_id=federation.id, sheet_id=sheet.id, data={"number": 1}
    )
    template = ReportTemplateFactory(federation=federation)
    issued = {"sha256": "0" * 64, "version": 1, "issued_at": START, "issued_by": author.id}
    run = ReportRunFactory(federation=federation, template=template, series=str(template.id), **issued)
    db.session.add(models.ReportRunFunder(report_run=run, funder=funder))
    sent = PersonalLinkFactory(purpose=PersonalPurpose.REPORT, federation_id=federation.id, target_id=run.id)
    ReportOpeningFactory(report_run=run, user_id=author.id, link_id=sent.id)
    amounts = {"requested_cents": 500_000, "granted_cents": 450_000}
    AgreementFactory(funder=funder, reference="2026-17", centres=[centre], actions=[sheet.action], **amounts)
    hold(run, sheet)
    DeskVisitFactory(user_id=author.id, report_run_id=run.id, snapshot_id=sheet.current_snapshot_id, question="summary")
    FunderReadingFactory(report_run=run, funder_id=funder.id, sheet_id=sheet.id, user_id=author.id)
    erasure = ErasureFactory(user_id=author.id, by_id=author.id)
    redacted = {"old_sha256": "0" * 64, "new_sha256": "1" * 64, "questions": ["summary"], "at": START}
    db.session.add(models.SnapshotRedaction(snapshot_id=sheet.current_snapshot_id, erasure_id=erasure.id, **redacted))
    db.session.add(models.PrivacyNotice(federation=federation, controller="La fédération", updated_at=START))
    db.session.add(models.RetentionRule(campaign=campaign, years=5, changed_at=START, changed_by=author.id))
    QuoteFactory(sheet=sheet, funder=funder, report_run=run, author=author, text="Le jardin", edited_at=START)
    link = PersonalLinkFactory(federation_id=federation.id, target_id=campaign.id, user_id=author.id)
    about = {"user_id": author.id, "campaign_id": campaign.id, "centre_id": centre.id, "link_id": link.id}
    MailFactory(attachments=[{"storage_key": "a", "name": "fiche.pdf"}], dedupe_key="a", **about)
    confirmed = {"confirmer": author, "confirmed_at": START, "job": JobFactory(kind="bulk")}
    BulkRunFactory(federation_id=federation.id, requester=author, sheets=[sheet], **confirmed)
    ImportRunFactory(federation=federation, result={"created": 1})
    TakeawayUploadFactory(sheet=sheet, uploaded_by=author.id)
    ExpectedUploadFactory(campaign=campaign, uploaded_by=author.id)
    CentreFactory(federation=federation, merged_into=centre, merged_on=date(2026, 1, 1), closed_on=date(2026, 1, 1))
    extend(campaign, centre, date(2027, 4, 30), by=author)
    CallNoteFactory(centre=centre, campaign=campaign, by=author, promised_on=date(2026, 12, 1))
    ReminderFactory(campaign=campaign, created_by=author.id, centre_ids=[str(centre.id)], job_id=run.job_id)
    db.session.add(models.AutomaticReminder(campaign=campaign, days_before=7))
    db.session.add(models.MailPreference(user=author, category=MailCategory.REMINDERS, manner=MailManner.DIGEST))
    ApiTokenFactory(user=author, used_at=START, revoked_at=START)
    webhook = WebhookFactory(federation=federation, created_by=author.id)
    WebhookDeliveryFactory(
        webhook=webhook, state=DeliveryState.SENT, attempts=1, answer=200, error="Non.", sent_at=START
    )
    DigestLineFactory(user=author, campaign_id=campaign.id, centre_id=centre.id, dedupe_key="b")
    db.session.add(models.DiscardedFile(key="reports/aa/gone.pdf", discarded_at=START, reason="rapport supprimé"))
    db.session.add(models.BackupRun(slot="1", place="/sauvegardes", name="a", started_at=START, counts={"files": 1}))
    db.session.commit()


class ErasureFactory(Factory):
    class Meta:
        model = models.Erasure

    kind = ErasureKind.PERSON
    number = factory.Sequence(lambda number: number + 1)
    started_at = START
    finished_at = START


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
