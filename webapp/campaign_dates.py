"""What the three dates of a campaign allow on a given day, French time; a centre may have been given its own last day.

expected: the centre's line in that campaign, where it has one.
"""

from datetime import date, datetime

from forms.french import PARIS
from webapp.models import Campaign, CampaignCentre, Sheet


def may_begin(campaign: Campaign, expected: CampaignCentre | None = None, *, at: datetime) -> bool:
    """True while new sheets may be begun: from the opening to the last day of creation, or the centre's own."""
    return _opened(campaign, at) and at.astimezone(PARIS).date() <= last_creation(campaign, expected)


def may_edit(campaign: Campaign, expected: CampaignCentre | None = None, *, at: datetime) -> bool:
    """True while drafts may be changed and sent: from the opening to the last day of editing, or the centre's own."""
    return _opened(campaign, at) and at.astimezone(PARIS).date() <= last_edit(campaign, expected)


def may_edit_sheet(sheet: Sheet, *, at: datetime) -> bool:
    """The same for a sheet of a centre; what the centre was promised is looked up only after the common date."""
    return may_edit(sheet.campaign, at=at) or may_edit(sheet.campaign, sheet.expectation, at=at)


def is_over(campaign: Campaign, expected: CampaignCentre | None = None, *, at: datetime) -> bool:
    """True after the last day of editing."""
    return at.astimezone(PARIS).date() > last_edit(campaign, expected)


def deadline(campaign: Campaign, expected: CampaignCentre | None = None) -> date:
    """The day shown to the centre."""
    return _later(campaign.shown_deadline, expected)


def last_creation(campaign: Campaign, expected: CampaignCentre | None = None) -> date:
    """The last day on which the centre may begin a sheet."""
    return _later(campaign.last_creation, expected)


def last_edit(campaign: Campaign, expected: CampaignCentre | None = None) -> date:
    """The last day on which the centre may change and send."""
    return _later(campaign.last_edit, expected)


def days_left(campaign: Campaign, expected: CampaignCentre | None = None, *, at: datetime) -> int:
    """Whole days until the shown deadline; 0 on the day itself, negative after."""
    return (deadline(campaign, expected) - at.astimezone(PARIS).date()).days


def _later(day: date, expected: CampaignCentre | None) -> date:
    own = expected.extended_until if expected is not None else None
    return max(day, own) if own is not None else day


def _opened(campaign: Campaign, at: datetime) -> bool:
    return campaign.opened_at is not None and campaign.opened_at <= at
