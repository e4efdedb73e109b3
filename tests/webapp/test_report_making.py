"""Templates of reports, what they choose, how reports look, and a making that is watched and stopped."""

import io
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy
from PIL import Image
from sqlalchemy.exc import IntegrityError
from werkzeug.datastructures import MultiDict

from forms import french
from forms.lifecycle import SheetState
from forms.values import Refused
from reports.catalogue import ReportKind
from reports.layout import crew
from tests.client import PageClient
from tests.factories import (
    START,
    CentreFactory,
    FunderFactory,
    LabelFactory,
    ReportTemplateFactory,
    SnapshotFactory,
    address,
    campaign_of,
    expect,
    person,
)
from tests.signing import post, sign_in
from tests.webapp.report_season import made, sheet_of
from webapp import storage
from webapp.clock import now
from webapp.models import (
    Campaign,
    DiscardedFile,
    Job,
    Mail,
    MailPreference,
    ReportRun,
    ReportTemplate,
    Sheet,
    SheetLabel,
)
from webapp.queries.report_changes import between, since
from webapp.queries.report_selection import Selection, coverage, selected
from webapp.services import discards, jobs, report_design, report_handing, reports
from webapp.vocabulary import JobState, MailCategory, MailManner, RoleName

SECTIONS = ["chiffres", "fiches", "methode"]


@pytest.fixture
def centre(db: SQLAlchemy) -> Any:
    return CentreFactory()


@pytest.fixture
def federation(centre: Any) -> Any:
    return centre.federation


@pytest.fixture
def officer(client: PageClient, federation: Any) -> Any:
    user = person(RoleName.ADMINISTRATOR, federation)
    sign_in(client, user)
    return user


def filled(federation: Any, **changed: Any) -> dict[str, Any]:
    return {
        "federation": str(federation.id),
        "name": "Recueil de l’année",
        "kind": "book",
        "title": "Une année d’actions",
        "period": "latest",
        "sections-book": SECTIONS,
        "foreword": "Les centres ont tenu bon.",
        "foreword_by": "Anne Delmas, présidente",
        "colour": "#7A1F3D",
        **changed,
    }


# ------------------------------------------------------------------ templates


def test_a_template_is_written_once_and_used_again(
    client: PageClient, db: SQLAlchemy, centre: Any, federation: Any, officer: Any
) -> None:
    sheet_of(centre)
    assert "Les campagnes" not in client.get("/rapports/modeles/nouveau").text
    answer = post(client, "/rapports/modeles/nouveau", filled(federation))
    assert answer.status_code == 303
    page = client.get(answer.location).text
    for words in ("Une année d’actions", "1\u00a0fiche", "campagne 2026 (la dernière ouverte)", "Anne Delmas"):
        assert words in page, words
    assert post(client, f"{answer.location}/faire").status_code == 303
    run = db.session.query(ReportRun).one()
    assert (run.title, run.parameters["years"], run.parameters["latest"]) == ("Une année d’actions", [2026], False)
    assert run.design == {
        "colour": "#7a1f3d",
        "logo": None,
        "foreword": "Les centres ont tenu bon.",
        "foreword_by": "Anne Delmas, présidente",
        "sections": SECTIONS,
        "order": "",
    }


def test_the_last_campaign_is_another_one_next_year(db: SQLAlchemy, centre: Any, federation: Any) -> None:
    kept = Selection(federation_id=federation.id, latest=True)
    assert selected(kept) == []
    sheet_of(centre)
    assert [sheet.campaign.year for sheet in selected(kept)] == [2026]
    later = sheet_of(centre, campaign=campaign_of(federation, 2027), title="Le jardin")
    assert selected(kept) == [later]
    later.campaign.opened_at = None
    db.session.commit()
    assert [sheet.campaign.year for sheet in selected(kept)] == [2026]


