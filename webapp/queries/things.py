"""What the policy needs to know of a row: where it belongs, in which state it is, how far it is shown."""

from collections.abc import Callable, Container, Iterable, Iterator
from functools import singledispatch
from uuid import UUID

import sqlalchemy as sa

from forms.lifecycle import SheetState
from webapp.database import db
from webapp.models import (
    Action,
    Agreement,
    Attachment,
    BulkRun,
    Campaign,
    CampaignFunder,
    Centre,
    Federation,
    Funder,
    ImportRun,
    Job,
    Label,
    Note,
    Opinion,
    Query,
    Quote,
    Reminder,
    ReportRun,
    ReportRunSheet,
    ReportTemplate,
    Role,
    Sheet,
    Snapshot,
    User,
    Webhook,
)
from webapp.policy import ACCEPTED, Thing
from webapp.vocabulary import Sharing


class _Addressees(Container[UUID]):
    """The funders of a campaign or a report; read only when a funder asks, which others never do."""

    def __init__(self, row: Campaign | ReportRun) -> None:
        self.row = row

    def __contains__(self, funder_id: object) -> bool:
        return any(line.funder_id == funder_id for line in self.row.addressed)


class _Departments(Iterable[str]):
    """Those to which a row belongs; read only when a role that is limited to some asks, which most never do."""

    def __init__(self, read: Callable[[], Iterable[str]]) -> None:
        self.read = read

    def __iter__(self) -> Iterator[str]:
        return iter(self.read())


@singledispatch
def thing_of(row: object) -> Thing:
    """The policy's view of a row."""
    raise TypeError(f"the policy knows nothing of {type(row).__name__}")


@thing_of.register
def _(row: Thing) -> Thing:
    return row


@thing_of.register
def _(row: Federation) -> Thing:
    return Thing(federation_id=row.id)


@thing_of.register
def _(row: Centre) -> Thing:
    return Thing(
        federation_id=row.federation_id,
        centre_id=row.id,
        departments=(row.department,),
        funder_ids=_CentreAddressees(row),
    )


class _CentreAddressees(Container[UUID]):
    """The funders to whom an accepted sheet of a centre is addressed; read only when a funder asks."""

    def __init__(self, row: Centre) -> None:
        self.row = row

    def __contains__(self, funder_id: object) -> bool:
        addressed = (
            sa.select(CampaignFunder.funder_id)
            .join(Sheet, Sheet.campaign_id == CampaignFunder.campaign_id)
            .where(Sheet.centre_id == self.row.id, Sheet.state.in_(sorted(ACCEPTED)))
        )
        return funder_id in set(db.session.scalars(addressed))


@thing_of.register
def _(row: Funder) -> Thing:
    return Thing(federation_id=row.federation_id, funder_ids=frozenset({row.id}))


@thing_of.register
def _(row: Agreement) -> Thing:
    return Thing(federation_id=row.federation_id, funder_ids=frozenset({row.funder_id}))


@thing_of.register
def _(row: Campaign) -> Thing:
    return Thing(federation_id=row.federation_id, funder_ids=_Addressees(row))


@thing_of.register
def _(row: Action) -> Thing:
    return Thing(federation_id=row.centre.federation_id, centre_id=row.centre_id, departments=(row.centre.department,))


@thing_of.register
def _(row: Sheet) -> Thing:
    return Thing(
        federation_id=row.federation_id,
        centre_id=row.centre_id,
        departments=_Departments(lambda: (row.centre.department,)),
        state=row.state,
        funder_ids=_SheetAddressees(row),
        entrusted_to=_Typists(row),
        network=row.sharing in {Sharing.NETWORK, Sharing.PUBLIC},
        public=row.sharing is Sharing.PUBLIC and row.state is SheetState.PUBLISHED,
    )


class _SheetAddressees(Container[UUID]):
    """The funders of a sheet are those of its campaign."""

    def __init__(self, row: Sheet) -> None:
        self.row = row

    def __contains__(self, funder_id: object) -> bool:
        return funder_id in _Addressees(self.row.campaign)


class _Typists(Container[UUID]):
    """Those of the federation who type the sheet for its centre now; read only when one of the federation asks."""

    def __init__(self, row: Sheet) -> None:
        self.row = row

    def __contains__(self, user_id: object) -> bool:
        return any(entry.open and entry.started_by == user_id for entry in self.row.phone_entries)


