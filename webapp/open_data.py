"""The open data as they are handed out: one reading of the public sheets, in pieces that are made as they leave."""

from collections.abc import Iterator
from dataclasses import replace

import sqlalchemy as sa

from forms.definition import FormVersion
from reports.content import ReportSheet
from reports.open_data import OpenData, hides, public_document, public_version
from webapp.clock import now
from webapp.config import current_settings
from webapp.linked_data import LICENCE_NAME, LICENCE_URL
from webapp.models import Sheet
from webapp.queries import open_data
from webapp.queries.report_sheets import report_sheet
from webapp.queries.versions import form_of

TITLE = "Les actions des centres sociaux"


def about(count: int, address: str) -> OpenData:
    """What the files say of themselves."""
    versions = {version.sha256: version for version in (public_version(form_of(one)) for one in open_data.versions())}
    return OpenData(
        title=TITLE,
        made_at=now(),
        count=count,
        licence=LICENCE_NAME,
        licence_url=LICENCE_URL,
        address=current_settings().base_url + address,
        versions=tuple(versions.values()),
    )


def handfuls(*narrowed: sa.ColumnElement[bool]) -> Iterator[list[ReportSheet]]:
    """The public sheets, all or those, as reports read them, without what is sensitive, a few at a time."""
    public: dict[str, FormVersion] = {}
    for some in open_data.public_sheets(*narrowed):
        yield [_public(sheet, public) for sheet in some]


def _public(sheet: Sheet, known: dict[str, FormVersion]) -> ReportSheet:
    whole = report_sheet(sheet)
    version = whole.document.version
    if version.sha256 not in known:
        known[version.sha256] = public_version(version)
    return replace(
        whole,
        document=public_document(whole.document, known[version.sha256]),
        snapshot_sha256="" if hides(version) else whole.snapshot_sha256,
    )
