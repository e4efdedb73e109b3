"""A database in which no table is empty."""

from datetime import date

from forms.lifecycle import SheetState
from tests.factories.base import START, YEAR
from tests.factories.campaigns import CallNoteFactory, ExpectedUploadFactory, ReminderFactory, address, expect, extend
from tests.factories.people import (
    ApiTokenFactory,
    CentreAliasFactory,
    CentreFactory,
    ErasureFactory,
    FunderFactory,
    LinkFactory,
    PasskeyFactory,
    PersonalLinkFactory,
    UserFactory,
    UserSessionFactory,
    grant,
)
from tests.factories.reports import (
    AgreementFactory,
    DeskVisitFactory,
    FunderReadingFactory,
    QuoteFactory,
    ReportOpeningFactory,
    ReportRunFactory,
    ReportTemplateFactory,
    hold,
)
from tests.factories.review import (
    BulkRunFactory,
    LabelFactory,
    NoteFactory,
    OpinionFactory,
    QueryFactory,
    ReadingMarkFactory,
)
from tests.factories.sheets import (
    AttachmentFactory,
    ChangeFactory,
    PhoneEntryFactory,
    SignOffFactory,
    TakeawayUploadFactory,
    UploadFactory,
    sent_sheet,
)
from tests.factories.work import (
    DigestLineFactory,
    ImportRunFactory,
    JobFactory,
    MailFactory,
    WebhookDeliveryFactory,
    WebhookFactory,
    WorkerSeenFactory,
)
from webapp import models
from webapp.database import db
from webapp.services import events
from webapp.vocabulary import DeliveryState, MailCategory, MailManner, PersonalPurpose, RoleName, SignOffState, Verdict


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
