"""Files that go up by themselves: on a line that is cut, on a page that is left, with words and without a mouse."""

from __future__ import annotations

import io
import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask_sqlalchemy import SQLAlchemy
from PIL import Image
from playwright.sync_api import APIResponse, Locator, Page, Request, Route, expect

from forms.lifecycle import SheetState
from forms.steps import StepReading
from tests.factories import PASSWORD, SheetFactory, person
from tests.journeys.conftest import Cast
from tests.journeys.people import Person
from tests.webapp.sheet_visits import COMPLETE
from webapp.clock import now
from webapp.models import Campaign, Sheet, Upload, UserSession
from webapp.policy import OPERATOR
from webapp.services import attachments
from webapp.services import sheets as services
from webapp.vocabulary import RoleName

HEAD = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
PIECES = re.compile(r"/pieces/[0-9a-f-]{36}$")


def pdf(size: int = 400_000, seed: int = 1) -> bytes:
    return HEAD + random.Random(seed).randbytes(size - len(HEAD))


def photograph(width: int = 4000, height: int = 3000) -> bytes:
    """As a telephone takes it: lying on its side, with a note that says so; of grain, so that it weighs something."""
    grain = Image.frombytes("L", (width // 4, height // 4), random.Random(2).randbytes(width * height // 16))
    exif = Image.Exif()
    exif[0x0112] = 6
    out = io.BytesIO()
    grain.resize((width, height)).convert("RGB").save(out, "JPEG", quality=90, exif=exif)
    return out.getvalue()


def see_through(side: int = 4000) -> bytes:
    clouds = Image.frombytes("RGBA", (50, 50), random.Random(3).randbytes(50 * 50 * 4))
    out = io.BytesIO()
    clouds.resize((side, side)).save(out, "PNG")
    return out.getvalue()


@dataclass
class Sending:
    """Somebody at the step of a sheet where files are joined, and what their browser sends."""

    who: Person
    sheet: Any
    db: SQLAlchemy
    spans: list[tuple[int, int]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    @property
    def page(self) -> Page:
        return self.who.page

    def watches(self, page: Page) -> None:
        """Note every piece that leaves this page: where it begins and ends."""
        page.on("request", self._note)

    def _note(self, request: Request) -> None:
        if "/pieces" in request.url and request.method != "GET":
            self.asked.append(request.method)
        span = re.match(r"bytes (\d+)-(\d+)/", request.headers.get("content-range", ""))
        if request.method == "PUT" and span:
            self.spans.append((int(span[1]), int(span[2]) + 1))

    def opens(self) -> None:
        self.who.goes_to(f"/fiches/{self.sheet.id}/pieces")

    @property
    def control(self) -> Locator:
        return self.page.get_by_label("Fichier", exact=True)

    def chooses(self, *files: tuple[str, bytes]) -> None:
        kinds = {"jpg": "image/jpeg", "png": "image/png", "pdf": "application/pdf"}
        self.control.set_input_files(
            [
                {"name": name, "mimeType": kinds.get(name.rpartition(".")[2], ""), "buffer": content}
                for name, content in files
            ]
        )

    def line(self, name: str) -> Locator:
        """What is told of a file on its way."""
        return self.page.get_by_role("list", name="Envois en cours").get_by_role("group", name=name)

    def card(self, name: str) -> Locator:
        """A file that is joined."""
        return self.page.locator(".files > li", has_text=name)

    def sees_joined(self, name: str) -> None:
        expect(self.card(name)).to_have_count(1, timeout=30_000)
        expect(self.line(name)).to_have_count(0)

    def bytes_of(self, name: str) -> bytes:
        href = self.card(name).get_by_role("link", name=name).get_attribute("href")
        return self.page.request.get(f"{self.who.site}{href}").body()

    def says(self, text: str | re.Pattern[str]) -> None:
        """Told to who doesn't see the page."""
        expect(self.page.locator(".uploads [role=status]")).to_have_text(text)

    def __post_init__(self) -> None:
        # That the line was cut is no fault of the page.
        self.who.forgiven = (*self.who.forgiven, "Failed to load resource: net::ERR_")

    def stored(self) -> list[dict[str, Any]]:
        self.db.session.rollback()
        sheet = self.db.session.get_one(Sheet, self.sheet.id, populate_existing=True)
        files: list[dict[str, Any]] = sheet.answers.get("files", [])
        return files


@pytest.fixture
def begins(cast: Cast, db: SQLAlchemy, arrives: Callable[..., Person]) -> Callable[..., Sending]:
    """The responsable opens the step of a draft: `begins(width=360)`."""

    def begin(**how: Any) -> Sending:
        campaign = db.session.query(Campaign).one()
        sheet = SheetFactory(centre=campaign.expected[0].centre, campaign=campaign)
        sending = Sending(arrives(cast.responsible, **how), sheet, db)
        sending.watches(sending.page)
        sending.opens()
        return sending

    return begin


@dataclass
class Gate:
    """Lets so many pieces through, then keeps every one until it is opened."""

    page: Page
    left: float = 0
    kept: list[Route] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.route(PIECES, self._pass)

    def _pass(self, route: Route) -> None:
        if route.request.method == "PUT" and self.left <= 0:
            self.kept.append(route)
            return
        self.left -= route.request.method == "PUT"
        route.continue_()

    def opens(self) -> None:
        """What was kept is lost, as on a line that was cut; from now on everything goes through."""
        self.left = float("inf")
        while self.kept:
            self.kept.pop().abort()


# ---------------------------------------------------------------- going up


@pytest.mark.browser
def test_a_file_goes_up_as_soon_as_it_is_chosen(begins: Callable[..., Sending]) -> None:
    amina, content = begins(), pdf(900_000)
    amina.page.evaluate("document.addEventListener('recueil:saved', (event) => { window.told = event.detail; })")
    amina.chooses(("article.pdf", content))
    amina.sees_joined("article.pdf")
    assert amina.bytes_of("article.pdf") == content
    amina.says("« article.pdf » est joint.")
    (file,) = amina.stored()
    assert (file["name"], file["size"]) == ("article.pdf", len(content))
    sizes = [end - start for start, end in amina.spans]
    assert sizes[:3] == [64 * 1024, 128 * 1024, 256 * 1024], "pieces grow on a good line"
    told = amina.page.evaluate("window.told")
    seen = amina.page.locator("[data-question=files] [name=_seen]").input_value()
    sheet = amina.db.session.get_one(Sheet, amina.sheet.id)
    assert told == {"revision": sheet.revision, "question": "files", "seen": seen}
    assert seen == f"files:{services.mark_of(sheet.answers['files'], None)}"
    amina.who.looks_around()


@pytest.mark.browser
def test_several_files_go_up_one_after_the_other_each_with_its_words(begins: Callable[..., Sending]) -> None:
    amina, first, second = begins(width=360), pdf(300_000), pdf(300_000, seed=2)
    gate = Gate(amina.page, 1)
    amina.chooses(("un.pdf", first), ("deux.pdf", second))
    expect(amina.line("un.pdf")).to_contain_text(re.compile(r"Envoi… \d+\u00a0% \(66\u00a0ko sur 300\u00a0ko\)"))
    expect(amina.line("deux.pdf")).to_contain_text("En attente")
    amina.who.looks_around()
    amina.line("deux.pdf").get_by_label(re.compile("^Légende")).fill("La deuxième")
    amina.line("un.pdf").get_by_label(re.compile("^Légende")).fill("La première")
    gate.opens()
    amina.sees_joined("un.pdf")
    amina.sees_joined("deux.pdf")
    assert [file["caption"] for file in amina.stored()] == ["La première", "La deuxième"]
    assert amina.card("un.pdf").get_by_label("Légende").input_value() == "La première"


@pytest.mark.browser
def test_what_is_being_typed_is_neither_lost_nor_left(begins: Callable[..., Sending]) -> None:
    amina = begins()
    amina.chooses(("un.pdf", pdf()))
    amina.sees_joined("un.pdf")
    words = amina.card("un.pdf").get_by_label("Légende")
    words.fill("Pas encore enregistrée")
    gate = Gate(amina.page)
    amina.chooses(("deux.pdf", pdf(seed=2)))
    typed = amina.line("deux.pdf").get_by_label(re.compile("^Légende"))
    typed.fill("Dans le")
    typed.focus()
    gate.opens()
    amina.sees_joined("deux.pdf")
    # Whoever was typing goes on typing, in the place where the words now are.
    amina.page.keyboard.type(" journal")
    assert amina.card("deux.pdf").get_by_label("Légende").input_value() == "Dans le journal"
    assert words.input_value() == "Pas encore enregistrée"
    amina.who.presses("Enregistrer")
    assert [file["caption"] for file in amina.stored()] == ["Pas encore enregistrée", "Dans le journal"]


@pytest.mark.browser
def test_a_file_that_a_colleague_has_taken_off_leaves_the_words_of_the_others_alone(
    begins: Callable[..., Sending], db: SQLAlchemy
) -> None:
    amina = begins()
    for number, name in enumerate(("un.pdf", "deux.pdf")):
        amina.chooses((name, pdf(seed=number)))
        amina.sees_joined(name)
    amina.card("deux.pdf").get_by_label("Légende").fill("Celle du deux")
    first, _second = amina.stored()
    attachments.remove(UUID(first["id"]), actor=OPERATOR, at=now())
    amina.chooses(("trois.pdf", pdf(seed=3)))
    amina.sees_joined("trois.pdf")
    expect(amina.card("un.pdf")).to_have_count(0)
    assert amina.card("deux.pdf").get_by_label("Légende").input_value() == "Celle du deux"
    amina.who.presses("Enregistrer")
    assert [(file["name"], file.get("caption")) for file in amina.stored()] == [
        ("deux.pdf", "Celle du deux"),
        ("trois.pdf", None),
    ]


@pytest.mark.browser
def test_words_that_are_saved_while_the_list_is_on_its_way_stay(begins: Callable[..., Sending]) -> None:
    amina = begins()
    amina.chooses(("un.pdf", pdf(seed=1)))
    amina.sees_joined("un.pdf")
    held: list[tuple[Route, APIResponse]] = []

    def hold(route: Route) -> None:
        if held or route.request.method != "GET":
            return route.continue_()
        return held.append((route, route.fetch()))

    amina.page.route(amina.page.url, hold)
    amina.chooses(("deux.pdf", pdf(seed=2)))
    while not held:
        amina.page.wait_for_timeout(50)
    caption = amina.card("un.pdf").get_by_label("Légende")
    caption.fill("Celle de l’un")
    expect(caption).to_have_js_property("defaultValue", "Celle de l’un")  # acknowledged
    (route, answer) = held[0]
    route.fulfill(response=answer)
    amina.sees_joined("deux.pdf")
    expect(amina.card("un.pdf").get_by_label("Légende")).to_have_value("Celle de l’un")
    assert [(file["name"], file.get("caption")) for file in amina.stored()] == [
        ("un.pdf", "Celle de l’un"),
        ("deux.pdf", None),
    ]


@pytest.mark.browser
def test_the_button_counts_that_is_pressed_while_an_answer_meets_a_colleagues(
    begins: Callable[..., Sending], db: SQLAlchemy
) -> None:
    amina = begins()
    for number, name in enumerate(("un.pdf", "deux.pdf")):
        amina.chooses((name, pdf(seed=number)))
        amina.sees_joined(name)
    held: list[Route] = []
    amina.page.route("**/reponses", lambda route: held.append(route))
    amina.card("deux.pdf").get_by_label("Légende").fill("Celle du deux")
    while not held:
        amina.page.wait_for_timeout(50)
    first, _second = amina.stored()
    attachments.remove(UUID(first["id"]), actor=OPERATOR, at=now())
    with amina.page.expect_navigation():
        amina.page.get_by_role("button", name="Enregistrer", exact=True).first.click()
        # What was held goes on with this.
        amina.page.unroute("**/reponses")
    amina.who.looks_around()
    assert [(file["name"], file.get("caption")) for file in amina.stored()] == [("deux.pdf", "Celle du deux")]


@pytest.mark.browser
@pytest.mark.parametrize("told_first", [False, True])
def test_words_that_a_colleague_has_changed_meanwhile_are_not_written_over_unseen(
    begins: Callable[..., Sending], db: SQLAlchemy, told_first: bool
) -> None:
    amina = begins()
    amina.chooses(("un.pdf", pdf()))
    amina.sees_joined("un.pdf")
    # Hers leaves after the colleague's, however slow this machine is.
    held: list[Route] = []
    amina.page.route("**/reponses", lambda route: held.append(route))
    amina.card("un.pdf").get_by_label("Légende").fill("La mienne")
    (file,) = amina.stored()
    reading = StepReading({"files": [file | {"caption": "La sienne"}]}, frozenset(), {})
    services.save(amina.sheet.id, reading, actor=OPERATOR, at=now())
    while told_first and not held:
        amina.page.wait_for_timeout(50)
    # What was held goes on with this.
    amina.page.unroute("**/reponses")
    if told_first:
        amina.who.sees("Deux réponses")
    amina.chooses(("deux.pdf", pdf(seed=2)))
    amina.sees_joined("deux.pdf")
    assert amina.card("un.pdf").get_by_label("Légende").input_value() == "La mienne"
    amina.who.presses("Enregistrer")
    amina.who.sees("Deux réponses")
    assert [file.get("caption") for file in amina.stored()] == ["La sienne", None]


# ---------------------------------------------------------------- cuts


@pytest.mark.browser
def test_a_file_arrives_after_five_cuts_and_nothing_that_had_come_is_sent_again(begins: Callable[..., Sending]) -> None:
    amina, content, cuts = begins(), pdf(1_500_000), []

    def cut(route: Route) -> None:
        number = len(amina.spans)
        if route.request.method != "PUT" or number not in {2, 4, 7}:
            route.continue_()
        elif number == 4:
            cuts.append("the answer is lost")
            route.fetch()
            route.abort("connectionreset")
        else:
            cuts.append("the piece is lost")
            route.abort("connectionreset")

    amina.page.route(PIECES, cut)
    amina.chooses(("affiche.pdf", content))
    amina.says("L’envoi de « affiche.pdf » est coupé, il va reprendre.")
    expect(amina.line("affiche.pdf")).to_contain_text(re.compile(r"Coupé\u00a0: reprise dans \d\u00a0s"))
    amina.who.looks_around()
    for least in (20, 50):
        amina.page.wait_for_function(f"() => document.querySelector('.upload progress')?.value >= {least}")
        amina.page.context.set_offline(True)
        cuts.append("no line")
        expect(amina.line("affiche.pdf")).to_contain_text("Coupé")
        amina.page.context.set_offline(False)
    amina.sees_joined("affiche.pdf")
    assert len(cuts) == 5, cuts
    assert amina.bytes_of("affiche.pdf") == content
    sent = sum(end - start for start, end in amina.spans)
    assert sent < 2 * len(content), "a cut costs a piece, not the file"


@pytest.mark.browser
def test_one_can_go_on_without_waiting(begins: Callable[..., Sending]) -> None:
    amina = begins()
    amina.page.route(PIECES, lambda route: route.abort())
    amina.chooses(("article.pdf", pdf()))
    # 1, 2, then 4 seconds.
    expect(amina.line("article.pdf")).to_contain_text("reprise dans 4\u00a0s")
    amina.page.unroute(PIECES)
    amina.line("article.pdf").get_by_role("button", name="Reprendre").click()
    amina.sees_joined("article.pdf")


@pytest.mark.browser
@pytest.mark.parametrize("how", ["the page is loaded again", "the tab is closed"])
def test_a_file_goes_on_when_the_step_is_opened_again(begins: Callable[..., Sending], how: str) -> None:
    amina, content = begins(), pdf(1_000_000)
    gate = Gate(amina.page, 2)
    amina.chooses(("affiche.pdf", content))
    words = amina.line("affiche.pdf").get_by_label(re.compile("^Légende"))
    words.fill("L’affiche du printemps")
    words.blur()
    amina.page.wait_for_function("() => document.querySelector('.upload progress').value >= 19")
    amina.spans.clear()
    if how == "the tab is closed":
        page = amina.page.context.new_page()
        amina.page.close()
        amina.who = Person(page, amina.who.site, script=True)
        amina.watches(page)
    gate.left = float("inf")
    amina.page.add_init_script(
        "addEventListener('DOMContentLoaded', () => { window.heard = [];"
        "new MutationObserver((all) => all.forEach((one) => window.heard.push(one.target.textContent)))"
        ".observe(document.querySelector('.uploads [role=status]'), { childList: true }); })"
    )
    amina.page.on("dialog", lambda dialog: dialog.accept())
    amina.opens()
    amina.sees_joined("affiche.pdf")
    assert "L’envoi de «\u00a0affiche.pdf\u00a0» reprend." in amina.page.evaluate("window.heard")
    assert amina.bytes_of("affiche.pdf") == content
    assert amina.spans[0][0] >= 192 * 1024, "what had come is not sent again"
    assert amina.stored()[0]["caption"] == "L’affiche du printemps"
    amina.opens()
    expect(amina.page.get_by_role("list", name="Envois en cours")).to_have_count(0)
    assert amina.page.evaluate(COUNT_KEPT) == 0, "the browser keeps no file that is joined"


COUNT_KEPT = """() => new Promise((resolve) => {
  const asked = indexedDB.open("recueil-pieces");
  asked.onsuccess = () => {
    const base = asked.result;
    if (!base.objectStoreNames.length) return resolve(0);
    const count = base.transaction("files").objectStore("files").count();
    count.onsuccess = () => { base.close(); resolve(count.result); };
  };
})"""


@pytest.mark.browser
def test_two_tabs_do_not_send_the_same_file_twice(begins: Callable[..., Sending]) -> None:
    amina, content = begins(), pdf(1_000_000)
    gate = Gate(amina.page, 2)
    amina.chooses(("affiche.pdf", content))
    amina.page.wait_for_function("() => document.querySelector('.upload progress').value >= 19")
    other = amina.page.context.new_page()
    amina.watches(other)
    other.goto(amina.page.url)
    expect(other.locator(".upload")).to_contain_text("L’envoi reprend")
    gate.opens()
    amina.sees_joined("affiche.pdf")
    expect(other.locator(".files > li", has_text="affiche.pdf")).to_have_count(1)
    expect(other.locator(".upload")).to_have_count(0)
    assert sum(end - start for start, end in amina.spans) < len(content) * 1.5
    assert len(amina.stored()) == 1


@pytest.mark.browser
def test_what_is_cancelled_in_one_tab_is_not_sent_by_another(begins: Callable[..., Sending]) -> None:
    amina = begins()
    Gate(amina.page, 1)
    amina.chooses(("affiche.pdf", pdf()))
    amina.page.wait_for_function("() => document.querySelector('.upload progress').value > 0")
    other = amina.page.context.new_page()
    other.goto(amina.page.url)
    expect(other.locator(".upload")).to_contain_text("L’envoi reprend")
    amina.line("affiche.pdf").get_by_role("button", name="Annuler").click()
    expect(other.locator(".upload")).to_have_count(0)
    assert amina.stored() == []


@pytest.mark.browser
def test_leaving_asks_while_a_file_goes_up(begins: Callable[..., Sending]) -> None:
    amina, asked = begins(), []
    Gate(amina.page)
    amina.chooses(("article.pdf", pdf()))
    amina.line("article.pdf").get_by_label(re.compile("^Légende")).click()
    amina.page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    amina.page.get_by_role("link", name="Mes fiches").first.click()
    amina.page.wait_for_timeout(500)
    assert asked == ["beforeunload"]
    assert amina.page.url.endswith("/pieces")
    amina.line("article.pdf").get_by_role("button", name="Annuler").click()
    amina.who.follows("Mes fiches")
    assert asked == ["beforeunload"], "once nothing goes up, nothing is asked"


@pytest.mark.browser
def test_saving_the_step_asks_nothing_and_the_file_goes_on(begins: Callable[..., Sending]) -> None:
    amina, content, asked = begins(), pdf(), []
    gate = Gate(amina.page, 1)
    amina.chooses(("article.pdf", content))
    amina.page.wait_for_function("() => document.querySelector('.upload progress').value > 0")
    amina.page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    gate.opens()
    amina.who.presses("Enregistrer")
    amina.sees_joined("article.pdf")
    assert asked == []
    assert amina.bytes_of("article.pdf") == content


# ---------------------------------------------------------------- who


@pytest.mark.browser
def test_a_session_that_has_ended_is_opened_in_another_tab_and_the_file_goes_on(
    begins: Callable[..., Sending], cast: Cast, db: SQLAlchemy
) -> None:
    amina, content, email = begins(), pdf(600_000), cast.responsible.email
    gate = Gate(amina.page, 1)
    amina.chooses(("article.pdf", content))
    amina.page.wait_for_function("() => document.querySelector('.upload progress').value > 0")
    for session in db.session.query(UserSession):
        session.ended_at = now()
    db.session.commit()
    gate.opens()
    line = amina.line("article.pdf")
    expect(line).to_contain_text("Connectez-vous dans un autre onglet")
    amina.who.looks_around()
    with amina.page.context.expect_page() as opened:
        line.get_by_role("link", name="Se connecter dans un autre onglet").click()
    door = Person(opened.value, amina.who.site, script=True)
    door.types("Adresse mail", email)
    door.types("Mot de passe", PASSWORD)
    door.presses("Se connecter")
    amina.sees_joined("article.pdf")
    assert amina.bytes_of("article.pdf") == content
    # The form on the page is of the new session too.
    amina.who.presses("Enregistrer")
    amina.who.reads_heading("Pièces")


@pytest.mark.browser
def test_who_comes_next_to_this_computer_neither_sees_nor_sends_the_file(
    begins: Callable[..., Sending], cast: Cast, db: SQLAlchemy
) -> None:
    amina = begins()
    colleague = person(RoleName.MEMBER, cast.responsible.roles[0].centre, email="sofia@tilleuls.example")
    db.session.commit()
    Gate(amina.page, 1)
    amina.chooses(("article.pdf", pdf()))
    amina.page.wait_for_function("() => document.querySelector('.upload progress').value > 0")
    page = amina.page.context.new_page()
    amina.page.close()
    amina.page.context.clear_cookies()
    sofia = Sending(Person(page, amina.who.site, script=True), amina.sheet, db)
    sofia.watches(page)
    sofia.who.signs_in(colleague.email, PASSWORD)
    sofia.opens()
    page.wait_for_timeout(500)
    assert sofia.asked == []
    assert page.evaluate(COUNT_KEPT) == 1
    sofia.who.opens(colleague.full_name)
    sofia.who.presses("Se déconnecter")
    assert page.evaluate(COUNT_KEPT) == 0, "who signs out leaves nothing behind"


@pytest.mark.browser
def test_a_sheet_that_is_sent_meanwhile_says_so(begins: Callable[..., Sending], db: SQLAlchemy) -> None:
    amina = begins()
    gate = Gate(amina.page, 1)
    amina.chooses(("article.pdf", pdf()))
    amina.page.wait_for_function("() => document.querySelector('.upload progress').value > 0")
    db.session.get_one(Sheet, amina.sheet.id).state = SheetState.SUBMITTED
    db.session.commit()
    gate.opens()
    expect(amina.line("article.pdf")).to_contain_text("Cette fiche est envoyée")
    assert amina.stored() == []
    assert amina.page.evaluate(COUNT_KEPT) == 0


# ---------------------------------------------------------------- refused


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 360])
def test_what_is_no_file_for_here_is_said_beside_the_control_before_anything_is_sent(
    begins: Callable[..., Sending], tmp_path: Path, width: int
) -> None:
    amina = begins(width=width)
    large = tmp_path / "gros.pdf"
    large.write_bytes(HEAD + bytes(15_000_001 - len(HEAD)))
    for chosen, said in (
        (("vide.png", b""), "« vide.png » est vide"),
        (("programme.exe", b"MZ"), "« programme.exe » n’est pas d’un type accepté"),
        (large, "« gros.pdf » fait 15,0\u00a0Mo\u00a0: réduisez-le"),
    ):
        amina.control.focus()
        amina.control.set_input_files(chosen) if isinstance(chosen, Path) else amina.chooses(chosen)
        error = amina.page.locator("#files-new-error")
        expect(error).to_contain_text(said)
        assert "files-new-error" in (amina.control.get_attribute("aria-describedby") or "")
        assert amina.control.get_attribute("aria-invalid") == "true"
        assert amina.control.evaluate("control => control === document.activeElement"), "the focus stays"
        amina.who.looks_around()
    assert amina.asked == []
    assert amina.stored() == []
    # The next one that is right takes the error away.
    amina.chooses(("article.pdf", pdf()))
    amina.sees_joined("article.pdf")
    expect(error).to_have_count(0)
    assert amina.control.get_attribute("aria-invalid") == "false"


@pytest.mark.browser
def test_a_file_that_is_not_what_its_name_says_is_refused_at_the_end(begins: Callable[..., Sending]) -> None:
    amina = begins()
    amina.chooses(("photo.png", b"MZ\x90 a program" * 1000))
    line = amina.line("photo.png")
    expect(line).to_contain_text("Ce type de fichier n’est pas accepté")
    amina.says(re.compile("«\u00a0photo.png\u00a0»\u00a0: Ce type de fichier n’est pas accepté"))
    amina.who.looks_around()
    assert amina.stored() == []
    line.get_by_role("button", name="Fermer").click()
    expect(line).to_have_count(0)
    assert amina.control.evaluate("control => control === document.activeElement")
    assert amina.page.evaluate(COUNT_KEPT) == 0


@pytest.mark.browser
def test_the_same_file_twice(begins: Callable[..., Sending], db: SQLAlchemy) -> None:
    amina, content = begins(), pdf()
    gate = Gate(amina.page)
    amina.chooses(("article.pdf", content))
    expect(amina.line("article.pdf")).to_contain_text("Envoi…")
    gate.opens()
    amina.sees_joined("article.pdf")
    revision = db.session.get_one(Sheet, amina.sheet.id, populate_existing=True).revision
    amina.spans.clear()
    amina.chooses(("copie.pdf", content))
    expect(amina.line("copie.pdf")).to_contain_text("Ce fichier est déjà joint à la fiche.")
    assert amina.spans == [], "no byte of it was sent"
    db.session.rollback()
    assert db.session.get_one(Sheet, amina.sheet.id, populate_existing=True).revision == revision
    amina.who.looks_around()


@pytest.mark.browser
def test_the_same_file_while_it_goes_up(begins: Callable[..., Sending], tmp_path: Path) -> None:
    amina, path = begins(), tmp_path / "article.pdf"
    path.write_bytes(pdf())
    Gate(amina.page)
    for _ in range(2):
        amina.control.set_input_files(path)
    expect(amina.page.locator("#files-new-error")).to_contain_text("« article.pdf » est déjà en cours d’envoi.")
    expect(amina.line("article.pdf")).to_have_count(1)


@pytest.mark.browser
def test_cancelling_leaves_nothing(begins: Callable[..., Sending], db: SQLAlchemy) -> None:
    amina = begins()
    # The second piece is on its way until the end: what is joined already is not cancelled.
    Gate(amina.page, 1)
    amina.chooses(("article.pdf", pdf()))
    amina.page.wait_for_function("() => document.querySelector('.upload progress').value > 0")
    with amina.page.expect_response(lambda answer: answer.request.method == "DELETE"):
        amina.line("article.pdf").get_by_role("button", name="Annuler").click()
    expect(amina.line("article.pdf")).to_have_count(0)
    assert amina.control.evaluate("control => control === document.activeElement")
    assert db.session.query(Upload).count() == 0
    assert amina.page.evaluate(COUNT_KEPT) == 0


# ---------------------------------------------------------------- pictures


@pytest.mark.browser
@pytest.mark.parametrize(
    ("button", "smaller"), [("Réduire et joindre", True), ("Joindre telle quelle", False)], ids=["reduced", "as it is"]
)
def test_a_large_picture_goes_up_as_its_person_decides_and_stands_upright(
    begins: Callable[..., Sending], button: str, smaller: bool
) -> None:
    amina, photo = begins(width=360), photograph()
    amina.chooses(("photo.jpg", photo))
    line = amina.line("photo.jpg")
    asked = re.compile(
        r"Cette photo fait [\d,]+\u00a0Mo\. La réduire à environ [\d,]+\u00a0[km]o avant de la joindre\u202f\?",
        re.IGNORECASE,
    )
    expect(line).to_contain_text(asked)
    amina.says(asked)
    amina.who.looks_around()
    assert amina.asked == [], "nothing is sent before the answer"
    line.get_by_label("Description de l’image").fill("La place, un jour de fête")
    amina.line("photo.jpg").get_by_role("button", name=button).click()
    amina.sees_joined("photo.jpg")
    (file,) = amina.stored()
    assert (file["width"], file["height"], file["media_type"]) == (1800, 2400, "image/jpeg")
    assert file["alt"] == "La place, un jour de fête"
    sent = max(end for _start, end in amina.spans)
    assert sent < len(photo) * 0.8 if smaller else sent == len(photo)
    with Image.open(io.BytesIO(amina.bytes_of("photo.jpg"))) as kept:
        assert kept.size == (1800, 2400)


@pytest.mark.browser
def test_a_see_through_picture_stays_so(begins: Callable[..., Sending]) -> None:
    amina = begins()
    amina.chooses(("logo.png", see_through()))
    amina.line("logo.png").get_by_role("button", name="Réduire et joindre").click()
    amina.sees_joined("logo.png")
    with Image.open(io.BytesIO(amina.bytes_of("logo.png"))) as kept:
        assert (kept.size, kept.mode) == ((2400, 2400), "RGBA")
        assert kept.getextrema()[3][0] < 255


@pytest.mark.browser
def test_a_small_picture_goes_up_without_a_question(begins: Callable[..., Sending], poster: Path) -> None:
    amina = begins()
    amina.control.set_input_files(poster)
    amina.sees_joined("affiche.png")
    assert amina.stored()[0]["media_type"] == "image/png"


@pytest.mark.browser
def test_a_picture_is_sent_by_the_keyboard_alone(begins: Callable[..., Sending]) -> None:
    amina = begins()
    amina.control.focus()
    amina.chooses(("photo.jpg", photograph()))
    expect(amina.line("photo.jpg")).to_contain_text("avant de la joindre")
    amina.page.keyboard.press("Tab")
    assert amina.page.evaluate("document.activeElement.textContent") == "Réduire et joindre"
    gate = Gate(amina.page)
    amina.page.keyboard.press("Enter")
    expect(amina.line("photo.jpg")).to_contain_text("Envoi…")
    # The button that was pressed is gone; the next Tab is not sent back to the top of the page.
    amina.page.keyboard.press("Tab")
    assert amina.page.evaluate("document.activeElement.closest('.upload') !== null")
    amina.who.tabs_to("Description de l’image (nécessaire pour l’envoi)")
    amina.page.keyboard.type("La place, un jour de fête")
    gate.opens()
    amina.sees_joined("photo.jpg")
    assert amina.page.evaluate("document.activeElement.name") == "files-0-alt"
    assert amina.stored()[0].get("alt") in {None, "La place, un jour de fête"}


CAPTION_KEPT = """(words) => new Promise((resolve) => {
  const asked = indexedDB.open("recueil-pieces");
  asked.onsuccess = () => {
    const found = asked.result.transaction("files").objectStore("files").getAll();
    found.onsuccess = () => { asked.result.close(); resolve(found.result.some((record) => record.caption === words)); };
  };
})"""


@pytest.mark.browser
def test_words_of_a_picture_that_awaits_its_choice_are_kept_as_they_are_typed(
    begins: Callable[..., Sending],
) -> None:
    amina = begins(width=360)
    amina.chooses(("photo.jpg", photograph()))
    expect(amina.line("photo.jpg")).to_contain_text("avant de la joindre")
    amina.line("photo.jpg").get_by_label("Légende").focus()
    amina.page.keyboard.type("La place, un jour de fête")
    # wait_for_function takes a promise that has not come yet for a yes.
    while not amina.page.evaluate(CAPTION_KEPT, "La place, un jour de fête"):
        amina.page.wait_for_timeout(50)
    context = amina.page.context
    amina.page.close(run_before_unload=False)
    amina.who.page = context.new_page()
    amina.opens()
    expect(amina.line("photo.jpg").get_by_label("Légende")).to_have_value("La place, un jour de fête")


@pytest.mark.browser
def test_a_picture_that_awaits_its_choice_is_told_of_until_it_is_joined(begins: Callable[..., Sending]) -> None:
    amina = begins(width=360)
    bar = amina.page.get_by_test_id("save-state")
    amina.chooses(("photo.jpg", photograph()))
    expect(bar).to_contain_text("1\u00a0photo attend votre choix")
    amina.who.looks_around()
    told = amina.page.get_by_test_id("waiting-files")
    for path in ("", "/verification"):
        amina.who.goes_to(f"/fiches/{amina.sheet.id}{path}")
        expect(told).to_contain_text("photo.jpg")
        amina.who.looks_around()
    told.get_by_role("link").click()
    expect(bar).to_contain_text("1\u00a0photo attend votre choix")
    amina.line("photo.jpg").get_by_role("button", name="Réduire et joindre").click()
    amina.sees_joined("photo.jpg")
    expect(bar).to_contain_text("Enregistré")
    amina.who.goes_to(f"/fiches/{amina.sheet.id}/verification")
    expect(told).to_have_count(0)


@pytest.mark.browser
def test_a_sheet_is_not_sent_without_its_picture_unasked(begins: Callable[..., Sending]) -> None:
    amina = begins()
    amina.sheet.answers = COMPLETE
    amina.db.session.commit()
    amina.opens()
    amina.chooses(("photo.jpg", photograph()))
    expect(amina.line("photo.jpg")).to_contain_text("avant de la joindre")
    page = amina.page
    amina.who.goes_to(f"/fiches/{amina.sheet.id}/verification")
    expect(page.get_by_test_id("waiting-files")).to_contain_text("photo.jpg")
    asked: list[str] = []
    page.once("dialog", lambda box: (asked.append(box.message), box.dismiss()))
    page.get_by_test_id("send").click()
    page.wait_for_timeout(300)
    assert "photo.jpg" in asked[0]
    expect(page.get_by_role("heading", level=1)).not_to_have_text("Fiche envoyée")
    amina.db.session.rollback()
    assert amina.db.session.get_one(Sheet, amina.sheet.id).state is SheetState.DRAFT
    page.once("dialog", lambda box: box.accept())
    with page.expect_navigation():
        page.get_by_test_id("send").click()
    amina.db.session.rollback()
    assert amina.db.session.get_one(Sheet, amina.sheet.id).state is SheetState.SUBMITTED
