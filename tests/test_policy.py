"""The table of rights against one written by hand, and what a refusal says."""

from collections.abc import Iterator
from itertools import product
from uuid import UUID, uuid4

import pytest

from forms.lifecycle import TRANSITIONS, Move, SheetState
from webapp import policy_words
from webapp.policy import (
    ACT_OF_MOVE,
    ANONYMOUS,
    OPERATOR,
    SEEN_BY,
    TABLE,
    Act,
    Actor,
    Denied,
    Everyone,
    Held,
    Refusal,
    Scope,
    Thing,
    Who,
    decide,
    require,
    territory_of,
)
from webapp.vocabulary import RoleName

COLUMNS: tuple[Who, ...] = (
    Everyone.ANYONE,
    Everyone.SIGNED_IN,
    RoleName.MEMBER,
    RoleName.RESPONSIBLE,
    RoleName.REVIEWER,
    RoleName.ADMINISTRATOR,
    RoleName.FUNDER,
    RoleName.PLATFORM,
)
SCOPES = {
    "all": Scope.ANYTHING,
    "own": Scope.OWN,
    "cen": Scope.CENTRE,
    "fed": Scope.FEDERATION,
    "ter": Scope.TERRITORY,
    "who": Scope.WHOLE_FEDERATION,
    "net": Scope.NETWORK,
    "sha": Scope.SHARED,
    "adr": Scope.ADDRESSED,
    "pub": Scope.PUBLIC,
    "ent": Scope.ENTRUSTED,
}
# Draft, sent (submitted), corrections asked, validated, published.
STATES = dict(zip("DSCVP", SheetState, strict=True))

# By hand, from what the centres and the federation agreed: anyone, signed in, membre, responsable, relecteur,
# administrateur, financeur, plateforme. « cen:DC »: in one's own centre, on a draft or where corrections are asked.
BY_HAND = """
static              all - -           -           -         -         -      -
health              all - -           -           -         -         -      -
home                all - -           -           -         -         -      -
help.read           all - -           -           -         -         -      -
policy.read         all - -           -           -         -         -      -
sign_in             all - -           -           -         -         -      -
link.use            all - -           -           -         -         -      -
account.own         -   own -         -           -         -         -      -
catalogue.read      pub:P - net:P       net:P       -         -         -      -
sheet.list          -   - cen         cen         -         -         adr:VP -
sheet.begin         -   - cen         cen         -         -         -      -
sheet.see           pub:P - cen,net:P cen,net:P   fed       fed       adr:VP -
sheet.read_draft    -   - cen         cen         ent:DC    ent:DC    -      -
sheet.write         -   - cen:DC      cen:DC      ent:DC    ent:DC    -      -
sheet.send          -   - -           cen:DC      -         -         -      -
sheet.withdraw      -   - -           cen:S       -         -         -      -
sheet.share         -   - -           cen:SCVP    -         -         -      -
phone.begin         -   - -           -           fed       fed       -      -
phone.end           -   - cen         cen         ent       ent       -      -
sign_off.ask        -   - -           cen:DC      -         -         -      -
sheet.read          pub:P - cen,net:P cen,net:P   fed:SCVP  fed:SCVP  adr:VP -
history.read        -   - cen         cen         fed       fed       -      -
action.read         -   - cen         cen         fed       fed       -      -
review.list         -   - -           -           fed       fed       -      -
review.read         -   - -           -           fed:SCVP  fed:SCVP  -      -
review.assign       -   - -           -           fed       fed       -      -
query.ask           -   - -           -           fed:SC    fed:SC    -      -
query.answer        -   - cen:C       cen:C       -         -         -      -
query.close         -   - -           -           fed:SC    fed:SC    -      -
review.ask_changes  -   - -           -           fed:S     fed:S     -      -
review.validate     -   - -           -           fed:S     fed:S     -      -
review.reopen       -   - -           -           fed:VP    fed:VP    -      -
review.publish      -   - -           -           -         fed:V     -      -
review.unpublish    -   - -           -           -         fed:P     -      -
review.bulk         -   - -           -           fed       fed       -      -
sheet.remind        -   - -           -           fed:DC    fed:DC    -      -
note.write          -   - -           -           fed:SCVP  fed:SCVP  -      -
label.put           -   - -           -           fed:SCVP  fed:SCVP  -      -
label.manage        -   - -           -           -         who       -      -
opinion.ask         -   - -           -           fed:SCVP  fed:SCVP  -      -
campaign.read       -   - -           -           ter       ter       -      -
campaign.open       -   - -           -           -         who       -      -
campaign.edit       -   - -           -           -         who       -      -
call.note           -   - -           -           fed       fed       -      -
reminder.send       -   - -           -           ter       ter       -      -
reminder.cancel     -   - -           -           fed       fed       -      -
centre.list         -   - -           -           fed       fed       -      -
centre.read         -   - cen         cen         fed       fed       -      -
centre.add          -   - -           -           -         who       -      -
centre.manage       -   - -           -           -         fed       -      -
funder.manage       -   - -           -           -         who       -      -
agreement.read      -   - -           -           ter       ter       adr    -
agreement.manage    -   - -           -           -         who       -      -
import              -   - -           -           -         who       -      -
journal.read        -   - -           -           -         fed       -      -
privacy.manage      -   - -           -           -         who       -      all
reading.log         -   - -           -           who       who       -      -
account.list        -   - -           -           -         fed       -      all
account.invite      -   - -           -           -         fed       -      all
account.change_role -   - -           -           -         fed       -      all
account.end         -   - -           -           -         fed       -      all
federation.manage   -   - -           -           -         -         -      all
report.list         -   - -           -           fed       fed       adr    -
report.make         -   - -           -           ter       ter       -      -
report.read         -   - -           -           fed       fed       adr    -
report.download     -   - -           -           fed       fed       adr    -
report.address      -   - -           -           -         who       -      -
report.check        -   - -           -           fed       fed       adr    -
report.template     -   - -           -           fed       fed       -      -
report.issue        -   - -           -           -         who       -      -
report.look         -   - -           -           -         who       -      -
desk.read           -   - -           -           fed       fed       adr    -
quote.read          -   - -           -           sha       sha       adr    -
quote.change        -   - -           -           own       own       own    -
token.own           -   - -           -           own       own       own    -
api.campaigns       -   - -           -           ter       ter       adr    -
api.centres         -   - -           -           fed       fed       adr    -
api.sheets          -   - -           -           fed:SCVP  fed:SCVP  adr:VP -
api.figures         -   - -           -           ter       ter       adr    -
webhook.manage      -   - -           -           -         who       -      -
job.read            -   - -           -           own       own,fed   -      -
job.steer           -   - -           -           own       own,fed   -      -
watch               -   - -           -           -         who       -      all
"""

