"""The officer's screen of a campaign: groups, calls, reminders, dates."""

import re
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

from tests import factories
from tests.client import PageClient
from tests.page_forms import form_on
from tests.servers import MailSink
from tests.signing import post
from tests.webapp import following as scenes
from tests.webapp.following import AT, Scene
from webapp import models
from webapp.guard import TOKEN
from webapp.services import jobs, mail, mail_preferences, reminders, sessions
from webapp.vocabulary import RoleName


@pytest.fixture
def scene(db: SQLAlchemy) -> Scene:
    return scenes.make()


@pytest.fixture
def officer(make_app: Callable[..., Flask], scene: Scene) -> PageClient:
    """A reviewer of the federation who has signed in, at the scene's hour."""
    client = make_app(now=AT).test_client()
    assert isinstance(client, PageClient)
    person = factories.person(RoleName.REVIEWER, scene.federation, password=None, full_name="Maud Cressonnier")
    sign_in_at(client, person)
    return client


def sign_in_at(client: PageClient, person: models.User) -> None:
    """Open a session that began at the scene's hour."""
    token = sessions.begin(person, how="password", user_agent="", at=AT)
    with client.session_transaction() as kept:
        kept.clear()
        kept[TOKEN] = token


def rows(page: str) -> list[str]:
    """The names of the centres of the table, in order."""
    table = page[page.index('data-testid="centres"') :].partition("</table>")[0]
    return re.findall(r'<span class="as-typed">Centre (\w+)</span></a>', table)


def address(scene: Scene, more: str = "") -> str:
    return f"/campagnes/{scene.campaign.id}/suivi{more}"


def test_one_screen_shows_who_to_call_and_how_far_each_is(officer: PageClient, scene: Scene) -> None:
    scene.centres["silent"].phone = "04 65 71 21 36"
    page = officer.get(address(scene)).text
    assert rows(page) == ["silent", "opened", "back", "stuck", "moving"]
    assert 'href="tel:0465712136"' in page
    assert "Sans changement depuis 12\u00a0jours" in page
    assert "À corriger depuis 5\u00a0jours" in page
    assert "1 sur 6" not in page
    assert re.search(r'<progress[^>]* value="2" max="6"', page), "the one sent back has sent too"
    assert "Le jardin partagé" not in page, "the words of a draft are its centre's"


@pytest.mark.parametrize(
    ("group", "names"),
    [("not_opened", ["silent"]), ("stuck", ["stuck"]), ("to_correct", ["back"]), ("done", ["done"])],
)
def test_groups_are_links_with_counts(officer: PageClient, scene: Scene, group: str, names: list[str]) -> None:
    page = officer.get(address(scene)).text
    link = re.search(rf'href="([^"]*groupe={group}[^"]*)"[^>]*>[^<]*<span class="tab-count">(\d+)', page)
    assert link is not None
    assert int(link[2]) == len(names)
    assert rows(officer.get(link[1].replace("&amp;", "&")).text) == names


def test_the_number_of_days_is_chosen(officer: PageClient, scene: Scene) -> None:
    assert rows(officer.get(address(scene, "?groupe=stuck&jours=2")).text) == ["stuck", "moving"]
    assert officer.get(address(scene, "?groupe=rien&jours=beaucoup")).status_code == 200


def test_the_campaign_leads_to_it(officer: PageClient, scene: Scene) -> None:
    assert address(scene) in officer.get(f"/campagnes/{scene.campaign.id}").text


def test_a_call_is_noted_with_the_day_promised(officer: PageClient, scene: Scene, db: SQLAlchemy) -> None:
    where = address(scene, f"/{scene.centres['silent'].id}")
    form = form_on(officer.get(where))
    day = AT.date() + timedelta(days=4)
    answer = form.fill(text="Denise rentre jeudi.", promised_on=day.isoformat()).press(officer)
    assert answer.location == address(scene)
    page = officer.get(address(scene)).text
    assert rows(page)[-1] == "silent"
    assert "Promis pour le 15\u00a0janvier 2027" in page
    assert "Denise rentre jeudi." in officer.get(where).text
    assert db.session.scalars(sa.select(models.Event.kind)).all()[-1] == "call.noted"


