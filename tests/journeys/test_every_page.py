"""Every page that a link leads to, as each kind of person: whole, readable, axe content, light and dark."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

import pytest
from flask_sqlalchemy import SQLAlchemy

from forms.lifecycle import SheetState
from tests.factories import (
    START,
    AttachmentFactory,
    BulkRunFactory,
    JobFactory,
    LabelFactory,
    NoteFactory,
    OpinionFactory,
    QueryFactory,
    QuoteFactory,
    ReportRunFactory,
    SheetFactory,
    SnapshotFactory,
    hold,
    person,
    sent_sheet,
)
from tests.journeys.conftest import Cast
from tests.journeys.people import Person
from webapp.models import Campaign, ReportRunFunder, User
from webapp.vocabulary import JobState, RoleName, Sharing

ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")
# A sheet has a page of its own kind in each state; of other pages two are like many.
OF_EACH_STATE = {"/fiches/*", "/relecture/*"}
NO_PAGE = re.compile(
    r"/(pdf|pieces/.*|diaporama|une-page|telecharger|texte|csv|classeur|papier|formulaire\.pdf|[a-z]+\.ics|donnees/[a-z]+\.(csv|json)|atom\.xml)$|^/static/|^/api/v1/"
)


@pytest.fixture
def sheets(cast: Cast, db: SQLAlchemy) -> None:
    """A sheet in every state, with a query, a file, a note, an opinion asked, a report, work that was stopped."""
    campaign = db.session.query(Campaign).one()
    centre = campaign.expected[0].centre
    answers = {
        "title": "Un jardin",
        "summary": "Un jardin\nouvert à tous.",
        "public": ["tous"],
        "dimension": "services",
    }
    place = {"centre": centre, "campaign": campaign, "sharing": Sharing.PUBLIC}
    SheetFactory(**place, title="Un brouillon", answers={"title": "Un brouillon"})
    for state in set(SheetState) - {SheetState.DRAFT}:
        sheet = sent_sheet(state, **place, title=f"Un jardin {state.value}", answers=answers)
        if state is SheetState.CHANGES_REQUESTED:
            QueryFactory(sheet=sheet, question="summary", author=cast.reviewer)
            AttachmentFactory(sheet=sheet)
            SnapshotFactory(sheet=sheet)
            NoteFactory(sheet=sheet, author=cast.reviewer)
            OpinionFactory(sheet=sheet, asker=cast.reviewer)
    LabelFactory(federation=campaign.federation)
    report = ReportRunFactory(federation=campaign.federation, requester=cast.reviewer)
    funder = campaign.addressed[0].funder
    report.addressed = [ReportRunFunder(funder=funder)]
    held = sent_sheet(
        SheetState.VALIDATED, **place, title="Un bal", answers=answers | {"summary": "Un bal ouvert. " * 8}
    )
    hold(report, held)
    QuoteFactory(sheet=held, funder=funder, report_run=report, author=cast.funder, text="Un bal ouvert.", shared=True)
    job = JobFactory(kind="bulk", federation_id=campaign.federation_id, owner_id=cast.reviewer.id)
    confirmed = {"requester": cast.reviewer, "confirmer": cast.reviewer, "confirmed_at": START, "job": job}
    run = BulkRunFactory(federation_id=campaign.federation_id, sheets=[sheet], **confirmed)
    job.arguments, job.state, job.phase = {"run": str(run.id)}, JobState.CANCELLED, "Annulé"
    db.session.commit()


def goes_everywhere(somebody: Person, begin: str) -> Counter[str]:
    """Follow every link from page to page; how many pages of each kind were looked at."""
    seen: Counter[str] = Counter()
    waiting, known = [begin], {begin}
    while waiting:
        path = waiting.pop(0)
        kind = ID.sub("*", path.partition("?")[0])
        if NO_PAGE.search(path) or seen[kind] >= (5 if kind in OF_EACH_STATE else 1):
            continue
        seen[kind] += 1
        somebody.goes_to(path)
        for href in somebody.page.eval_on_selector_all("a[href]", "all => all.map((one) => one.getAttribute('href'))"):
            there = href.removeprefix(somebody.site).partition("#")[0]
            if there.startswith("/") and there not in known:
                known.add(there)
                waiting.append(there)
    return seen


@pytest.mark.browser
@pytest.mark.parametrize(
    ("who", "width", "kinds"),
    [
        (
            "administrator",
            1280,
            {
                "/relecture/*",
                "/relecture/*/histoire",
                "/relecture/*/envois",
                "/relecture/*/envois/1",
                "/relecture/etiquettes",
                "/relecture/etiquettes/*",
                "/relecture/lots/*",
                "/travaux/*",
                "/actions/*",
                "/campagnes/*",
                "/campagnes/*/suivi",
                "/campagnes/*/relances",
                "/centres/*",
                "/rapports/*",
                "/comptes",
                "/compte/messages",
                "/imports",
            },
        ),
        ("administrator", 360, {"/relecture/*", "/relecture/lots/*", "/travaux/*", "/campagnes/*", "/centres/*"}),
        (
            "responsible",
            360,
            {
                "/fiches/nouvelle",
                "/actions/*",
                "/fiches/*",
                "/fiches/*/verification",
                "/fiches/*/emporter",
                "/fiches/*/lecture",
                "/fiches/*/histoire",
                "/fiches/*/envois",
                "/fiches/*/envois/1",
            },
        ),
        (
            "funder",
            360,
            {
                "/fiches",
                "/fiches/*/lecture",
                "/rapports",
                "/lecture",
                "/lecture/*",
                "/lecture/*/*",
                "/lecture/*/*/citer/summary",
                "/lecture/citations",
            },
        ),
        ("platform", 360, {"/comptes", "/compte"}),
        ("visitor", 360, {"/catalogue", "/catalogue/*", "/connexion", "/droits", "/aide"}),
    ],
)
def test_every_page_that_a_link_leads_to_can_be_read(
    cast: Cast, sheets: None, arrives: Callable[..., Person], who: str, width: int, kinds: set[str]
) -> None:
    users: dict[str, User] = {
        "administrator": cast.administrator,
        "responsible": cast.responsible,
        "funder": cast.funder,
    }
    if who == "platform":
        users[who] = person(RoleName.PLATFORM, email="plateforme@recueil.example")
    somebody = arrives(users.get(who), width=width)
    seen = goes_everywhere(somebody, "/" if who == "visitor" else somebody.page.url.removeprefix(somebody.site))
    assert kinds <= set(seen), sorted(seen)
    somebody.goes_to("/une-page-qui-n-est-pas")
    somebody.reads_heading("introuvable")
