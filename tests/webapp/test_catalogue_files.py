"""What the catalogue gives to programs: feed, site map, linked data, open data, the map."""

import csv
import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from ipaddress import IPv6Address
from typing import Any
from uuid import uuid4
from xml.etree import ElementTree

import pytest
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

from forms.departments import DEPARTMENTS
from forms.lifecycle import SheetState
from tests.client import PageClient
from tests.factories import START, CentreFactory, FormVersionFactory, campaign_of, sent_sheet
from webapp.config import Settings
from webapp.department_map import PLACES, STEPS, tiles
from webapp.models import Sheet
from webapp.queries import open_data
from webapp.queries.versions import form_of
from webapp.vocabulary import Sharing

ATOM = "{http://www.w3.org/2005/Atom}"
SITE_MAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


@pytest.fixture
def centre(db: SQLAlchemy) -> Any:
    return CentreFactory(name="Centre « Les Peupliers » & Cie", department="46", contact_name="Denise Cachée")


def public(centre: Any, title: str, **details: Any) -> Sheet:
    answers = {"title": title, **details.pop("answers", {})}
    given = {"sharing": Sharing.PUBLIC, "published_at": START, **details}
    return sent_sheet(SheetState.PUBLISHED, centre=centre, title=title, answers=answers, **given)


def xml(client: PageClient, address: str) -> ElementTree.Element:
    answer = client.get(address)
    assert answer.status_code == 200
    return ElementTree.fromstring(answer.data)


def test_the_feed_is_atom_latest_first_with_ids_that_stay(client: PageClient, centre: Any, settings: Settings) -> None:
    old = public(centre, "Le <b>jardin</b> & la fête\x0b", answers={"summary": "Un  jardin\nouvert."})
    new = public(centre, "Le vélo", published_at=START + timedelta(days=1))
    feed = xml(client, "/catalogue/atom.xml")
    entries = feed.findall(f"{ATOM}entry")
    assert [entry.findtext(f"{ATOM}id") for entry in entries] == [f"urn:uuid:{new.id}", f"urn:uuid:{old.id}"]
    assert entries[1].findtext(f"{ATOM}title") == "Le <b>jardin</b> & la fête\ufffd"
    assert entries[1].findtext(f"{ATOM}summary") == "Un jardin ouvert."
    assert feed.findtext(f"{ATOM}updated") == (START + timedelta(days=1)).isoformat()
    for part in (feed, *entries):
        for name in ("id", "title", "updated"):
            assert part.findtext(f"{ATOM}{name}")
    assert all(entry.findtext(f"{ATOM}author/{ATOM}name") == centre.name for entry in entries)
    link = entries[0].find(f"{ATOM}link")
    assert link is not None
    assert link.get("href") == f"{settings.base_url}/catalogue/{new.id}"
    assert client.get("/catalogue").text.count('type="application/atom+xml"') == 1


def test_a_feed_of_nothing_is_a_feed(client: PageClient) -> None:
    feed = xml(client, "/catalogue/atom.xml")
    assert feed.findtext(f"{ATOM}updated")
    assert feed.findall(f"{ATOM}entry") == []


def test_the_site_map_names_every_public_page_once(
    client: PageClient, centre: Any, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open_data, "IN_MAP", 2)
    ids = {str(public(centre, f"Action {number}").id) for number in range(5)}
    public(centre, "Cachée", sharing=Sharing.NETWORK)
    maps = [found.text or "" for found in xml(client, "/sitemap.xml").iter(f"{SITE_MAP}loc")]
    assert maps == [f"{settings.base_url}/sitemap-{number}.xml" for number in (1, 2, 3)]
    pages = [
        (found.text or "").removeprefix(settings.base_url)
        for url in maps
        for found in xml(client, url.removeprefix(settings.base_url)).iter(f"{SITE_MAP}loc")
    ]
    own = ["/catalogue", "/catalogue/carte", "/catalogue/donnees"]
    assert sorted(pages) == sorted([*own, *(f"/catalogue/{id_}" for id_ in ids)])
    assert client.get("/sitemap-4.xml").status_code == 404
    assert f"Sitemap: {settings.base_url}/sitemap.xml" in client.get("/robots.txt").text


def linked(page: str) -> Any:
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    assert found
    return json.loads(found.group(1))