def test_a_delay_is_shown_where_one_calls_and_where_one_reminds(officer: PageClient, scene: Scene) -> None:
    factories.extend(scene.campaign, scene.centres["silent"], scene.campaign.shown_deadline + timedelta(days=20))
    page = officer.get(address(scene)).text
    assert rows(page)[-1] == "silent"
    assert "Délai jusqu’au 20\u00a0février 2027" in page
    promise = form_on(officer.get(address(scene, f"/{scene.centres['opened'].id}")))
    promise.fill(text="", promised_on="2027-01-15").press(officer)
    preview = officer.get(f"/campagnes/{scene.campaign.id}/relances/nouvelle").text
    left_alone = preview[preview.index('id="promis"') :]
    assert "délai jusqu’au 20\u00a0février 2027" in left_alone
    assert "promis pour le 15\u00a0janvier 2027" in left_alone


def test_a_call_that_says_nothing_is_given_back(officer: PageClient, scene: Scene) -> None:
    where = address(scene, f"/{scene.centres['silent'].id}")
    answer = form_on(officer.get(where)).fill(text="Ils verront.", promised_on="2027-01-02").press(officer)
    assert answer.status_code == 422
    assert "Indiquez un jour à venir." in answer.text
    assert "Ils verront." in answer.text


def test_a_centre_without_a_part_in_the_campaign_is_not_there(officer: PageClient, scene: Scene) -> None:
    for centre_id in (uuid4(), factories.CentreFactory().id, factories.CentreFactory(federation=scene.federation).id):
        assert officer.get(address(scene, f"/{centre_id}")).status_code == 404


def test_what_to_expect_is_said_beside_the_drawing(officer: PageClient, scene: Scene) -> None:
    others = [factories.CentreFactory(federation=scene.federation) for _ in range(6)]
    early, late = AT.date().replace(year=2026) - timedelta(days=20), AT.date().replace(year=2026) + timedelta(days=5)
    scenes.last_year(scene.federation, {centre: early if n < 3 else late for n, centre in enumerate(others)})
    page = officer.get(address(scene)).text
    assert "À ce rythme, 4 sur 6 le 31\u00a0janvier 2027." in page
    assert page.count("<polyline") == 4
    assert 'data-testid="pace"' in page


def relances(scene: Scene, more: str = "") -> str:
    return f"/campagnes/{scene.campaign.id}/relances{more}"


def test_a_reminder_is_seen_before_it_leaves_and_followed_after(
    officer: PageClient, scene: Scene, db: SQLAlchemy, mails: MailSink
) -> None:
    page = officer.get(relances(scene, "/nouvelle?groupe=to_correct"))
    for key in ("back", "back_member"):
        assert scene.people[key].email in page.text
    assert scene.people["silent"].email not in page.text
    form = form_on(page).fill(message="Il manque le budget.")
    again = form.press(officer, "Revoir l’aperçu")
    assert "Il manque le budget." in again.text[again.text.index('data-testid="preview"') :]
    assert not db.session.scalar(sa.select(sa.func.count()).select_from(models.Reminder))
    answer = form_on(again).press(officer, "Envoyer la relance")
    [job_id] = jobs.left_behind(at=AT)
    assert "En attente" in officer.get(answer.location).text
    jobs.run(job_id, clock=lambda: AT)
    mail.send_due(at=AT)
    assert len(mails.messages) == 2
    page = officer.get(answer.location).text
    assert "Partie" in page
    assert page.count("Envoyé <span") == 2
    assert "Maud Cressonnier" in officer.get(relances(scene)).text


def test_a_mail_that_may_have_left_is_told_as_such(officer: PageClient, scene: Scene, db: SQLAlchemy) -> None:
    form = form_on(officer.get(relances(scene, "/nouvelle?groupe=stuck")))
    answer = form.press(officer, "Envoyer la relance")
    [job_id] = jobs.left_behind(at=AT)
    jobs.run(job_id, clock=lambda: AT)
    db.session.execute(sa.update(models.Mail).values(attempts=1, claimed_at=AT))
    db.session.commit()
    mail.send_due(at=AT + mail.UNDER_WAY)
    page = officer.get(answer.location).text
    assert "Envoi interrompu\u00a0: ce message est peut-être parti." in page
    assert "Refusé par le serveur" not in page


