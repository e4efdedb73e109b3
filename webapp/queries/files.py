"""Which files the database names, and what the storage should have of them."""

from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa

from webapp.models import Attachment, Federation, ReportRun

AT_A_TIME = 500


@dataclass(frozen=True)
class Named:
    """A file as a row names it. sha256: where the row knows it."""

    key: str
    sha256: str | None
    table: str


def named(connection: sa.Connection) -> Iterator[Named]:
    """Every file that a row names; one that two rows name comes twice.

    The pieces of a file on its way are not among them: what is lost of them is asked for again.
    """
    logo = ReportRun.design["logo"].as_string()
    for table, key, sha256, wanted in (
        ("attachment", Attachment.storage_key, Attachment.sha256, sa.true()),
        ("report_run", ReportRun.storage_key, ReportRun.sha256, ReportRun.storage_key.is_not(None)),
        ("federation", Federation.logo_key, sa.null(), Federation.logo_key.is_not(None)),
        ("report_run", logo, sa.null(), logo.is_not(None)),
    ):
        found = sa.select(key, sha256).where(wanted).distinct()
        for row in connection.execute(found.execution_options(yield_per=AT_A_TIME)):
            yield Named(row[0], row[1], table)
