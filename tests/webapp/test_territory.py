"""A role that is limited to departments: what its holder sees and does, and who says so."""

from collections.abc import Callable
from uuid import UUID

import pytest
from flask_sqlalchemy import SQLAlchemy

from forms.lifecycle import SheetState
from forms.values import Refused
from tests import factories
from tests.client import PageClient
from tests.signing import post, sign_in
from webapp.clock import now
from webapp.models import Centre, Event, Federation, ReportRun, Sheet, User
from webapp.policy import Act, decide, territory_of
from webapp.queries import campaigns, pace, people, review
from webapp.queries.accounts import actor_of, by_id, in_words
from webapp.queries.things import thing_of
from webapp.services import accounts, assignment, events
from webapp.services.accounts import Post
from webapp.vocabulary import RoleName

HERE, THERE = "46", "82"


class Land:
    """A federation of two departments with the same in each, and those who look after the first of them."""

    def __init__(self) -> None:
        self.federation: Federation = factories.FederationFactory(name="Fédération du Val")
        self.here, self.there = self._part("Le Lavoir", HERE), self._part("La Passerelle", THERE)
        self.chief = factories.person(RoleName.ADMINISTRATOR, self.federation, full_name="Odile Martin")
        self.reviewer = limited(RoleName.REVIEWER, self.federation, HERE)
        self.administrator = limited(RoleName.ADMINISTRATOR, self.federation, HERE)
        self.campaign = factories.campaign_of(self.federation)
        factories.expect(self.campaign, self.here, self.there)
        self.sheets = {centre.id: self._sheets(centre) for centre in (self.here, self.there)}

    def _part(self, name: str, department: str) -> Centre:
        centre: Centre = factories.CentreFactory(federation=self.federation, name=name, department=department)
        factories.person(
            RoleName.RESPONSIBLE, centre, full_name=f"Responsable {name}", email=f"{department}@val.example"
        )
        return centre

    def followed(self) -> None:
        """A centre of each department that has sent nothing; a mail to each, by one reminder that left by itself."""
        self.reminder = factories.ReminderFactory(campaign=self.campaign)
        for name, department in (("Le Lavoir neuf", HERE), ("La Passerelle neuve", THERE)):
            centre = factories.CentreFactory(federation=self.federation, name=name, department=department)
            user = factories.person(RoleName.RESPONSIBLE, centre, email=f"neuf-{department}@val.example")
            factories.expect(self.campaign, centre)
            factories.MailFactory(
                kind="reminder",
                recipient=user.email,
                campaign_id=self.campaign.id,
                centre_id=centre.id,
                dedupe_key=f"reminder:{self.reminder.id}:{user.id}:{centre.id}",
            )
        factories.db.session.commit()

    def _sheets(self, centre: Centre) -> dict[SheetState, Sheet]:
        made = {}
        for state in (SheetState.SUBMITTED, SheetState.VALIDATED):
            sheet = factories.sent_sheet(state, centre=centre, title=f"Atelier {centre.name} {state.value}")
            events.record(
                "sheet.send",
                at=factories.START,
                actor_id=None,
                federation_id=self.federation.id,
                sheet_id=sheet.id,
            )
            made[state] = sheet
        return made


def limited(name: RoleName, federation: Federation, *departments: str) -> User:
    """An account whose role holds in these departments."""
    user = factories.person(name, federation)
    user.roles[0].departments = sorted(departments)
    return user


@pytest.fixture
def land(db: SQLAlchemy) -> Land:
    made = Land()
    db.session.commit()
    return made


@pytest.fixture
def desk(client: PageClient, land: Land) -> Callable[[User], PageClient]:
    """Somebody, signed in."""

    def sit(user: User) -> PageClient:
        sign_in(client, user)
        return client

    return sit


@pytest.mark.parametrize(
    "address",
    [
        "/relecture",
        "/relecture?q=atelier",
        "/campagnes/{campaign}",
        "/campagnes/{campaign}/suivi",
        "/campagnes/{campaign}/invitations",
        "/campagnes/{campaign}/relances/{reminder}",
        "/campagnes/{campaign}/relances/nouvelle?groupe=not_opened",
        "/centres",
        "/comptes",
        "/journal",
    ],
)
def test_a_list_shows_the_territory_and_nothing_else(
    land: Land, desk: Callable[[User], PageClient], address: str
) -> None:
    land.followed()
    path = address.format(campaign=land.campaign.id, reminder=land.reminder.id)
    page = desk(land.administrator).get(path).text
    assert "Lavoir" in page
    assert "Passerelle" not in page
    assert f"{THERE}@val.example" not in page
    assert "Passerelle" in desk(land.chief).get(path).text