def test_a_centre_that_is_unticked_is_not_written_to(officer: PageClient, scene: Scene, db: SQLAlchemy) -> None:
    form = form_on(officer.get(relances(scene, "/nouvelle")))
    keys = [key for key in form.values("centres") if key != str(scene.centres["silent"].id)]
    form.fill(centres=keys).press(officer, "Envoyer la relance")
    assert db.session.scalars(sa.select(models.Reminder.centre_ids)).one() == keys


def test_a_reminder_is_planned_and_cancelled(officer: PageClient, scene: Scene, db: SQLAlchemy) -> None:
    form = form_on(officer.get(relances(scene, "/nouvelle"))).fill(day="2027-01-13", hour="14")
    answer = form.press(officer, "Envoyer la relance")
    page = officer.get(answer.location)
    assert "Relance du 13\u00a0janvier 2027 à 14\u00a0h" in page.text
    assert "Programmée" in page.text
    assert jobs.left_behind(at=AT) == []
    form_on(page).press(officer, "Annuler la relance")
    assert "Annulée" in officer.get(answer.location).text


def test_a_day_gone_by_is_refused_and_the_message_kept(officer: PageClient, scene: Scene) -> None:
    form = form_on(officer.get(relances(scene, "/nouvelle"))).fill(day="2027-01-10", message="Mon texte à moi.")
    answer = form.press(officer, "Envoyer la relance")
    assert answer.status_code == 422
    assert "Choisissez un moment à venir" in answer.text
    assert "Mon texte à moi." in answer.text


def test_nobody_is_reminded_who_is_done(officer: PageClient, scene: Scene) -> None:
    assert officer.get(relances(scene, "/nouvelle?groupe=done")).status_code == 404
    for key in ("stuck", "moving"):
        scenes.send_all(scene.centres[key])
    assert "Personne n’est à relancer" in officer.get(relances(scene, "/nouvelle?groupe=stuck")).text


def test_only_an_administrator_lets_a_campaign_remind_by_itself(
    officer: PageClient, scene: Scene, db: SQLAlchemy
) -> None:
    assert post(officer, relances(scene, "/automatiques"), {"days": "7"}).status_code == 403
    sign_in_at(officer, factories.person(RoleName.ADMINISTRATOR, scene.federation, password=None))
    form = form_on(officer.get(relances(scene)))
    form.fill(days=["14", "1"]).press(officer)
    assert sorted(db.session.scalars(sa.select(models.AutomaticReminder.days_before))) == [1, 14]
    assert form_on(officer.get(relances(scene))).values("days") == ["14", "1"]


def test_the_dates_open_in_a_calendar_for_the_federation_and_for_its_centres(officer: PageClient, scene: Scene) -> None:
    where = f"/campagnes/{scene.campaign.id}/dates.ics"
    answer = officer.get(where)
    assert answer.mimetype == "text/calendar"
    assert answer.data.count(b"BEGIN:VEVENT") == 4
    sign_in_at(officer, scene.people["silent"])
    assert officer.get(where).status_code == 403
    own = f"/fiches/dates/{scene.campaign.id}/campagne.ics"
    assert own in officer.get("/fiches").text
    assert officer.get(own).data.count(b"BEGIN:VEVENT") == 4
    sign_in_at(officer, factories.person(RoleName.MEMBER, factories.CentreFactory(), password=None))
    assert officer.get(own).status_code == 404


def close(scene: Scene, db: SQLAlchemy) -> None:
    """The last day was a year ago."""
    for name in ("shown_deadline", "last_creation", "last_edit"):
        setattr(scene.campaign, name, AT.date() - timedelta(days=365))
    db.session.commit()


