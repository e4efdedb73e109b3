"""Every sheet of the demonstration, and every real one, goes through the workbook without a difference."""

import io
from pathlib import Path

import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy

from forms.catalogue_text import decode
from reports.takeaway import writing
from reports.takeaway.file import open_workbook
from reports.takeaway.layout import Carried, TakeawayInput
from tests.importing import AT, run
from tests.reports.takeaways import TYPED, answers_of, read
from webapp import takeaways
from webapp.config import Settings
from webapp.demo import loading
from webapp.models import Federation, Sheet, TakeawayUpload
from webapp.queries.sheets import WHOLE
from webapp.queries.versions import form_of
from webapp.services import takeaways as services
from webapp.services.import_shapes import Fate
from webapp.services.takeaway_plan import make_workbook_plan
from webapp.takeaway_compare import compare


def every_sheet(db: SQLAlchemy) -> list[Sheet]:
    """All sheets with what carrying them away needs."""
    rows = db.session.scalars(sa.select(Sheet).options(*WHOLE).order_by(Sheet.reference)).all()
    assert rows
    return list(rows)


def written(content: TakeawayInput) -> bytes:
    out = io.BytesIO()
    writing.make(content, out)
    return out.getvalue()


def differences(sheet: Sheet) -> list[str]:
    """What the page would show of a workbook that nobody touched, and what it doesn't say as it is stored."""
    content = written(takeaways.of_sheet(sheet, at=AT))
    upload = TakeawayUpload(sheet_id=sheet.id, cells=open_workbook(content))
    taken = services.taken(upload, sheet)
    compared = compare(sheet, taken)
    stored = {id: answer for id, answer in sheet.answers.items() if id in TYPED and id not in sheet.unparsed}
    said = {id: answer for id, answer in answers_of(taken).items() if id not in sheet.unparsed}
    return [
        *(offer.question.id for offer in compared.offers),
        *(problem.text for problem in taken.all_problems),
        *(id for id in {*stored, *said} if stored.get(id) != said.get(id)),
    ]


def together(sheets: list[Sheet], db: SQLAlchemy) -> None:
    """All sheets of a federation in one workbook: the import of many finds nothing to do."""
    for federation in db.session.scalars(sa.select(Federation)):
        own = [sheet for sheet in sheets if sheet.federation_id == federation.id]
        version = form_of(own[0].form_version)
        carried = tuple(takeaways.carried(sheet) for sheet in own if form_of(sheet.form_version) == version)
        content = written(TakeawayInput(version, carried, federation.name, AT))
        plan = make_workbook_plan(open_workbook(content), federation_id=federation.id, at=AT)
        assert {sheet.fate for sheet in plan.sheets} == {Fate.UNCHANGED}
        assert len(plan.sheets) == len(carried)
        assert plan.all_findings == ()


def test_every_sheet_of_the_demonstration(db: SQLAlchemy, settings: Settings) -> None:
    loading.make(settings, lambda *_told: None)
    sheets = every_sheet(db)
    assert len(sheets) >= 40
    assert {sheet.reference: found for sheet in sheets if (found := differences(sheet))} == {}
    together(sheets, db)


def test_every_real_sheet(db: SQLAlchemy, shared_data: Path) -> None:
    run(decode((shared_data / "actions-lot.txt").read_bytes()))
    sheets = every_sheet(db)
    assert len(sheets) == 11
    assert {sheet.reference: found for sheet in sheets if (found := differences(sheet))} == {}
    together(sheets, db)


def test_every_real_sheet_typed_into_an_empty_workbook(db: SQLAlchemy, shared_data: Path) -> None:
    run(decode((shared_data / "actions-lot.txt").read_bytes()))
    sheets = every_sheet(db)
    # As somebody does who copies old sheets into blank columns: no id, no mark.
    columns = tuple(Carried(year=sheet.campaign.year, answers=sheet.answers) for sheet in sheets)
    back = read(written(TakeawayInput(form_of(sheets[0].form_version), columns, "", AT)))
    assert [answers_of(one) for one in back] == [sheet.answers for sheet in sheets]
