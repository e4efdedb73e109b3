"""The scope of a right as a WHERE, so that a list holds exactly what the policy would let through one by one."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, TypedDict
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles

from webapp.models import (
    Agreement,
    Campaign,
    CampaignFunder,
    Centre,
    Federation,
    Funder,
    ImportRun,
    Job,
    Label,
    PhoneEntry,
    Quote,
    ReportRun,
    ReportRunFunder,
    ReportTemplate,
    Role,
    Sheet,
    User,
    Webhook,
)
from webapp.policy import ACCEPTED, Act, Actor, Grant, Held, Scope, grants_of
from webapp.vocabulary import Sharing

Condition = sa.ColumnElement[bool]
Codes = Collection[str]


@dataclass(frozen=True)
class Places:
    """Where a table keeps what scopes and states speak of; what it lacks no row of it can match.

    territory: the rows of a federation that belong to these departments alone; whole: those that are all of it.
    """

    federation: Callable[[UUID], Condition] | None = None
    territory: Callable[[UUID, Codes], Condition] | None = None
    whole: Callable[[UUID], Condition] | None = None
    centre: Any = None
    owner: Any = None
    state: Any = None
    addressed: Callable[[UUID], Condition] | None = None
    entrusted: Callable[[UUID], Condition] | None = None
    network: Condition | None = None
    shared: Condition | None = None
    public: Condition | None = None


def _addressed_campaign(campaign_id: Any) -> Callable[[UUID], Condition]:
    def condition(funder_id: UUID) -> Condition:
        return sa.exists().where(CampaignFunder.campaign_id == campaign_id, CampaignFunder.funder_id == funder_id)

    return condition


def _addressed_report(funder_id: UUID) -> Condition:
    return sa.exists().where(ReportRunFunder.report_run_id == ReportRun.id, ReportRunFunder.funder_id == funder_id)


def _addressed_centre(funder_id: UUID) -> Condition:
    """The centres of the sheets that are addressed to a funder."""
    addressed = _addressed_campaign(Sheet.campaign_id)(funder_id)
    return Centre.id.in_(sa.select(Sheet.centre_id).where(Sheet.state.in_(sorted(ACCEPTED)), addressed))


def _picked_for(funder_id: UUID) -> Condition:
    still = ReportRunFunder.report_run_id == Quote.report_run_id, ReportRunFunder.funder_id == funder_id
    return sa.and_(Quote.funder_id == funder_id, sa.exists().where(*still))


def _quote_in_territory(federation_id: UUID, codes: Codes) -> Condition:
    sheets = sa.select(Sheet.id).where(Sheet.centre_id.in_(_centres_in(codes)))
    return sa.and_(Quote.federation_id == federation_id, Quote.sheet_id.in_(sheets))


def _typed_by(user_id: UUID) -> Condition:
    return sa.exists().where(
        PhoneEntry.sheet_id == Sheet.id, PhoneEntry.started_by == user_id, PhoneEntry.ended_at.is_(None)
    )


def _in(column: Any) -> Callable[[UUID], Condition]:
    return lambda federation_id: column == federation_id


class _OfAll(TypedDict):
    federation: Callable[[UUID], Condition]
    whole: Callable[[UUID], Condition]


def _of_all(column: Any) -> _OfAll:
    """A table whose rows are each the whole federation's."""
    return {"federation": _in(column), "whole": _in(column)}


class departments_of(sa.sql.functions.FunctionElement[Any]):  # noqa: N801 (as functions of SQL are named)
    """The departments that a report's parameters name, a row each."""

    inherit_cache = True


@compiles(departments_of, "sqlite")
def _on_sqlite(element: departments_of, compiler: Any, **details: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **details)}, '$.departments')"


@compiles(departments_of, "postgresql")
def _on_postgresql(element: departments_of, compiler: Any, **details: Any) -> str:
    return f"jsonb_array_elements_text({compiler.process(element.clauses, **details)} -> 'departments')"