def test_a_reminder_that_leaves_the_territory_is_unknown_and_one_for_all_is_not_theirs_to_stop(
    land: Land, desk: Callable[[User], PageClient]
) -> None:
    visitor, page = desk(land.reviewer), f"/campagnes/{land.campaign.id}/relances"
    for centres, read, stopped in (
        ([land.here], 200, 303),
        ([land.there], 404, 404),
        ([land.here, land.there], 404, 404),
        (None, 200, 403),
    ):
        ids = None if centres is None else [str(centre.id) for centre in centres]
        reminder = factories.ReminderFactory(campaign=land.campaign, centre_ids=ids)
        assert (str(reminder.id) in visitor.get(page).text) == (read == 200), ids
        answer = visitor.get(f"{page}/{reminder.id}")
        assert answer.status_code == read, ids
        assert ("Annuler la relance" in answer.text) == (stopped == 303), ids
        assert post(visitor, f"{page}/{reminder.id}/annuler").status_code == stopped, ids


def test_the_years_before_are_those_of_the_territory_too(land: Land) -> None:
    for person, centres in ((land.reviewer, {land.here.id}), (land.chief, {land.here.id, land.there.id})):
        sendings = pace.first_sendings([land.campaign.id], actor=actor_of(person))
        assert sendings[land.campaign.id].keys() == centres


def test_a_centre_is_merged_within_the_territory_only(land: Land, desk: Callable[[User], PageClient]) -> None:
    path = f"/centres/{land.here.id}/fusionner"
    assert str(land.there.id) not in desk(land.administrator).get(path).text
    given = {"into": str(land.there.id), "on": "2026-01-05"}
    assert post(desk(land.administrator), path, given).status_code == 422
    assert str(land.there.id) in desk(land.chief).get(path).text


def test_many_sheets_at_once_are_those_of_the_territory(
    land: Land, desk: Callable[[User], PageClient], db: SQLAlchemy
) -> None:
    every = [str(sheets[SheetState.SUBMITTED].id) for sheets in land.sheets.values()]
    answer = post(desk(land.reviewer), "/relecture/lots", {"act": "validate", "which": "ticked", "sheet": every})
    assert "/relecture/lots/" in answer.location
    page = desk(land.reviewer).get(answer.location).text
    assert "Lavoir" in page
    assert "Passerelle" not in page


def test_who_reads_in_a_part_narrows_the_list_by_the_federation_s_labels(
    land: Land, desk: Callable[[User], PageClient]
) -> None:
    factories.LabelFactory(federation=land.federation, name="À montrer au conseil")
    assert "À montrer au conseil" in desk(land.reviewer).get("/relecture").text


def test_a_sheet_is_given_to_nobody_who_may_not_open_it(land: Land) -> None:
    chief, sheet = actor_of(land.chief), land.sheets[land.there.id][SheetState.SUBMITTED]
    assert list(review.readers(chief, land.there)) == [land.chief]
    assert land.reviewer in review.readers(chief, land.here)
    with pytest.raises(Refused, match="ne relit pas les fiches de ce département"):
        assignment.assign(sheet.id, land.reviewer.id, actor=chief, at=now())
    own = land.sheets[land.here.id][SheetState.SUBMITTED]
    assert assignment.assign(own.id, land.reviewer.id, actor=chief, at=now()).assigned_to == land.reviewer.id


def test_only_who_looks_after_the_department_is_told(land: Land) -> None:
    limited(RoleName.REVIEWER, land.federation, THERE)
    told = people.of_federation(land.federation.id, HERE, among=())
    assert {user.id for user in told} == {land.chief.id, land.reviewer.id, land.administrator.id}


def test_counts_are_those_of_the_territory(land: Land, desk: Callable[[User], PageClient]) -> None:
    for person, factor in ((land.reviewer, 1), (land.chief, 2)):
        actor = actor_of(person)
        (line,) = campaigns.campaigns(actor, at=now())
        assert (line.expected, line.sent, sum(line.states.values())) == (factor, factor, 2 * factor)
        assert review.find(actor, review.Wanted(), None, page=1).count == 2 * factor
        assert len(review.choices(actor).centres) == factor


