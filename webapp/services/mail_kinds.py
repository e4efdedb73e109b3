"""Every kind of mail and what it is to its reader; one table, that a test holds complete."""

from webapp.vocabulary import MailCategory, MailManner

CATEGORY_OF: dict[str, MailCategory] = {
    "signin": MailCategory.ACCOUNT,
    "invitation": MailCategory.ACCOUNT,
    "reset": MailCategory.ACCOUNT,
    "password_changed": MailCategory.ACCOUNT,
    "security_changed": MailCategory.ACCOUNT,
    "rights_changed": MailCategory.ACCOUNT,
    "digest": MailCategory.ACCOUNT,
    "backup_failed": MailCategory.ACCOUNT,
    # What only its reader can do, by the link that it carries, waits for no digest.
    "campaign_invitation": MailCategory.ACCOUNT,
    "phone_confirmation": MailCategory.ACCOUNT,
    "opinion_asked": MailCategory.ACCOUNT,
    "sign_off_asked": MailCategory.ACCOUNT,
    "sign_off_returned": MailCategory.ACCOUNT,
    "sign_off_signed": MailCategory.ACCOUNT,
    "report_link": MailCategory.ACCOUNT,
    "retention_coming": MailCategory.ACCOUNT,
    "webhook_given_up": MailCategory.ACCOUNT,
    "sheet_send": MailCategory.RECEIPT,
    "sheet_ask_changes": MailCategory.QUERIES,
    "sheet_reopen": MailCategory.QUERIES,
    "whole_wanted": MailCategory.QUERIES,
    "whole_opened": MailCategory.QUERIES,
    "phone_refused": MailCategory.QUERIES,
    "opinion_given": MailCategory.SHEETS,
    "sheet_validate": MailCategory.SHEETS,
    "sheet_publish": MailCategory.SHEETS,
    "sheet_unpublish": MailCategory.SHEETS,
    "reminder": MailCategory.REMINDERS,
    "sheet_reminder": MailCategory.REMINDERS,
    "report_addressed": MailCategory.REPORTS,
    "report_ready": MailCategory.REPORTS,
}
"""The kinds are the names of the files of `templates/mail/`."""

OFFERED: dict[MailCategory, tuple[MailManner, ...]] = {
    # Who is asked to correct a sheet must hear of it, be it once a day.
    MailCategory.QUERIES: (MailManner.NOW, MailManner.DIGEST),
    MailCategory.SHEETS: (MailManner.NOW, MailManner.DIGEST, MailManner.NEVER),
    MailCategory.REMINDERS: (MailManner.NOW, MailManner.DIGEST, MailManner.NEVER),
    MailCategory.REPORTS: (MailManner.NOW, MailManner.DIGEST, MailManner.NEVER),
}
"""What may be chosen, by category; mails of the others always leave at once."""

_TELLING = frozenset({MailCategory.SHEETS, MailCategory.REMINDERS, MailCategory.REPORTS})
INFORMING = frozenset(kind for kind, category in CATEGORY_OF.items() if category in _TELLING) | {"digest"}
"""The kinds that only inform: it is better that one of them gets lost than that it comes twice."""


def category_of(kind: str) -> MailCategory:
    """What a kind of mail is; one that nobody has classified leaves at once."""
    return CATEGORY_OF.get(kind, MailCategory.ACCOUNT)
