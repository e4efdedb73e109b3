"""Invitations: one mail a person, whatever happens to the worker, its state told, and a link that leads in."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

from tests import factories
from tests.client import PageClient
from tests.clock import SetClock
from tests.page_forms import form_on
from tests.servers import MailSink, free_port
from tests.signing import post, sign_in
from webapp.models import Campaign, Centre, Event, Job, Link, Mail, PersonalLink, Role, User
from webapp.queries.invitations import waiting
from webapp.services import invitations, jobs, mail, personal_links
from webapp.services.accounts import LONGEST_NAME
from webapp.vocabulary import JobState, LinkPurpose, MailState, PersonalPurpose, RoleName

AT = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
def today(set_clock: SetClock) -> datetime:
    set_clock(AT)
    return AT


@pytest.fixture
def campaign(client: PageClient, db: SQLAlchemy, today: datetime) -> Campaign:
    """A campaign; the federation's administrator has signed in."""
    campaign: Campaign = factories.CampaignFactory()
    sign_in(client, factories.person(RoleName.ADMINISTRATOR, campaign.federation, password=None))
    return campaign


def centre(campaign: Campaign, **details: object) -> Centre:
    """A centre expected in that campaign."""
    made: Centre = factories.CentreFactory(federation=campaign.federation, **details)
    factories.expect(campaign, made)
    return made


def run_jobs(db: SQLAlchemy) -> None:
    db.session.commit()
    for (job_id,) in db.session.query(Job.id).filter(Job.state == JobState.QUEUED).all():
        db.session.rollback()
        jobs.run(job_id, clock=lambda: AT)


def invite(client: PageClient, db: SQLAlchemy, campaign: Campaign) -> None:
    """Press the button, and let the worker work."""
    assert post(client, f"/campagnes/{campaign.id}/invitations").status_code == 303
    run_jobs(db)


def state_of(client: PageClient, campaign: Campaign, name: str) -> str:
    """The line of that centre on the page of the invitations, in words."""
    page = client.get(f"/campagnes/{campaign.id}/invitations").text.replace("\u00a0", " ")
    line = next(row for row in page.split("<tr>")[1:] if name in row)
    return " ".join(re.sub(r"<[^>]*>", " ", line.partition("</tr>")[0]).split())


def token_in(db: SQLAlchemy, recipient: str) -> str:
    text = db.session.query(Mail.text).filter_by(recipient=recipient).one()[0]
    return text.partition("/invitation/")[2].split()[0]


def link_of(db: SQLAlchemy, campaign: Campaign, email: str) -> str:
    """A fresh link as a mail would carry it, and its token."""
    _link, token = personal_links.issue(
        PersonalPurpose.CAMPAIGN,
        target_id=campaign.id,
        federation_id=campaign.federation_id,
        email=email,
        name="Jean Delmas",
        at=AT,
    )
    db.session.commit()
    return f"/invitation/{token}"


def test_each_person_gets_one_mail_whatever_the_number_of_centres(
    client: PageClient, campaign: Campaign, db: SQLAlchemy
) -> None:
    first, second = centre(campaign, name="Le Lavoir"), centre(campaign, name="Le Préau")
    both = factories.person(RoleName.RESPONSIBLE, first, email="rose@lavoir.example")
    factories.grant(both, RoleName.RESPONSIBLE, second)
    factories.person(RoleName.MEMBER, first, email="membre@lavoir.example")
    contact = centre(campaign, name="La Rive", email="Contact@Rive.example", contact_name="Jean Delmas")
    silent = centre(campaign, name="Le Muet", email=None)
    started = centre(campaign, name="Le Pressé", email="presse@centre.example")
    factories.SheetFactory(campaign=campaign, centre=started)
    page = client.get(f"/campagnes/{campaign.id}/invitations")
    assert "2\u00a0personnes à inviter" in page.text
    assert "2\u00a0mails partent maintenant." in page.text
    # The first in the order of addresses.
    assert "Bonjour Jean Delmas," in page.text
    assert db.session.query(Mail).count() == 0
    invite(client, db, campaign)
    mails = {one.recipient: one for one in db.session.query(Mail)}
    assert set(mails) == {"rose@lavoir.example", "contact@rive.example"}
    assert "Le Lavoir, Le Préau" in mails["rose@lavoir.example"].text
    assert mails["rose@lavoir.example"].user_id == both.id
    assert mails["contact@rive.example"].centre_id == contact.id
    assert "choisir un mot de passe" in mails["contact@rive.example"].text
    assert "choisir un mot de passe" not in mails["rose@lavoir.example"].text
    assert "Sans adresse" in state_of(client, campaign, silent.name)
    assert "A déjà commencé" in state_of(client, campaign, started.name)
    assert db.session.query(Event).filter_by(kind="campaign.invited").count() == 1
    assert post(client, f"/campagnes/{campaign.id}/invitations", follow_redirects=True).status_code == 200
    assert db.session.query(Job).count() == 1