def test_what_is_wrong_in_a_template_is_said_and_what_was_typed_stays(
    client: PageClient, db: SQLAlchemy, federation: Any, officer: Any
) -> None:
    ReportTemplateFactory(federation=federation, name="Déjà là")
    for wrong, said in (
        ({"name": " "}, "Donnez un nom à ce modèle."),
        ({"name": "DEJA LA"}, "Un modèle porte déjà ce nom."),
        ({"colour": "rouge"}, "Indiquez une couleur comme"),
        ({"colour": "#12345g"}, "Indiquez une couleur comme"),
        ({"kind": "poem"}, "Choisissez un type de rapport."),
        ({"sections-book": []}, "Gardez au moins une partie."),
        ({"sections-book": ["chiffres", "dessert"]}, "Choisissez des parties dans la liste."),
        ({"sheet_order": "hasard"}, "Choisissez un ordre dans la liste."),
        ({"funder": str(uuid4())}, "Choisissez dans les listes."),
        ({"labels": str(uuid4())}, "Choisissez dans les listes."),
        ({"state": "draft"}, "Choisissez dans la liste."),
        ({"foreword": "a" * 8001}, "8000 caractères au plus"),
    ):
        answer = post(client, "/rapports/modeles/nouveau", filled(federation, **wrong))
        assert (answer.status_code, said in answer.text) == (422, True), wrong
        assert "Anne Delmas, présidente" in answer.text
    assert db.session.query(ReportTemplate).count() == 1


def test_a_template_is_changed_duplicated_and_removed_while_its_reports_stay(
    client: PageClient, db: SQLAlchemy, centre: Any, federation: Any, officer: Any
) -> None:
    sheet_of(centre)
    place = post(client, "/rapports/modeles/nouveau", filled(federation)).location
    form = client.get(f"{place}/modifier").text
    assert re.findall(r'value="(\w+)" checked|checked[^>]*value="(\w+)"', form) or "checked" in form
    assert post(client, f"{place}/modifier", filled(federation, title="Autre titre")).status_code == 303
    assert "Autre titre" in client.get(place).text
    post(client, f"{place}/faire")
    copy = post(client, f"{place}/dupliquer").location
    assert "Recueil de l’année (copie)" in client.get(copy).text
    assert "Autre titre" in client.get(copy).text
    post(client, f"{place}/dupliquer")
    assert db.session.query(ReportTemplate).filter_by(name="Recueil de l’année (copie 2)").count() == 1
    assert post(client, f"{place}/supprimer").status_code == 303
    assert client.get(place).status_code == 404
    run = db.session.query(ReportRun).one()
    assert run.template_id is None
    assert "Autre titre" in client.get(f"/rapports/{run.id}").text


def test_a_template_that_no_sheet_answers_says_so(client: PageClient, federation: Any, officer: Any) -> None:
    place = post(client, "/rapports/modeles/nouveau", filled(federation)).location
    answer = post(client, f"{place}/faire", follow_redirects=True)
    assert "Aucune fiche validée ou publiée ne répond à ce choix" in answer.text


def test_a_template_of_another_federation_is_unknown(client: PageClient, officer: Any) -> None:
    foreign = ReportTemplateFactory()
    for path in ("", "/modifier", "/apercu", "/chiffres/participants"):
        assert client.get(f"/rapports/modeles/{foreign.id}{path}").status_code == 404
    for path in ("/modifier", "/dupliquer", "/supprimer", "/faire"):
        assert post(client, f"/rapports/modeles/{foreign.id}{path}").status_code == 404


def test_a_template_by_a_limited_reviewer_never_leaves_the_territory(
    client: PageClient, db: SQLAlchemy, federation: Any
) -> None:
    reviewer = person(RoleName.REVIEWER, federation)
    reviewer.roles[0].departments = ["46"]
    db.session.commit()
    sign_in(client, reviewer)
    place = post(client, "/rapports/modeles/nouveau", filled(federation)).location
    assert db.session.query(ReportTemplate).one().selection["departments"] == ["46"]
    assert client.get(place).status_code == 200
    assert post(client, f"{place}/modifier", filled(federation, departments="82")).status_code == 422
    whole = ReportTemplateFactory(federation=federation)
    assert client.get(f"/rapports/modeles/{whole.id}").status_code == 404
    assert whole.name not in client.get("/rapports").text


# ------------------------------------------------------------------ which sheets


