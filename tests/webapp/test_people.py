"""The accounts of a federation: listing, inviting, changing roles, ending; by page and by command."""

import json
import re
from collections.abc import Callable
from uuid import uuid4

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

from tests import factories
from tests.client import PageClient
from tests.page_forms import form_on
from tests.servers import MailSink
from tests.signing import post, sign_in
from webapp.clock import now
from webapp.commands.user import command
from webapp.models import Centre, Event, Federation, Role, User
from webapp.policy import OPERATOR, Denied
from webapp.queries.accounts import actor_of, by_email
from webapp.services import accounts, mail, second_factor
from webapp.services.accounts import Post
from webapp.vocabulary import RoleName


@pytest.fixture
def federation(db: SQLAlchemy) -> Federation:
    """A federation."""
    made: Federation = factories.FederationFactory(name="Fédération du Val")
    return made


@pytest.fixture
def centre(federation: Federation) -> Centre:
    """One of its centres."""
    made: Centre = factories.CentreFactory(federation=federation, name="Le Lavoir")
    return made


@pytest.fixture
def administrator(federation: Federation) -> User:
    """Who keeps its accounts."""
    return factories.person(RoleName.ADMINISTRATOR, federation, full_name="Odile Martin")


@pytest.fixture
def desk(client: PageClient, administrator: User) -> PageClient:
    """The administrator, signed in."""
    sign_in(client, administrator)
    return client


def held(user: User) -> list[tuple[str, str | None]]:
    """The roles of an account, with the names of their centres."""
    return sorted((role.name.value, role.centre.name if role.centre else None) for role in user.roles)


def test_the_list_shows_the_people_here_by_place_and_nobody_else(
    desk: PageClient, federation: Federation, centre: Centre
) -> None:
    here = factories.person(RoleName.MEMBER, centre, full_name="Rose Vidal")
    funder = factories.FunderFactory(federation=federation, name="Caf du Val")
    paying = factories.person(RoleName.FUNDER, funder, full_name="Luc Payen")
    stranger = factories.person(RoleName.MEMBER, factories.CentreFactory(), full_name="Zoé Lointain")
    page = desk.get("/comptes").text
    assert page.index("Odile Martin") < page.index("Le Lavoir") < page.index(here.full_name) < page.index("Caf du Val")
    assert paying.full_name in page
    assert stranger.full_name not in page
    assert desk.get(f"/comptes/{here.id}").status_code == 200


def test_an_account_of_another_federation_is_as_one_that_is_not_there(desk: PageClient) -> None:
    stranger = factories.person(RoleName.MEMBER, factories.CentreFactory())
    role_id = stranger.roles[0].id
    for address, unknown in (
        (f"/comptes/{stranger.id}/fermer", f"/comptes/{uuid4()}/fermer"),
        (f"/comptes/{stranger.id}/roles", f"/comptes/{uuid4()}/roles"),
        (f"/comptes/{stranger.id}/inviter", f"/comptes/{uuid4()}/inviter"),
        (f"/comptes/roles/{role_id}/retirer", f"/comptes/roles/{uuid4()}/retirer"),
        (f"/comptes/roles/{role_id}/remplacer", f"/comptes/roles/{uuid4()}/remplacer"),
    ):
        assert post(desk, address).status_code == post(desk, unknown).status_code == 404
    headers = {"Accept": "application/json"}
    answers = [desk.get(f"/comptes/{user_id}", headers=headers) for user_id in (stranger.id, uuid4())]
    assert {answer.status_code for answer in answers} == {404}
    assert answers[0].data == answers[1].data
    assert stranger.active
    assert len(stranger.roles) == 1


@pytest.mark.parametrize("name", [RoleName.MEMBER, RoleName.RESPONSIBLE, RoleName.REVIEWER])
def test_who_keeps_no_accounts_is_told_who_does(client: PageClient, centre: Centre, name: RoleName) -> None:
    place = centre if name is not RoleName.REVIEWER else centre.federation
    sign_in(client, factories.person(name, place))
    answer = client.get("/comptes")
    assert answer.status_code == 403
    assert "Seul un administrateur de la fédération" in answer.text


def test_an_invitation_makes_an_account_and_sends_a_mail(
    desk: PageClient, mails: MailSink, db: SQLAlchemy, centre: Centre, administrator: User
) -> None:
    assert desk.get("/comptes/inviter").status_code == 200
    form = {"email": "Rose@Lavoir.Example", "full_name": "Rose Vidal", "role": "responsable", "centre": str(centre.id)}
    assert post(desk, "/comptes/inviter", form).location == "/comptes"
    user = by_email("rose@lavoir.example")
    assert user is not None
    assert held(user) == [("responsable", "Le Lavoir")]
    assert user.password is None
    mail.send_due(at=now())
    message = mails.to("rose@lavoir.example")[0]
    assert message["Subject"] == "Odile Martin vous invite sur Recueil"
    told = db.session.scalars(sa.select(Event).where(Event.kind == "account.role_given")).one()
    assert (told.actor_id, told.federation_id) == (administrator.id, centre.federation_id)
    assert told.data["role"] == "responsable"
    assert "Invité" in desk.get("/comptes").text