FEDERATION, ELSEWHERE = uuid4(), uuid4()
CENTRE, NEIGHBOUR = uuid4(), uuid4()
FUNDER, OTHER_FUNDER = uuid4(), uuid4()
PERSON = uuid4()


def one(role: RoleName, *, federation: UUID = FEDERATION, centre: UUID = CENTRE) -> Actor:
    """Somebody who holds that one role."""
    held = {
        RoleName.MEMBER: Held(role, federation, centre_id=centre),
        RoleName.RESPONSIBLE: Held(role, federation, centre_id=centre),
        RoleName.REVIEWER: Held(role, federation),
        RoleName.ADMINISTRATOR: Held(role, federation),
        RoleName.FUNDER: Held(role, federation, funder_id=FUNDER),
        RoleName.PLATFORM: Held(role),
    }[role]
    return Actor(PERSON, (held,))


def sheet(state: SheetState, **changes: object) -> Thing:
    """A sheet of our centre."""
    return Thing(**{"federation_id": FEDERATION, "centre_id": CENTRE, "state": state, **changes})  # type: ignore[arg-type]


def _cell(written: str) -> set[tuple[Scope, frozenset[SheetState] | None]]:
    grants = set()
    for part in written.split(",") if written != "-" else []:
        scope, _, states = part.partition(":")
        grants.add((SCOPES[scope], frozenset(STATES[letter] for letter in states) if states else None))
    return grants


@pytest.mark.parametrize("line", BY_HAND.strip().splitlines(), ids=lambda line: line.split()[0])
def test_the_table_says_what_was_agreed(line: str) -> None:
    act, *cells = line.split()
    for who, written in zip(COLUMNS, cells, strict=True):
        granted = {(grant.scope, grant.states) for grant in TABLE[Act(act)].get(who, ())}
        assert granted == _cell(written), f"{who} may do something else than {written}"


