"""The public catalogue: what its centres share with everybody, and not a word more."""

import html
import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask_sqlalchemy import SQLAlchemy

from forms.lifecycle import SheetState
from forms.registry import shipped
from tests.client import PageClient
from tests.factories import START, CentreFactory, campaign_of, sent_sheet
from webapp.models import Sheet
from webapp.vocabulary import Sharing


@pytest.fixture
def centre(db: SQLAlchemy) -> Any:
    return CentreFactory(name="Centre des Peupliers", department="46")


def public(centre: Any, title: str, *, year: int = 2026, minutes: int = 0, **answers: Any) -> Sheet:
    return sent_sheet(
        SheetState.PUBLISHED,
        centre=centre,
        campaign=campaign_of(centre.federation, year),
        title=title,
        sharing=Sharing.PUBLIC,
        published_at=START + timedelta(minutes=minutes),
        answers={"title": title, **answers},
    )


def titles(client: PageClient, address: str = "/catalogue") -> list[str]:
    page = client.get(address)
    assert page.status_code == 200
    names = ("Potager", "Vélo", "Radio")
    found = [(page.text.index(f">{name}<"), name) for name in names if f">{name}<" in page.text]
    return [name for _at, name in sorted(found)]


def test_the_newest_stands_first_with_its_department_and_year(client: PageClient, centre: Any) -> None:
    public(centre, "Potager", year=2024)
    public(centre, "Vélo", year=2026, minutes=1)
    public(centre, "Radio", year=2026, minutes=5)
    assert titles(client) == ["Radio", "Vélo", "Potager"]
    page = client.get("/catalogue").text
    assert "Lot" in page
    assert "3\u00a0actions" in page


@pytest.mark.parametrize(
    ("state", "sharing"),
    [
        (SheetState.VALIDATED, Sharing.PUBLIC),
        (SheetState.SUBMITTED, Sharing.PUBLIC),
        (SheetState.CHANGES_REQUESTED, Sharing.PUBLIC),
        (SheetState.PUBLISHED, Sharing.NETWORK),
        (SheetState.PUBLISHED, Sharing.FUNDERS),
    ],
)
def test_what_is_not_both_published_and_shared_with_all_stays_unknown(
    client: PageClient, centre: Any, state: SheetState, sharing: Sharing
) -> None:
    sheet = sent_sheet(state, centre=centre, title="Vélo", sharing=sharing, answers={"title": "Vélo"})
    assert titles(client) == []
    hidden, unknown = client.get(f"/catalogue/{sheet.id}"), client.get(f"/catalogue/{uuid4()}")
    assert (hidden.status_code, hidden.data) == (404, unknown.data)


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ("dimension=services", ["Vélo"]),
        ("keywords=culture", ["Radio", "Potager"]),
        ("keywords=culture&year=2024", ["Potager"]),
        ("public=seniors", ["Potager"]),
        ("partners=caf", ["Radio"]),
        ("year=2026", ["Radio", "Vélo"]),
        ("year=deux", []),
        ("partners=caf&dimension=services", []),
        ("unknown=filter", ["Radio", "Vélo", "Potager"]),
    ],
)
def test_filters_narrow_the_list(client: PageClient, centre: Any, chosen: str, expected: list[str]) -> None:
    public(centre, "Potager", year=2024, keywords=["culture", "sante"], public=["seniors"])
    public(centre, "Vélo", dimension="services", minutes=1)
    public(centre, "Radio", keywords=["culture"], partners=["caf"], minutes=2)
    assert titles(client, f"/catalogue?{chosen}") == expected


def test_a_filter_says_how_many_and_can_be_taken_off(client: PageClient, centre: Any) -> None:
    public(centre, "Potager", year=2024, keywords=["culture"])
    public(centre, "Radio", keywords=["culture"])
    page = client.get("/catalogue?keywords=culture&year=2024").text
    assert "Culture (1)" in page
    assert "2025 (" not in page
    assert "2026 (1)" in page
    assert 'href="/catalogue?year=2024"' in page


def test_a_long_filter_shows_its_first_choices_and_folds_the_others(client: PageClient, centre: Any) -> None:
    codes = [facet.code for facet in shipped(9999).question("keywords").kind.facet_choices()][:12]
    public(centre, "Radio", keywords=codes)
    choices = r'<input type="checkbox" name="keywords" value="([^"]*)"'
    for query, state in (("", ""), (f"?keywords={codes[0]}", ""), (f"?keywords={codes[-1]}", " open")):
        shown, _, folded = client.get(f"/catalogue{query}").text.partition(f"<details{state}><summary>Les 4 autres<")
        assert (re.findall(choices, shown), re.findall(choices, folded)) == (codes[:8], codes[8:]), query


