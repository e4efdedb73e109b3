"""The tables, one file a theme."""

from webapp.models.agreements import Agreement, AgreementAction, AgreementCentre
from webapp.models.api import ApiToken, Webhook, WebhookDelivery
from webapp.models.attachments import Attachment
from webapp.models.bulk import BulkItem, BulkRun
from webapp.models.campaigns import Campaign, CampaignCentre, CampaignFunder, ExpectedUpload, FormVersion
from webapp.models.desk import Label, Note, Opinion, SheetLabel
from webapp.models.events import Event, EventHead
from webapp.models.following import AutomaticReminder, CallNote, Reminder
from webapp.models.mailing import DigestLine, MailPreference
from webapp.models.people import Link, Passkey, PersonalLink, Role, User, UserSession
from webapp.models.phone import PhoneEntry
from webapp.models.places import Centre, CentreAlias, Federation, Funder
from webapp.models.privacy import Erasure, FunderReading, PrivacyNotice, RetentionRule, SnapshotRedaction
from webapp.models.reading_desk import DeskVisit, Quote, ReportRunSheet
from webapp.models.recovery import BackupRun, DiscardedFile
from webapp.models.report_openings import ReportOpening
from webapp.models.report_templates import ReportTemplate
from webapp.models.review import Query, ReadingMark
from webapp.models.search import FacetValue, SearchText, SearchWord
from webapp.models.sheets import Action, Change, Sheet
from webapp.models.sign_offs import SignOff
from webapp.models.snapshots import Facet, Snapshot
from webapp.models.uploads import Upload
from webapp.models.watching import WorkerSeen
from webapp.models.work import ImportRun, Job, Mail, ReportRun, ReportRunFunder, TakeawayUpload

__all__ = [
    "Action",
    "Agreement",
    "AgreementAction",
    "AgreementCentre",
    "ApiToken",
    "Attachment",
    "AutomaticReminder",
    "BackupRun",
    "BulkItem",
    "BulkRun",
    "CallNote",
    "Campaign",
    "CampaignCentre",
    "CampaignFunder",
    "Centre",
    "CentreAlias",
    "Change",
    "DeskVisit",
    "DigestLine",
    "DiscardedFile",
    "Erasure",
    "Event",
    "EventHead",
    "ExpectedUpload",
    "Facet",
    "FacetValue",
    "Federation",
    "FormVersion",
    "Funder",
    "FunderReading",
    "ImportRun",
    "Job",
    "Label",
    "Link",
    "Mail",
    "MailPreference",
    "Note",
    "Opinion",
    "Passkey",
    "PersonalLink",
    "PhoneEntry",
    "PrivacyNotice",
    "Query",
    "Quote",
    "ReadingMark",
    "Reminder",
    "ReportOpening",
    "ReportRun",
    "ReportRunFunder",
    "ReportRunSheet",
    "ReportTemplate",
    "RetentionRule",
    "Role",
    "SearchText",
    "SearchWord",
    "Sheet",
    "SheetLabel",
    "SignOff",
    "Snapshot",
    "SnapshotRedaction",
    "TakeawayUpload",
    "Upload",
    "User",
    "UserSession",
    "Webhook",
    "WebhookDelivery",
    "WorkerSeen",
]
