"""Why a mail did not leave: in the server's words for those who watch the outbox, as a code for the log."""

import errno
from smtplib import SMTPRecipientsRefused, SMTPResponseException


def in_words(failure: Exception) -> str:
    """The server's own words where it refused the reader, as people can read them: « 550 5.1.1 User unknown »."""
    if not isinstance(failure, SMTPRecipientsRefused):
        return f"{type(failure).__name__}: {failure}"
    said = (
        f"{code} {words.decode('utf-8', 'replace') if isinstance(words, bytes) else words}"
        for code, words in failure.recipients.values()
    )
    return " · ".join(" ".join(one.split()) for one in said)


def as_code(failure: Exception) -> str:
    """What the log is told: what a server says in words may name the reader."""
    name = type(failure).__name__
    if isinstance(failure, SMTPRecipientsRefused):
        return " ".join([name, *(str(code) for code, _ in failure.recipients.values())])
    if isinstance(failure, SMTPResponseException):
        return f"{name} {failure.smtp_code}"
    number = failure.errno if isinstance(failure, OSError) else None
    return f"{name} {errno.errorcode.get(number or 0, '')}".rstrip()


def is_for_ever(failure: Exception) -> bool:
    """Whether the server will never take it."""
    if not isinstance(failure, SMTPRecipientsRefused):
        return False
    return all(500 <= code < 600 for code, _ in failure.recipients.values())
