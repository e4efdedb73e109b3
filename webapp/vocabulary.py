"""The closed lists of words that tables, policy and pages share; knows neither Flask nor SQL."""

from enum import StrEnum


class RoleName(StrEnum):
    """What an account may be; where it may be it is said by the grant (federation, centre or funder)."""

    MEMBER = "membre"
    RESPONSIBLE = "responsable"
    REVIEWER = "relecteur"
    ADMINISTRATOR = "administrateur"
    FUNDER = "financeur"
    PLATFORM = "plateforme"


class LinkPurpose(StrEnum):
    """What a single-use mail link opens."""

    SIGN_IN = "signin"
    INVITATION = "invitation"
    RESET = "reset"


class PersonalPurpose(StrEnum):
    """What a personal link opens for somebody who need not sign in: one thing; once, where it lets them act."""

    CAMPAIGN = "campaign_invitation"
    QUERY = "query_reply"
    CONFIRMATION = "phone_confirmation"
    OPINION = "opinion_asked"
    SIGN_OFF = "sign_off_asked"
    REPORT = "report_link"


class OpeningKind(StrEnum):
    """What somebody did with a report that was handed over: opened its page, fetched its file."""

    PAGE = "page"
    FILE = "file"


class ErasureKind(StrEnum):
    """Why personal data were taken out: somebody asked for it, or they had been kept as long as was said."""

    PERSON = "person"
    RETENTION = "retention"


class Sharing(StrEnum):
    """How far a centre lets a sheet be shown; each value includes those before it."""

    FUNDERS = "funders"
    NETWORK = "network"
    PUBLIC = "public"


class SignOffState(StrEnum):
    """Where the signature of a president is: asked for, given, sent back, or no longer wanted."""

    ASKED = "asked"
    SIGNED = "signed"
    RETURNED = "returned"
    DROPPED = "dropped"


class QueryState(StrEnum):
    """The life of a question put by the federation on one answer."""

    OPEN = "open"
    ANSWERED = "answered"
    CLOSED = "closed"


class QueryReason(StrEnum):
    """Why the federation asks."""

    INCOMPLETE = "incomplete"
    INCONSISTENT = "inconsistent"
    WORDING = "wording"
    OUTDATED = "outdated"


class LabelTone(StrEnum):
    """The few tones of a label; the word says what it means, the tone only helps the eye."""

    NEUTRAL = "neutral"
    GREEN = "green"
    BLUE = "blue"
    AMBER = "amber"
    RED = "red"


class Verdict(StrEnum):
    """What somebody from outside thinks of a sheet."""

    FAVOURABLE = "favourable"
    RESERVED = "reserved"
    UNFAVOURABLE = "unfavourable"
    NO_VIEW = "no_view"


FEDERATIONS_OWN = (
    "note.written",
    "note.changed",
    "note.deleted",
    "label.put",
    "label.taken",
    "opinion.asked",
    "opinion.given",
    "opinion.revoked",
    "sheet.opened",
    "quote.shared",
    "quote.taken_back",
)
"""Kinds of events on a sheet that its federation's staff alone know of: no centre, no funder, no export."""


class ImportKind(StrEnum):
    """What sort of file an import comes from."""

    CATALOGUE = "catalogue"
    WORKBOOK = "workbook"


class JobState(StrEnum):
    """The life of a task in the background."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class BulkState(StrEnum):
    """What became of one sheet of an act on many."""

    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"
    REFUSED = "refused"


class MailState(StrEnum):
    """The life of a mail in the outbox."""

    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"
    DROPPED = "dropped"


class TokenScope(StrEnum):
    """What a program may read by a token."""

    CAMPAIGNS = "campaigns"
    CENTRES = "centres"
    SHEETS = "sheets"
    FIGURES = "figures"


class DeliveryState(StrEnum):
    """The life of what a webhook is told."""

    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"


class MailCategory(StrEnum):
    """What a mail is to its reader: what protects or proves comes at once, the rest as the reader prefers."""

    ACCOUNT = "account"
    RECEIPT = "receipt"
    QUERIES = "queries"
    SHEETS = "sheets"
    REMINDERS = "reminders"
    REPORTS = "reports"


class MailManner(StrEnum):
    """How somebody wants the mails of a category."""

    NOW = "now"
    DIGEST = "digest"
    NEVER = "never"


class LeftOut(StrEnum):
    """Why a reminder does not go to somebody of whom it was thought."""

    REMINDED = "reminded"
    UNWILLING = "unwilling"
    ACTED = "acted"
    LATER_DAY = "later_day"
    TOO_LATE = "too_late"
    UNREACHABLE = "unreachable"
    CANCELLED = "cancelled"


class CallGroup(StrEnum):
    """Why a centre may be called during a campaign; a centre may stand in several groups."""

    UNFINISHED = "unfinished"
    NOT_OPENED = "not_opened"
    NOT_BEGUN = "not_begun"
    STUCK = "stuck"
    TO_CORRECT = "to_correct"
    LATE_LAST_YEAR = "late_last_year"
    UNDER_WAY = "under_way"
    DONE = "done"
