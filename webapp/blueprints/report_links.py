"""A report by a personal link: a page with a button, then the report for a while, without an account.

Opening the address of the link does nothing and notes nothing, since machines open the links of mails; the button
does. From then on the address holds no token: who may read stands in the reader's own session.
"""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from flask import Blueprint, Response, abort, make_response, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue

from reports.catalogue import REPORTS
from webapp.blueprints.reports.frame import file_of
from webapp.clock import now
from webapp.guard import needs
from webapp.limits import limiter
from webapp.models import PersonalLink, ReportRun
from webapp.policy import Act
from webapp.queries import reports as queries
from webapp.services import personal_links, report_handing
from webapp.vocabulary import PersonalPurpose

blueprint = Blueprint("report_links", __name__, url_prefix="/rapports")

# So that nobody tries tokens by the thousand; a whole town hall may stand behind one address.
BY_MACHINE = "60 per minute"

GRANTS = "report_grants"
"""In the reader's session: id of a link → until when it lets in, in seconds."""

LASTING = timedelta(hours=2)
MOST_GRANTS = 10


@blueprint.get("/lien/<token>")
@needs(Act.LINK_USE)
@limiter.limit(BY_MACHINE)
def ask(token: str) -> ResponseReturnValue:
    """What the link opens, and the button that opens it."""
    link = personal_links.find(token, PersonalPurpose.REPORT, at=now())
    run = queries.find(link.target_id) if link is not None else None
    if link is None or run is None:
        return _gone()
    return _private(make_response(render_template("pages/report_links/ask.html", run=run, link=link)))


@blueprint.post("/lien/<token>")
@needs(Act.LINK_USE)
@limiter.limit(BY_MACHINE)
def enter(token: str) -> ResponseReturnValue:
    """Let the reader in and leave the token behind."""
    link = report_handing.open_link(token, at=now())
    if link is None:
        return _gone()
    grants = _grants(now()) | {str(link.id): int((now() + LASTING).timestamp())}
    session[GRANTS] = dict(sorted(grants.items(), key=lambda grant: grant[1])[-MOST_GRANTS:])
    return _private(make_response(redirect(url_for("report_links.read", link_id=link.id), 303)))


@blueprint.get("/recus/<uuid:link_id>")
@needs(Act.LINK_USE)
def read(link_id: UUID) -> ResponseReturnValue:
    """The report's page: what it is, and its file."""
    link, run = _granted(link_id)
    return _private(
        make_response(render_template("pages/report_links/show.html", run=run, link=link, report=REPORTS[run.kind]))
    )


@blueprint.post("/recus/<uuid:link_id>/telecharger")
@needs(Act.LINK_USE)
def fetch(link_id: UUID) -> ResponseReturnValue:
    """The file; that it was fetched is noted first."""
    link, run = _granted(link_id)
    if run.file_key is None:
        abort(404)
    report_handing.note_fetched_by_link(run.id, link.id, at=now())
    _link, run = _granted(link_id)
    return _private(file_of(run))


def _granted(link_id: UUID) -> tuple[PersonalLink, ReportRun]:
    """The link and its report, where this session was let in and the link still opens it; else 404."""
    found = queries.live_link(link_id, at=now()) if str(link_id) in _grants(now()) else None
    if found is None:
        abort(404, description="Ouvrez de nouveau le lien que vous avez reçu par mail.")
    return found


def _grants(at: datetime) -> dict[str, int]:
    """Those of this session that still hold."""
    kept = session.get(GRANTS, {})
    return {link: until for link, until in kept.items() if datetime.fromtimestamp(until, UTC) > at}


def _gone() -> ResponseReturnValue:
    return _private(make_response(render_template("pages/report_links/gone.html"), 410))


def _private(response: Response) -> Response:
    """Nobody keeps the page, and no other page is told where one came from."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