@pytest.mark.parametrize("name", ["reviewer", "administrator"])
def test_what_stands_outside_the_territory_is_as_what_is_not_there(
    land: Land, desk: Callable[[User], PageClient], name: str
) -> None:
    visitor = desk(getattr(land, name))
    outside, inside = land.sheets[land.there.id], land.sheets[land.here.id]
    for sheets, expected in ((outside, {404}), (inside, {200, 302})):
        for sheet in sheets.values():
            for path in (f"/relecture/{sheet.id}", f"/actions/{sheet.action_id}", f"/centres/{sheet.centre_id}"):
                assert visitor.get(path).status_code in expected, path
    assert post(visitor, f"/relecture/{outside[SheetState.SUBMITTED].id}/valider").status_code == 404


def test_who_is_limited_does_in_the_territory_what_the_role_does(land: Land) -> None:
    reviewer, administrator = actor_of(land.reviewer), actor_of(land.administrator)
    mine = land.sheets[land.here.id]
    assert decide(reviewer, Act.REVIEW_VALIDATE, thing_of(mine[SheetState.SUBMITTED])).allowed
    assert decide(administrator, Act.REVIEW_PUBLISH, thing_of(mine[SheetState.VALIDATED])).allowed
    assert decide(administrator, Act.CENTRE_MANAGE, thing_of(land.here)).allowed
    assert not decide(administrator, Act.CENTRE_MANAGE, thing_of(land.there)).visible


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/campagnes/nouvelle", 403),
        ("/campagnes/{campaign}/modifier", 403),
        ("/financeurs", 403),
        ("/imports", 403),
        ("/centres/nouveau", 403),
        ("/centres/{here}/modifier", 200),
        ("/centres/{there}/modifier", 404),
        ("/comptes/inviter", 200),
    ],
)
def test_what_is_the_whole_federation_s_is_not_theirs_to_change(
    land: Land, desk: Callable[[User], PageClient], path: str, status: int
) -> None:
    names = {"campaign": land.campaign.id, "here": land.here.id, "there": land.there.id}
    answer = desk(land.administrator).get(path.format(**names))
    assert answer.status_code == status
    if status == 403:
        assert "Seul un administrateur de toute la fédération peut" in answer.text


def test_the_menu_shows_no_door_that_is_shut(land: Land, desk: Callable[[User], PageClient]) -> None:
    page = desk(land.administrator).get("/centres").text
    assert "/imports" not in page
    assert "/centres/nouveau" not in page
    assert "/financeurs" not in page
    assert "/imports" in desk(land.chief).get("/centres").text


def test_no_centre_is_moved_out_of_the_territory(
    land: Land, desk: Callable[[User], PageClient], db: SQLAlchemy
) -> None:
    visitor, path = desk(land.administrator), f"/centres/{land.here.id}/modifier"
    assert f'value="{THERE}"' not in visitor.get(path).text
    given = {"name": "Le Lavoir", "commune": "Valbourg"}
    answer = post(visitor, path, {**given, "department": THERE})
    assert answer.status_code == 422
    assert "Choisissez parmi vos départements." in answer.text
    assert post(visitor, path, {**given, "department": HERE}).status_code == 303
    db.session.refresh(land.here)
    assert land.here.department == HERE


def test_a_report_never_leaves_the_territory(land: Land, desk: Callable[[User], PageClient], db: SQLAlchemy) -> None:
    visitor = desk(land.reviewer)
    assert "Passerelle" not in visitor.get("/rapports").text
    asked = {"federation": str(land.federation.id), "kind": "workbook"}
    answer = post(visitor, "/rapports", asked)
    assert answer.status_code == 303
    run = db.session.get_one(ReportRun, UUID(answer.location.rpartition("/")[2]))
    assert run.parameters["departments"] == [HERE]
    assert visitor.get(f"/rapports/{run.id}").status_code == 200
    assert post(visitor, "/rapports", {**asked, "departments": THERE}).status_code == 422
    assert post(visitor, "/rapports", {**asked, "centres": str(land.there.id)}).status_code == 422


def test_a_report_on_more_than_the_territory_stays_unknown(land: Land, desk: Callable[[User], PageClient]) -> None:
    visitor = desk(land.reviewer)
    for departments, status in (([], 404), ([THERE], 404), ([HERE, THERE], 404), ([HERE], 200)):
        run = factories.ReportRunFactory(federation=land.federation, parameters={"departments": departments})
        assert visitor.get(f"/rapports/{run.id}").status_code == status, departments
        assert (str(run.id) in visitor.get("/rapports").text) == (status == 200)