def test_a_campaign_that_is_over_says_why_nobody_is_reminded(officer: PageClient, scene: Scene, db: SQLAlchemy) -> None:
    close(scene, db)
    why = "est close depuis le 11\u00a0janvier 2026\u00a0: les centres n’envoient plus que les fiches à corriger"
    page = officer.get(address(scene, "?groupe=stuck")).text
    assert why in page
    assert "Relancer ce groupe" not in page
    alone = officer.get(relances(scene, "/nouvelle?groupe=stuck")).text
    assert why in alone
    assert "Envoyer la relance" not in alone
    assert "Relancer ce groupe" in officer.get(address(scene)).text
    mixed = officer.get(relances(scene, "/nouvelle")).text
    assert "Ne peuvent plus rien envoyer" in mixed
    assert "nous attendons vos corrections" in mixed
    assert "attendues avant" not in mixed


def sent(officer: PageClient, scene: Scene, group: str) -> str:
    """Remind a group; the page of the reminder once it has left."""
    answer = form_on(officer.get(relances(scene, f"/nouvelle?groupe={group}"))).press(officer, "Envoyer la relance")
    for job_id in jobs.left_behind(at=AT):
        jobs.run(job_id, clock=lambda: AT)
    mail.send_due(at=AT)
    return officer.get(answer.location).text


def test_who_is_left_out_is_told_before_and_after(
    officer: PageClient, scene: Scene, db: SQLAlchemy, mails: MailSink
) -> None:
    scene.people["stuck"].full_name = "Rose Vidal"
    mail_preferences.choose(scene.people["moving"], {"reminders": "never"})
    assert "6\u00a0personnes" not in officer.get(relances(scene, "/nouvelle")).text, "one of them wants none"
    assert "5\u00a0personnes. Qui" in officer.get(relances(scene, "/nouvelle")).text
    sent(officer, scene, "stuck")
    before = officer.get(relances(scene, "/nouvelle")).text
    assert "4\u00a0personnes si la relance part tout de suite" in before
    already = before[before.index('id="deja"') :]
    assert "Rose Vidal" in already
    assert "Centre stuck" in already
    after = sent(officer, scene, "unfinished")
    missed = after[after.index('data-testid="missed"') :].partition("</table>")[0]
    assert re.search(r"Centre stuck.*Rose Vidal.*Déjà relancé ce jour-là", missed, re.DOTALL)
    assert re.search(r"Centre moving.*Ne veut pas de relance par mail", missed, re.DOTALL)
    assert missed.count("<tr>") == 3
    assert "5\u00a0centres du groupe «\u00a0À suivre\u00a0»" in officer.get(relances(scene)).text


def test_who_acts_while_a_planned_reminder_waits_is_named_afterwards(
    officer: PageClient, scene: Scene, db: SQLAlchemy, mails: MailSink
) -> None:
    form = form_on(officer.get(relances(scene, "/nouvelle?groupe=stuck"))).fill(day="2027-01-13", hour="14")
    answer = form.press(officer, "Envoyer la relance")
    scenes.send_all(scene.centres["stuck"])
    due = AT + timedelta(days=3)
    reminders.fall_due(at=due)
    for job_id in jobs.left_behind(at=due):
        jobs.run(job_id, clock=lambda: due)
    page = officer.get(answer.location).text
    assert "Aucun message n’est parti." in page
    assert "A agi entre-temps" in page


def test_the_last_reminder_is_shown_where_one_decides_whom_to_call(
    officer: PageClient, scene: Scene, mails: MailSink
) -> None:
    where = address(scene, f"/{scene.centres['stuck'].id}")
    assert "Pas encore relancé par mail" in officer.get(where).text
    sent(officer, scene, "stuck")
    told = "Relancé par mail le 11\u00a0janvier 2027"
    assert told in officer.get(where).text
    assert officer.get(address(scene)).text.count(told) == 1


def test_a_day_is_chosen_with_a_date_picker(officer: PageClient, scene: Scene) -> None:
    page = officer.get(relances(scene, "/nouvelle")).text
    assert re.search(r'type="date" id="day"', page)
    assert re.search(r'type="date" id="promised_on"', officer.get(address(scene, f"/{scene.centres['stuck'].id}")).text)