def test_every_act_was_agreed_and_has_a_line() -> None:
    written = [line.split()[0] for line in BY_HAND.strip().splitlines()]
    assert sorted(written) == sorted(act.value for act in Act)
    assert set(TABLE) == set(Act)
    assert {who for grants in TABLE.values() for who in grants} <= set(COLUMNS)


def test_every_act_has_french_words_and_stands_once_on_the_page() -> None:
    assert set(policy_words.ACTS) == set(Act)
    assert sorted(act for acts in policy_words.GROUPS.values() for act in acts) == sorted(Act)
    assert set(policy_words.ROLES) == set(policy_words.ROLES_EXPLAINED) == set(RoleName)
    assert set(policy_words.AUDIENCES) == set(COLUMNS)


def test_every_move_of_a_sheet_is_an_act_in_the_states_that_it_leaves_from() -> None:
    assert set(ACT_OF_MOVE) == set(Move)
    for move, act in ACT_OF_MOVE.items():
        for grants in TABLE[act].values():
            assert [grant.states for grant in grants] == [TRANSITIONS[move].sources]


@pytest.mark.parametrize("act", Act)
@pytest.mark.parametrize("role", RoleName)
def test_nothing_of_another_federation_is_known_to_anybody_but_what_is_public(act: Act, role: RoleName) -> None:
    if Everyone.ANYONE in TABLE[act] or role is RoleName.PLATFORM:
        return
    stranger = one(role, federation=ELSEWHERE, centre=NEIGHBOUR)
    for state, network in product(SheetState, (False, True)):
        thing = sheet(state, network=network, owner_id=uuid4(), funder_ids=frozenset({FUNDER}))
        assert decide(stranger, act, thing).refusal is Refusal.HIDDEN


def test_only_a_responsible_sends_and_a_member_is_told_who_can() -> None:
    draft = sheet(SheetState.DRAFT)
    assert decide(one(RoleName.RESPONSIBLE), Act.SHEET_SEND, draft).allowed
    decision = decide(one(RoleName.MEMBER), Act.SHEET_SEND, draft)
    assert decision.refusal is Refusal.RIGHT
    assert policy_words.reason_of(decision) == "Seul un responsable du centre peut envoyer une fiche."


def test_the_federation_knows_that_a_draft_exists_and_does_not_read_it() -> None:
    for role in (RoleName.REVIEWER, RoleName.ADMINISTRATOR):
        draft = sheet(SheetState.DRAFT)
        assert decide(one(role), Act.SHEET_SEE, draft).allowed
        for act in (Act.SHEET_READ, Act.REVIEW_READ):
            decision = decide(one(role), act, draft)
            assert decision.refusal is Refusal.EARLY
            assert "quand il l’aura envoyée" in policy_words.reason_of(decision)
        assert decide(one(role), Act.SHEET_READ_DRAFT, draft).refusal is Refusal.RIGHT


def test_a_draft_is_read_and_written_by_whom_it_is_entrusted_to_and_by_no_other_of_the_federation() -> None:
    draft = sheet(SheetState.DRAFT, entrusted_to=frozenset({PERSON}))
    for role, act in product((RoleName.REVIEWER, RoleName.ADMINISTRATOR), (Act.SHEET_READ_DRAFT, Act.SHEET_WRITE)):
        assert decide(one(role), act, draft).allowed
        colleague = Actor(uuid4(), one(role).roles)
        decision = decide(colleague, act, draft)
        assert decision.refusal is Refusal.RIGHT
        assert "relecteur" not in policy_words.reason_of(decision)
        # What is entrusted leaves the hands of the federation with the role, and with the sending.
        assert not decide(one(role, federation=ELSEWHERE), act, draft).visible
        assert not decide(one(RoleName.FUNDER), act, draft).allowed
        submitted = sheet(SheetState.SUBMITTED, entrusted_to=frozenset({PERSON}))
        assert decide(one(role), act, submitted).refusal is not None
        assert not decide(one(role), Act.SHEET_SEND, draft).allowed


