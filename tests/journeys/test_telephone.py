"""A centre dictates by telephone, the federation types; a link confirms, a president signs by another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy

from forms.lifecycle import SheetState
from tests.factories import SheetFactory
from tests.journeys.conftest import CENTRE, Cast
from tests.journeys.people import Person
from tests.pages import StepPage
from tests.servers import MailSink
from tests.webapp.sheet_visits import COMPLETE
from webapp.models import Campaign, Centre, Sheet

TITLE = "Le jardin partagé"
PRESIDENT = "presidence@tilleuls.example"


@pytest.fixture
def draft(cast: Cast, db: SQLAlchemy) -> Sheet:
    """A draft of the centre that lacks its gist; the centre's president is known."""
    centre = db.session.query(Centre).filter_by(name=CENTRE).one()
    centre.president_name, centre.president_email = "Paul Cazals", PRESIDENT
    answers: dict[str, Any] = {key: value for key, value in COMPLETE.items() if key != "summary"}
    sheet: Sheet = SheetFactory(centre=centre, title=TITLE, answers=answers)
    return sheet


def mailed(mails: MailSink, email: str, path: str) -> str:
    """The path of the link that the last mail to that address holds."""
    body = mails.to(email)[-1].get_body(("plain",))
    assert body is not None
    text = body.get_content()
    return path + text.split(path)[1].split()[0]


@pytest.mark.browser
@pytest.mark.parametrize(("script", "width"), [(True, 1280), (False, 360)])
def test_a_sheet_is_dictated_typed_and_confirmed_by_a_link(
    cast: Cast,
    draft: Sheet,
    db: SQLAlchemy,
    arrives: Callable[..., Person],
    the_worker_works: Callable[[], None],
    mails: MailSink,
    script: bool,
    width: int,
) -> None:
    id, email = draft.id, cast.responsible.email
    lucas = arrives(cast.reviewer, script=script, width=width)
    lucas.goes_to(f"/centres/{draft.centre_id}")
    lucas.follows("Remplir par téléphone")
    lucas.sees_not(TITLE)
    lucas.types("Qui est au téléphone\u202f?", "Denise Lagarde")
    lucas.presses("Remplir cette fiche")
    lucas.reads_heading(TITLE)
    lucas.goes_to(f"/fiches/{id}/action")
    page = StepPage(lucas.page, cast.form, lucas.presses)
    page.fill({"summary": "Un jardin ouvert à tous."})
    lucas.presses("Enregistrer")

    amina = arrives(cast.responsible, script=script, width=width)
    amina.goes_to(f"/fiches/{id}")
    amina.sees("La fédération remplit cette fiche au téléphone")

    lucas.goes_to(f"/fiches/{id}/verification")
    lucas.reads_heading("Relire et terminer")
    lucas.sees("Un jardin ouvert à tous.")
    lucas.presses("Terminer la saisie")
    lucas.sees("Le centre ne l’a pas encore confirmée")

    the_worker_works()
    somebody = arrives(script=script, width=width)
    somebody.goes_to(mailed(mails, email, "/confirmation/"))
    somebody.sees("Un jardin ouvert à tous.", "avec Denise Lagarde")
    somebody.presses("Confirmer et envoyer")
    somebody.reads_heading("La fiche est envoyée")

    lucas.goes_to(f"/relecture/{id}")
    lucas.reads("origin", "Remplie au téléphone par")
    lucas.sees("a confirmé ce qui a été saisi au téléphone")
    db.session.rollback()
    assert db.session.scalar(sa.select(Sheet.state).where(Sheet.id == id)) is SheetState.SUBMITTED


@pytest.mark.browser
def test_a_president_signs_and_the_sheet_leaves(
    cast: Cast,
    draft: Sheet,
    db: SQLAlchemy,
    arrives: Callable[..., Person],
    the_worker_works: Callable[[], None],
    mails: MailSink,
) -> None:
    draft.answers = COMPLETE
    db.session.query(Campaign).one().sign_off = True
    db.session.commit()
    id = draft.id
    amina = arrives(cast.responsible)
    amina.goes_to(f"/fiches/{id}/verification")
    amina.presses("Demander la signature")
    amina.reads("signature", "La signature est demandée")
    the_worker_works()
    paul = arrives(width=360)
    paul.goes_to(mailed(mails, PRESIDENT, "/signature/"))
    paul.reads_heading(TITLE)
    paul.types("Votre nom", "Paul Cazals")
    paul.presses("Signer")
    paul.reads_heading("La fiche est signée")
    amina.goes_to(f"/fiches/{id}/verification")
    amina.reads("signature", "Signée par Paul Cazals")
    amina.presses("Envoyer")
    amina.reads_heading("La fiche est envoyée")