@pytest.fixture
def apart(centre: Any) -> Any:
    """Two actions that have neither the year nor the department in common."""
    public(centre, "Potager", year=2024)
    return public(CentreFactory(federation=centre.federation, department="12"), "Radio", year=2026)


@pytest.mark.parametrize("more", ["department=12", "q=radio", "department=12&q=radio"])
def test_a_known_value_keeps_its_name_where_nothing_answers(client: PageClient, apart: Any, more: str) -> None:
    for page in ("/catalogue", "/catalogue/carte"):
        text = client.get(f"{page}?year=2024&{more}").text
        assert "Année\u00a0: 2024" in text
        assert "valeur inconnue" not in text


def test_a_value_that_only_a_hidden_sheet_has_is_not_named(client: PageClient, centre: Any) -> None:
    public(centre, "Radio")
    sent_sheet(SheetState.PUBLISHED, centre=centre, campaign=campaign_of(centre.federation, 2024), title="Vélo")
    assert "Année\u00a0: valeur inconnue" in client.get("/catalogue?year=2024").text


def said_of_nothing(client: PageClient, query: str) -> list[tuple[str, str]]:
    """What an empty list says that each choice leaves out: (address, words) each."""
    page = client.get(f"/catalogue?{query}")
    assert "Aucune action ne répond à ce choix" in page.text
    lines = re.findall(r'<li><a href="([^"]*)">(Sans .*?)</li>', page.text)
    return [(html.unescape(address), re.sub("<[^>]*>", "", words)) for address, words in lines]


def test_an_empty_list_says_what_leaving_out_each_choice_would_bring(client: PageClient, apart: Any) -> None:
    for query, expected in {
        "year=2024&department=12": [
            ("/catalogue?department=12", "Sans «\u00a0Année\u00a0: 2024\u00a0»\u00a0: 1\u00a0action"),
            ("/catalogue?year=2024", "Sans «\u00a0Département\u00a0: Aveyron\u00a0»\u00a0: 1\u00a0action"),
        ],
        "q=radio&year=2024": [
            ("/catalogue?year=2024", "Sans «\u00a0radio\u00a0»\u00a0: 1\u00a0action"),
            ("/catalogue?q=radio", "Sans «\u00a0Année\u00a0: 2024\u00a0»\u00a0: 1\u00a0action"),
        ],
        "year=2024&year=2023&q=radio&department=12": [
            (
                "/catalogue?q=radio&department=12",
                "Sans «\u00a0Année\u00a0: 2024 ou valeur inconnue\u00a0»\u00a0: 1\u00a0action",
            ),
        ],
        "year=2023": [("/catalogue", "Sans «\u00a0Année\u00a0: valeur inconnue\u00a0»\u00a0: 2\u00a0actions")],
        "year=2023&department=99": [],
    }.items():  # fmt: skip
        found = said_of_nothing(client, query)
        assert found == expected, query
        for address, words in found:
            assert words.rpartition(": ")[2] in client.get(address).text, address


def test_a_sheet_shows_what_was_sent_in_the_sources_words_and_leaves_out_what_is_empty(
    client: PageClient, centre: Any
) -> None:
    sheet = public(
        centre,
        "Vélo",
        status="en_cours",
        summary="Ligne une.\n\n- point & « guillemets »",
        organisation="Centre des Peupliers - Lot",
        year=2026,
    )
    sheet.answers = {"title": "Brouillon caché"}
    page = client.get(f"/catalogue/{sheet.id}").text
    assert "Ligne une.\n\n- point &amp; « guillemets »" in page
    assert "Statut de l&#39;action" in page
    assert "Résultat sur le territoire" not in page
    assert "Brouillon caché" not in page
    assert page.index("Structure organisatrice") < page.index("Statut de l&#39;action") < page.index("Résumé")


def test_the_other_years_of_the_action_are_one_link_away(client: PageClient, centre: Any) -> None:
    now = public(centre, "Vélo")
    older = public(centre, "Vélo", year=2025)
    older.action_id = now.action_id
    page = client.get(f"/catalogue/{now.id}").text
    assert f"/catalogue/{older.id}" in page


def test_text_that_looks_like_markup_is_shown_as_typed(client: PageClient, centre: Any) -> None:
    sheet = public(centre, "Vélo", summary="<script>alert(1)</script> <b>gras</b>")
    page = client.get(f"/catalogue/{sheet.id}").text
    assert "<script>alert" not in page
    assert "&lt;b&gt;gras&lt;/b&gt;" in page


def test_a_page_beyond_the_last_is_unknown(client: PageClient, centre: Any) -> None:
    public(centre, "Vélo")
    assert client.get("/catalogue?page=2").status_code == 404
    assert client.get("/catalogue?page=-3").status_code == 200
