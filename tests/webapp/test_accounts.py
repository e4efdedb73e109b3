"""Coming in: password, single-use links, sessions that end; every journey as a person makes it."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine
from argon2 import Type, extract_parameters
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

from tests import factories
from tests.client import PageClient
from tests.servers import MailSink
from tests.signing import post, sign_in
from webapp.clock import now
from webapp.config import Settings
from webapp.models import Centre, Event, Link, User, UserSession
from webapp.policy import OPERATOR
from webapp.services import accounts, links, mail, passwords, sessions
from webapp.services.accounts import Post
from webapp.vocabulary import LinkPurpose, RoleName

NEW = "trois chèvres sur la colline"


@pytest.fixture
def centre(db: SQLAlchemy) -> Centre:
    """A centre of a federation."""
    made: Centre = factories.CentreFactory()
    return made


@pytest.fixture
def member(centre: Centre) -> User:
    """Somebody who fills in the centre's sheets."""
    return factories.person(RoleName.MEMBER, centre)


def type_password(client: PageClient, user: User, password: str = factories.PASSWORD, **fields: str) -> int:
    """Fill the sign-in page in."""
    return post(client, "/connexion", {"email": user.email, "password": password, **fields}).status_code


def is_in(client: PageClient) -> bool:
    """Whether one's own account opens."""
    return client.get("/compte").status_code == 200


def link_in(mails: MailSink, recipient: str) -> str:
    """The address in the last mail to that person, once the worker has been by."""
    mail.send_due(at=now())
    message = mails.to(recipient)[-1]
    body = message.get_body(("plain",))
    assert body is not None
    found = re.search(r"https?://\S+", body.get_content())
    assert found is not None
    return found.group()


def path_in(mails: MailSink, recipient: str, settings: Settings) -> str:
    """The same, without our base address, which it must begin with."""
    address = link_in(mails, recipient)
    assert address.startswith(settings.base_url + "/")
    return address.removeprefix(settings.base_url)


def test_one_signs_in_with_a_password_and_comes_back_to_where_one_was_going(client: PageClient, member: User) -> None:
    asked = client.get("/compte/appareils")
    assert asked.status_code == 302
    assert asked.location == "/connexion?next=/compte/appareils"
    assert client.get(asked.location).status_code == 200
    form = {"email": f" {member.email.upper()} ", "password": factories.PASSWORD, "next": "/compte/appareils"}
    assert post(client, "/connexion", form).location == "/compte/appareils"
    assert is_in(client)


def test_a_wrong_password_and_an_unknown_address_say_the_same(client: PageClient, member: User) -> None:
    answers = [
        post(client, "/connexion", {"email": "x@y.example", "password": password}).text.replace(email, "")
        for email, password in ((member.email, "pas celui-là du tout"), ("nobody@nowhere.example", factories.PASSWORD))
    ]
    wrong = post(client, "/connexion", {"email": member.email, "password": "pas celui-là du tout"})
    assert wrong.status_code == 422
    assert "n’est pas le bon" in wrong.text
    assert member.full_name not in wrong.text
    assert "n’est pas le bon" in answers[1]
    assert not is_in(client)


