"""What is taken away of sheets: the workbook and the form on paper."""

from collections.abc import Sequence
from datetime import datetime

from forms.definition import FormVersion, Origin
from forms.french import day
from forms.steps import Unparsed
from reports.paper import Paper
from reports.takeaway.layout import Carried, TakeawayInput
from webapp.campaign_dates import deadline
from webapp.models import Campaign, Sheet
from webapp.queries.versions import form_of
from webapp.services.sheets import mark_of
from webapp.services.snapshots import frozen_answers, organisation_of

BLANK_COLUMNS = 30
"""New sheets that a workbook for many has room for."""
_SPARE_COLUMNS = 3
"""Those beside the sheets that a centre has begun."""


def carried(sheet: Sheet) -> Carried:
    """A sheet as it is carried away. Needs sheet.form_version, .centre, .campaign."""
    return Carried(
        id=str(sheet.id),
        reference=sheet.reference,
        revision=sheet.revision,
        organisation=organisation_of(sheet.centre),
        year=sheet.campaign.year,
        answers=sheet.answers,
        unparsed={question: Unparsed.from_json(kept) for question, kept in sheet.unparsed.items()},
        marks={
            question.id: mark_of(sheet.answers.get(question.id), sheet.unparsed.get(question.id))
            for question in form_of(sheet.form_version).questions
        },
    )


def of_sheet(sheet: Sheet, *, at: datetime) -> TakeawayInput:
    """The workbook of one sheet."""
    return TakeawayInput(form_of(sheet.form_version), (carried(sheet),), sheet.federation.name, at)


def of_centre(sheets: Sequence[Sheet], campaign: Campaign, organisation: str, *, at: datetime) -> TakeawayInput:
    """The workbook of a centre's sheets of a campaign, with some columns to begin others in.

    sheets: those of them that were begun with the campaign's form.
    """
    blank = tuple(Carried(organisation=organisation, year=campaign.year) for _ in range(_SPARE_COLUMNS))
    return _for_campaign(campaign, tuple(map(carried, sheets)) + blank, (), at=at)


def for_many(campaign: Campaign, centres: Sequence[str], *, at: datetime) -> TakeawayInput:
    """An empty workbook to gather the sheets of many centres in. centres: their names, to choose from."""
    blank = tuple(Carried(year=campaign.year) for _ in range(BLANK_COLUMNS))
    return _for_campaign(campaign, blank, tuple(centres), at=at)


def _for_campaign(
    campaign: Campaign, sheets: tuple[Carried, ...], centres: tuple[str, ...], *, at: datetime
) -> TakeawayInput:
    return TakeawayInput(form_of(campaign.form_version), sheets, campaign.federation.name, at, centres)


def paper_of(sheet: Sheet, *, at: datetime) -> Paper:
    """The form on paper with what a sheet holds."""
    return Paper(
        version=form_of(sheet.form_version),
        federation=sheet.federation.name,
        made_at=at,
        year=sheet.campaign.year,
        reference=sheet.reference,
        title=sheet.action.title,
        centre=" · ".join(filter(None, (sheet.centre.name, sheet.centre.commune))),
        deadline=day(deadline(sheet.campaign, sheet.expectation)),
        answers=frozen_answers(sheet, keep_hidden=True),
        unparsed={question: Unparsed.from_json(kept) for question, kept in sheet.unparsed.items()},
    )


def blank_paper(version: FormVersion, *, at: datetime, campaign: Campaign | None = None) -> Paper:
    """The empty form on paper, of a campaign or of none."""
    if campaign is None:
        return Paper(version=version, federation="", made_at=at)
    return Paper(
        version=version,
        federation=campaign.federation.name,
        made_at=at,
        year=campaign.year,
        deadline=day(campaign.shown_deadline),
        answers={
            question.id: campaign.year for question in version.questions if question.filled_from is Origin.CAMPAIGN
        },
    )