def test_an_invitation_can_be_sent_again_and_voids_the_first(desk: PageClient, mails: MailSink, centre: Centre) -> None:
    form = {"email": "rose@lavoir.example", "full_name": "Rose", "role": "membre", "centre": str(centre.id)}
    post(desk, "/comptes/inviter", form)
    user = by_email("rose@lavoir.example")
    assert user is not None
    assert "Renvoyer l’invitation" in desk.get(f"/comptes/{user.id}").text
    post(desk, f"/comptes/{user.id}/inviter")
    mail.send_due(at=now())
    first, second = (str(message) for message in mails.to("rose@lavoir.example"))
    assert first != second


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"email": "pas une adresse"}, "email"),
        ({"full_name": " "}, "full_name"),
        ({"role": ""}, "role"),
        ({"role": "roi"}, "role"),
        ({"centre": ""}, "centre"),
        ({"centre": str(uuid4())}, "centre"),
        ({"role": "financeur"}, "funder"),
    ],
)
def test_an_invitation_that_lacks_something_says_what(
    desk: PageClient, db: SQLAlchemy, centre: Centre, changes: dict[str, str], field: str
) -> None:
    factories.FunderFactory(federation=centre.federation)
    form = {"email": "r@l.example", "full_name": "Rose", "role": "membre", "centre": str(centre.id)} | changes
    answer = post(desk, "/comptes/inviter", form)
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert by_email("r@l.example") is None


def test_the_centre_of_another_federation_cannot_be_given(
    desk: PageClient, db: SQLAlchemy, administrator: User
) -> None:
    elsewhere = factories.CentreFactory()
    form = {"email": "r@l.example", "full_name": "Rose", "role": "membre", "centre": str(elsewhere.id)}
    assert post(desk, "/comptes/inviter", form).status_code == 422
    with pytest.raises(Denied):
        accounts.invite(
            email="r@l.example",
            full_name="Rose",
            post=Post(RoleName.MEMBER, centre=elsewhere),
            actor=actor_of(administrator),
            inviter="",
            at=now(),
        )
    db.session.rollback()
    assert by_email("r@l.example") is None


def test_an_administrator_makes_nobody_a_keeper_of_the_platform(desk: PageClient, db: SQLAlchemy) -> None:
    form = {"email": "r@l.example", "full_name": "Rose", "role": "plateforme"}
    assert post(desk, "/comptes/inviter", form).status_code in {403, 404}
    assert by_email("r@l.example") is None


def test_a_change_of_role_signs_the_person_out_and_tells_them(
    desk: PageClient, make_client: Callable[[], PageClient], mails: MailSink, centre: Centre
) -> None:
    member = factories.person(RoleName.MEMBER, centre)
    theirs = make_client()
    sign_in(theirs, member)
    assert "Passer responsable" in desk.get(f"/comptes/{member.id}").text
    post(desk, f"/comptes/roles/{member.roles[0].id}/remplacer")
    assert held(member) == [("responsable", "Le Lavoir")]
    assert theirs.get("/compte").status_code == 302
    mail.send_due(at=now())
    assert [message["Subject"] for message in mails.to(member.email)] == ["Vos accès à Recueil ont changé"]


def test_a_role_is_added_and_taken_away(desk: PageClient, db: SQLAlchemy, centre: Centre) -> None:
    member = factories.person(RoleName.MEMBER, centre)
    again = {"role": "membre", "centre": str(centre.id)}
    assert post(desk, f"/comptes/{member.id}/roles", again).status_code == 422
    assert post(desk, f"/comptes/{member.id}/roles", {"role": "relecteur"}).status_code == 302
    assert held(member) == [("membre", "Le Lavoir"), ("relecteur", None)]
    role = next(role for role in member.roles if role.name is RoleName.MEMBER)
    post(desk, f"/comptes/roles/{role.id}/retirer")
    assert held(member) == [("relecteur", None)]