def test_a_worker_killed_in_the_middle_sends_no_second_mail(
    campaign: Campaign, db: SQLAlchemy, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(6):
        centre(campaign, email=f"contact{number}@centre.example")
    job = invitations.ask(campaign.id, actor_id=None, at=AT)
    job_id, campaign_id = job.id, campaign.id
    said = jobs.Running.progress
    steps = []

    class Killed(BaseException):
        pass

    def dies(running: jobs.Running, phase: str, done: int, total: int) -> None:
        steps.append(done)
        if len(steps) == 3:
            raise Killed
        said(running, phase, done, total)

    monkeypatch.setattr(jobs.Running, "progress", dies)
    with pytest.raises(Killed):
        jobs.run(job_id, clock=lambda: AT)
    db.session.rollback()
    assert db.session.query(Mail).count() == 3
    later = AT + jobs.SILENCE * 2
    assert jobs.left_behind(at=later) == [job_id]
    assert jobs.run(job_id, clock=lambda: later)
    recipients = [one.recipient for one in db.session.query(Mail)]
    assert sorted(recipients) == [f"contact{number}@centre.example" for number in range(6)]
    assert db.session.query(PersonalLink).count() == 6
    found = db.session.get_one(Campaign, campaign_id)
    assert waiting(found, at=later) == []


class Strict(MailSink):
    """A mail server that knows not everybody."""

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Refuse for ever whoever it does not know; the name is aiosmtpd's."""
        if address.startswith("inconnu"):
            return "550 5.1.1 Utilisateur inconnu"
        envelope.rcpt_tos.append(address)
        return "250 OK"


@pytest.fixture
def strict(make_app: Callable[..., Flask]) -> Iterator[tuple[Strict, Callable[[], int]]]:
    """That server, and how the outbox is emptied into it."""
    sink = Strict(port=free_port())
    controller = Controller(sink, hostname="127.0.0.1", port=sink.port)
    controller.start()
    other = make_app(mail_url=f"smtp://127.0.0.1:{sink.port}")

    def send() -> int:
        with other.app_context():
            return mail.send_due(at=AT + timedelta(minutes=1))

    try:
        yield sink, send
    finally:
        controller.stop()


def test_the_state_of_each_mail_is_told_and_a_refused_one_leaves_again_corrected(
    client: PageClient, campaign: Campaign, db: SQLAlchemy, strict: tuple[Strict, Callable[[], int]]
) -> None:
    sink, send = strict
    reached, wrong = (
        centre(campaign, name="Le Lavoir", email="accueil@lavoir.example"),
        centre(campaign, name="Le Préau", email="inconnu@preau.example"),
    )
    assert "À inviter" in state_of(client, campaign, reached.name)
    invite(client, db, campaign)
    assert "En attente" in state_of(client, campaign, reached.name)
    token = token_in(db, "accueil@lavoir.example")
    db.session.commit()
    assert send() == 1
    assert "Envoyée le 2 novembre 2026" in state_of(client, campaign, reached.name)
    refused = state_of(client, campaign, wrong.name)
    assert "Refusée" in refused
    assert "Le serveur dit : 550 5.1.1 Utilisateur inconnu" in refused
    # The mail's link is its reader's alone once it has left.
    assert db.session.query(Mail.text).filter_by(recipient="accueil@lavoir.example").one()[0] == ""
    client.get(f"/invitation/{token}")
    assert "Envoyée le" in state_of(client, campaign, reached.name)
    failed = db.session.query(Mail).filter_by(recipient="inconnu@preau.example").one()
    form = form_on(client.get(f"/campagnes/{campaign.id}/invitations"), "/renvoyer")
    assert form.values("email") == ["inconnu@preau.example"]
    odd = form.fill(email="pas une adresse").press(client)
    assert odd.status_code == 422
    assert "adresse mail complète" in odd.text[odd.text.index(f'id="email-{failed.id}-error"') :]
    assert form.fill(email="accueil@preau.example").press(client).status_code == 303
    db.session.refresh(wrong)
    assert wrong.email == "accueil@preau.example"
    assert send() == 1
    assert "Envoyée le" in state_of(client, campaign, wrong.name)
    assert [str(one["To"]) for one in sink.messages] == ["accueil@lavoir.example", "accueil@preau.example"]
    old = db.session.get_one(PersonalLink, failed.link_id)
    assert old.revoked_at == AT
    assert post(client, f"/campagnes/{campaign.id}/invitations/{failed.id}/renvoyer", {"email": "a@b.example"})


def test_a_refused_mail_to_an_account_leaves_again_as_it_is(
    client: PageClient, campaign: Campaign, db: SQLAlchemy, strict: tuple[Strict, Callable[[], int]]
) -> None:
    _sink, send = strict
    place = centre(campaign)
    factories.person(RoleName.RESPONSIBLE, place, email="inconnu@centre.example")
    invite(client, db, campaign)
    db.session.commit()
    assert send() == 0
    failed = db.session.query(Mail).one()
    address = f"/campagnes/{campaign.id}/invitations/{failed.id}/renvoyer"
    refused = post(client, address, {"email": "autre@centre.example"})
    assert (refused.status_code, "adresse d’un compte" in refused.text) == (422, True)
    assert post(client, address, {"email": "inconnu@centre.example"}).status_code == 303
    db.session.refresh(failed)
    assert (failed.state, failed.attempts, failed.error) == (MailState.QUEUED, 0, None)
    assert post(client, address, {"email": "inconnu@centre.example"}).status_code == 422


def test_the_contact_of_a_centre_opens_its_account_by_the_link(
    client: PageClient, make_client: Callable[[], PageClient], campaign: Campaign, db: SQLAlchemy
) -> None:
    place = centre(campaign, name="La Rive", email="jean@rive.example", contact_name="Jean Delmas")
    invite(client, db, campaign)
    address = f"/invitation/{token_in(db, 'jean@rive.example')}"
    visitor = make_client()
    page = visitor.get(address)
    assert (page.headers["Cache-Control"], page.headers["Referrer-Policy"]) == ("no-store", "no-referrer")
    assert "La Rive" in page.text
    assert "31\u00a0janvier 2027" in page.text or "31 janvier 2027" in page.text.replace("\u00a0", " ")
    assert db.session.query(User).filter_by(email="jean@rive.example").count() == 0
    assert db.session.query(PersonalLink.opened_at).one() == (None,)
    form = form_on(page)
    assert form.values("full_name") == ["Jean Delmas"]
    for name in (" ", "x" * (LONGEST_NAME + 1)):
        assert form.fill(full_name=name).press(visitor).status_code == 422
    answer = form.fill(full_name="Jean Delmas").press(visitor)
    assert answer.location.startswith("/connexion/lien/")
    user = db.session.query(User).filter_by(email="jean@rive.example").one()
    held = db.session.query(Role).filter_by(user_id=user.id).one()
    assert (held.name, held.centre_id) == (RoleName.RESPONSIBLE, place.id)
    assert "Lien ouvert le 2 novembre 2026" in state_of(client, campaign, place.name)
    # Pressed again before the password is chosen: one account still, and a link that works.
    again = form_on(visitor.get(address)).press(visitor)
    chosen = form_on(visitor.get(again.location)).fill(password="une phrase assez longue").press(visitor)
    assert chosen.location == "/fiches"
    assert visitor.get("/fiches").status_code == 200
    assert form_on(visitor.get(address)).press(visitor).location == "/fiches"
    assert db.session.query(User).filter_by(email="jean@rive.example").count() == 1


def test_who_has_an_account_is_led_to_sign_in(
    make_client: Callable[[], PageClient], campaign: Campaign, db: SQLAlchemy
) -> None:
    place = centre(campaign)
    factories.person(RoleName.RESPONSIBLE, place, email="rose@lavoir.example")
    address, visitor = link_of(db, campaign, "rose@lavoir.example"), make_client()
    answer = form_on(visitor.get(address)).press(visitor)
    assert answer.location.startswith("/connexion?")
    assert "next=/fiches" in answer.location.replace("%2F", "/")
    assert 'value="rose@lavoir.example"' in visitor.get(answer.location).text
    assert db.session.query(Link).count() == 0


def test_an_invited_account_without_a_password_goes_on_to_choose_one(
    make_client: Callable[[], PageClient], campaign: Campaign, db: SQLAlchemy
) -> None:
    factories.person(RoleName.RESPONSIBLE, centre(campaign), email="rose@lavoir.example", password=None)
    visitor = make_client()
    answer = form_on(visitor.get(link_of(db, campaign, "rose@lavoir.example"))).press(visitor)
    assert answer.location.startswith("/connexion/lien/")
    assert [link.purpose for link in db.session.query(Link)] == [LinkPurpose.INVITATION]


def test_a_link_opens_no_account_for_whom_the_campaign_no_longer_reaches(
    make_client: Callable[[], PageClient], campaign: Campaign, db: SQLAlchemy
) -> None:
    place = centre(campaign, email="jean@rive.example")
    address, visitor = link_of(db, campaign, "jean@rive.example"), make_client()
    place.email = "autre@rive.example"
    db.session.commit()
    refused = form_on(visitor.get(address)).press(visitor)
    assert (refused.status_code, "n’est plus celle" in refused.text) == (422, True)
    for email, details in (("clos@rive.example", {"active": False}), ("lecteur@rive.example", {})):
        factories.person(RoleName.REVIEWER, campaign.federation, email=email, **details)
        refused = form_on(visitor.get(link_of(db, campaign, email))).press(visitor)
        assert (refused.status_code, "n’a pas de centre" in refused.text) == (422, True)
    assert db.session.query(User).filter(User.email.like("%rive.example")).count() == 2


def test_a_dead_link_says_what_to_do(make_client: Callable[[], PageClient], campaign: Campaign) -> None:
    visitor = make_client()
    for answer in (visitor.get("/invitation/perdu"), post(visitor, "/invitation/perdu")):
        assert answer.status_code == 410
        assert "demandez une invitation" in answer.text


def test_a_reviewer_sees_the_states_and_sends_nothing(client: PageClient, campaign: Campaign, db: SQLAlchemy) -> None:
    place = centre(campaign)
    failed = factories.MailFactory(
        kind="campaign_invitation",
        campaign_id=campaign.id,
        recipient=place.email,
        state=MailState.FAILED,
        error="550 non",
    )
    centre(campaign)
    sign_in(client, factories.person(RoleName.REVIEWER, campaign.federation, password=None))
    page = client.get(f"/campagnes/{campaign.id}/invitations").text
    assert "550 non" in page
    assert "Renvoyer" not in page
    assert "Envoyer les invitations" not in page
    assert post(client, f"/campagnes/{campaign.id}/invitations").status_code == 403
    assert post(client, f"/campagnes/{campaign.id}/invitations/{failed.id}/renvoyer").status_code == 403
    sign_in(client, factories.person(RoleName.ADMINISTRATOR, factories.FederationFactory(), password=None))
    assert client.get(f"/campagnes/{campaign.id}/invitations").status_code == 404


@pytest.mark.parametrize("part", ["/invitations", "", "/suivante"])
def test_the_page_asks_the_same_number_of_queries_for_many_centres(
    client: PageClient, campaign: Campaign, db: SQLAlchemy, part: str
) -> None:
    counts = []
    for many in (2, 20):
        for _ in range(many):
            factories.person(RoleName.RESPONSIBLE, centre(campaign), password=None)
            centre(campaign)
        counts.append(statements(client, f"/campagnes/{campaign.id}{part}", db))
    assert counts[0] == counts[1]


def statements(client: PageClient, address: str, db: SQLAlchemy) -> int:
    """How many statements a page sends."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        sent.append(statement)

    sa.event.listen(db.engine, "before_cursor_execute", note)
    try:
        assert client.get(address).status_code == 200
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", note)
    return len(sent)
