"""The officer makes this year's book from last year's template and sends it; the reader opens it without an account."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from flask_sqlalchemy import SQLAlchemy
from pypdf import PdfReader

from forms.lifecycle import SheetState
from tests.factories import CampaignFactory, ReportTemplateFactory, sent_sheet
from tests.journeys.conftest import CENTRE, Cast
from tests.journeys.people import Person
from tests.servers import MailSink
from webapp.clock import now
from webapp.models import Centre, ReportRun

TITLE = "Ce que les centres ont fait"
FOREWORD = "Cette année encore, les centres ont tenu bon."


@pytest.fixture
def last_year(cast: Cast, db: SQLAlchemy) -> None:
    """A sheet of last year and one of this year; a template by which last year's book was made and issued."""
    centre = db.session.query(Centre).filter_by(name=CENTRE).one()
    before = CampaignFactory(federation=centre.federation, year=2025, opened_at=now() - timedelta(days=400))
    for campaign, title, count in ((before, "Le bal d’antan", 70), (None, "Atelier vélo", 40)):
        answers = {"title": title, "dimension": "services", "participants_count": {"number": count, "how": "counted"}}
        details = {"campaign": campaign} if campaign else {}
        sent_sheet(SheetState.VALIDATED, centre=centre, title=title, answers=answers, **details)
    template = ReportTemplateFactory(
        federation=centre.federation, name="Recueil annuel", title=TITLE, foreword="Mots de l’an passé."
    )
    issued = {"version": 1, "issued_at": now() - timedelta(days=300), "sha256": "0" * 64}
    db.session.add(
        ReportRun(
            federation_id=centre.federation_id,
            kind="book",
            title=TITLE,
            template_id=template.id,
            parameters={"federation": str(centre.federation_id), "years": [2025]},
            series=str(template.id),
            created_at=now() - timedelta(days=300),
            **issued,
        )
    )
    db.session.commit()


def prepares_the_book(helene: Person) -> None:
    """From last year's template: other words, a look at what it gives, the sheets behind a figure."""
    helene.goes_to("/rapports")
    helene.sees(f"{TITLE} (2025), v1, émise le")
    helene.follows("Recueil annuel")
    helene.sees("campagne 2026 (la dernière ouverte)", "Mots de l’an passé.")
    helene.follows("Modifier")
    helene.page.locator("#foreword").fill(FOREWORD)
    helene.presses("Enregistrer le modèle")
    helene.sees(FOREWORD)
    helene.follows("Aperçu à l’écran")
    helene.reads_heading(TITLE)
    helene.sees(FOREWORD, "Provisoire, 1\u00a0centre sur 1", "Atelier vélo")
    helene.sees_not("Le bal d’antan")
    helene.clicks(helene.page.locator("td.number a", has_text="40"))
    helene.sees("Les fiches sur lesquelles ce chiffre repose", "Atelier vélo")
    helene.follows("Retour au rapport")
    helene.presses("Faire le rapport")
    helene.reads("job-state", "En attente")


def issues_and_sends(helene: Person) -> None:
    """Once it is ready; the page has told so by itself."""
    helene.reads("job-state", "Prêt")
    helene.opens("Émettre")
    helene.presses("Émettre ce rapport")
    helene.reads("job-state", "Émis, v1")
    helene.types("Adresse mail", "paul@mairie.example")
    helene.page.locator("#name").fill("Paul Estève")
    helene.page.get_by_label("Ouvert pendant").select_option("90 jours")
    helene.presses("Envoyer le lien")
    helene.sees("Le lien part par mail à paul@mairie.example.", "Pas encore", "Personne ne l’a encore ouvert.")


def opens_the_link(paul: Person, mails: MailSink, folder: Path) -> None:
    """On a telephone, without an account."""
    (mail,) = [message for message in mails.messages if message["To"] == "paul@mairie.example"]
    body = mail.get_body(("plain",))
    assert body is not None
    found = re.search(r"/rapports/lien/[\w-]+", body.get_content())
    assert found is not None
    paul.goes_to(found.group())
    paul.reads_heading(f"{TITLE} (2026)")
    paul.presses("Ouvrir le rapport")
    assert "/lien/" not in paul.page.url
    paul.sees("Version v1")
    text = "".join(page.extract_text() for page in PdfReader(paul.downloads("Télécharger", folder)).pages)
    assert "Atelier vélo" in text
    assert "Le bal d’antan" not in text


@pytest.mark.browser
@pytest.mark.parametrize("script", [True, False], ids=["with scripts", "without scripts"])
def test_this_years_book_is_made_from_last_years_template_and_read_by_a_link(
    cast: Cast,
    last_year: None,
    arrives: Callable[..., Person],
    the_worker_works: Callable[[], None],
    mails: MailSink,
    tmp_path: Path,
    script: bool,
) -> None:
    helene, paul = arrives(cast.administrator, script=script), arrives(script=script, width=360)
    prepares_the_book(helene)
    the_worker_works()
    if not script:
        helene.goes_to(helene.page.url.removeprefix(helene.site))
    issues_and_sends(helene)
    the_worker_works()
    assert [message["To"] for message in mails.messages if "prêt" in str(message["Subject"])] == [
        "helene@federation.example"
    ]
    opens_the_link(paul, mails, tmp_path)
    helene.goes_to(helene.page.url.removeprefix(helene.site).partition("#")[0])
    helene.sees("Page ouverte", "Fichier téléchargé")
    assert helene.page.get_by_test_id("openings").get_by_text("Paul Estève").count() == 2