def test_a_state_that_forbids_is_not_a_right_that_lacks() -> None:
    decision = decide(one(RoleName.MEMBER), Act.SHEET_WRITE, sheet(SheetState.SUBMITTED))
    assert decision.refusal is Refusal.STATE
    assert policy_words.reason_of(decision).startswith("Cette fiche est envoyée. ")
    assert decide(one(RoleName.REVIEWER), Act.SHEET_WRITE, sheet(SheetState.SUBMITTED)).refusal is Refusal.RIGHT


def test_a_funder_knows_nothing_of_what_is_not_addressed_to_it_or_not_accepted() -> None:
    funder = one(RoleName.FUNDER)
    for state in SheetState:
        addressed = sheet(state, funder_ids=frozenset({FUNDER}))
        accepted = state in {SheetState.VALIDATED, SheetState.PUBLISHED}
        assert decide(funder, Act.SHEET_READ, addressed).allowed == accepted
        assert decide(funder, Act.SHEET_READ, addressed).visible == accepted
        assert not decide(funder, Act.SHEET_READ, sheet(state, funder_ids=frozenset({OTHER_FUNDER}))).visible
        assert not decide(funder, Act.SHEET_READ, sheet(state)).visible


def test_another_centre_reads_what_is_shared_with_the_network_once_published() -> None:
    neighbour = Actor(PERSON, (Held(RoleName.MEMBER, FEDERATION, centre_id=NEIGHBOUR),))
    for state, network in product(SheetState, (False, True)):
        expected = network and state is SheetState.PUBLISHED
        assert decide(neighbour, Act.SHEET_READ, sheet(state, network=network)).allowed == expected
    shared = sheet(SheetState.PUBLISHED, network=True)
    assert decide(neighbour, Act.SHEET_READ_DRAFT, shared).refusal is Refusal.RIGHT


def test_anyone_reads_what_is_public_and_published_and_nothing_else() -> None:
    for state, public in product(SheetState, (False, True)):
        expected = public and state is SheetState.PUBLISHED
        assert decide(ANONYMOUS, Act.CATALOGUE_READ, sheet(state, public=public)).allowed == expected
        assert decide(ANONYMOUS, Act.SHEET_READ, sheet(state, public=public)).visible == expected


def test_the_platform_keeps_the_accounts_and_reads_no_sheet() -> None:
    platform = one(RoleName.PLATFORM)
    assert decide(platform, Act.ACCOUNT_END, Thing(federation_id=ELSEWHERE)).allowed
    assert not decide(platform, Act.SHEET_SEE, sheet(SheetState.PUBLISHED)).allowed


def test_a_role_that_stands_nowhere_opens_nothing() -> None:
    nowhere = Actor(PERSON, tuple(Held(role) for role in RoleName if role is not RoleName.PLATFORM))
    for act in Act:
        if Everyone.ANYONE not in TABLE[act] and Everyone.SIGNED_IN not in TABLE[act]:
            assert not decide(nowhere, act, Thing()).allowed, act


def test_several_roles_give_each_its_own_rights() -> None:
    both = Actor(PERSON, (*one(RoleName.MEMBER).roles, Held(RoleName.REVIEWER, ELSEWHERE)))
    assert decide(both, Act.SHEET_WRITE, sheet(SheetState.DRAFT)).allowed
    assert not decide(both, Act.REVIEW_VALIDATE, sheet(SheetState.SUBMITTED)).allowed
    assert decide(both, Act.REVIEW_VALIDATE, sheet(SheetState.SUBMITTED, federation_id=ELSEWHERE)).allowed


def limited(role: RoleName, *departments: str) -> Actor:
    """Somebody whose role of the federation is limited to these departments."""
    return Actor(PERSON, (Held(role, FEDERATION, departments=frozenset(departments)),))


def test_a_limited_role_holds_on_what_belongs_to_its_departments_alone() -> None:
    actor = limited(RoleName.REVIEWER, "46", "82")
    for departments, expected in (
        (("46",), True),
        (("46", "82"), True),
        (("12",), False),
        (("46", "12"), False),
        ((), False),
    ):
        thing = sheet(SheetState.SUBMITTED, departments=departments)
        assert decide(actor, Act.REVIEW_VALIDATE, thing).allowed == expected, departments
        assert decide(actor, Act.SHEET_SEE, thing).visible == expected, departments
    elsewhere = sheet(SheetState.SUBMITTED, departments=("46",), federation_id=ELSEWHERE)
    assert not decide(actor, Act.SHEET_SEE, elsewhere).visible


