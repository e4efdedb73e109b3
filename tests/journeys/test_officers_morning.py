"""An officer's morning without a mouse: five sheets validated, two sent back, seven centres reminded, nobody else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from flask_sqlalchemy import SQLAlchemy
from playwright.sync_api import Locator, expect

from forms.lifecycle import SheetState
from tests.factories import PASSWORD, CentreFactory, QueryFactory, SheetFactory, UserSessionFactory, person, sent_sheet
from tests.factories import expect as expect_centres
from tests.journeys.conftest import CENTRE, Cast
from tests.journeys.people import Person
from tests.servers import MailSink
from webapp.clock import now
from webapp.models import Campaign, Centre, Sheet, User
from webapp.vocabulary import RoleName

MOST = 60
"""Presses of the Tab key, to come to anything on any page."""

SENT_BACK = (2, 5)
"""Which of the seven sheets the officer has a question about, by their place in the list."""


@dataclass(frozen=True)
class Morning:
    """What waits at half past eight. late: the addresses of those who have not finished; senders: of the sheets."""

    sheets: tuple[Sheet, ...]
    late: frozenset[str]
    senders: tuple[str, ...]


@pytest.fixture
def morning(cast: Cast, db: SQLAlchemy) -> Morning:
    """Twelve centres: five have sent seven sheets; of the seven others two are silent, two have looked, three write."""
    campaign = db.session.query(Campaign).one()
    first = db.session.query(Centre).filter_by(name=CENTRE).one()
    federation = first.federation
    senders = [first, *(CentreFactory(federation=federation, name=f"Centre envoyé {n}") for n in range(2, 6))]
    others = [CentreFactory(federation=federation, name=f"Centre attendu {n}") for n in range(1, 8)]
    expect_centres(campaign, *senders[1:], *others)
    at = now()
    writers = [_responsible(centre, f"envoi{n}") for n, centre in enumerate(senders[1:], 2)]
    late = [_responsible(centre, f"attendu{n}") for n, centre in enumerate(others, 1)]
    # A colleague who may write and not send has nothing to be reminded of.
    person(RoleName.MEMBER, others[0], email="membre@centre.example", password=None)
    for user in late[2:4]:
        UserSessionFactory(user=user, created_at=at - timedelta(days=5), seen_at=at - timedelta(days=5))
    for centre, days in zip(others[4:6], (20, 1), strict=True):
        SheetFactory(centre=centre, updated_at=at - timedelta(days=days))
    back = sent_sheet(SheetState.CHANGES_REQUESTED, centre=others[6], title="Déjà à corriger")
    QueryFactory(sheet=back, author=cast.reviewer, created_at=at - timedelta(days=12), sent_at=at - timedelta(days=12))
    # Two of the five centres have sent two sheets.
    sheets = [
        sent_sheet(
            centre=senders[(number - 1) % 5],
            title=f"Fiche {number}",
            answers={"title": f"Fiche {number}", "summary": "Un jardin ouvert.", "limits": "Le froid."},
            submitted_at=at - timedelta(days=20 - number),
        )
        for number in range(1, 8)
    ]
    addresses = [cast.responsible.email, *(user.email for user in writers)]
    return Morning(
        tuple(sheets),
        frozenset(user.email for user in late),
        tuple(addresses[(number - 1) % 5] for number in range(1, 8)),
    )


def _responsible(centre: Centre, name: str) -> User:
    return person(RoleName.RESPONSIBLE, centre, email=f"{name}@centre.example", password=None)


@dataclass(frozen=True)
class Officer:
    """Somebody whose mouse is broken: everything by keys."""

    who: Person

    def types(self, text: str) -> None:
        """Type where the focus is."""
        self.who.page.keyboard.type(text)

    def strikes(self, *keys: str) -> None:
        """Press keys one after the other, once the page listens."""
        expect(self.who.page.get_by_role("button", name="Raccourcis clavier")).to_be_visible()
        for key in keys:
            self.who.page.keyboard.press(key)

    def enters(self) -> None:
        """Press Enter, which leads to a page or sends one."""
        with self.who.page.expect_navigation():
            self.who.page.keyboard.press("Enter")
        self.who.looks_around()

    def comes_to(self, words: str, key: str = "") -> None:
        """Press Tab until that has the focus, then that key; few presses must do."""
        self.who.tabs_to(words, key, most=MOST)

    def goes_back(self, presses: int, words: str) -> None:
        """Press Tab with Shift, which leads to that button."""
        for _ in range(presses):
            self.who.page.keyboard.press("Shift+Tab")
        expect(self.who.page.get_by_role("button", name=words)).to_be_focused()

    def goes_on(self) -> None:
        """Go to the next sheet from where the decision has left the focus."""
        self.who.tabs_to("Lire la fiche suivante", "Enter", most=1)


@pytest.fixture
def officer(arrives: Callable[..., Person]) -> Officer:
    """The officer at her desk."""
    return Officer(arrives(width=1280))


def signs_in(officer: Officer, email: str) -> None:
    """Through the door, to the list."""
    officer.who.goes_to("/connexion")
    officer.comes_to("Adresse mail")
    officer.types(email)
    officer.who.page.keyboard.press("Tab")
    officer.types(PASSWORD)
    officer.enters()
    officer.who.reads_heading("Relecture")


def validates(officer: Officer) -> None:
    """Accept the sheet that is open."""
    officer.strikes("v")
    officer.enters()
    expect(state(officer)).to_have_text("Validée")


def sends_back(officer: Officer) -> None:
    """Ask about the first answers, then give the sheet back to its centre."""
    officer.strikes("n", "n", "d")
    officer.types("Réponse inc")
    officer.who.page.keyboard.press("Tab")
    officer.types("Combien de personnes\u202f?")
    officer.comes_to("Poser la demande", "Enter")
    officer.strikes("r")
    officer.enters()
    expect(state(officer)).to_have_text("Corrections demandées")


def state(officer: Officer) -> Locator:
    """The state of the sheet that is open."""
    return officer.who.page.get_by_test_id("sheet-state")


@pytest.mark.browser
def test_from_signing_in_to_five_validated_two_sent_back_seven_reminded(
    cast: Cast,
    morning: Morning,
    officer: Officer,
    the_worker_works: Callable[[], None],
    mails: MailSink,
    db: SQLAlchemy,
) -> None:
    back = [(morning.sheets[number - 1].centre.name, morning.senders[number - 1]) for number in SENT_BACK]
    validated = [email for number, email in enumerate(morning.senders, 1) if number not in SENT_BACK]
    email = cast.reviewer.email
    db.session.rollback()
    signs_in(officer, email)

    # Reading: the list, its first sheet, and from each to the next.
    officer.strikes("j")
    officer.enters()
    for number in range(1, 8):
        officer.who.reads_heading(f"Fiche {number}")
        (sends_back if number in SENT_BACK else validates)(officer)
        if number < 7:
            officer.goes_on()
    officer.who.sees("Plus rien n’attend d’être relu.")

    # Reminding: who has not finished, but for the two who have just had a question.
    officer.comes_to("Campagnes", "Enter")
    officer.comes_to("Campagne 2026", "Enter")
    officer.comes_to("Suivi", "Enter")
    officer.comes_to("Relancer ce groupe", "Enter")
    officer.who.reads_heading("Préparer une relance")
    officer.comes_to("Message")
    officer.who.page.keyboard.press("Control+End")
    officer.types(" Merci de finir cette semaine.")
    for name, address in back:
        officer.comes_to(f"{name}{address}", "Space")
    officer.comes_to("Revoir l’aperçu", "Enter")
    officer.who.reads("preview", "Merci de finir cette semaine.")
    officer.goes_back(2, "Envoyer la relance")
    officer.enters()
    the_worker_works()
    the_worker_works()

    # What the pages say.
    officer.who.goes_to(officer.who.page.url.removeprefix(officer.who.site))
    expect(officer.who.page.get_by_test_id("mails").locator("tbody tr")).to_have_count(7)
    officer.who.reads("job-state", "Partie")
    officer.comes_to("Relecture", "Enter")
    for tab, titles in (("Validées 5", 5), ("Corrections demandées 3", 3)):
        officer.comes_to(tab, "Enter")
        expect(officer.who.page.get_by_test_id("sheets").locator("tbody tr")).to_have_count(titles)

    # What the mail server got.
    reminders = [message for message in mails.messages if "vos fiches sont attendues" in str(message["Subject"])]
    assert Counter(str(message["To"]) for message in reminders) == Counter(morning.late)
    others = Counter(str(message["To"]) for message in mails.messages if message not in reminders)
    assert others == Counter([*validated, *(address for _name, address in back)])
    assert not officer.who.amiss