def test_sheets_are_chosen_by_state_label_and_funder(db: SQLAlchemy, centre: Any, federation: Any) -> None:
    plain = sheet_of(centre)
    shown = sheet_of(centre, SheetState.PUBLISHED, title="Le bal")
    older = sheet_of(centre, campaign=campaign_of(federation, 2025), title="L’an passé")
    label, funder = LabelFactory(federation=federation), FunderFactory(federation=federation)
    db.session.add(SheetLabel(sheet_id=plain.id, label_id=label.id, put_at=START))
    address(older.campaign, funder)
    all_of_it = Selection(federation_id=federation.id)
    for wanted, expected in (
        (all_of_it, {plain, shown, older}),
        (replace(all_of_it, states=("published",)), {shown}),
        (replace(all_of_it, labels=(label.id,)), {plain}),
        (replace(all_of_it, funder_id=funder.id), {older}),
        (replace(all_of_it, funder_id=FunderFactory(federation=federation).id), set()),
    ):
        assert set(selected(wanted)) == expected
        assert Selection.from_json(wanted.to_json()) == wanted


def test_a_label_of_the_federation_is_not_named_in_a_report(db: SQLAlchemy, centre: Any, federation: Any) -> None:
    sheet = sheet_of(centre)
    label = LabelFactory(federation=federation, name="À ne pas montrer")
    db.session.add(SheetLabel(sheet_id=sheet.id, label_id=label.id, put_at=START))
    db.session.commit()
    wanted = Selection(federation_id=federation.id, labels=(label.id,), states=("validated",))
    content = reports.content_for(ReportKind.BOOK, wanted, title="", at=START)
    assert content.filter_text == "Fiches validées · Choix de la fédération"


def test_a_choice_survives_the_form(
    client: PageClient, db: SQLAlchemy, centre: Any, federation: Any, officer: Any
) -> None:
    sheet_of(centre)
    CentreFactory(federation=federation, department="82")
    funder = FunderFactory(federation=federation)
    chosen = {
        "period": "chosen",
        "years": "2026",
        "centres": str(centre.id),
        "departments": "46",
        "state": "validated",
        "funder": str(funder.id),
        "facet-dimension": "services",
    }
    place = post(client, "/rapports/modeles/nouveau", filled(federation, **chosen)).location
    before = db.session.query(ReportTemplate).one().selection
    assert before["facets"] == {"dimension": ["services"]}
    form = client.get(f"{place}/modifier").text
    ticked = MultiDict(re.findall(r'name="([\w-]+)" value="([^"]*)" checked', form))
    picked = re.findall(r'<select[^>]*name="([\w-]+)".*?</select>', form, re.DOTALL)
    assert {"years", "centres", "departments", "period"} <= set(ticked)
    assert "funder" in picked
    assert f'value="{funder.id}" selected' in form
    assert 'value="services" selected' in form
    assert 'value="validated" selected' in form


def test_coverage_counts_expected_centres_whatever_narrows_the_sheets(
    db: SQLAlchemy, centre: Any, federation: Any
) -> None:
    sheet = sheet_of(centre)
    silent, stranger = CentreFactory(federation=federation), CentreFactory(federation=federation)
    expect(sheet.campaign, centre, silent)
    sheet_of(stranger, title="Sans être attendue")
    wanted = Selection(federation_id=federation.id, facets={"dimension": ("citoyennete",)})
    found = coverage(wanted, at=START)
    assert found is not None
    assert (found.answered, found.expected, found.closed) == (1, 2, False)
    assert found.watermark == "Provisoire, 1\u00a0centre sur 2"
    day_after = START + timedelta(days=400)
    sheet.campaign.last_edit = (START + timedelta(days=300)).date()
    sheet.campaign.last_creation = sheet.campaign.shown_deadline = START.date()
    db.session.commit()
    later = coverage(wanted, at=day_after)
    assert later is not None
    assert (later.closed, later.watermark) == (True, "")
    assert coverage(Selection(sheet_id=sheet.id), at=START) is None


# ------------------------------------------------------------------ looks


def picture(format_: str = "PNG") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 20), "#7a1f3d").save(out, format_)
    return out.getvalue()