def test_a_limited_role_reads_a_campaign_and_changes_nothing_of_the_whole_federation() -> None:
    actor, campaign = limited(RoleName.ADMINISTRATOR, "46"), Thing(federation_id=FEDERATION)
    assert decide(actor, Act.CAMPAIGN_READ, campaign).allowed
    assert decide(actor, Act.CAMPAIGN_EDIT, campaign).refusal is Refusal.RIGHT
    for act in (Act.CAMPAIGN_OPEN, Act.FUNDER_MANAGE, Act.IMPORT, Act.CENTRE_ADD, Act.REPORT_ADDRESS):
        decision = decide(actor, act)
        assert decision.refusal is Refusal.RIGHT
        assert policy_words.reason_of(decision).startswith("Seul un administrateur de toute la fédération peut ")
        assert decide(one(RoleName.ADMINISTRATOR), act).allowed


def test_the_departments_of_a_thing_are_not_asked_for_by_a_role_without_limit() -> None:
    def never() -> Iterator[str]:
        raise AssertionError("read for nothing")
        yield ""

    assert decide(one(RoleName.REVIEWER), Act.REVIEW_READ, sheet(SheetState.SUBMITTED, departments=never())).allowed


def test_a_role_without_limit_beside_a_limited_one_is_not_limited() -> None:
    both = Actor(PERSON, (*limited(RoleName.REVIEWER, "46").roles, *one(RoleName.ADMINISTRATOR).roles))
    assert territory_of(both, Act.REPORT_MAKE, FEDERATION) == frozenset()
    two = Actor(PERSON, (*limited(RoleName.REVIEWER, "46").roles, *limited(RoleName.ADMINISTRATOR, "82").roles))
    assert territory_of(two, Act.REPORT_MAKE, FEDERATION) == {"46", "82"}
    assert territory_of(two, Act.CENTRE_MANAGE, FEDERATION) == {"82"}


def test_what_is_ones_own_is_only_ones_own() -> None:
    assert decide(Actor(PERSON), Act.ACCOUNT_OWN, Thing(owner_id=PERSON)).allowed
    assert not decide(Actor(PERSON), Act.ACCOUNT_OWN, Thing(owner_id=uuid4())).visible
    assert not decide(ANONYMOUS, Act.ACCOUNT_OWN, Thing(owner_id=None)).allowed


def test_without_a_thing_the_question_is_whether_it_can_be_done_anywhere() -> None:
    assert decide(one(RoleName.MEMBER), Act.SHEET_LIST).allowed
    assert decide(one(RoleName.REVIEWER), Act.SHEET_LIST).refusal is Refusal.RIGHT
    assert decide(ANONYMOUS, Act.SHEET_LIST).refusal is Refusal.SIGN_IN
    assert decide(ANONYMOUS, Act.CATALOGUE_READ).allowed


def test_the_operator_at_the_command_line_may_do_anything() -> None:
    for act in Act:
        assert decide(OPERATOR, act, sheet(SheetState.DRAFT)).allowed


def test_require_raises_what_decide_refuses() -> None:
    require(one(RoleName.RESPONSIBLE), Act.SHEET_SEND, sheet(SheetState.DRAFT))
    with pytest.raises(Denied) as denied:
        require(one(RoleName.MEMBER), Act.SHEET_SEND, sheet(SheetState.DRAFT))
    assert denied.value.decision == decide(one(RoleName.MEMBER), Act.SHEET_SEND, sheet(SheetState.DRAFT))


@pytest.mark.parametrize("act", Act)
def test_a_lacking_right_is_said_in_a_sentence(act: Act) -> None:
    decision = decide(Actor(PERSON), act)
    if not decision.allowed:
        reason = policy_words.reason_of(decision)
        assert reason.startswith("Seul ")
        assert reason.endswith(".")


def test_what_makes_a_thing_known_is_itself_known_by_nothing_else() -> None:
    assert not set(SEEN_BY.values()) & set(SEEN_BY)
