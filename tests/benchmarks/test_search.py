"""Searching a hundred thousand sheets, as a visitor's browser asks for it, beside a look at one of them."""

from __future__ import annotations

import os
import random
import statistics
import time
from collections.abc import Iterator
from itertools import islice
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

from forms.lifecycle import SheetState
from forms.search import tokens, words_of
from tests.benchmarks.conftest import Connection
from tests.factories import START, CentreFactory, campaign_of
from webapp.models import Action, Campaign, Centre, Facet, FacetValue, SearchText, SearchWord, Sheet, Snapshot
from webapp.vocabulary import Sharing

ROWS = int(os.environ.get("RECUEIL_TEST_BENCH_ROWS", "100000"))
TIMES = 25
YEARS = (2024, 2025, 2026)
AT_A_TIME = 5_000
SYLLABLES = (
    "ba",
    "ca",
    "di",
    "fo",
    "gri",
    "jar",
    "lo",
    "mu",
    "ni",
    "quel",
    "ro",
    "san",
    "tra",
    "vé",
    "zo",
    "tion",
    "age",
)
KEYWORDS = ("culture", "sante", "solidarite", "environnement", "education", "mixite", "emploi", "precarite")
NUMBER_OF = {
    facet: number
    for number, facet in enumerate(
        [("dimension", "services"), ("dimension", "citoyennete"), *(("keywords", code) for code in KEYWORDS)], start=1
    )
}
"""The number of each value of a facet."""


def a_vocabulary(chance: random.Random) -> list[str]:
    """Eight thousand words, the first ones in many sheets, the last in a few."""
    made = {"".join(chance.choices(SYLLABLES, k=chance.randint(2, 4))) for _ in range(9_000)}
    return ["jardin", "vélo", "citoyenneté", "bibliothèque", *sorted(made)[:8_000]]


def fill(campaigns: list[Campaign], centres: list[Centre]) -> None:
    """Actions of three years each, with what the catalogue reads of them, in a few statements."""
    chance = random.Random(6)
    vocabulary = a_vocabulary(chance)
    weights = [1 / (place + 20) for place in range(len(vocabulary))]
    values = [{"id": number, "question": name, "code": code} for (name, code), number in NUMBER_OF.items()]
    _session().execute(sa.insert(FacetValue), values)
    rows = _rows(campaigns, centres, chance, vocabulary, weights)
    known: set[str] = set()
    while some := list(islice(rows, AT_A_TIME)):
        for model in (Action, Sheet, Snapshot, Facet, SearchText):
            db_rows = [row for one in some for row in one[model]]
            if db_rows:
                _session().execute(sa.insert(model), db_rows)
        known |= {word for one in some for row in one[SearchText] for word in words_of(set(row["tokens"].split()))}
    _session().execute(sa.insert(SearchWord), [{"word": word, "length": len(word)} for word in sorted(known)])
    current = sa.select(Snapshot.id).where(Snapshot.sheet_id == Sheet.id).correlate(Sheet).scalar_subquery()
    _session().execute(
        sa.update(Sheet).values(current_snapshot_id=current), execution_options={"synchronize_session": False}
    )
    _session().execute(sa.text("ANALYZE"))
    _session().commit()


def _session() -> Any:
    from webapp.database import db

    return db.session