def role_in(federation_id: UUID) -> Condition:
    """A role held in that federation, in one of its centres, or for one of its funders."""
    return sa.or_(
        Role.federation_id == federation_id,
        Role.centre_id.in_(sa.select(Centre.id).where(Centre.federation_id == federation_id)),
        Role.funder_id.in_(sa.select(Funder.id).where(Funder.federation_id == federation_id)),
    )


def _account_of(federation_id: UUID) -> Condition:
    return sa.exists().where(Role.user_id == User.id, role_in(federation_id))


def _centres_in(codes: Codes) -> Any:
    return sa.select(Centre.id).where(Centre.department.in_(sorted(codes)))


def _by_centre(federation: Any, centre: Any) -> Callable[[UUID, Codes], Condition]:
    return lambda federation_id, codes: sa.and_(federation == federation_id, centre.in_(_centres_in(codes)))


def _role_in_territory(federation_id: UUID, codes: Codes) -> Condition:
    return sa.and_(role_in(federation_id), Role.centre_id.in_(_centres_in(codes)))


def _role_for_all(federation_id: UUID) -> Condition:
    return sa.and_(role_in(federation_id), Role.centre_id.is_(None))


def _narrowed_to(federation: Any, selection: Any) -> Callable[[UUID, Codes], Condition]:
    """Rows that keep a choice of sheets which never leaves these departments."""

    def condition(federation_id: UUID, codes: Codes) -> Condition:
        chosen = departments_of(selection).table_valued("value")
        own = chosen.c.value.in_(sorted(codes))
        return sa.and_(
            federation == federation_id,
            sa.exists().select_from(chosen).where(own),
            ~sa.exists().select_from(chosen).where(~own),
        )

    return condition


def _narrowed_to_none(federation: Any, selection: Any) -> Callable[[UUID], Condition]:
    """Rows that keep a choice of sheets of all departments."""

    def condition(federation_id: UUID) -> Condition:
        chosen = departments_of(selection).table_valued("value")
        some = sa.exists().select_from(chosen).where(chosen.c.value.is_not(None))
        return sa.and_(federation == federation_id, ~some)

    return condition


PLACES: dict[type, Places] = {
    Sheet: Places(
        federation=_in(Sheet.federation_id),
        territory=_by_centre(Sheet.federation_id, Sheet.centre_id),
        centre=Sheet.centre_id,
        state=Sheet.state,
        addressed=_addressed_campaign(Sheet.campaign_id),
        entrusted=_typed_by,
        network=Sheet.sharing.in_((Sharing.NETWORK, Sharing.PUBLIC)),
        public=Sheet.sharing == Sharing.PUBLIC,
    ),
    Campaign: Places(**_of_all(Campaign.federation_id), addressed=_addressed_campaign(Campaign.id)),
    Centre: Places(
        federation=_in(Centre.federation_id),
        territory=_by_centre(Centre.federation_id, Centre.id),
        centre=Centre.id,
        addressed=_addressed_centre,
    ),
    Label: Places(**_of_all(Label.federation_id)),
    Federation: Places(**_of_all(Federation.id)),
    Agreement: Places(**_of_all(Agreement.federation_id), addressed=lambda funder_id: Agreement.funder_id == funder_id),
    Funder: Places(**_of_all(Funder.federation_id), addressed=lambda funder_id: Funder.id == funder_id),
    Webhook: Places(**_of_all(Webhook.federation_id)),
    ReportRun: Places(
        federation=_in(ReportRun.federation_id),
        territory=_narrowed_to(ReportRun.federation_id, ReportRun.parameters),
        whole=_narrowed_to_none(ReportRun.federation_id, ReportRun.parameters),
        owner=ReportRun.requested_by,
        addressed=_addressed_report,
    ),
    ReportTemplate: Places(
        federation=_in(ReportTemplate.federation_id),
        territory=_narrowed_to(ReportTemplate.federation_id, ReportTemplate.selection),
        whole=_narrowed_to_none(ReportTemplate.federation_id, ReportTemplate.selection),
        owner=ReportTemplate.created_by,
    ),
    Quote: Places(
        federation=_in(Quote.federation_id),
        territory=_quote_in_territory,
        owner=Quote.created_by,
        addressed=_picked_for,
        shared=Quote.shared.is_(True),
    ),
    Job: Places(**_of_all(Job.federation_id), owner=Job.owner_id),
    ImportRun: Places(**_of_all(ImportRun.federation_id), owner=ImportRun.requested_by),
    Role: Places(federation=role_in, territory=_role_in_territory, whole=_role_for_all, owner=Role.user_id),
    # Whoever holds a role here is listed here, be it beside roles elsewhere.
    User: Places(
        federation=_account_of,
        territory=lambda place, codes: sa.exists().where(Role.user_id == User.id, _role_in_territory(place, codes)),
        whole=lambda place: sa.exists().where(Role.user_id == User.id, _role_for_all(place)),
        owner=User.id,
    ),
}