def test_the_form_of_an_invitation_offers_the_territory(
    land: Land, desk: Callable[[User], PageClient], db: SQLAlchemy
) -> None:
    visitor = desk(land.chief)
    assert "Tarn-et-Garonne" in visitor.get("/comptes/inviter").text
    given = {"email": "nina@val.example", "full_name": "Nina Fabre", "role": "relecteur", "departments": [HERE]}
    assert post(visitor, "/comptes/inviter", given).status_code == 302
    user = db.session.query(User).filter_by(email="nina@val.example").one()
    assert user.roles[0].departments == [HERE]
    assert in_words(user.roles[0]) == "Relecteur, Fédération du Val (Lot)"
    assert "Relecteur, Fédération du Val (Lot)" in visitor.get(f"/comptes/{user.id}").text
    assert territory_of(actor_of(user), Act.REVIEW_READ, land.federation.id) == {HERE}


def test_a_limited_administrator_invites_in_the_territory_only(land: Land, desk: Callable[[User], PageClient]) -> None:
    visitor = desk(land.administrator)
    page = visitor.get("/comptes/inviter").text
    assert 'value="relecteur"' not in page
    assert "Passerelle" not in page
    given = {"email": "nina@val.example", "full_name": "Nina Fabre"}
    for role in ("relecteur", "administrateur", "financeur"):
        assert post(visitor, "/comptes/inviter", {**given, "role": role}).status_code == 422
    for centre, status in ((land.there, 422), (land.here, 302)):
        answer = post(visitor, "/comptes/inviter", {**given, "role": "membre", "centre": str(centre.id)})
        assert answer.status_code == status


def test_the_territory_of_a_role_is_changed_on_the_page_of_the_person(
    land: Land, desk: Callable[[User], PageClient], db: SQLAlchemy
) -> None:
    visitor, role = desk(land.chief), land.reviewer.roles[0]
    path, field = f"/comptes/roles/{role.id}/departements", f"departments-{role.id}"
    assert post(visitor, path, {field: [THERE]}).status_code == 302
    db.session.refresh(role)
    assert role.departments == [THERE]
    assert post(visitor, path, {field: ["99"]}).status_code == 422
    assert post(visitor, path, {field: [THERE]}).status_code == 422
    assert post(visitor, path, {}).status_code == 302
    db.session.refresh(role)
    assert role.departments == []
    kinds = [event.kind for event in db.session.query(Event).order_by(Event.seq)]
    assert kinds.count("account.role_limited") == 2


def test_the_other_role_of_the_place_keeps_the_territory(land: Land) -> None:
    accounts.replace(land.reviewer.roles[0], RoleName.ADMINISTRATOR, actor=actor_of(land.chief), at=now())
    user = by_id(land.reviewer.id)
    assert user is not None
    assert [(role.name, role.departments) for role in user.roles] == [(RoleName.ADMINISTRATOR, [HERE])]


def test_a_federation_keeps_an_administrator_for_all_of_it(land: Land, db: SQLAlchemy) -> None:
    role, chief = land.chief.roles[0], actor_of(land.chief)
    for attempt in (
        lambda: accounts.take_away(role, actor=chief, at=now()),
        lambda: accounts.limit(role, [HERE], actor=chief, at=now()),
    ):
        with pytest.raises(Refused, match="pour tous ses départements"):
            attempt()
        db.session.rollback()
    accounts.take_away(land.administrator.roles[0], actor=chief, at=now())


@pytest.mark.parametrize(("name", "codes"), [(RoleName.MEMBER, (HERE,)), (RoleName.REVIEWER, ("99",))])
def test_only_a_role_of_the_federation_is_limited_and_to_real_departments(
    land: Land, name: RoleName, codes: tuple[str, ...]
) -> None:
    place = {"centre": land.here} if name is RoleName.MEMBER else {"federation": land.federation}
    with pytest.raises(Refused, match="Choisissez les départements"):
        accounts.invite(
            email="nina@val.example",
            full_name="Nina Fabre",
            post=Post(name, departments=codes, **place),
            actor=actor_of(land.chief),
            inviter="Odile",
            at=now(),
        )