def test_inviting_somebody_of_another_federation_signs_nobody_out_and_tells_no_name(
    desk: PageClient, make_client: Callable[[], PageClient], mails: MailSink, centre: Centre
) -> None:
    stranger = factories.person(RoleName.MEMBER, factories.CentreFactory(), full_name="Zoé Lointain")
    theirs = make_client()
    sign_in(theirs, stranger)
    form = {"email": stranger.email, "full_name": "Une Autre", "role": "membre", "centre": str(centre.id)}
    assert post(desk, "/comptes/inviter", form).status_code == 302
    assert theirs.get("/compte").status_code == 200
    for page in (desk.get("/comptes").text, desk.get(f"/comptes/{stranger.id}").text):
        assert stranger.email in page
        assert "Zoé Lointain" not in page
    assert stranger.email not in desk.get("/comptes?q=lointain").text
    mail.send_due(at=now())
    body = mails.to(stranger.email)[0].get_body(("plain",))
    assert body is not None
    assert "Reconnectez-vous" not in body.get_content()


def test_one_more_role_for_a_known_address_is_shown_before_it_is_given(
    desk: PageClient, mails: MailSink, db: SQLAlchemy, centre: Centre
) -> None:
    reviewer = factories.person(RoleName.REVIEWER, centre.federation, full_name="Maud Cressonnier")
    form = {"email": reviewer.email.upper(), "full_name": "Maude C.", "role": "membre", "centre": str(centre.id)}
    recap = post(desk, "/comptes/inviter", form)
    assert recap.status_code == 200
    assert "Maud Cressonnier" in recap.text
    assert f"({reviewer.email}) a déjà un compte" in recap.text
    assert "Relecteur, Fédération du Val" in recap.text
    assert "Membre, Le Lavoir" in recap.text
    assert "Maude C." in recap.text.partition("Son compte garde son nom")[2]
    assert held(reviewer) == [("relecteur", None)]
    assert db.session.scalars(sa.select(Event).where(Event.kind == "account.role_given")).all() == []
    asked = form_on(recap, "/comptes/inviter")
    again = form_on(asked.press(desk, "Revenir au formulaire"), "/comptes/inviter")
    assert [again.values(name) for name in ("email", "full_name", "centre")] == [
        [form["email"]], [form["full_name"]], [form["centre"]],
    ]  # fmt: skip
    assert held(reviewer) == [("relecteur", None)]
    done = desk.get(asked.press(desk, "Ajouter ce rôle").location).text
    assert "a maintenant aussi ce rôle\u00a0: Membre, Le Lavoir" in done
    assert held(reviewer) == [("membre", "Le Lavoir"), ("relecteur", None)]
    mail.send_due(at=now())
    assert [message["Subject"] for message in mails.to(reviewer.email)] == ["Vos accès à Recueil ont changé"]


def test_of_somebody_known_here_and_elsewhere_the_recap_tells_what_is_of_here(
    desk: PageClient, db: SQLAlchemy, centre: Centre
) -> None:
    rose = factories.person(RoleName.MEMBER, factories.CentreFactory(name="Le Lointain"), full_name="Rose Vidal")
    accounts.invite(
        email=rose.email,
        full_name="R",
        post=Post(RoleName.MEMBER, centre=centre),
        actor=OPERATOR,
        inviter="",
        at=now(),
    )
    form = {"email": rose.email, "full_name": "", "role": "responsable", "centre": str(centre.id)}
    page = post(desk, "/comptes/inviter", form).text
    assert "Membre, Le Lavoir" in page
    assert "Le Lointain" not in page
    assert "Rose Vidal" not in page


@pytest.mark.parametrize("name", ["Rose Vidal", ""])
@pytest.mark.parametrize("more", [{}, {"sure": "1"}])
def test_an_address_known_elsewhere_only_is_answered_as_an_unknown_one(
    desk: PageClient, centre: Centre, name: str, more: dict[str, str]
) -> None:
    stranger = factories.person(RoleName.MEMBER, factories.CentreFactory(), email="zoe@ailleurs.example")

    def answered(email: str) -> tuple[int, str, str]:
        form = {"email": email, "full_name": name, "role": "membre", "centre": str(centre.id)} | more
        answer = post(desk, "/comptes/inviter", form)
        shown = desk.get(answer.location).text if answer.location else answer.text
        notices = re.findall(
            r'<div class="notice.*?</div>\s*</div>|<div class="error-summary.*?</div>', shown, re.DOTALL
        )
        return answer.status_code, answer.location or "", "".join(notices).replace(email, "…")

    assert answered(stranger.email) == answered("zora@ailleurs.example")


def test_taking_the_last_role_says_the_same_on_the_page_and_by_mail(
    desk: PageClient, mails: MailSink, centre: Centre
) -> None:
    member = factories.person(RoleName.MEMBER, centre)
    post(desk, f"/comptes/roles/{member.roles[0].id}/retirer")
    assert "la personne n’apparaît plus ici" in desk.get("/comptes").text
    mail.send_due(at=now())
    body = mails.to(member.email)[0].get_body(("plain",))
    assert body is not None
    assert "dernier rôle" in body.get_content()
    assert "fermé" not in body.get_content()