def test_the_federations_colour_and_logo_go_into_its_reports(
    client: PageClient, db: SQLAlchemy, centre: Any, federation: Any, officer: Any
) -> None:
    sheet_of(centre)
    place = f"/rapports/presentation/{federation.id}"
    assert client.get(f"{place}/logo").status_code == 404
    sent = {"colour": "#7A1F3D", "logo": (io.BytesIO(picture()), "notre logo.exe")}
    assert post(client, place, sent).status_code == 303
    assert client.get(f"{place}/logo").mimetype == "image/png"
    assert "logo actuel" in client.get(place).text.lower()
    run = made(db, federation)
    assert "notre" not in run.design["logo"]
    content = reports.content_for(
        ReportKind.BOOK, Selection(federation_id=federation.id), title="", at=START, design=run.design
    )
    assert content.design.colour == "#7a1f3d"
    assert content.design.logo is not None
    read = content.open_file(content.design.logo)
    assert read is not None
    assert Image.open(io.BytesIO(read)).size == (40, 20)
    assert post(client, place, {"colour": "", "without_logo": "y"}).status_code == 303
    assert client.get(f"{place}/logo").status_code == 404


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"colour": "red; background: url(//x)"}, "Indiquez une couleur comme"),
        ({"logo": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "logo.png")}, "Ce type de fichier"),
        (
            {"logo": (b"%PDF-1.7\n%\xe2\xe3\n1 0 obj\n<<>>\nendobj\ntrailer<<>>\n%%EOF", "logo.png")},
            "PNG, JPEG ou WebP",
        ),
        ({"logo": (picture()[:60], "logo.png")}, "abîmée"),
    ],
    ids=["colour", "svg", "pdf", "damaged"],
)
def test_a_colour_or_a_logo_that_is_none_is_refused(
    client: PageClient, db: SQLAlchemy, federation: Any, officer: Any, sent: dict[str, Any], said: str
) -> None:
    if "logo" in sent:
        content, name = sent["logo"]
        sent = {"logo": (io.BytesIO(content), name), "colour": ""}
    answer = post(client, f"/rapports/presentation/{federation.id}", sent)
    assert (answer.status_code, said in answer.text) == (422, True)
    db.session.refresh(federation)
    assert (federation.colour, federation.logo_key) == (None, None)


def test_a_logo_that_is_too_heavy_is_refused(db: SQLAlchemy, federation: Any, officer: Any) -> None:
    logo = ("logo.png", b"x" * 2_000_001)
    with pytest.raises(Refused, match="trop lourd"):
        report_design.change(federation.id, colour="", logo=logo, without_logo=False, actor_id=officer.id, at=START)


# ------------------------------------------------------------------ reading on the screen


def test_the_preview_shows_the_parts_wanted_and_each_figure_leads_to_its_sheets(
    client: PageClient, db: SQLAlchemy, centre: Any, federation: Any, officer: Any
) -> None:
    sheet = sheet_of(centre)
    other = sheet_of(
        CentreFactory(federation=federation, department="82"), title="Le bal", silent=("participants_count",)
    )
    expect(sheet.campaign, centre)
    place = post(client, "/rapports/modeles/nouveau", filled(federation)).location
    page = client.get(f"{place}/apercu").text
    for words in ("Une année d’actions", "Chiffres clés", "Provisoire, 1\u00a0centre sur 1", "Atelier vélo", "Le bal"):
        assert words in page, words
    # Left out by the template.
    assert "Avant-propos" not in page
    assert "Les centres" not in page
    assert "Répartition" not in page
    address_ = re.search(rf'href="({place}/chiffres/participants[^"]*)"', page)
    assert address_ is not None
    behind = client.get(address_.group(1)).text
    assert f"/fiches/{sheet.id}/lecture" in behind
    assert str(other.id) not in behind
    assert client.get(f"{place}/chiffres/inconnu").status_code == 404
    services = client.get(f"{place}/chiffres/dimension?valeur=Services").text
    assert str(sheet.id) in services
    assert client.get(f"{place}/chiffres/department?valeur=Lot+(46)").status_code == 200


def test_a_preview_stands_in_the_order_of_its_template(
    client: PageClient, db: SQLAlchemy, centre: Any, federation: Any, officer: Any
) -> None:
    for name, title in (("A Premier", "Zumba"), ("B Second", "Atelier")):
        sheet_of(CentreFactory(federation=federation, name=name), title=title)
    for order, first in (("", "Zumba"), ("titre", "Atelier")):
        form = filled(federation, name=f"Modèle {order}", sheet_order=order)
        place = post(client, "/rapports/modeles/nouveau", form).location
        page = client.get(f"{place}/apercu").text
        found = re.findall(r"Zumba|Atelier", page[page.index('id="fiches"') :])
        assert found[0] == first


