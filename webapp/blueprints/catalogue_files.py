"""What the catalogue gives to programs: a feed, a site map, the open data with their dictionary."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from flask import Blueprint, abort, render_template, request, stream_with_context, url_for
from werkzeug import Response

from forms.french import size
from reports import open_data as files
from reports.content import ReportSheet
from webapp import feed
from webapp.config import current_settings
from webapp.guard import needs
from webapp.limits import limiter
from webapp.linked_data import LICENCE_NAME, LICENCE_URL, of_dataset
from webapp.open_data import about, handfuls
from webapp.policy import Act
from webapp.queries import open_data as queries

blueprint = Blueprint("catalogue_files", __name__)

CSV, JSON, ATOM, XML = "text/csv", "application/json", "application/atom+xml", "application/xml"
DESCRIPTION = (
    "Les fiches action que les centres sociaux ont choisi de partager avec tous : "
    "ce qui a été fait, pour qui, avec qui, et ce qui en est sorti."
)
WHOLE_FILES = "10 per minute"
"""Each is made of every public sheet."""
_ALLOWED = ("/catalogue", "/aide", "/static/", "/sitemap")


def _absolute(endpoint: str, **values: Any) -> str:
    return current_settings().base_url + url_for(endpoint, **values)


@blueprint.get("/catalogue/donnees")
@needs(Act.CATALOGUE_READ)
def page() -> str:
    """What can be taken away, under which licence, and what each column means."""
    edition = queries.edition()
    of_all = about(edition.count, url_for(".page"))
    taken = [(CSV, _absolute(".csv_file")), (JSON, _absolute(".json_file"))]
    return render_template(
        "pages/catalogue/data.html",
        count=edition.count,
        made_at=of_all.made_at,
        licence=(LICENCE_NAME, LICENCE_URL),
        entries=files.entries(of_all),
        dictionary_size=size(len(files.dictionary_csv(of_all))),
        canonical=_absolute(".page"),
        linked_data=of_dataset(url=_absolute(".page"), description=DESCRIPTION, files=taken),
    )


@blueprint.get("/catalogue/donnees/fiches.csv")
@needs(Act.CATALOGUE_READ)
@limiter.limit(WHOLE_FILES)
def csv_file() -> Response:
    """Every public sheet, a row each."""
    return _streamed(files.csv_pieces, CSV, "csv")


@blueprint.get("/catalogue/donnees/fiches.json")
@needs(Act.CATALOGUE_READ)
@limiter.limit(WHOLE_FILES)
def json_file() -> Response:
    """Every public sheet, a line each."""
    return _streamed(files.json_pieces, JSON, "json")


def _streamed(
    write: Callable[[files.OpenData, Iterable[Sequence[ReportSheet]]], Iterator[bytes]], media_type: str, end: str
) -> Response:
    edition = queries.edition()
    whole = about(edition.count, url_for(".page"))
    answer = Response(mimetype=media_type)
    answer.set_etag(edition.mark, weak=True)
    answer.headers["Content-Disposition"] = f"attachment; filename=fiches-{whole.made_at:%Y-%m-%d}.{end}"
    answer.headers["Link"] = f'<{LICENCE_URL}>; rel="license"'
    if not request.if_none_match.contains_weak(edition.mark) and request.method == "GET":
        # Made while it leaves: a hundred thousand sheets take no more room than two hundred.
        answer.response = stream_with_context(write(whole, handfuls()))
    return answer.make_conditional(request)


@blueprint.get("/catalogue/donnees/dictionnaire.csv")
@needs(Act.CATALOGUE_READ)
def dictionary() -> Response:
    """What the columns of the CSV file mean."""
    answer = Response(files.dictionary_csv(about(0, url_for(".page"))), mimetype=CSV)
    answer.headers["Content-Disposition"] = "attachment; filename=dictionnaire.csv"
    answer.add_etag()
    return answer.make_conditional(request)


@blueprint.get("/catalogue/atom.xml")
@needs(Act.CATALOGUE_READ)
def atom() -> Response:
    """The sheets that were published last."""
    body = feed.atom(
        queries.latest(),
        url=_absolute("catalogue.index"),
        own_url=_absolute(".atom"),
        url_of=lambda id_: _absolute("catalogue.show", id=id_),
    )
    return _marked(Response(body, mimetype=ATOM))


@blueprint.get("/sitemap.xml")
@needs(Act.CATALOGUE_READ)
def site_maps() -> Response:
    """Where the addresses of the public pages stand."""
    urls = [_absolute(".site_map", number=number) for number in range(1, queries.maps() + 1)]
    return _marked(Response(feed.site_maps(urls), mimetype=XML))


@blueprint.get("/sitemap-<int:number>.xml")
@needs(Act.CATALOGUE_READ)
def site_map(number: int) -> Response:
    """Some of the public sheets; the catalogue's own pages stand in the first."""
    if not 1 <= number <= queries.maps():
        abort(404)
    pages = [(_absolute("catalogue.show", id=id_), at) for id_, at in queries.addresses(number)]
    if number == 1:
        own = ("catalogue.index", "catalogue.map_of_departments", "catalogue_files.page")
        pages = [*((_absolute(endpoint), None) for endpoint in own), *pages]
    return _marked(Response(feed.site_map(pages), mimetype=XML))


@blueprint.get("/robots.txt")
@needs(Act.STATIC)
def robots() -> Response:
    """What search engines may look at: the catalogue and the help, nothing behind the sign-in."""
    lines = ["User-agent: *", *(f"Allow: {path}" for path in _ALLOWED), "Allow: /$", "Disallow: /", ""]
    return Response("\n".join([*lines, f"Sitemap: {_absolute('.site_maps')}", ""]), mimetype="text/plain")


def _marked(answer: Response) -> Response:
    answer.add_etag()
    return answer.make_conditional(request)
