"""Who may do what, where and when: one table, read by the guard, the lists, the pages and the tests."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from forms.lifecycle import EDITABLE, TRANSITIONS, Move, SheetState
from webapp.policy_terms import ANONYMOUS, OPERATOR, Actor, Everyone, Grant, Held, Refusal, Scope, Thing, Who, covers
from webapp.vocabulary import RoleName, TokenScope

__all__ = (
    "ACCEPTED",
    "ACT_OF_MOVE",
    "ACT_OF_SCOPE",
    "ANONYMOUS",
    "OPERATOR",
    "SEEN_BY",
    "SENT",
    "TABLE",
    "Act",
    "Actor",
    "Decision",
    "Denied",
    "Everyone",
    "Grant",
    "Held",
    "Refusal",
    "Scope",
    "Thing",
    "Who",
    "decide",
    "grants_of",
    "require",
    "territory_of",
)


class Act(StrEnum):
    """What can be asked of the program; every address asks for one."""

    STATIC = "static"
    HEALTH = "health"
    HOME = "home"
    HELP_READ = "help.read"
    POLICY_READ = "policy.read"
    SIGN_IN = "sign_in"
    LINK_USE = "link.use"
    ACCOUNT_OWN = "account.own"

    CATALOGUE_READ = "catalogue.read"

    SHEET_LIST = "sheet.list"
    SHEET_BEGIN = "sheet.begin"
    SHEET_SEE = "sheet.see"
    SHEET_READ_DRAFT = "sheet.read_draft"
    SHEET_WRITE = "sheet.write"
    SHEET_SEND = "sheet.send"
    SHEET_WITHDRAW = "sheet.withdraw"
    SHEET_SHARE = "sheet.share"
    PHONE_BEGIN = "phone.begin"
    PHONE_END = "phone.end"
    SIGN_OFF_ASK = "sign_off.ask"
    SHEET_READ = "sheet.read"
    HISTORY_READ = "history.read"
    ACTION_READ = "action.read"

    REVIEW_LIST = "review.list"
    REVIEW_READ = "review.read"
    REVIEW_ASSIGN = "review.assign"
    QUERY_ASK = "query.ask"
    QUERY_ANSWER = "query.answer"
    QUERY_CLOSE = "query.close"
    REVIEW_ASK_CHANGES = "review.ask_changes"
    REVIEW_VALIDATE = "review.validate"
    REVIEW_REOPEN = "review.reopen"
    REVIEW_PUBLISH = "review.publish"
    REVIEW_UNPUBLISH = "review.unpublish"
    REVIEW_BULK = "review.bulk"
    SHEET_REMIND = "sheet.remind"
    NOTE_WRITE = "note.write"
    LABEL_PUT = "label.put"
    LABEL_MANAGE = "label.manage"
    OPINION_ASK = "opinion.ask"

    CAMPAIGN_READ = "campaign.read"
    CAMPAIGN_OPEN = "campaign.open"
    CAMPAIGN_EDIT = "campaign.edit"
    CALL_NOTE = "call.note"
    REMINDER_SEND = "reminder.send"
    REMINDER_CANCEL = "reminder.cancel"
    CENTRE_LIST = "centre.list"
    CENTRE_READ = "centre.read"
    CENTRE_ADD = "centre.add"
    CENTRE_MANAGE = "centre.manage"
    FUNDER_MANAGE = "funder.manage"
    AGREEMENT_READ = "agreement.read"
    AGREEMENT_MANAGE = "agreement.manage"
    IMPORT = "import"
    JOURNAL_READ = "journal.read"
    PRIVACY_MANAGE = "privacy.manage"
    READING_LOG = "reading.log"

    ACCOUNT_LIST = "account.list"
    ACCOUNT_INVITE = "account.invite"
    ACCOUNT_CHANGE_ROLE = "account.change_role"
    ACCOUNT_END = "account.end"
    FEDERATION_MANAGE = "federation.manage"

    REPORT_LIST = "report.list"
    REPORT_MAKE = "report.make"
    REPORT_READ = "report.read"
    REPORT_DOWNLOAD = "report.download"
    REPORT_ADDRESS = "report.address"
    REPORT_CHECK = "report.check"
    REPORT_TEMPLATE = "report.template"
    REPORT_ISSUE = "report.issue"
    REPORT_LOOK = "report.look"
    DESK_READ = "desk.read"
    QUOTE_READ = "quote.read"
    QUOTE_CHANGE = "quote.change"

    TOKEN_OWN = "token.own"  # noqa: S105 (an act, not a token)
    API_CAMPAIGNS = "api.campaigns"
    API_CENTRES = "api.centres"
    API_SHEETS = "api.sheets"
    API_FIGURES = "api.figures"
    WEBHOOK_MANAGE = "webhook.manage"

    JOB_READ = "job.read"
    JOB_STEER = "job.steer"
    WATCH = "watch"


@dataclass(frozen=True)
class Decision:
    """Yes, or why not."""

    act: Act
    refusal: Refusal | None = None
    state: SheetState | None = None

    @property
    def allowed(self) -> bool:
        """Whether the act may be done."""
        return self.refusal is None

    @property
    def visible(self) -> bool:
        """Whether the actor may know that the thing exists."""
        return self.refusal is not Refusal.HIDDEN


class Denied(Exception):  # noqa: N818
    """An act that was refused; services raise it, the guard answers it."""

    def __init__(self, decision: Decision) -> None:
        super().__init__(f"{decision.act}: {decision.refusal}")
        self.decision = decision


SENT = frozenset(SheetState) - {SheetState.DRAFT}
"""The states in which something was sent that the federation may read."""

ACCEPTED = frozenset({SheetState.VALIDATED, SheetState.PUBLISHED})
PUBLISHED = frozenset({SheetState.PUBLISHED})
ASKABLE = frozenset({SheetState.SUBMITTED, SheetState.CHANGES_REQUESTED})

ACT_OF_MOVE: dict[Move, Act] = {
    Move.SEND: Act.SHEET_SEND,
    Move.WITHDRAW: Act.SHEET_WITHDRAW,
    Move.ASK_CHANGES: Act.REVIEW_ASK_CHANGES,
    Move.VALIDATE: Act.REVIEW_VALIDATE,
    Move.REOPEN: Act.REVIEW_REOPEN,
    Move.PUBLISH: Act.REVIEW_PUBLISH,
    Move.UNPUBLISH: Act.REVIEW_UNPUBLISH,
}

ACT_OF_SCOPE: dict[TokenScope, Act] = {
    TokenScope.CAMPAIGNS: Act.API_CAMPAIGNS,
    TokenScope.CENTRES: Act.API_CENTRES,
    TokenScope.SHEETS: Act.API_SHEETS,
    TokenScope.FIGURES: Act.API_FIGURES,
}
"""To what a token narrows the rights of its owner."""

Grants = Mapping[Who, tuple[Grant, ...]]

_R, _E = RoleName, Everyone
_CENTRE = (_R.MEMBER, _R.RESPONSIBLE)
_FEDERATION = (_R.REVIEWER, _R.ADMINISTRATOR)


def _to(
    who: tuple[Who, ...], scope: Scope, states: frozenset[SheetState] | None = None
) -> dict[Who, tuple[Grant, ...]]:
    return {one: (Grant(scope, states),) for one in who}


def _move(who: tuple[Who, ...], scope: Scope, move: Move) -> Grants:
    # From which states is said once, by the life of a sheet.
    return _to(who, scope, TRANSITIONS[move].sources)


def _reading(by_centre: frozenset[SheetState] | None, by_federation: frozenset[SheetState] | None) -> Grants:
    """Who sees a sheet: its own in these states; the others only once it is accepted and as far as it is shared."""
    own = _to(_CENTRE, Scope.CENTRE, by_centre)
    return {
        **{role: (*grants, Grant(Scope.NETWORK, PUBLISHED)) for role, grants in own.items()},
        **_to(_FEDERATION, Scope.FEDERATION, by_federation),
        **_to((_R.FUNDER,), Scope.ADDRESSED, ACCEPTED),
        **_to((_E.ANYONE,), Scope.PUBLIC, PUBLISHED),
    }


def _with_typists(grants: Grants, states: frozenset[SheetState] | None = None) -> Grants:
    """These grants, and besides those of the federation to whom the sheet is entrusted while they type it."""
    return {**grants, **_to(_FEDERATION, Scope.ENTRUSTED, states)}


_OPEN = _to((_E.ANYONE,), Scope.ANYTHING)
_ADMINISTRATION = _to((_R.ADMINISTRATOR,), Scope.FEDERATION)
_WHOLE = _to((_R.ADMINISTRATOR,), Scope.WHOLE_FEDERATION)
_ACCOUNTS = _ADMINISTRATION | _to((_R.PLATFORM,), Scope.ANYTHING)
_AT_HOME = _to(_CENTRE, Scope.CENTRE) | _to(_FEDERATION, Scope.FEDERATION)
_RECEIVED = _to(_FEDERATION, Scope.FEDERATION) | _to((_R.FUNDER,), Scope.ADDRESSED)
_JOBS: Grants = {
    **_to((_R.REVIEWER,), Scope.OWN),
    _R.ADMINISTRATOR: (Grant(Scope.OWN), Grant(Scope.FEDERATION)),
}

TABLE: dict[Act, Grants] = {
    **dict.fromkeys((Act.STATIC, Act.HEALTH, Act.HOME, Act.HELP_READ, Act.POLICY_READ), _OPEN),
    **dict.fromkeys((Act.SIGN_IN, Act.LINK_USE), _OPEN),
    Act.ACCOUNT_OWN: _to((_E.SIGNED_IN,), Scope.OWN),
    Act.CATALOGUE_READ: _to((_E.ANYONE,), Scope.PUBLIC, PUBLISHED) | _to(_CENTRE, Scope.NETWORK, PUBLISHED),
    Act.SHEET_LIST: _to(_CENTRE, Scope.CENTRE) | _to((_R.FUNDER,), Scope.ADDRESSED, ACCEPTED),
    Act.SHEET_BEGIN: _to(_CENTRE, Scope.CENTRE),
    Act.SHEET_SEE: _reading(None, None),
    Act.SHEET_READ_DRAFT: _with_typists(_to(_CENTRE, Scope.CENTRE), EDITABLE),
    Act.SHEET_WRITE: _with_typists(_to(_CENTRE, Scope.CENTRE, EDITABLE), EDITABLE),
    Act.SHEET_SEND: _move((_R.RESPONSIBLE,), Scope.CENTRE, Move.SEND),
    Act.SHEET_WITHDRAW: _move((_R.RESPONSIBLE,), Scope.CENTRE, Move.WITHDRAW),
    Act.SHEET_SHARE: _to((_R.RESPONSIBLE,), Scope.CENTRE, SENT),
    Act.PHONE_BEGIN: _to(_FEDERATION, Scope.FEDERATION),
    Act.PHONE_END: _with_typists(_to(_CENTRE, Scope.CENTRE)),
    Act.SIGN_OFF_ASK: _to((_R.RESPONSIBLE,), Scope.CENTRE, EDITABLE),
    Act.SHEET_READ: _reading(None, SENT),
    **dict.fromkeys((Act.HISTORY_READ, Act.ACTION_READ, Act.CENTRE_READ), _AT_HOME),
    Act.REVIEW_LIST: _to(_FEDERATION, Scope.FEDERATION),
    Act.REVIEW_READ: _to(_FEDERATION, Scope.FEDERATION, SENT),
    Act.REVIEW_ASSIGN: _to(_FEDERATION, Scope.FEDERATION),
    Act.QUERY_ASK: _to(_FEDERATION, Scope.FEDERATION, ASKABLE),
    Act.QUERY_ANSWER: _to(_CENTRE, Scope.CENTRE, frozenset({SheetState.CHANGES_REQUESTED})),
    Act.QUERY_CLOSE: _to(_FEDERATION, Scope.FEDERATION, ASKABLE),
    Act.REVIEW_ASK_CHANGES: _move(_FEDERATION, Scope.FEDERATION, Move.ASK_CHANGES),
    Act.REVIEW_VALIDATE: _move(_FEDERATION, Scope.FEDERATION, Move.VALIDATE),
    Act.REVIEW_REOPEN: _move(_FEDERATION, Scope.FEDERATION, Move.REOPEN),
    Act.REVIEW_PUBLISH: _move((_R.ADMINISTRATOR,), Scope.FEDERATION, Move.PUBLISH),
    Act.REVIEW_UNPUBLISH: _move((_R.ADMINISTRATOR,), Scope.FEDERATION, Move.UNPUBLISH),
    Act.REVIEW_BULK: _to(_FEDERATION, Scope.FEDERATION),
    Act.SHEET_REMIND: _to(_FEDERATION, Scope.FEDERATION, EDITABLE),
    **dict.fromkeys((Act.NOTE_WRITE, Act.LABEL_PUT, Act.OPINION_ASK), _to(_FEDERATION, Scope.FEDERATION, SENT)),
    Act.LABEL_MANAGE: _WHOLE,
    Act.CAMPAIGN_READ: _to(_FEDERATION, Scope.TERRITORY),
    Act.CAMPAIGN_OPEN: _WHOLE,
    Act.CAMPAIGN_EDIT: _WHOLE,
    Act.CALL_NOTE: _to(_FEDERATION, Scope.FEDERATION),
    Act.REMINDER_SEND: _to(_FEDERATION, Scope.TERRITORY),
    Act.REMINDER_CANCEL: _to(_FEDERATION, Scope.FEDERATION),
    Act.CENTRE_LIST: _to(_FEDERATION, Scope.FEDERATION),
    Act.CENTRE_ADD: _WHOLE,
    Act.CENTRE_MANAGE: _ADMINISTRATION,
    Act.FUNDER_MANAGE: _WHOLE,
    Act.AGREEMENT_READ: _to(_FEDERATION, Scope.TERRITORY) | _to((_R.FUNDER,), Scope.ADDRESSED),
    Act.AGREEMENT_MANAGE: _WHOLE,
    Act.IMPORT: _WHOLE,
    Act.JOURNAL_READ: _ADMINISTRATION,
    Act.PRIVACY_MANAGE: _WHOLE | _to((_R.PLATFORM,), Scope.ANYTHING),
    Act.READING_LOG: _to(_FEDERATION, Scope.WHOLE_FEDERATION),
    Act.ACCOUNT_LIST: _ACCOUNTS,
    Act.ACCOUNT_INVITE: _ACCOUNTS,
    Act.ACCOUNT_CHANGE_ROLE: _ACCOUNTS,
    Act.ACCOUNT_END: _ACCOUNTS,
    Act.FEDERATION_MANAGE: _to((_R.PLATFORM,), Scope.ANYTHING),
    **dict.fromkeys((Act.REPORT_LIST, Act.REPORT_READ, Act.REPORT_DOWNLOAD, Act.DESK_READ), _RECEIVED),
    Act.REPORT_MAKE: _to(_FEDERATION, Scope.TERRITORY),
    Act.REPORT_ADDRESS: _WHOLE,
    Act.REPORT_CHECK: _RECEIVED,
    **dict.fromkeys((Act.REPORT_ISSUE, Act.REPORT_LOOK), _WHOLE),
    Act.REPORT_TEMPLATE: _to(_FEDERATION, Scope.FEDERATION),
    Act.QUOTE_READ: _to(_FEDERATION, Scope.SHARED) | _to((_R.FUNDER,), Scope.ADDRESSED),
    Act.QUOTE_CHANGE: _to((*_FEDERATION, _R.FUNDER), Scope.OWN),
    Act.TOKEN_OWN: _to((*_FEDERATION, _R.FUNDER), Scope.OWN),
    Act.API_CAMPAIGNS: _to(_FEDERATION, Scope.TERRITORY) | _to((_R.FUNDER,), Scope.ADDRESSED),
    Act.API_CENTRES: _to(_FEDERATION, Scope.FEDERATION) | _to((_R.FUNDER,), Scope.ADDRESSED),
    Act.API_SHEETS: _to(_FEDERATION, Scope.FEDERATION, SENT) | _to((_R.FUNDER,), Scope.ADDRESSED, ACCEPTED),
    Act.API_FIGURES: _to(_FEDERATION, Scope.TERRITORY) | _to((_R.FUNDER,), Scope.ADDRESSED),
    Act.WEBHOOK_MANAGE: _WHOLE,
    Act.JOB_READ: _JOBS,
    Act.JOB_STEER: _JOBS,
    Act.WATCH: _WHOLE | _to((_R.PLATFORM,), Scope.ANYTHING),
}

SEEN_BY: dict[Act, Act] = {
    **dict.fromkeys(
        (
            Act.SHEET_READ_DRAFT,
            Act.SHEET_WRITE,
            Act.SHEET_SEND,
            Act.SHEET_WITHDRAW,
            Act.SHEET_SHARE,
            Act.PHONE_END,
            Act.SIGN_OFF_ASK,
            Act.SHEET_READ,
            Act.HISTORY_READ,
            Act.REVIEW_READ,
            Act.REVIEW_ASSIGN,
            Act.QUERY_ASK,
            Act.QUERY_ANSWER,
            Act.QUERY_CLOSE,
            Act.REVIEW_ASK_CHANGES,
            Act.REVIEW_VALIDATE,
            Act.REVIEW_REOPEN,
            Act.REVIEW_PUBLISH,
            Act.REVIEW_UNPUBLISH,
            Act.SHEET_REMIND,
            Act.NOTE_WRITE,
            Act.LABEL_PUT,
            Act.OPINION_ASK,
        ),
        Act.SHEET_SEE,
    ),
    **dict.fromkeys((Act.CAMPAIGN_EDIT, Act.CAMPAIGN_OPEN), Act.CAMPAIGN_READ),
    **dict.fromkeys((Act.REMINDER_SEND, Act.REMINDER_CANCEL), Act.CAMPAIGN_READ),
    **dict.fromkeys((Act.CALL_NOTE, Act.SHEET_BEGIN, Act.PHONE_BEGIN, Act.CENTRE_MANAGE), Act.CENTRE_READ),
    Act.AGREEMENT_MANAGE: Act.AGREEMENT_READ,
    **dict.fromkeys((Act.REPORT_DOWNLOAD, Act.REPORT_ADDRESS, Act.REPORT_ISSUE), Act.REPORT_READ),
    Act.QUOTE_CHANGE: Act.QUOTE_READ,
    Act.JOB_STEER: Act.JOB_READ,
    **dict.fromkeys((Act.ACCOUNT_CHANGE_ROLE, Act.ACCOUNT_END), Act.ACCOUNT_LIST),
}
"""By which act one knows that the thing exists; one that isn't here is its own: without it the thing is unknown."""