def test_a_report_is_read_as_it_was_made_whatever_was_sent_since(
    client: PageClient, db: SQLAlchemy, centre: Any, federation: Any, officer: Any
) -> None:
    sheet = sheet_of(centre)
    run = made(db, federation)
    again = {**sheet.answers, "title": "Atelier couture", "participants_count": {"number": 7_654_321, "how": "counted"}}
    SnapshotFactory(sheet=sheet, answers=again, title="Atelier couture")
    page = client.get(f"/rapports/{run.id}/apercu").text
    assert "Atelier vélo" in page
    assert "Atelier couture" not in page
    assert f"/relecture/{sheet.id}/envois/1" in page
    (figure,) = set(re.findall(r"/chiffres/(participants[\w.]*)", page))
    behind = client.get(f"/rapports/{run.id}/chiffres/{figure}").text
    assert ">40<" in "".join(behind.split())
    assert french.number(7_654_321) not in behind


def test_a_funder_follows_a_figure_to_what_it_may_read_only(
    client: PageClient, db: SQLAlchemy, centre: Any, federation: Any, officer: Any
) -> None:
    addressed = sheet_of(centre)
    kept = sheet_of(centre, campaign=campaign_of(federation, 2025), title="Non adressée")
    funder = FunderFactory(federation=federation)
    address(addressed.campaign, funder)
    run = made(db, federation)
    report_handing.address(run.id, [funder.id], actor_id=officer.id, at=START)
    reader = person(RoleName.FUNDER, funder)
    sign_in(client, reader)
    page = client.get(f"/rapports/{run.id}/apercu").text
    assert f"/fiches/{addressed.id}/lecture" in page
    assert "Non adressée" in page
    assert str(kept.id) not in page


# ------------------------------------------------------------------ making


def test_a_making_that_is_cancelled_ends_its_child_and_keeps_nothing(
    db: SQLAlchemy, centre: Any, federation: Any
) -> None:
    for number in range(4):
        sheet_of(centre, title=f"Atelier {number}", summary="Un long récit. " * 200)
    wanted = Selection(federation_id=federation.id)
    run = reports.request(ReportKind.BOOK, wanted, federation=federation, title="", actor_id=None, at=START)
    run_id, job_id = run.id, run.job_id
    assert job_id is not None
    # Those that wait from one report to the next are not those of this one.
    crew.end_idle()
    seen: list[int] = []

    def clock() -> Any:
        # Asked at each sign of life: once the child works, the person who asked changes their mind.
        if _children():
            seen.append(1)
            jobs.cancel(job_id, at=START)
        return START

    assert jobs.run(job_id, clock=clock)
    assert seen, "the child never worked"
    assert _children() == []
    job = db.session.get_one(Job, job_id, populate_existing=True)
    assert job.state is JobState.CANCELLED
    assert db.session.get_one(ReportRun, run_id).storage_key is None


