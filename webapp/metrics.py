"""Figures for those who watch the service: counted by this process, or read from the database when they are asked for.

Each web process is scraped by itself; what stands in the database is the same whichever process tells it.
"""

import hmac
import platform
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import version

import sqlalchemy as sa
import structlog
from flask import Flask, Request, Response, abort, current_app, request
from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric, SummaryMetricFamily
from prometheus_client.registry import Collector

from webapp.clock import now
from webapp.config import Settings, current_settings
from webapp.database import db
from webapp.queries import watch
from webapp.services.jobs import HANDLERS
from webapp.vocabulary import JobState, MailState

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})
SAVING = "sheets.autosave"
LOOPBACK = frozenset({"127.0.0.1", "::1"})

log = structlog.get_logger()


@dataclass(frozen=True)
class Meters:
    """What this process counts."""

    registry: CollectorRegistry
    requests: Counter
    seconds: Histogram
    saves: Histogram


def init_app(app: Flask) -> None:
    """Answer /metrics."""
    registry = CollectorRegistry()
    app.extensions["recueil.metrics"] = Meters(
        registry,
        Counter("recueil_requests", "Requests answered", ["method", "route", "status"], registry=registry),
        Histogram(
            "recueil_request_duration_seconds", "Until the answer begins", ["route"], buckets=SECONDS, registry=registry
        ),
        Histogram(
            "recueil_save_duration_seconds", "Saving while one types", ["outcome"], buckets=SECONDS, registry=registry
        ),
    )
    ProcessCollector(registry=registry)
    registry.register(_Kept())
    app.add_url_rule("/metrics", "metrics", metrics)


def method_of(asked: Request) -> str:
    """A method that no client invents."""
    return asked.method if asked.method in METHODS else "other"


def count(app: Flask, asked: Request, route: str, status: int, seconds: float) -> None:
    """Note a request that was answered. route: its pattern, of which there are as many as addresses in the program."""
    meters: Meters = app.extensions["recueil.metrics"]
    meters.requests.labels(method_of(asked), route, f"{status // 100}xx").inc()
    meters.seconds.labels(route).observe(seconds)
    if asked.endpoint == SAVING:
        outcome = "saved" if status == 200 else "refused" if status < 500 else "failed"
        meters.saves.labels(outcome).observe(seconds)


def metrics() -> Response:
    """The figures, for whoever may have them; for others there is nothing here."""
    if not _may_read(current_settings()):
        abort(404)
    meters: Meters = current_app.extensions["recueil.metrics"]
    return Response(generate_latest(meters.registry), content_type=CONTENT_TYPE, headers={"Cache-Control": "no-store"})


metrics.public = True  # type: ignore[attr-defined]


def _may_read(settings: Settings) -> bool:
    token = settings.metrics_token.get_secret_value()
    said = request.headers.get("Authorization", "").partition("Bearer ")[2]
    if token and hmac.compare_digest(said.encode(), token.encode()):
        return True
    # Behind a proxy that nobody has told us of, everybody comes from this machine.
    certain = settings.proxies > 0 or not settings.production
    return certain and request.remote_addr in LOOPBACK


class _Kept(Collector):
    """What stands in the database, read when it is asked for."""

    def describe(self) -> Iterable[Metric]:
        """Nothing is asked of the database before somebody wants to know."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """The figures; where the database is away, that it is."""
        yield _build()
        yield from _pool()
        try:
            kept = watch.figures(at=now())
        except sa.exc.SQLAlchemyError:
            db.session.rollback()
            log.warning("metrics_without_database")
            kept = None
        yield GaugeMetricFamily("recueil_database_up", "Whether the database answers", value=float(kept is not None))
        if kept is not None:
            yield from _work(kept)


def _build() -> Metric:
    about = GaugeMetricFamily("recueil_build_info", "What runs here", labels=["version", "python"])
    about.add_metric([version("recueil"), platform.python_version()], 1)
    return about


def _pool() -> Iterable[Metric]:
    pool = db.engine.pool
    if isinstance(pool, sa.pool.QueuePool):
        held = GaugeMetricFamily("recueil_database_connections", "Connections of this process", labels=["state"])
        held.add_metric(["in_use"], pool.checkedout())
        held.add_metric(["idle"], pool.checkedin())
        yield held


def _work(kept: watch.Figures) -> Iterable[Metric]:
    jobs = GaugeMetricFamily("recueil_jobs", "Jobs", labels=["kind", "state"])
    for kind in sorted({*HANDLERS, *(kind for kind, _state in kept.jobs)}):
        for state in JobState:
            jobs.add_metric([kind, state.value], kept.jobs.get((kind, state.value), 0))
    mails = GaugeMetricFamily("recueil_mails", "Mails of the outbox", labels=["state"])
    for mail_state in MailState:
        mails.add_metric([mail_state.value], kept.mails.get(mail_state.value, 0))
    reports = SummaryMetricFamily("recueil_report_duration_seconds", "Making a report", labels=["kind"])
    for kind, (number, seconds) in kept.reports.items():
        reports.add_metric([kind], number, seconds)
    yield from (jobs, mails, reports)
    for name, words, value in (
        ("recueil_job_oldest_waiting_seconds", "How long the oldest job has waited", kept.oldest_job),
        ("recueil_mail_oldest_waiting_seconds", "How long the oldest mail has waited", kept.oldest_mail),
        ("recueil_worker_last_seen_timestamp_seconds", "When a worker last gave a sign of life", kept.worker),
    ):
        # Nothing that waits, nobody ever seen: a series that is not there can't be watched.
        yield GaugeMetricFamily(name, words, value=value or 0.0)