def _rows(
    campaigns: list[Campaign], centres: list[Centre], chance: random.Random, vocabulary: list[str], weights: list[float]
) -> Iterator[dict[type, list[dict[str, Any]]]]:
    at = {"created_at": START}
    action = uuid4()
    for number in range(ROWS):
        centre, campaign = centres[number // len(YEARS) % len(centres)], campaigns[number % len(YEARS)]
        first = number % len(YEARS) == 0
        action = uuid4() if first else action
        sheet, snapshot, reference = uuid4(), uuid4(), f"{campaign.year}-{number:06d}"
        words = chance.choices(vocabulary, weights, k=60)
        title, summary = " ".join(words[:4]), " ".join(words[4:])
        answers = {"title": title, "summary": summary, "dimension": chance.choice(("services", "citoyennete"))}
        moments = {"updated_at": START, "submitted_at": START, "validated_at": START, "published_at": START}
        places = {"campaign_id": campaign.id, "centre_id": centre.id, "federation_id": campaign.federation_id}
        facets = [("dimension", answers["dimension"]), *(("keywords", code) for code in chance.sample(KEYWORDS, 3))]
        of_sheet = {"sheet_id": sheet, "snapshot_id": snapshot}
        form = {"form_version_id": campaign.form_version_id}
        yield {
            Action: [{"id": action, "centre_id": centre.id, "title": title, **at}] if first else [],
            Sheet: [
                {
                    "id": sheet, "action_id": action, "reference": reference, "answers": answers, "folded_title": "",
                    "state": SheetState.PUBLISHED, "sharing": Sharing.PUBLIC, "search_number": number + 1,
                    "facet_bits": f"{sum(1 << NUMBER_OF[facet] for facet in facets):x}",
                    **at, **moments, **places, **form,
                }
            ],
            Snapshot: [
                {
                    "id": snapshot, "sheet_id": sheet, "number": 1, "title": title, "answers": answers,
                    "sha256": f"{number:064d}", "sheet_revision": 0, **at, **form,
                }
            ],
            Facet: [
                {"id": uuid4(), "question": name, "code": code, "label": code, **of_sheet} for name, code in facets
            ],
            SearchText: [
                {"sheet_id": sheet, "id": number + 1, "tokens": " ".join(sorted(tokens(title, [summary, reference])))}
            ],
        }  # fmt: skip


@pytest.fixture
def sheet_id(app: Flask, db: SQLAlchemy) -> Any:
    """A hundred thousand public sheets; the id of one."""
    first = CentreFactory(department="46")
    departments = ("46", "12", "59", "75", "2A", "974")
    centres = [CentreFactory(federation=first.federation, department=code) for code in departments for _ in range(20)]
    begin = time.perf_counter()
    fill([campaign_of(first.federation, year) for year in YEARS], centres)
    print(f"\n{ROWS} fiches écrites en {time.perf_counter() - begin:.0f} s")  # noqa: T201
    return db.session.scalar(sa.select(Sheet.id).limit(1))


def test_searching(sheet_id: Any, live_server: str, engine_name: str) -> None:
    last = max(1, min(600, ROWS // len(YEARS) // 50))
    asked = {
        "la fiche seule (le plancher)": f"/catalogue/{sheet_id}",
        "un mot rare": "/catalogue?q=" + quote(a_vocabulary(random.Random(6))[-40]),
        "un mot courant": "/catalogue?q=jardin",
        "deux mots": "/catalogue?q=jardins+velo",
        "une faute de frappe": "/catalogue?q=biblioteque",
        "un mot et deux filtres": "/catalogue?q=jardin&dimension=services&keywords=culture",
        "un filtre": "/catalogue?dimension=services",
        "tout, page 1": "/catalogue",
        f"tout, page {last}": f"/catalogue?page={last}",
        "la carte": "/catalogue/carte",
    }
    taken: dict[str, list[float]] = {name: [] for name in asked}
    with Connection(live_server) as browser:
        # In turns, so that a busy machine weighs on all of them; the first turn is for warmth.
        for turn in range(TIMES + 1):
            for name, address in asked.items():
                begin = time.perf_counter()
                status, _content = browser.ask("GET", address)
                assert status == 200, address
                if turn:
                    taken[name].append(time.perf_counter() - begin)
    floor = statistics.median(next(iter(taken.values())))
    for name, times in taken.items():
        p95 = statistics.quantiles(times, n=20)[-1]
        print(  # noqa: T201
            f"{engine_name:<11} {name:<30} p50 {statistics.median(times) * 1000:8.1f} ms   "
            f"p95 {p95 * 1000:8.1f} ms   × {statistics.median(times) / floor:6.2f}"
        )
