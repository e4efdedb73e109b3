"""What a report knows of those before it, and what keeps one from being deleted."""

from datetime import timedelta
from io import BytesIO
from typing import Any
from uuid import UUID

import openpyxl
import pytest
from flask_sqlalchemy import SQLAlchemy

from forms import french
from forms.values import Refused
from tests import factories
from tests.factories import START
from tests.webapp.report_season import made, sheet_of
from webapp import storage
from webapp.models import ReportRun
from webapp.queries import report_history
from webapp.queries.report_selection import Selection
from webapp.services import jobs, report_handing, reports


@pytest.fixture
def centre(db: SQLAlchemy) -> Any:
    return factories.CentreFactory()


def later(db: SQLAlchemy, first: ReportRun, title: str) -> ReportRun:
    """The same report a day later, or another where its title is another."""
    federation, at = first.federation, START + timedelta(days=1)
    wanted = Selection(federation_id=federation.id)
    run = reports.request(
        reports.ReportKind(first.kind), wanted, federation=federation, title=title, actor_id=None, at=at
    )
    run_id, job_id = run.id, run.job_id
    assert job_id is not None
    assert jobs.run(job_id, clock=lambda: at)
    return db.session.get_one(ReportRun, run_id, populate_existing=True)


def first_tab(run: ReportRun) -> str:
    assert run.storage_key is not None
    book = openpyxl.load_workbook(BytesIO(storage.get(run.storage_key)), read_only=True)
    return "\n".join(str(cell) for row in book["Lisez-moi"].values for cell in row if cell)


def test_a_workbook_says_what_was_added_since_the_last_of_its_series(db: SQLAlchemy, centre: Any) -> None:
    sheet_of(centre)
    first = made(db, centre.federation)
    added = sheet_of(centre, title="Une autre action").reference
    told = first_tab(later(db, first, first.title))
    assert f"{french.plural(1, 'fiche ajoutée', 'fiches ajoutées')}\u00a0: {added}\n" in told
    assert "Premier classeur de ce choix" in first_tab(later(db, first, "Un autre titre"))


def test_the_columns_come_from_the_forms_of_the_federation_s_campaigns_alone(db: SQLAlchemy, centre: Any) -> None:
    campaign = factories.campaign_of(centre.federation)
    other = factories.FederationFactory()
    assert [form.sha256 for form in report_history.published([centre.federation.id])] == [campaign.form_version.sha256]
    assert report_history.published([other.id]) == ()


def test_a_report_that_passages_were_picked_from_is_not_deleted(db: SQLAlchemy, centre: Any) -> None:
    sheet = sheet_of(centre)
    run = made(db, centre.federation)
    factories.QuoteFactory(sheet=sheet, report_run=run, funder=None, shared=True, text="Un passage")
    id_: UUID = run.id
    with pytest.raises(Refused, match="cités"):
        report_handing.drop(id_, actor_id=None, at=START)
    db.session.rollback()
    assert db.session.get(ReportRun, id_) is not None