@pytest.mark.parametrize("way", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_the_way_back_never_leaves_the_site(client: PageClient, member: User, way: str) -> None:
    form = {"email": member.email, "password": factories.PASSWORD, "next": way}
    location = post(client, "/connexion", form).location
    assert location.startswith("/")
    assert "evil" not in location
    assert "script" not in location


def test_a_closed_account_stays_out(client: PageClient, db: SQLAlchemy, member: User) -> None:
    sign_in(client, member)
    assert is_in(client)
    member.active = False
    db.session.commit()
    assert not is_in(client)
    assert type_password(client, member) == 422


def test_signing_out_ends_the_session_for_good(
    client: PageClient, make_client: Callable[[], PageClient], member: User
) -> None:
    type_password(client, member)
    with client.session_transaction() as kept:
        stolen = dict(kept)
    assert post(client, "/deconnexion").location == "/connexion"
    thief = make_client()
    with thief.session_transaction() as kept:
        kept.update(stolen)
    assert not is_in(thief)


def test_signing_out_needs_a_form(client: PageClient, member: User) -> None:
    sign_in(client, member)
    assert client.get("/deconnexion").status_code == 405
    assert client.post("/deconnexion").status_code == 400
    assert is_in(client)


def test_a_session_ends_by_itself_after_its_time(client: PageClient, member: User) -> None:
    sign_in(client, member)
    with time_machine.travel(now() + timedelta(days=29), tick=False):
        assert is_in(client)
    with time_machine.travel(now() + timedelta(days=31), tick=False):
        assert not is_in(client)


def test_signing_in_begins_a_new_session_with_another_form_token(client: PageClient, member: User) -> None:
    client.get("/connexion")
    with client.session_transaction() as kept:
        before = kept["csrf_token"]
    type_password(client, member)
    client.get("/compte")
    with client.session_transaction() as kept:
        assert kept["csrf_token"] != before


def test_a_link_signs_in_once(client: PageClient, mails: MailSink, settings: Settings, member: User) -> None:
    assert post(client, "/connexion/lien", {"email": member.email}).location == "/connexion/lien/envoye"
    path = path_in(mails, member.email, settings)
    for _ in range(2):
        page = client.get(path)
        assert page.status_code == 200
        assert "Me connecter" in page.text
    assert not is_in(client)
    assert post(client, path).status_code == 302
    assert is_in(client)


def test_a_link_used_twice_is_refused(
    client: PageClient, make_client: Callable[[], PageClient], mails: MailSink, settings: Settings, member: User
) -> None:
    post(client, "/connexion/lien", {"email": member.email})
    path = path_in(mails, member.email, settings)
    post(client, path)
    second = make_client()
    assert second.get(path).status_code == 410
    assert post(second, path).status_code == 410
    assert not is_in(second)


def test_of_two_who_use_a_link_at_once_one_gets_in(db: SQLAlchemy, member: User) -> None:
    row, token = links.issue(member, LinkPurpose.SIGN_IN, at=now())
    db.session.commit()
    # The other one was faster between our reading and our writing.
    found = links.find(token, at=now())
    assert found is not None
    db.session.execute(sa.update(Link).where(Link.id == row.id).values(used_at=now()))
    with pytest.raises(Exception, match="déjà servi"):
        links.take(token, at=now())


def test_a_link_is_void_after_half_an_hour(
    client: PageClient, mails: MailSink, settings: Settings, member: User
) -> None:
    post(client, "/connexion/lien", {"email": member.email})
    path = path_in(mails, member.email, settings)
    with time_machine.travel(now() + timedelta(minutes=29), tick=False):
        assert client.get(path).status_code == 200
    with time_machine.travel(now() + timedelta(minutes=31), tick=False):
        assert client.get(path).status_code == 410
        assert post(client, path).status_code == 410
    assert not is_in(client)


def test_asking_for_a_link_does_not_say_who_has_an_account(
    client: PageClient, mails: MailSink, db: SQLAlchemy, member: User
) -> None:
    for address in ("/connexion/lien", "/connexion/mot-de-passe-oublie"):
        known, unknown = (
            post(client, address, {"email": email}) for email in (member.email, "personne@nulle-part.example")
        )
        assert (known.status_code, known.location) == (unknown.status_code, unknown.location)
    mail.send_due(at=now())
    assert {str(message["To"]) for message in mails.messages} == {member.email}


def test_the_links_of_mails_never_follow_the_host_of_a_request(
    client: PageClient, mails: MailSink, settings: Settings, member: User
) -> None:
    evil = {"base_url": "http://evil.example", "headers": {"X-Forwarded-Host": "evil.example"}}
    page = client.get("/connexion", **evil)
    token = re.findall(r'name="csrf_token" value="([^"]+)"', page.text)[0]
    assert client.post("/connexion/lien", data={"email": member.email, "csrf_token": token}, **evil).status_code == 302
    assert link_in(mails, member.email).startswith(settings.base_url + "/connexion/lien/")
    assert all("evil" not in message.as_string() for message in mails.messages)


def test_the_database_holds_no_token(
    client: PageClient, mails: MailSink, settings: Settings, db: SQLAlchemy, member: User
) -> None:
    post(client, "/connexion/lien", {"email": member.email})
    token = path_in(mails, member.email, settings).rpartition("/")[2]
    assert token not in db.session.scalars(sa.select(Link.token_hash)).all()
    assert links.find(token, at=now()) is not None
    type_password(client, member)
    with client.session_transaction() as kept:
        assert kept["session_token"] not in db.session.scalars(sa.select(UserSession.token_hash)).all()


def test_an_invited_person_chooses_a_password_and_is_in(
    client: PageClient, mails: MailSink, settings: Settings, centre: Centre
) -> None:
    post_ = Post(RoleName.RESPONSIBLE, centre=centre)
    user, _ = accounts.invite(
        email="Nadia@Centre.Example", full_name="Nadia Roux", post=post_, actor=OPERATOR, inviter="Odile", at=now()
    )
    assert user.password is None
    assert type_password(client, user, "") == 422
    path = path_in(mails, "nadia@centre.example", settings)
    with time_machine.travel(now() + timedelta(days=13), tick=False):
        page = client.get(path)
        assert "Choisir votre mot de passe" in page.text
        weak = post(client, path, {"password": "court"})
        assert weak.status_code == 422
        assert "12 caractères" in weak.text
        assert post(client, path, {"password": NEW}).status_code == 302
        assert is_in(client)
        assert client.get(path).status_code == 410


def test_an_invitation_ends_after_a_fortnight(
    client: PageClient, mails: MailSink, settings: Settings, centre: Centre
) -> None:
    post_ = Post(RoleName.MEMBER, centre=centre)
    accounts.invite(email="n@c.example", full_name="N", post=post_, actor=OPERATOR, inviter="", at=now())
    path = path_in(mails, "n@c.example", settings)
    with time_machine.travel(now() + timedelta(days=15), tick=False):
        assert client.get(path).status_code == 410


def test_a_forgotten_password_is_replaced_once_and_everything_else_ends(
    client: PageClient, make_client: Callable[[], PageClient], mails: MailSink, settings: Settings, member: User
) -> None:
    elsewhere = make_client()
    sign_in(elsewhere, member)
    sent = post(client, "/connexion/mot-de-passe-oublie", {"email": member.email})
    assert client.get(sent.location).status_code == 200
    path = path_in(mails, member.email, settings)
    assert post(client, path, {"password": NEW}).status_code == 302
    assert is_in(client)
    assert not is_in(elsewhere)
    assert post(make_client(), path, {"password": "encore un autre mot"}).status_code == 410
    assert type_password(make_client(), member) == 422
    assert type_password(make_client(), member, NEW) == 302


def test_a_sign_in_link_cannot_choose_a_password(db: SQLAlchemy, member: User) -> None:
    _, token = links.issue(member, LinkPurpose.SIGN_IN, at=now())
    db.session.commit()
    with pytest.raises(Exception, match="déjà servi"):
        accounts.choose_password(token, NEW, at=now())
    assert passwords.is_right(member, factories.PASSWORD)


@pytest.mark.parametrize(
    "password", ["trop court", "aaaaaaaaaaaaaaaaaa", "motdepasse123456789", "camille.bessieres", "x" * 201]
)
def test_a_password_that_would_be_guessed_is_refused(password: str) -> None:
    with pytest.raises(Exception, match=r"(mot de passe|devine)"):
        passwords.refuse_weak(password, email="camille.bessieres@centre.example")


def test_a_good_password_is_accepted_however_its_accents_are_typed(db: SQLAlchemy) -> None:
    user = factories.UserFactory()
    user.password = passwords.hash_password("une fe\u0302te a\u0300 l’e\u0301tang")
    assert passwords.is_right(user, "une fe\u0302te a\u0300 l’e\u0301tang")
    assert passwords.is_right(user, "une f\u00eate \u00e0 l’\u00e9tang")
    assert not passwords.is_right(user, "une fete a l’etang")


def test_what_is_kept_of_a_password_is_dear_to_try() -> None:
    kept = extract_parameters(passwords.hash_password(factories.PASSWORD))
    assert kept.type is Type.ID
    # In kibibytes: the second choice of RFC 9106.
    assert (kept.memory_cost, kept.time_cost) == (65_536, 3)


def test_a_change_of_rights_ends_the_sessions(client: PageClient, db: SQLAlchemy, centre: Centre, member: User) -> None:
    sign_in(client, member)
    assert is_in(client)
    accounts.replace(member.roles[0], RoleName.RESPONSIBLE, actor=OPERATOR, at=now())
    assert not is_in(client)
    sign_in(client, member)
    accounts.give(member, Post(RoleName.REVIEWER, federation=centre.federation), actor=OPERATOR, at=now())
    accounts.take_away(member.roles[0], actor=OPERATOR, at=now())
    assert not is_in(client)


def test_a_gained_role_holds_at_once_in_the_sessions_that_are_open(
    client: PageClient, db: SQLAlchemy, centre: Centre, member: User
) -> None:
    sign_in(client, member)
    assert client.get("/relecture").status_code == 403
    accounts.give(member, Post(RoleName.REVIEWER, federation=centre.federation), actor=OPERATOR, at=now())
    assert client.get("/relecture").status_code == 200


def test_a_program_is_told_that_its_session_died(client: PageClient, member: User) -> None:
    sign_in(client, member)
    sessions.end_others(member, kept=None, at=now())
    for headers in ({"Accept": "application/json"}, {"X-Requested-With": "fetch"}, {"X-CSRFToken": "x"}):
        answer = client.get("/compte", headers=headers)
        assert answer.status_code == 401
        assert answer.get_json()["message"] == "Connectez-vous pour continuer."


def test_every_coming_and_going_is_in_the_journal(client: PageClient, db: SQLAlchemy, member: User) -> None:
    type_password(client, member)
    post(client, "/deconnexion")
    kinds = db.session.scalars(sa.select(Event.kind).where(Event.actor_id == member.id).order_by(Event.seq)).all()
    assert kinds == ["account.signed_in", "account.signed_out"]


def test_too_many_tries_are_slowed_down(make_app: Callable[..., Flask], db: SQLAlchemy, member: User) -> None:
    client = make_app(rate_limits=True).test_client()
    assert isinstance(client, PageClient)
    codes = [type_password(client, member, f"un essai de plus {number}") for number in range(12)]
    assert codes[:10] == [422] * 10
    assert codes[10:] == [429, 429]


def test_too_many_mails_are_slowed_down(make_app: Callable[..., Flask], db: SQLAlchemy, member: User) -> None:
    client = make_app(rate_limits=True).test_client()
    codes = [post(client, "/connexion/lien", {"email": member.email}).status_code for _ in range(7)]
    assert codes == [302] * 5 + [429] * 2


def test_the_demonstration_accounts_are_shown_where_there_is_a_demonstration(
    client: PageClient, make_app: Callable[..., Flask], db: SQLAlchemy, member: User
) -> None:
    assert 'data-testid="demonstration"' in client.get("/connexion").text
    served = make_app(demo_password="").test_client().get("/connexion").text
    assert "demonstration" not in served
    assert member.email not in served
