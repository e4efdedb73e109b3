"""What the benchmarks share: a thousand sheets, a browser's connection, and one line a figure."""

from __future__ import annotations

import http.client
import statistics
import time
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from flask_sqlalchemy import SQLAlchemy

from forms.lifecycle import SheetState
from tests.factories import START, CentreFactory, campaign_of
from tests.reports.samples import REPAIR
from webapp.models import Action, Sheet, Snapshot
from webapp.queries.versions import form_of
from webapp.services.snapshots import show
from webapp.vocabulary import Sharing

SHEETS = 1_000


@pytest.fixture(scope="session")
def worker_id() -> str:
    """Benchmarks run alone."""
    return "alone"


def median(act: Callable[[], object], floor: Callable[[], object], times: int) -> tuple[float, float]:
    """The median seconds of both, in turns so that a busy machine weighs on both; the first turn is for warmth."""
    taken: tuple[list[float], list[float]] = ([], [])
    for turn in range(times + 1):
        for deed, seconds in zip((act, floor), taken, strict=True):
            begin = time.perf_counter()
            deed()
            if turn:
                seconds.append(time.perf_counter() - begin)
    return statistics.median(taken[0]), statistics.median(taken[1])


def tell(what: str, measured: tuple[float, float], floor: str) -> None:
    """One line: the median, how many times the floor it is, and what the floor is."""
    ours, least = measured
    print(f"{what:<44} {ours * 1000:9.1f} ms   × {ours / least:6.2f}   ({floor} : {least * 1000:.1f} ms)")  # noqa: T201


class Connection:
    """A browser's connection that is kept open, with its cookie."""

    def __init__(self, address: str, cookie: str = "") -> None:
        self._connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)
        self._cookie = {"Cookie": cookie} if cookie else {}

    def ask(self, method: str, path: str, body: str | None = None) -> tuple[int, bytes]:
        """Send a request, a form where there is a body; status and content of the answer."""
        form = {"Content-Type": "application/x-www-form-urlencoded"} if body is not None else {}
        self._connection.request(method, path, body=body, headers=self._cookie | form)
        answer = self._connection.getresponse()
        return answer.status, answer.read()

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_error: object) -> None:
        self._connection.close()


@pytest.fixture
def thousand(db: SQLAlchemy) -> list[Sheet]:
    """A thousand published sheets, each as long as real ones are."""
    centre = CentreFactory()
    campaign = campaign_of(centre.federation)
    form = form_of(campaign.form_version)
    sheets = []
    for number in range(SHEETS):
        answers = REPAIR | {"title": f"Le café des bricoleurs {number}"}
        sheet = Sheet(
            action=Action(centre=centre, title=answers["title"], created_at=START),
            campaign=campaign,
            centre=centre,
            federation=centre.federation,
            form_version=campaign.form_version,
            reference=f"2026-{number:05d}",
            answers=answers,
            state=SheetState.PUBLISHED,
            sharing=Sharing.PUBLIC,
            created_at=START,
            updated_at=START,
            submitted_at=START,
            validated_at=START,
            published_at=START,
        )
        db.session.add(sheet)
        db.session.flush()
        snapshot = Snapshot(
            sheet=sheet,
            number=1,
            title=answers["title"],
            form_version=campaign.form_version,
            answers=answers,
            sha256=f"{number:064d}",
            sheet_revision=0,
            created_at=START,
        )
        db.session.add(snapshot)
        db.session.flush()
        show(sheet, snapshot, form)
        sheets.append(sheet)
    db.session.commit()
    return sheets