def test_people_are_found_by_name_address_or_centre(desk: PageClient, federation: Federation, centre: Centre) -> None:
    rose = factories.person(RoleName.MEMBER, centre, full_name="Rose Vidal", email="r.v@lavoir.example")
    elsewhere = factories.CentreFactory(federation=federation, name="Le Pré")
    luc = factories.person(RoleName.MEMBER, elsewhere, full_name="Lucé Payen", email="lp@pre.example")
    for asked, found in (("VIDAL rose", rose), ("luce", luc), ("lp@pre", luc), ("lavoir", rose), ("le pre", luc)):
        page = desk.get("/comptes", query_string={"q": asked}).text
        assert [one.email in page for one in (rose, luc)] == [one is found for one in (rose, luc)], asked
    assert "Personne ne répond" in desk.get("/comptes?q=zzz").text


def test_a_federation_keeps_an_administrator(desk: PageClient, db: SQLAlchemy, administrator: User) -> None:
    role_id = administrator.roles[0].id
    for address in (
        f"/comptes/roles/{role_id}/retirer",
        f"/comptes/roles/{role_id}/remplacer",
        f"/comptes/{administrator.id}/fermer",
    ):
        answer = post(desk, address)
        assert answer.status_code == 422
        assert "au moins un administrateur" in answer.text
    assert held(administrator) == [("administrateur", None)]
    assert administrator.active


def test_a_closed_account_is_out_at_once_and_for_good(
    desk: PageClient, make_client: Callable[[], PageClient], mails: MailSink, db: SQLAlchemy, centre: Centre
) -> None:
    member = factories.person(RoleName.MEMBER, centre)
    theirs = make_client()
    sign_in(theirs, member)
    assert post(desk, f"/comptes/{member.id}/fermer").location == "/comptes"
    assert theirs.get("/compte").status_code == 302
    form = {"email": member.email, "password": factories.PASSWORD}
    assert post(theirs, "/connexion", form).status_code == 422
    assert not member.active
    assert held(member) == []
    mail.send_due(at=now())
    body = mails.to(member.email)[0].get_body(("plain",))
    assert body is not None
    assert "a été fermé" in body.get_content()


def run(app: Flask, *arguments: str) -> Result:
    """The command, as typed after `recueil user`."""
    return CliRunner().invoke(command, list(arguments), obj=app)


def test_the_command_invites_lists_links_and_closes(
    app: Flask, client: PageClient, db: SQLAlchemy, centre: Centre, administrator: User
) -> None:
    made = run(app, "add", "rose@lavoir.example", "--name", "Rose", "--role", "membre", "--centre", "le lavoir")
    assert made.exit_code == 0, made.output
    address = made.output.split()[-1]
    assert client.get("/connexion/lien/" + address.rpartition("/")[2]).status_code == 200
    listed = json.loads(run(app, "list", "--json").output)
    assert [line["roles"] for line in listed if line["email"] == "rose@lavoir.example"] == [["Membre, Le Lavoir"]]
    link = run(app, "link", administrator.email).output.splitlines()[0]
    assert post(client, "/connexion/lien/" + link.rpartition("/")[2]).status_code == 302
    assert client.get("/comptes").status_code == 200
    assert run(app, "close", "rose@lavoir.example").exit_code == 0
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Role)) == 1


def test_the_command_says_what_is_missing(app: Flask, db: SQLAlchemy, centre: Centre) -> None:
    for arguments in (
        ("add", "r@l.example", "--name", "Rose", "--role", "membre"),
        ("add", "r@l.example", "--name", "Rose", "--role", "relecteur", "--federation", "Nulle part"),
        ("add", "r", "--name", "Rose", "--role", "plateforme"),
        ("link", "personne@nulle-part.example"),
    ):
        done = run(app, *arguments)
        assert done.exit_code == 1
        assert "Error: " in done.output
    unnamed = run(app, "add", "r@l.example", "--role", "plateforme")
    assert "Indiquez le nom de la personne. (--name)" in unnamed.output


def test_the_command_helps_who_lost_telephone_and_codes(app: Flask, db: SQLAlchemy, administrator: User) -> None:
    administrator.second_factor_on = True
    db.session.commit()
    assert run(app, "reset-second-factor", administrator.email).exit_code == 0
    assert not second_factor.is_on(administrator)


def test_the_page_of_rights_is_open_to_all_and_names_every_role(client: PageClient, db: SQLAlchemy) -> None:
    page = client.get("/droits")
    assert page.status_code == 200
    for words in ("Responsable", "Relecteur", "Financeur", "Envoyer une fiche", "dans son centre"):
        assert words in page.text