@thing_of.register
def _(row: Snapshot) -> Thing:
    return thing_of(row.sheet)


@thing_of.register
def _(row: Query) -> Thing:
    return thing_of(row.sheet)


@thing_of.register
def _(row: Note) -> Thing:
    return thing_of(row.sheet)


@thing_of.register
def _(row: Opinion) -> Thing:
    return thing_of(row.sheet)


@thing_of.register
def _(row: Label) -> Thing:
    return Thing(federation_id=row.federation_id)


@thing_of.register
def _(row: Attachment) -> Thing:
    return thing_of(row.sheet)


@thing_of.register
def _(row: ReportRun) -> Thing:
    """A report belongs to the departments to which its choice of sheets is narrowed."""
    return Thing(
        federation_id=row.federation_id,
        departments=tuple(row.parameters.get("departments", ())),
        owner_id=row.requested_by,
        funder_ids=_Addressees(row),
    )


@thing_of.register
def _(row: ReportTemplate) -> Thing:
    """A template belongs to the departments to which its choice of sheets is narrowed, as its reports will."""
    return Thing(
        federation_id=row.federation_id,
        departments=tuple(row.selection.get("departments", ())),
        owner_id=row.created_by,
    )


@thing_of.register
def _(row: ReportRunSheet) -> Thing:
    """A sheet in a report is read, as it was sent, by whoever may read the report."""
    return thing_of(row.report_run)


class _QuoteReaders(Container[UUID]):
    """A quote is its funder's, as long as the report that it was picked from is addressed to it."""

    def __init__(self, row: Quote) -> None:
        self.row = row

    def __contains__(self, funder_id: object) -> bool:
        return self.row.funder_id == funder_id and funder_id in _Addressees(self.row.report_run)


@thing_of.register
def _(row: Quote) -> Thing:
    return Thing(
        federation_id=row.federation_id,
        departments=_Departments(lambda: (row.sheet.centre.department,)),
        owner_id=row.created_by,
        funder_ids=_QuoteReaders(row),
        shared=row.shared,
    )


@thing_of.register
def _(row: Webhook) -> Thing:
    return Thing(federation_id=row.federation_id)


@thing_of.register
def _(row: Job) -> Thing:
    return Thing(federation_id=row.federation_id, owner_id=row.owner_id)


@thing_of.register
def _(row: BulkRun) -> Thing:
    """It belongs to the departments of its sheets."""
    return Thing(
        federation_id=row.federation_id,
        departments=_Departments(lambda: {item.sheet.centre.department for item in row.items}),
        owner_id=row.requested_by,
    )


@thing_of.register
def _(row: Reminder) -> Thing:
    """It belongs to the departments of its centres; one that leaves by itself is the whole federation's."""
    return Thing(
        federation_id=row.campaign.federation_id,
        departments=_Departments(lambda: _departments_with(row.centre_ids or ())),
        owner_id=row.created_by,
    )


def _departments_with(centre_ids: Iterable[str]) -> Iterable[str]:
    wanted = [UUID(text) for text in centre_ids]
    return db.session.scalars(sa.select(Centre.department).where(Centre.id.in_(wanted)).distinct()) if wanted else ()


@thing_of.register
def _(row: ImportRun) -> Thing:
    return Thing(federation_id=row.federation_id, owner_id=row.requested_by)


@thing_of.register
def _(row: Role) -> Thing:
    return Thing(federation_id=federation_of(row), departments=_departments(row), owner_id=row.user_id)


@thing_of.register
def _(row: User) -> Thing:
    """An account belongs to a federation when all its roles do; else the platform alone looks after it.

    It belongs to the departments of its centres when it has roles in centres only.
    """
    federations = {federation_of(role) for role in row.roles}
    places = [_departments(role) for role in row.roles]
    return Thing(
        federation_id=federations.pop() if len(federations) == 1 else None,
        departments=[code for place in places for code in place] if all(places) else (),
        owner_id=row.id,
    )


def _departments(role: Role) -> tuple[str, ...]:
    """The department of a role in a centre; any other role is the whole federation's to give."""
    return (role.centre.department,) if role.centre is not None else ()


def federation_of(role: Role) -> UUID | None:
    """The federation where a role is held, be it there, in a centre or for a funder."""
    place = role.centre or role.funder
    return place.federation_id if place is not None else role.federation_id
