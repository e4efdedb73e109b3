"""One's own account: coordinates, password, devices, second factor, passkeys."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from playwright.sync_api import Browser

from forms.values import Refused
from tests import factories
from tests.client import PageClient
from tests.servers import MailSink, free_port, web_server
from tests.signing import post, sign_in, token_of
from webapp.clock import now
from webapp.models import Passkey, User
from webapp.queries.accounts import hash_of, open_sessions
from webapp.services import links, mail, passwords, second_factor
from webapp.vocabulary import LinkPurpose, RoleName

NEW = "trois chèvres sur la colline"
SECURITY = "/compte/double-authentification"


@pytest.fixture
def member(db: SQLAlchemy) -> User:
    """Somebody who fills in the sheets of a centre."""
    return factories.person(RoleName.MEMBER, factories.CentreFactory())


@pytest.fixture
def signed_in(client: PageClient, member: User) -> PageClient:
    """The same, signed in just now."""
    sign_in(client, member)
    return client


def code_of(key: str, *, later: int = 0) -> str:
    """What a telephone with that key shows now, or some half minutes later."""
    return pyotp.TOTP(key).at(now(), counter_offset=later)


def turn_on(client: PageClient) -> tuple[str, list[str]]:
    """Set the second factor up, page after page; its key and the recovery codes."""
    post(client, f"{SECURITY}/preparer")
    key = re.findall(r"<code>([A-Z2-7]+)</code>", client.get(SECURITY).text)[0]
    page = post(client, f"{SECURITY}/activer", {"code": code_of(key)})
    assert page.status_code == 200
    return key, re.findall(r"<code>([0-9a-f-]+)</code>", page.text)


@pytest.mark.parametrize("typed", ["abc", "12345", "05 65 00 00 00 (Rose)", "1" * 21, "----------"])
def test_what_is_no_telephone_number_is_refused_and_shown_again(
    signed_in: PageClient, db: SQLAlchemy, member: User, typed: str
) -> None:
    before = member.phone
    refused = post(signed_in, "/compte", {"full_name": "Rose Vidal", "phone": typed})
    assert refused.status_code == 422
    assert 'id="phone-error"' in refused.text
    assert f'value="{typed}"' in refused.text
    assert member.phone == before


@pytest.mark.parametrize("typed", ["05.65.00.00.00", "+33 (0)5 65 00 00 00", "05-65-00-00-00", ""])
def test_a_telephone_number_is_written_as_one_likes(
    signed_in: PageClient, db: SQLAlchemy, member: User, typed: str
) -> None:
    assert post(signed_in, "/compte", {"full_name": "Rose Vidal", "phone": typed}).status_code == 302
    assert (member.phone or "") == typed


def test_one_changes_name_and_telephone(signed_in: PageClient, db: SQLAlchemy, member: User) -> None:
    assert post(signed_in, "/compte", {"full_name": "  Rose   Vidal ", "phone": "05 65 00 00 00"}).status_code == 302
    assert (member.full_name, member.phone) == ("Rose Vidal", "05 65 00 00 00")
    refused = post(signed_in, "/compte", {"full_name": " ", "phone": "1"})
    assert refused.status_code == 422
    assert "Indiquez votre nom" in refused.text
    assert (member.full_name, member.phone) == ("Rose Vidal", "05 65 00 00 00")


def test_a_field_that_was_not_sent_stays(signed_in: PageClient, db: SQLAlchemy, member: User) -> None:
    member.phone = "05 65 00 00 00"
    db.session.commit()
    post(signed_in, "/compte", {"full_name": "Rose Vidal"})
    assert member.phone == "05 65 00 00 00"


def test_a_new_password_needs_the_old_one_and_signs_the_others_out(
    signed_in: PageClient, make_client: Callable[[], PageClient], mails: MailSink, member: User
) -> None:
    elsewhere = make_client()
    sign_in(elsewhere, member)
    wrong = post(signed_in, "/compte/mot-de-passe", {"current": "autre chose du tout", "password": NEW})
    assert wrong.status_code == 422
    weak = post(signed_in, "/compte/mot-de-passe", {"current": factories.PASSWORD, "password": "court"})
    assert weak.status_code == 422
    assert passwords.is_right(member, factories.PASSWORD)
    done = post(signed_in, "/compte/mot-de-passe", {"current": factories.PASSWORD, "password": NEW})
    assert done.status_code == 302
    assert passwords.is_right(member, NEW)
    assert signed_in.get("/compte").status_code == 200
    assert elsewhere.get("/compte").status_code == 302
    mail.send_due(at=now())
    assert [message["Subject"] for message in mails.to(member.email)] == ["Votre mot de passe a changé"]


def test_devices_are_listed_and_ended(
    signed_in: PageClient, make_client: Callable[[], PageClient], db: SQLAlchemy, member: User
) -> None:
    tablet, phone = make_client(), make_client()
    sign_in(tablet, member)
    sign_in(phone, member)
    page = signed_in.get("/compte/appareils").text
    assert page.count("Firefox sur Linux") == 3
    assert page.count("cet appareil") == 1
    with tablet.session_transaction() as kept:
        token = kept["session_token"]
    row = next(row for row in open_sessions(member.id, at=now()) if row.token_hash == hash_of(token))
    assert post(signed_in, f"/compte/appareils/{row.id}/deconnecter").status_code == 302
    assert tablet.get("/compte").status_code == 302
    assert phone.get("/compte").status_code == 200
    post(signed_in, "/compte/appareils/deconnecter-les-autres")
    assert phone.get("/compte").status_code == 302
    assert signed_in.get("/compte").status_code == 200


def test_the_devices_of_another_stay(
    signed_in: PageClient, make_client: Callable[[], PageClient], db: SQLAlchemy
) -> None:
    other = factories.person(RoleName.MEMBER, factories.CentreFactory())
    elsewhere = make_client()
    sign_in(elsewhere, other)
    row = open_sessions(other.id, at=now())[0]
    assert post(signed_in, f"/compte/appareils/{row.id}/deconnecter").status_code == 404
    assert elsewhere.get("/compte").status_code == 200


def test_a_session_is_marked_as_seen_by_what_writes_and_never_by_reading(
    signed_in: PageClient, db: SQLAlchemy, member: User
) -> None:
    began = open_sessions(member.id, at=now())[0].seen_at
    with time_machine.travel(now() + timedelta(hours=1), tick=False):
        signed_in.get("/compte")
        assert open_sessions(member.id, at=now())[0].seen_at == began
        post(signed_in, "/compte", {"full_name": "Rose Vidal"})
        assert open_sessions(member.id, at=now())[0].seen_at > began


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "94287082"), (1111111109, "07081804"), (1234567890, "89005924"), (20000000000, "65353130")],
)
def test_the_codes_are_those_of_the_standard(
    member: User, seconds: int, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The vectors of RFC 6238 are for the key 12345678901234567890. They have eight digits; ours are the last six.
    monkeypatch.setattr(pyotp, "random_base32", lambda: "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
    at = datetime.fromtimestamp(seconds, UTC)
    second_factor.prepare(member, at=at)
    second_factor.turn_on(member, code[2:], at=at)
    assert second_factor.is_on(member)


@pytest.mark.parametrize("half_minutes", [-2, 2])
def test_a_telephone_may_be_half_a_minute_off_not_more(member: User, half_minutes: int) -> None:
    second_factor.prepare(member, at=now())
    telephone, moment = pyotp.TOTP(second_factor.pending_key(member)), now()
    with pytest.raises(Refused):
        second_factor.turn_on(member, telephone.at(moment, counter_offset=half_minutes), at=moment)
    assert second_factor.turn_on(member, telephone.at(moment, counter_offset=half_minutes // 2), at=moment)


def test_with_the_second_factor_a_password_opens_only_half(
    signed_in: PageClient, make_client: Callable[[], PageClient], member: User
) -> None:
    key, _ = turn_on(signed_in)
    visitor = make_client()
    form = {"email": member.email, "password": factories.PASSWORD, "next": "/compte/appareils"}
    assert post(visitor, "/connexion", form).location == "/connexion/code"
    assert visitor.get("/compte").status_code == 302
    assert visitor.get("/connexion/code").status_code == 200
    wrong = post(visitor, "/connexion/code", {"code": "000000"})
    assert wrong.status_code == 422
    done = post(visitor, "/connexion/code", {"code": code_of(key, later=1)})
    assert done.location == "/compte/appareils"
    assert visitor.get("/compte").status_code == 200


def test_a_code_serves_once(signed_in: PageClient, make_client: Callable[[], PageClient], member: User) -> None:
    key, _ = turn_on(signed_in)
    used = code_of(key, later=1)
    for expected in (302, 422):
        visitor = make_client()
        post(visitor, "/connexion", {"email": member.email, "password": factories.PASSWORD})
        assert post(visitor, "/connexion/code", {"code": used}).status_code == expected


def test_a_recovery_code_serves_once_and_is_told(
    signed_in: PageClient, make_client: Callable[[], PageClient], mails: MailSink, member: User
) -> None:
    _, codes = turn_on(signed_in)
    assert len(set(codes)) == second_factor.RECOVERY_CODES
    for expected in (302, 422):
        visitor = make_client()
        post(visitor, "/connexion", {"email": member.email, "password": factories.PASSWORD})
        assert post(visitor, "/connexion/code", {"code": codes[0].upper()}).status_code == expected
    assert second_factor.codes_left(member) == second_factor.RECOVERY_CODES - 1
    mail.send_due(at=now())
    told = [body.get_content() for m in mails.to(member.email) if (body := m.get_body(("plain",))) is not None]
    assert any("code de secours a servi" in text for text in told)


def test_a_mail_link_does_not_go_round_the_second_factor(
    signed_in: PageClient, make_client: Callable[[], PageClient], db: SQLAlchemy, member: User
) -> None:
    turn_on(signed_in)
    for purpose, form in ((LinkPurpose.SIGN_IN, {}), (LinkPurpose.RESET, {"password": NEW})):
        _, token = links.issue(member, purpose, at=now())
        db.session.commit()
        visitor = make_client()
        assert post(visitor, links.path_of(token), form).location == "/connexion/code"
        assert visitor.get("/compte").status_code == 302


def test_a_half_open_door_closes_after_ten_minutes_or_a_new_password(
    signed_in: PageClient, make_client: Callable[[], PageClient], db: SQLAlchemy, member: User
) -> None:
    key, _ = turn_on(signed_in)
    for late in (True, False):
        visitor = make_client()
        post(visitor, "/connexion", {"email": member.email, "password": factories.PASSWORD})
        if not late:
            passwords.set_password(member, NEW, kept_session=None, at=now())
        with time_machine.travel(now() + timedelta(minutes=11 if late else 0), tick=False):
            answer = post(visitor, "/connexion/code", {"code": code_of(key, later=1)})
        assert answer.location == "/connexion"


def test_the_secret_and_the_codes_are_not_readable_in_the_database(
    signed_in: PageClient, db: SQLAlchemy, member: User
) -> None:
    key, codes = turn_on(signed_in)
    assert key not in (member.totp_secret or "")
    assert not set(codes) & set(member.recovery_codes)


def test_what_protects_the_account_asks_again_who_is_there(signed_in: PageClient, member: User) -> None:
    with time_machine.travel(now() + timedelta(hours=1), tick=False):
        asked = post(signed_in, f"{SECURITY}/preparer")
        assert asked.location.startswith("/compte/confirmation")
        assert member.totp_secret is None
        assert signed_in.get(asked.location).status_code == 200
        assert post(signed_in, "/compte/confirmation", {"password": "pas le bon du tout"}).status_code == 422
        confirmed = post(signed_in, "/compte/confirmation", {"password": factories.PASSWORD, "next": SECURITY})
        assert confirmed.location == SECURITY
        assert post(signed_in, f"{SECURITY}/preparer").location == SECURITY
        assert "Clé à recopier" in signed_in.get(SECURITY).text


def test_the_second_factor_is_turned_off_again(signed_in: PageClient, db: SQLAlchemy, member: User) -> None:
    turn_on(signed_in)
    assert "est active" in signed_in.get(SECURITY).text
    assert post(signed_in, f"{SECURITY}/codes").text.count("<code>") == second_factor.RECOVERY_CODES
    post(signed_in, f"{SECURITY}/desactiver")
    assert not second_factor.is_on(member)
    assert member.totp_secret is None


def test_passkeys_are_not_offered_where_browsers_refuse_them(signed_in: PageClient) -> None:
    assert "demandent que Recueil soit servi" in signed_in.get("/compte/cles").text
    assert "passkey" not in signed_in.get("/connexion").text


def test_an_answer_without_a_question_makes_no_passkey(signed_in: PageClient, db: SQLAlchemy) -> None:
    headers = {"X-CSRFToken": token_of(signed_in), "Content-Type": "application/json"}
    for address in ("/compte/cles", "/connexion/cle"):
        answer = signed_in.post(address, data="{}", headers=headers)
        assert answer.status_code == 422
        assert "n’a pas été reconnue" in answer.get_json()["message"]
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Passkey)) == 0


@pytest.mark.browser
def test_a_passkey_is_made_and_opens_the_account(
    browser: Browser, make_app: Callable[..., Flask], db: SQLAlchemy, member: User
) -> None:
    port = free_port()
    served = f"http://localhost:{port}"
    with web_server(make_app(base_url=served), port=port):
        context = browser.new_context(locale="fr-FR")
        page = context.new_page()
        devtools = context.new_cdp_session(page)
        devtools.send("WebAuthn.enable")
        telephone = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
        options = telephone | {"isUserVerified": True, "automaticPresenceSimulation": True}
        devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        page.goto(f"{served}/connexion?next=/compte/cles")
        page.get_by_label("Adresse mail").fill(member.email)
        page.get_by_label("Mot de passe").fill(factories.PASSWORD)
        page.get_by_role("button", name="Se connecter", exact=True).click()
        page.get_by_label("Nom de la clé").fill("Téléphone du centre")
        page.get_by_role("button", name="Ajouter une clé d’accès").click()
        page.get_by_text("La clé d’accès est ajoutée").wait_for()
        assert "Téléphone du centre" in page.get_by_test_id("keys").inner_text()
        context.clear_cookies()
        page.goto(f"{served}/connexion?next=/compte")
        page.get_by_role("button", name="Se connecter avec une clé d’accès").click()
        page.get_by_role("heading", name="Mon compte").wait_for()
        assert page.url == f"{served}/compte"
        context.close()
    assert db.session.scalars(sa.select(Passkey.name)).all() == ["Téléphone du centre"]
