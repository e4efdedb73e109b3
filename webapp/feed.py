"""The news of the catalogue as Atom, and its addresses as a site map."""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID
from xml.etree import ElementTree

from forms.departments import DEPARTMENTS
from reports.characters import legible
from webapp.models import Sheet
from webapp.queries.report_sheets import document_of

ATOM = "http://www.w3.org/2005/Atom"
SITE_MAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
_LONGEST = 500
_BEGINNING = datetime.fromisoformat("2000-01-01T00:00:00+00:00")


def atom(sheets: Sequence[Sheet], *, url: str, own_url: str, url_of: Callable[[UUID], str]) -> bytes:
    """The feed of these sheets, latest first; needs all that document_of does. url: of the catalogue."""
    feed = ElementTree.Element("feed", {"xmlns": ATOM, "xml:lang": "fr"})
    moments = [sheet.published_at for sheet in sheets if sheet.published_at]
    for name, text in (
        ("id", url),
        ("title", "Les actions des centres sociaux"),
        ("subtitle", "Les dernières fiches parues au catalogue public."),
        ("updated", max(moments, default=_BEGINNING).isoformat()),
    ):
        ElementTree.SubElement(feed, name).text = text
    ElementTree.SubElement(feed, "link", {"rel": "self", "type": "application/atom+xml", "href": own_url})
    ElementTree.SubElement(feed, "link", {"rel": "alternate", "type": "text/html", "href": url})
    for sheet in sheets:
        _entry(feed, sheet, url_of(sheet.id))
    return ElementTree.tostring(feed, encoding="utf-8", xml_declaration=True)


def _entry(feed: ElementTree.Element, sheet: Sheet, url: str) -> None:
    snapshot = sheet.current_snapshot
    if snapshot is None:
        return
    centre, moment = sheet.centre, (sheet.published_at or snapshot.created_at).isoformat()
    place = DEPARTMENTS.get(centre.department, centre.department)
    entry = ElementTree.SubElement(feed, "entry")
    for name, text in (
        # The id outlives the address: it is the sheet's own.
        ("id", f"urn:uuid:{sheet.id}"),
        ("title", legible(snapshot.title)),
        ("updated", moment),
        ("published", moment),
        ("summary", legible(_summary(sheet)) or f"{legible(centre.name)}, {place}, {sheet.campaign.year}"),
    ):
        ElementTree.SubElement(entry, name).text = text
    ElementTree.SubElement(ElementTree.SubElement(entry, "author"), "name").text = legible(centre.name)
    ElementTree.SubElement(entry, "link", {"rel": "alternate", "type": "text/html", "href": url})
    ElementTree.SubElement(entry, "category", {"term": centre.department, "label": place})


def _summary(sheet: Sheet) -> str:
    if sheet.current_snapshot is None:
        return ""
    document = document_of(sheet.current_snapshot)
    if "summary" not in document.version or document.version.question("summary").sensitive:
        return ""
    return " ".join(document.item("summary").text.split())[:_LONGEST]


def site_map(pages: Sequence[tuple[str, datetime | None]]) -> bytes:
    """The addresses of these pages, each with when it changed last."""
    return _map("urlset", "url", pages)


def site_maps(urls: Sequence[str]) -> bytes:
    """The addresses of the site maps."""
    return _map("sitemapindex", "sitemap", [(url, None) for url in urls])


def _map(outer: str, inner: str, pages: Sequence[tuple[str, datetime | None]]) -> bytes:
    root = ElementTree.Element(outer, {"xmlns": SITE_MAP})
    for url, at in pages:
        page = ElementTree.SubElement(root, inner)
        ElementTree.SubElement(page, "loc").text = url
        if at is not None:
            ElementTree.SubElement(page, "lastmod").text = at.isoformat()
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