def _children() -> list[int]:
    """The processes that lay pages out for this one."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((process / "stat").read_text().rpartition(")")[2].split()[1])
            command = (process / "cmdline").read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if parent == _own_id() and b"reports." in command:
            found.append(int(process.name))
    return found


def _own_id() -> int:
    return int(Path("/proc/self").resolve().name)


@pytest.mark.parametrize(("manner", "mails"), [(None, 1), (MailManner.DIGEST, 0), (MailManner.NEVER, 0)])
def test_whoever_asked_is_told_once_when_it_is_ready_as_they_prefer(
    db: SQLAlchemy, centre: Any, federation: Any, officer: Any, manner: MailManner | None, mails: int
) -> None:
    sheet_of(centre)
    if manner is not None:
        db.session.add(MailPreference(user=officer, category=MailCategory.REPORTS, manner=manner))
        db.session.commit()
    run = made(db, federation, actor_id=officer.id)
    db.session.execute(sa.update(Job).where(Job.id == run.job_id).values(state=JobState.QUEUED))
    db.session.commit()
    assert run.job_id is not None
    jobs.run(run.job_id, clock=lambda: START)
    told = db.session.query(Mail).filter_by(kind="report_ready").all()
    assert len(told) == mails
    for mail in told:
        assert mail.recipient == officer.email
        assert f"/rapports/{run.id}" in mail.text


# ------------------------------------------------------------------ issuing


def issue(run: ReportRun, officer: Any, *, days: int = 0) -> ReportRun:
    return report_handing.issue(run.id, actor_id=officer.id, at=START + timedelta(days=days))


def test_each_issue_of_a_template_is_a_version_and_the_old_ones_stay(
    client: PageClient, db: SQLAlchemy, centre: Any, federation: Any, officer: Any
) -> None:
    sheet = sheet_of(centre)
    template = ReportTemplateFactory(federation=federation, kind="workbook")
    latest = Selection(federation_id=federation.id, latest=True)
    first = made(db, federation, template=template, selection=latest)
    assert post(client, f"/rapports/{first.id}/emettre").status_code == 303
    first_bytes = client.get(f"/rapports/{first.id}/telecharger").data
    SnapshotFactory(sheet=sheet, answers={**sheet.answers, "title": "Autre"}, title="Autre")
    sheet_of(centre, title="Nouvelle")
    page = client.get(f"/rapports/{first.id}").text
    assert "1\u00a0fiche changée, 1\u00a0fiche ajoutée depuis v1" in page
    assert "1\u00a0fiche changée, 1\u00a0fiche ajoutée depuis v1" in client.get(f"/rapports/modeles/{template.id}").text

    second = made(db, federation, template=template, selection=latest)
    assert "1\u00a0fiche changée, 1\u00a0fiche ajoutée depuis v1" in client.get(f"/rapports/{second.id}").text
    issue(second, officer)
    db.session.expire_all()
    assert [run.version for run in (first, second)] == [1, 2]
    assert first.series == second.series
    page = client.get(f"/rapports/{second.id}").text
    assert f"/rapports/{first.id}" in page
    assert "Aucune fiche changée depuis v2" in page
    assert client.get(f"/rapports/{first.id}/telecharger").data == first_bytes
    # Another report has its own numbers.
    assert issue(made(db, federation), officer).version == 1


@pytest.mark.parametrize("by_template", [True, False], ids=["by a template", "by itself"])
def test_a_report_on_other_years_is_no_version_of_this_one(
    client: PageClient, db: SQLAlchemy, centre: Any, federation: Any, officer: Any, by_template: bool
) -> None:
    sheet_of(centre)
    sheet_of(centre, campaign=campaign_of(federation, 2025), title="L’an passé")
    template = ReportTemplateFactory(federation=federation, name="Recueil annuel") if by_template else None

    def of(year: int) -> ReportRun:
        wanted = Selection(federation_id=federation.id, years=(year,))
        return made(db, federation, template=template, selection=wanted)

    first = issue(of(2026), officer)
    other = of(2025)
    assert "depuis v1" not in client.get(f"/rapports/{other.id}").text
    assert "Versions émises" not in client.get(f"/rapports/{other.id}").text
    assert issue(other, officer, days=1).version == 1
    if template is not None:
        template.selection = {"federation": str(federation.id), "years": [2025]}
        db.session.commit()
        assert "aucune fiche changée depuis v1" in client.get(f"/rapports/modeles/{template.id}").text
        assert "(2025), v1, émise le" in client.get("/rapports").text
    again = of(2026)
    page = client.get(f"/rapports/{again.id}").text
    assert "Aucune fiche changée depuis v1" in page
    assert f"/rapports/{first.id}" in page
    assert f"/rapports/{other.id}" not in page


def test_a_report_follows_those_of_before_series_were_told_apart(
    client: PageClient, db: SQLAlchemy, centre: Any, federation: Any, officer: Any
) -> None:
    sheet_of(centre)
    sheet_of(centre, campaign=campaign_of(federation, 2025), title="L’an passé")
    template = ReportTemplateFactory(federation=federation)
    for year in (2026, 2025):
        wanted = Selection(federation_id=federation.id, years=(year,))
        old = made(db, federation, template=template, selection=wanted)
        db.session.execute(sa.update(ReportRun).where(ReportRun.id == old.id).values(series=str(template.id)))
        db.session.commit()
        issue(old, officer)
    wanted = Selection(federation_id=federation.id, latest=True)
    again = issue(made(db, federation, template=template, selection=wanted), officer)
    assert (again.series, again.version) == (str(template.id), 3)
    page = client.get(f"/rapports/{again.id}").text
    listed = re.findall(r">(v\d)</", page[page.index("Versions émises") :])
    assert listed == ["v3", "v1"]


@pytest.mark.parametrize(
    ("title", "parameters", "name"),
    [
        ("Recueil annuel", {"years": [2026]}, "Recueil annuel (2026)"),
        ("Recueil annuel", {"years": [2026, 2025]}, "Recueil annuel (2025 et 2026)"),
        ("Recueil annuel", {"years": [2026, 2025, 2024]}, "Recueil annuel (2024 à 2026)"),
        ("Recueil annuel", {"years": [2022, 2024, 2026]}, "Recueil annuel (2022, 2024 et 2026)"),
        ("Recueil annuel", {"years": []}, "Recueil annuel (toutes campagnes)"),
        ("Recueil 2026", {"years": [2026]}, "Recueil 2026"),
        ("Fiche action", {"years": [], "sheet": "x"}, "Fiche action"),
    ],
)
def test_a_report_is_named_with_its_years(title: str, parameters: dict[str, Any], name: str) -> None:
    assert ReportRun(title=title, parameters=parameters).name == name


def test_what_was_issued_does_not_change(
    client: PageClient, db: SQLAlchemy, centre: Any, federation: Any, officer: Any
) -> None:
    sheet_of(centre)
    run = issue(made(db, federation), officer)
    run_id, job_id, kept, digest = run.id, run.job_id, dict(run.snapshots), run.sha256
    for column, value in (("sha256", "0" * 64), ("storage_key", "x"), ("title", "Autre"), ("snapshots", {})):
        with pytest.raises(IntegrityError):
            db.session.execute(sa.update(ReportRun).where(ReportRun.id == run_id).values({column: value}))
        db.session.rollback()
    assert post(client, f"/rapports/{run_id}/supprimer").status_code == 422
    sheet_of(centre, title="Encore une")
    db.session.execute(sa.update(Job).where(Job.id == job_id).values(state=JobState.QUEUED))
    db.session.commit()
    assert job_id is not None
    jobs.run(job_id, clock=lambda: START)
    again = db.session.get_one(ReportRun, run_id, populate_existing=True)
    assert (again.snapshots, again.sha256) == (kept, digest)
    # Issued twice it keeps its number and its moment.
    assert report_handing.issue(run_id, actor_id=officer.id, at=START + timedelta(days=1)).issued_at == START


def test_what_was_not_issued_can_be_deleted_and_its_file_goes_a_month_later(
    client: PageClient, db: SQLAlchemy, centre: Any, federation: Any, officer: Any
) -> None:
    sheet_of(centre)
    run = made(db, federation)
    place, key = f"/rapports/{run.id}", run.storage_key or ""
    assert "Supprimer" in client.get(place).text
    assert post(client, f"{place}/supprimer").status_code == 303
    assert client.get(place).status_code == 404
    assert storage.get(key)
    assert db.session.scalars(sa.select(DiscardedFile.key)).all() == [key]
    discards.purge(at=now() + timedelta(days=31))
    with pytest.raises(storage.FileMissing):
        storage.get(key)


def test_a_report_that_is_not_ready_is_not_issued(
    client: PageClient, db: SQLAlchemy, centre: Any, federation: Any, officer: Any
) -> None:
    sheet_of(centre)
    wanted = Selection(federation_id=federation.id)
    run = reports.request(ReportKind.WORKBOOK, wanted, federation=federation, title="", actor_id=None, at=START)
    with pytest.raises(Refused, match="pas encore prêt"):
        issue(run, officer)
    db.session.rollback()
    assert post(client, f"/rapports/{run.id}/emettre").status_code == 422


def test_changes_are_counted_sheet_by_sheet() -> None:
    found = between({"a": "1", "b": "1", "c": "1"}, {"a": "2", "b": "1", "d": "1", "e": "1"})
    assert (found.changed, found.added, found.gone) == (1, 2, 1)
    assert found.text == "1\u00a0fiche changée, 2\u00a0fiches ajoutées, 1\u00a0fiche retirée"
    assert between({"a": "1"}, {"a": "1"}).text == "aucune fiche changée"


def test_a_sheet_that_is_reopened_is_gone_from_the_next_version(db: SQLAlchemy, centre: Any, federation: Any) -> None:
    sheet = sheet_of(centre)
    sheet_of(centre, title="Autre")
    run = made(db, federation)
    db.session.execute(sa.update(Sheet).where(Sheet.id == sheet.id).values(state=SheetState.CHANGES_REQUESTED))
    db.session.commit()
    assert since(run).gone == 1
    assert db.session.query(Campaign).count() == 1