def scope_of(actor: Actor, act: Act, model: type) -> Condition:
    """A WHERE for the rows of that table on which the actor may do that act."""
    if actor.operator:
        return sa.true()
    places = PLACES[model]
    return sa.or_(sa.false(), *(_condition(actor, held, grant, places) for held, grant in grants_of(actor, act)))


def _condition(actor: Actor, held: Held | None, grant: Grant, places: Places) -> Condition:
    where = _where(actor, held, grant.scope, places)
    if grant.states is None:
        return where
    if places.state is None:
        return sa.false()
    return sa.and_(where, places.state.in_(sorted(grant.states)))


def _where(actor: Actor, held: Held | None, scope: Scope, places: Places) -> Condition:
    found: Condition | None = None
    match scope:
        case Scope.ANYTHING:
            found = sa.true()
        case Scope.PUBLIC:
            found = places.public
        case Scope.OWN:
            found = places.owner == actor.user_id if places.owner is not None and actor.signed_in else None
        case Scope.CENTRE:
            if places.centre is not None and held and held.centre_id:
                found = places.centre == held.centre_id
        case Scope.ENTRUSTED:
            found = _entrusted(actor, held, places)
        case Scope.FEDERATION | Scope.TERRITORY | Scope.WHOLE_FEDERATION:
            found = _of_federation(held, scope, places)
        case Scope.NETWORK | Scope.ADDRESSED:
            found = _in_federation(held, scope, places)
        case Scope.SHARED:
            within = _of_federation(held, Scope.FEDERATION, places)
            found = None if within is None or places.shared is None else sa.and_(within, places.shared)
    return sa.false() if found is None else found


def _entrusted(actor: Actor, held: Held | None, places: Places) -> Condition | None:
    if held is None or held.federation_id is None or places.federation is None:
        return None
    if places.entrusted is None or actor.user_id is None:
        return None
    return sa.and_(places.federation(held.federation_id), places.entrusted(actor.user_id))


def _in_federation(held: Held | None, scope: Scope, places: Places) -> Condition | None:
    if held is None or held.federation_id is None or places.federation is None:
        return None
    here = places.federation(held.federation_id)
    if scope is Scope.NETWORK:
        return None if places.network is None else sa.and_(here, places.network)
    if scope is Scope.ADDRESSED:
        if places.addressed is None or held.funder_id is None:
            return None
        return sa.and_(here, places.addressed(held.funder_id))
    return None


def _of_federation(held: Held | None, scope: Scope, places: Places) -> Condition | None:
    if held is None or held.federation_id is None or places.federation is None:
        return None
    if not held.departments:
        return places.federation(held.federation_id)
    found: list[Condition] = []
    if places.territory and scope is not Scope.WHOLE_FEDERATION:
        found.append(places.territory(held.federation_id, held.departments))
    if places.whole and scope is Scope.TERRITORY:
        found.append(places.whole(held.federation_id))
    return sa.or_(*found) if found else None
