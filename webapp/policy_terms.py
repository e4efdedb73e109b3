"""What the table of rights speaks of: who asks, on which things a right holds, what is known of a thing."""

from collections.abc import Container, Iterable
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from forms.lifecycle import SheetState
from webapp.vocabulary import RoleName


class Everyone(StrEnum):
    """Those who need no role: any visitor, and whoever has signed in."""

    ANYONE = "anyone"
    SIGNED_IN = "signed_in"


Who = RoleName | Everyone


class Scope(StrEnum):
    """On which things a grant holds.

    A role of the federation may be limited to departments. FEDERATION then holds on what belongs to these alone;
    TERRITORY also on what is the whole federation's, of which pages show these departments' part;
    WHOLE_FEDERATION on nothing. SHARED as FEDERATION, on what was shared with it.
    """

    ANYTHING = "anything"
    CENTRE = "centre"
    FEDERATION = "federation"
    TERRITORY = "territory"
    WHOLE_FEDERATION = "whole_federation"
    NETWORK = "network"
    SHARED = "shared"
    ADDRESSED = "addressed"
    PUBLIC = "public"
    OWN = "own"
    ENTRUSTED = "entrusted"


@dataclass(frozen=True)
class Grant:
    """A right: on which things, and in which states of a sheet (None: in any)."""

    scope: Scope
    states: frozenset[SheetState] | None = None


@dataclass(frozen=True)
class Held:
    """A role that somebody holds, and where; the federation is also that of the centre or the funder.

    departments: the codes to which a role of the federation is limited; none: it holds in all of it.
    """

    role: RoleName
    federation_id: UUID | None = None
    centre_id: UUID | None = None
    funder_id: UUID | None = None
    departments: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Actor:
    """Whoever asks. Nobody in particular has no id; the operator at the command line may do anything.

    only: the acts to which a program is narrowed that asks in somebody's name, by their value; None: it is no program.
    """

    user_id: UUID | None = None
    roles: tuple[Held, ...] = ()
    operator: bool = False
    only: frozenset[str] | None = None

    @property
    def signed_in(self) -> bool:
        """Whether there is an account behind."""
        return self.user_id is not None

    def has(self, *roles: RoleName) -> bool:
        """Whether one of these roles is held anywhere. To show a page, never to allow an act: see decide()."""
        return any(held.role in roles for held in self.roles)


ANONYMOUS = Actor()
OPERATOR = Actor(operator=True)


@dataclass(frozen=True)
class Thing:
    """What a right is asked on: where it belongs and how far it is shown.

    departments: the codes of those to which it belongs; none: it is the whole federation's, or no federation's.
    network: shown to the other centres; shared: what a funder's reader lets the federation have.
    """

    federation_id: UUID | None = None
    centre_id: UUID | None = None
    departments: Iterable[str] = ()
    owner_id: UUID | None = None
    state: SheetState | None = None
    funder_ids: Container[UUID] = frozenset()
    entrusted_to: Container[UUID] = frozenset()
    network: bool = False
    shared: bool = False
    public: bool = False


class Refusal(StrEnum):
    """Why not: not signed in, the thing stays unknown, the right lacks, nothing was sent yet, the state forbids."""

    SIGN_IN = "sign_in"
    HIDDEN = "hidden"
    RIGHT = "right"
    EARLY = "early"
    STATE = "state"


def covers(actor: Actor, held: Held | None, scope: Scope, thing: Thing) -> bool:
    """Whether a grant of that scope, by that role, holds on that thing."""
    match scope:
        case Scope.ANYTHING:
            return True
        case Scope.PUBLIC:
            return thing.public
        case Scope.OWN:
            return actor.signed_in and thing.owner_id == actor.user_id
    if held is None:
        return False
    here = held.federation_id is not None and thing.federation_id == held.federation_id
    match scope:
        case Scope.CENTRE:
            return held.centre_id is not None and thing.centre_id == held.centre_id
        case Scope.FEDERATION:
            return here and _in_territory(held, thing)
        case Scope.TERRITORY:
            return here and (_in_territory(held, thing) or not frozenset(thing.departments))
        case Scope.WHOLE_FEDERATION:
            return here and not held.departments
        case Scope.NETWORK:
            return here and thing.network
        case Scope.SHARED:
            return here and thing.shared and _in_territory(held, thing)
        case Scope.ENTRUSTED:
            return here and actor.user_id is not None and actor.user_id in thing.entrusted_to
        case Scope.ADDRESSED:
            return here and held.funder_id is not None and held.funder_id in thing.funder_ids


def _in_territory(held: Held, thing: Thing) -> bool:
    # Where the role has no limit nobody asks for the departments, which may have to be read.
    if not held.departments:
        return True
    found = frozenset(thing.departments)
    return bool(found) and found <= held.departments