READS = frozenset({Act.SHEET_READ, Act.SHEET_READ_DRAFT, Act.REVIEW_READ, Act.HISTORY_READ})
"""Acts that only a state too early refuses: the sheet has not been sent."""


def decide(actor: Actor, act: Act, thing: Thing | None = None) -> Decision:
    """Whether the actor may do that on that thing; without a thing, whether on anything at all."""
    found = tuple(grants_of(actor, act))
    if actor.operator:
        return Decision(act)
    if any(_anywhere(held, grant) if thing is None else _holds(actor, held, grant, thing) for held, grant in found):
        return Decision(act)
    if thing is None:
        return Decision(act, Refusal.RIGHT if actor.signed_in else Refusal.SIGN_IN)
    seen_by = SEEN_BY.get(act, act)
    if seen_by is act or not decide(actor, seen_by, thing).allowed:
        return Decision(act, Refusal.HIDDEN)
    only_state = any(covers(actor, held, grant.scope, thing) for held, grant in found)
    if not only_state:
        return Decision(act, Refusal.RIGHT)
    return Decision(act, Refusal.EARLY if act in READS else Refusal.STATE, thing.state)


def require(actor: Actor, act: Act, thing: Thing | None = None) -> None:
    """Raises Denied unless the actor may do that on that thing."""
    decision = decide(actor, act, thing)
    if not decision.allowed:
        raise Denied(decision)


def grants_of(actor: Actor, act: Act) -> Iterator[tuple[Held | None, Grant]]:
    """The grants of an act that this actor has, each with the role that gives it (None: no role needed)."""
    grants = TABLE[act]
    for grant in grants.get(Everyone.ANYONE, ()):
        yield None, grant
    if actor.only is not None and act not in actor.only:
        return
    if actor.signed_in:
        for grant in grants.get(Everyone.SIGNED_IN, ()):
            yield None, grant
    for held in actor.roles:
        for grant in grants.get(held.role, ()):
            yield held, grant


def territory_of(actor: Actor, act: Act, federation_id: UUID) -> frozenset[str]:
    """The departments to which that act is limited for the actor in that federation; none: it is not limited."""
    there = [held.departments for held, _grant in grants_of(actor, act) if held and held.federation_id == federation_id]
    return frozenset().union(*there) if all(there) else frozenset()


def _anywhere(held: Held | None, grant: Grant) -> bool:
    return grant.scope is not Scope.WHOLE_FEDERATION or (held is not None and not held.departments)


def _holds(actor: Actor, held: Held | None, grant: Grant, thing: Thing) -> bool:
    return covers(actor, held, grant.scope, thing) and (grant.states is None or thing.state in grant.states)