def test_a_sheet_says_to_programs_what_it_is(client: PageClient, centre: Any, settings: Settings) -> None:
    sheet = public(centre, "</script><b>", answers={"summary": "Un jardin.", "keywords": ["culture"]})
    page = client.get(f"/catalogue/{sheet.id}").text
    url = f"{settings.base_url}/catalogue/{sheet.id}"
    data = linked(page)
    assert (data["@context"], data["@type"], data["@id"]) == ("https://schema.org", "Report", url)
    assert (data["name"], data["abstract"], data["keywords"]) == ("</script><b>", "Un jardin.", ["Culture"])
    assert data["spatialCoverage"]["identifier"] == "46"
    assert f'<link rel="canonical" href="{url}">' in page
    assert '<meta name="description" content="Un jardin.">' in page


def test_only_the_plain_list_is_for_search_engines(client: PageClient, centre: Any, settings: Settings) -> None:
    public(centre, "Le jardin")
    canonical = f'<link rel="canonical" href="{settings.base_url}/catalogue">'
    plain, narrowed = client.get("/catalogue").text, client.get("/catalogue?year=2026").text
    assert canonical in plain
    assert canonical in narrowed
    assert ("noindex" in plain, "noindex" in narrowed) == (False, True)


def rows(content: bytes) -> list[dict[str, str]]:
    assert content.startswith(b"\xef\xbb\xbf")
    read = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))
    ids = [re.fullmatch(r".*\[(.+)\]", heading, re.DOTALL).group(1) for heading in read[0]]  # type: ignore[union-attr]
    assert all(len(row) == len(ids) for row in read)
    return [dict(zip(ids, row, strict=True)) for row in read[1:]]


def test_the_files_hold_every_public_sheet_and_no_other(
    client: PageClient, centre: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open_data, "AT_A_TIME", 2)
    titles = {public(centre, f"Action\nnuméro {number} ; « fin »").current_snapshot.title for number in range(5)}  # type: ignore[union-attr]
    public(centre, "Du réseau", sharing=Sharing.NETWORK)
    sent_sheet(SheetState.VALIDATED, centre=centre, sharing=Sharing.PUBLIC, answers={"title": "Pas encore"})
    table = rows(client.get("/catalogue/donnees/fiches.csv").data)
    data = client.get("/catalogue/donnees/fiches.json").json
    assert data
    assert {row["title"] for row in table} == titles
    assert {sheet["answers"]["title"] for sheet in data["sheets"]} == titles
    assert (data["count"], len(data["sheets"]), len(table)) == (5, 5, 5)
    assert {sheet["form"] for sheet in data["sheets"]} <= set(data["forms"])
    assert "Licence Ouverte 2.0" in data["licence"]


def test_the_dictionary_tells_every_column_in_its_order(client: PageClient, centre: Any) -> None:
    public(centre, "Le jardin")
    [row] = rows(client.get("/catalogue/donnees/fiches.csv").data)
    told = client.get("/catalogue/donnees/dictionnaire.csv").data.decode("utf-8-sig")
    ids = [line[0] for line in csv.reader(io.StringIO(told, newline=""), delimiter=";")][1:]
    assert ids == list(row)
    page = client.get("/catalogue/donnees").text
    assert all(f"<code>{id_}</code>" in page for id_ in ids)
    assert "1\u00a0fiche au" in page
    assert linked(page)["license"] in page


def test_what_is_sensitive_stays_out_of_words_files_and_feed(client: PageClient, centre: Any, db: SQLAlchemy) -> None:
    shipped = form_of(FormVersionFactory())
    hidden = {"summary", "keywords", "initiators"}
    version = replace(
        shipped,
        sections=tuple(
            replace(section, questions=tuple(q.but(sensitive=q.id in hidden) for q in section.questions))
            for section in shipped.sections
        ),
    )
    own = FormVersionFactory(key=version.key, sha256=version.sha256, document=version.to_json())
    campaign = campaign_of(centre.federation)
    campaign.form_version = own
    db.session.commit()
    answers = {"summary": "Un secret bien gardé.", "keywords": ["culture"]}
    sheet = public(centre, "Le jardin", campaign=campaign, answers=answers)
    assert ">0\u00a0action<" in client.get("/catalogue?q=secret").text
    for address in (
        "/catalogue", "/catalogue?q=jardin", f"/catalogue/{sheet.id}", "/catalogue/atom.xml",
        "/catalogue/donnees/fiches.csv", "/catalogue/donnees/fiches.json",
    ):  # fmt: skip
        text = client.get(address).text
        assert "bien gardé" not in text, address
        assert sheet.current_snapshot is not None
        assert sheet.current_snapshot.sha256 not in text, address
    [row] = rows(client.get("/catalogue/donnees/fiches.csv").data)
    assert not any(id_.split(".")[0] in hidden for id_ in row)


def test_contacts_are_in_no_file(client: PageClient, centre: Any) -> None:
    public(centre, "Le jardin")
    for address in ("/catalogue/donnees/fiches.csv", "/catalogue/donnees/fiches.json", "/catalogue/atom.xml"):
        text = client.get(address).text
        assert "Denise Cachée" not in text
        assert centre.email not in text


@pytest.mark.parametrize("end", ["csv", "json"])
def test_a_file_that_one_has_is_not_sent_again(client: PageClient, centre: Any, end: str) -> None:
    public(centre, "Le jardin")
    address = f"/catalogue/donnees/fiches.{end}"
    mark = client.get(address).headers["ETag"]
    again = client.get(address, headers={"If-None-Match": mark})
    assert (again.status_code, again.data) == (304, b"")
    assert client.head(address).headers["ETag"] == mark
    public(centre, "Le vélo")
    assert client.get(address, headers={"If-None-Match": mark}).status_code == 200


@pytest.mark.parametrize("end", ["csv", "json"])
def test_whole_files_are_slowed_down_each_by_itself(
    make_app: Callable[..., Flask], db: SQLAlchemy, centre: Any, end: str
) -> None:
    public(centre, "Le jardin")
    client = make_app(rate_limits=True).test_client()
    # An address of its own: limits are counted together, and remembered, where several processes share them.
    client.environ_base["REMOTE_ADDR"] = an_address()
    codes = [client.get(f"/catalogue/donnees/fiches.{end}").status_code for _ in range(12)]
    assert codes == [200] * 10 + [429] * 2
    other = {"csv": "json", "json": "csv"}[end]
    assert client.get(f"/catalogue/donnees/fiches.{other}").status_code == 200
    assert client.get("/catalogue").status_code == 200
    client.environ_base["REMOTE_ADDR"] = an_address()
    assert client.get(f"/catalogue/donnees/fiches.{end}").status_code == 200


def an_address() -> str:
    """One that no test has used."""
    return str(IPv6Address(uuid4().int))


def test_no_guess_can_be_tried_on_the_mark_of_a_file(
    make_app: Callable[..., Flask], client: PageClient, centre: Any
) -> None:
    public(centre, "Le jardin")
    address = "/catalogue/donnees/fiches.csv"
    other = make_app(secret_key="another key for tests, long enough to be taken").test_client()
    assert client.get(address).headers["ETag"] != other.get(address).headers["ETag"]


def test_every_department_has_a_square_of_its_own() -> None:
    assert PLACES.keys() == DEPARTMENTS.keys()
    assert len(set(PLACES.values())) == len(DEPARTMENTS)


def test_a_square_is_darker_the_more_there_is_and_a_link_only_where_there_is_something() -> None:
    counts = {"46": 0, "12": 1, "59": STEPS[1], "75": STEPS[-1] * 9}
    found = {tile.code: tile for tile in tiles(counts, lambda code: f"/{code}")}
    assert [found[code].step for code in counts] == [0, 1, 2, len(STEPS)]
    assert [found[code].url for code in counts] == ["", "/12", "/59", "/75"]


def test_the_map_leads_to_the_list_and_says_the_same_in_a_table(client: PageClient, centre: Any) -> None:
    public(centre, "Le jardin", answers={"dimension": "services"})
    public(CentreFactory(department="2A"), "Le vélo")
    page = client.get("/catalogue/carte?dimension=services").text
    assert 'aria-label="Lot (46)\u00a0: 1\u00a0action"' in page
    assert 'href="/catalogue?dimension=services&amp;department=46"' in page
    assert "department=2A" not in page
    assert 'href="/catalogue?department=2A"' in client.get("/catalogue/carte").text
