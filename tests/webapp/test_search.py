"""Searching the catalogue: on either engine the rows that the plain rule finds, and only what may be read."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import product
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forms.lifecycle import Move, SheetState
from forms.search import asked, is_found, texts, tokens
from tests.client import PageClient
from tests.factories import START, CentreFactory, campaign_of, person, sent_sheet
from tests.signing import sign_in
from webapp.models import Facet, FacetValue, SearchText, SearchWord, Sheet
from webapp.policy import ANONYMOUS, OPERATOR
from webapp.queries import catalogue
from webapp.queries.catalogue import Wanted, wanted
from webapp.queries.search import found_by, is_held
from webapp.queries.tally import how_many
from webapp.queries.versions import form_of
from webapp.services import centres, reindexing, sheets, snapshots
from webapp.vocabulary import RoleName, Sharing

TYPED = """
jardin jardins Jardinage vélo vélos citoyenneté citoyen été l’été œuvre 2026 1e5 007 aujourd’hui an année and or not
near fête fêtes arc-en-ciel d’un
"""
WORDS = TYPED.split()
HOSTILE = [
    '"', "'", "*", "jardin*", "NEAR(jardin vélo)", "NOT jardin", "jardin AND", "(", ")", "tokens: jardin", "-jardin",
    "jardin:*", "!jardin", "jardin & | vélo", "a\x00b", "\\", "x" * 10_000, "jardin " * 3000, "\ud800", "%", "_", "🌻",
    "يوم", "e\u0301te", "ﬁn", "½", "--", ";DROP TABLE sheet", "<->", "jardin <2> vélo", "+", "^jardin", "{jardin}",
]  # fmt: skip


@pytest.fixture
def centre(db: SQLAlchemy) -> Any:
    return CentreFactory(name="Centre des Peupliers", department="46")


def public(centre: Any, title: str, *, year: int = 2026, **details: Any) -> Sheet:
    answers = {"title": title, **details.pop("answers", {})}
    given_ = {"sharing": Sharing.PUBLIC, "published_at": START, **details}
    campaign = campaign_of(centre.federation, year)
    return sent_sheet(SheetState.PUBLISHED, centre=centre, campaign=campaign, title=title, answers=answers, **given_)


def found(text: str, **chosen: Iterable[str]) -> list[str]:
    """The titles that the list shows, in its order."""
    want = wanted({name: tuple(codes) for name, codes in chosen.items()}, text, ANONYMOUS)
    page = catalogue.find(catalogue.tally(want, ANONYMOUS), ANONYMOUS, page=1)
    assert page.count == len(page.lines)
    return [line.sheet.current_snapshot.title for line in page.lines if line.sheet.current_snapshot]


def filters(want: Wanted) -> tuple[catalogue.Filter, ...]:
    return catalogue.filters(catalogue.tally(want, ANONYMOUS), want, ANONYMOUS)


def count(want: Wanted) -> int:
    return len(catalogue.tally(want, ANONYMOUS).order)


sentences = st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(sentences, sentences), min_size=1, max_size=6), st.lists(sentences | st.text(max_size=12)))
def test_the_engine_finds_what_the_plain_rule_finds(
    db: SQLAlchemy, centre: Any, sheets: list[tuple[str, str]], queries: list[str]
) -> None:
    held = {}
    for title, text in sheets:
        sheet = public(centre, title or "Sans nom", answers={"summary": text} if text else {})
        snapshot = sheet.current_snapshot
        assert snapshot
        read = texts(form_of(snapshot.form_version), snapshot.answers)
        held[sheet.id] = tokens(snapshot.title, [*read, sheet.reference, centre.commune])
    for query, in_title in product([*queries, *WORDS], (False, True)):
        terms = asked(query)
        if terms:
            rows = sa.select(SearchText.sheet_id).where(found_by(terms, in_title=in_title))
            rows = rows.where(SearchText.sheet_id.in_(held))
            expected = {id_ for id_, own in held.items() if is_found(terms, own, in_title=in_title)}
            assert set(db.session.scalars(rows)) == expected, (query, in_title)


@pytest.mark.in_process  # a proxy refuses an address of ten thousand letters itself
def test_no_text_gives_an_error(client: PageClient, centre: Any) -> None:
    public(centre, "Jardin et vélo")
    for text in HOSTILE:
        query = {"q": text.encode("utf-8", "surrogatepass"), "dimension": text.encode("utf-8", "surrogatepass")[:300]}
        assert client.get("/catalogue", query_string=query).status_code == 200, text
        assert client.get("/catalogue/carte", query_string={"q": query["q"]}).status_code == 200, text


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=40), st.text(max_size=10))
def test_any_text_is_searched(db: SQLAlchemy, text: str, code: str) -> None:
    want = wanted(dict.fromkeys(catalogue.facets(), (code,)), text, ANONYMOUS)
    tally = catalogue.tally(want, ANONYMOUS)
    assert (tally.order, tally.counts) == ([], {})
    assert [choice.count for filter_ in catalogue.filters(tally, want, ANONYMOUS) for choice in filter_.choices] == [
        0
    ] * sum(map(len, want.chosen.values()))


def test_titles_come_first_then_the_newest_year_the_latest_and_the_reference(centre: Any) -> None:
    public(centre, "Autre", answers={"summary": "Un jardin."}, year=2026)
    public(centre, "Jardin ancien", year=2024)
    public(centre, "Jardin neuf", year=2026, reference="2026-B")
    public(centre, "Jardins neufs", year=2026, reference="2026-A")
    assert found("jardin") == ["Jardins neufs", "Jardin neuf", "Jardin ancien", "Autre"]


def test_a_cafe_is_not_the_caf(centre: Any) -> None:
    public(centre, "Café des parents")
    public(centre, "Les cafés")
    public(centre, "Ludothèque", answers={"summary": "Avec la Caf."})
    for text in ("café", "cafés ", "cafe", "CAFES "):
        assert set(found(text)) == {"Café des parents", "Les cafés"}, text
    for text in ("caf ", "CAF ", "la Caf "):
        assert found(text) == ["Ludothèque"], text
    assert len(found("caf")) == 3, "it may be the beginning of a word"


def test_a_slip_is_mended_and_said(client: PageClient, centre: Any) -> None:
    public(centre, "Le jardin partagé")
    page = client.get("/catalogue?q=jradin").text.replace("\u00a0", " ")
    assert "Le <mark>jardin</mark> partagé" in page
    assert 'Aucune fiche pour « <span class="as-typed">jradin</span> »' in page
    assert "Aucune fiche pour" not in client.get("/catalogue?q=jardin").text.replace("\u00a0", " ")


def test_what_was_meant_is_never_a_word_of_a_sheet_that_one_may_not_read(client: PageClient, centre: Any) -> None:
    public(centre, "Le potager")
    public(centre, "La mosquée", sharing=Sharing.FUNDERS)
    page = client.get("/catalogue?q=mosquer").text
    assert "mosquee" not in page
    assert "mosquée" not in page


def test_what_was_meant_is_never_a_spelling_that_only_a_hidden_sheet_has(client: PageClient, centre: Any) -> None:
    public(centre, "La mosaïque")
    public(centre, "Les mosaïques", sharing=Sharing.FUNDERS)
    page = client.get("/catalogue?q=mosaiqes").text
    assert "La <mark>mosaïque</mark>" in page
    assert "mosaiques" not in page


def plans(db: SQLAlchemy, ask: Callable[[], object]) -> list[dict[str, Any]]:
    """How PostgreSQL would answer each statement about the words of sheets that this act begins."""
    begun: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if "search_text" in statement:
            begun.append((statement, parameters))

    sa.event.listen(db.engine, "before_cursor_execute", note)
    try:
        ask()
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", note)
    explain = db.session.connection().exec_driver_sql
    return [explain(f"EXPLAIN (FORMAT JSON) {words}", given).scalar_one()[0]["Plan"] for words, given in begun]


def reading_words(plan: dict[str, Any], apart: bool = False) -> Iterator[bool]:
    """For each time that a plan reads the table of words: whether it does so apart, whatever is wanted of the rows."""
    apart = apart or plan.get("Subplan Name", "").startswith("CTE")
    if plan.get("Relation Name") == "search_text":
        yield apart
    for part in plan.get("Plans", ()):
        yield from reading_words(part, apart)


@pytest.mark.parametrize("word", ["jradin", "jardin", "introuvable"])
def test_postgresql_looks_for_words_as_if_for_all(db: SQLAlchemy, centre: Any, engine_name: str, word: str) -> None:
    if engine_name != "postgresql":
        pytest.skip("PostgreSQL only")
    public(centre, "Le jardin partagé")
    for ask in (lambda: wanted({}, word, ANONYMOUS), lambda: is_held(word)):
        found = [list(reading_words(plan)) for plan in plans(db, ask)]
        assert found
        assert all(len(one) == 1 and all(one) for one in found), word


def test_a_sheet_is_found_by_the_commune_of_its_centre_where_that_is_now(db: SQLAlchemy, centre: Any) -> None:
    centre.commune = "Villeneuve-sur-Lot"
    public(centre, "Le jardin")
    assert (found("villeneuve"), found("pujols")) == (["Le jardin"], [])
    details = centres.Details(centre.name, "Pujols", centre.department)
    centres.change(centre.id, details, actor_id=None, at=START)
    assert (found("villeneuve"), found("pujols")) == ([], ["Le jardin"])


def test_a_word_that_no_sheet_holds_any_longer_is_forgotten(db: SQLAlchemy, centre: Any) -> None:
    sheet, other = public(centre, "Le potager secret"), public(centre, "Un potager")
    assert {"potager", "secret"} <= rows(db)[1]
    sheet.answers = {"title": "Le verger"}
    snapshots.take(sheet, actor_id=None, at=START)
    db.session.commit()
    assert "secret" not in rows(db)[1]
    assert {"potager", "verger"} <= rows(db)[1]
    assert other.search_number != sheet.search_number


def test_a_value_that_got_two_numbers_is_counted_once(db: SQLAlchemy, centre: Any) -> None:
    public(centre, "Le jardin", answers={"dimension": "services"})
    second = FacetValue(question="dimension", code="services")
    db.session.add(second)
    other = public(centre, "Le vélo", answers={"dimension": "services"})
    other.facet_bits = f"{1 << second.id:x}"
    db.session.commit()
    [shown] = [filter_ for filter_ in filters(Wanted({})) if filter_.name == "dimension"]
    assert [(choice.code, choice.count) for choice in shown.choices] == [("services", 2)]
    assert sorted(found("", dimension=["services"])) == ["Le jardin", "Le vélo"]


@given(st.lists(st.sets(st.integers(0, 90)), max_size=40))
def test_bits_are_counted_side_by_side(held: list[set[int]]) -> None:
    counted = how_many(sum(1 << place for place in places) for places in held)
    assert counted == {1 << place: number for place, number in Counter(one for own in held for one in own).items()}


def test_a_word_that_says_nothing_finds_nothing_and_says_so(client: PageClient, centre: Any) -> None:
    public(centre, "Le jardin")
    page = client.get("/catalogue?q=le")
    assert "ne dit rien à la recherche" in page.text


def test_what_was_typed_is_shown_as_typed(client: PageClient, centre: Any) -> None:
    public(centre, "Vélo", answers={"summary": "<b>jardin</b> & <script>alert(1)</script>"})
    page = client.get("/catalogue?q=jardin").text
    assert "&lt;b&gt;<mark>jardin</mark>&lt;/b&gt; &amp; &lt;script&gt;" in page
    page = client.get("/catalogue", query_string={"q": '"><script>alert(1)</script>'}).text
    assert "<script>alert" not in page


def test_an_action_is_one_line_with_its_other_years(client: PageClient, centre: Any) -> None:
    now = public(centre, "Le jardin", year=2026)
    for year in (2024, 2023):
        public(centre, "Le jardin", year=year, action=now.action)
    hidden = public(centre, "Le jardin", year=2025, action=now.action, sharing=Sharing.FUNDERS)
    assert found("jardin") == ["Le jardin"]
    page = client.get("/catalogue").text
    assert page.index(">2024</a>") < page.index(">2023</a>")
    assert str(hidden.id) not in page
    assert "1\u00a0action<" in page


VALUES: dict[str, list[Any]] = {
    "dimension": [None, "services", "citoyennete"],
    "keywords": [[], ["culture"], ["culture", "sante"]],
}


def facet_world(centre: Any) -> list[tuple[UUID, dict[str, set[str]]]]:
    """Sheets of every mix of values, two actions in two years: (action, what it has) each."""
    near = CentreFactory(federation=centre.federation, department="12")
    made = []
    for number, (dimension, keywords) in enumerate(product(*VALUES.values())):
        answers = {name: value for name, value in (("dimension", dimension), ("keywords", keywords)) if value}
        place, action = (centre, near)[number % 2], None
        for year in (2026, 2025)[: 1 + number % 2]:
            sheet = public(
                place, f"Action {number}", year=year, answers=answers, **({"action": action} if action else {})
            )
            action = sheet.action
            has = {"year": {str(year)}, "department": {place.department}, "dimension": {dimension} - {None}}
            made.append((sheet.action_id, {**has, "keywords": set(keywords)}))
    return made


@pytest.mark.parametrize(
    "chosen",
    [
        {},
        {"dimension": ("services",)},
        {"dimension": ("services", "citoyennete"), "year": ("2025",)},
        {"keywords": ("sante",), "department": ("46", "12")},
        {"keywords": ("culture", "sante"), "dimension": ("citoyennete",), "year": ("2026",)},
        {"dimension": ("nulle_part",)},
    ],
)
def test_counts_are_those_of_an_independent_recount(centre: Any, chosen: dict[str, tuple[str, ...]]) -> None:
    world = facet_world(centre)
    shown = {
        filter_.name: {choice.code: choice.count for choice in filter_.choices if choice.count}
        for filter_ in filters(Wanted(chosen))
    }
    for name in ("year", "department", "dimension", "keywords"):
        counted: Counter[str] = Counter()
        held = {
            (action, code)
            for action, has in world
            if all(has[other] & set(codes) for other, codes in chosen.items() if other != name)
            for code in has[name]
        }
        counted.update(code for _action, code in held)
        assert shown.get(name, {}) == dict(counted), name
    total = {action for action, has in world if all(has[name] & set(codes) for name, codes in chosen.items())}
    assert count(Wanted(chosen)) == len(total)


def test_a_count_is_how_many_lines_its_choice_brings(centre: Any) -> None:
    facet_world(centre)
    for filter_ in filters(Wanted({})):
        for choice in filter_.choices:
            assert count(Wanted({filter_.name: (choice.code,)})) == choice.count


def test_every_page_together_holds_every_action_once(centre: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "PAGE", 5)
    made = {public(centre, "Le jardin").id for _ in range(8)}
    want = wanted({}, "jardin", ANONYMOUS)
    tally = catalogue.tally(want, ANONYMOUS)
    pages = [catalogue.find(tally, ANONYMOUS, page=number).lines for number in (1, 2)]
    shown = [line.sheet.id for page in pages for line in page]
    assert (len(pages[1]), len(shown), set(shown)) == (3, 8, made)


PLACES = (
    "/catalogue", "/catalogue?q=canari", "/catalogue?dimension=services", "/catalogue/carte", "/catalogue/atom.xml",
    "/sitemap-1.xml", "/catalogue/donnees/fiches.csv", "/catalogue/donnees/fiches.json",
)  # fmt: skip


def trace(client: PageClient, sheet: Sheet) -> list[str]:
    """The addresses that know of the sheet or of its department."""
    marks = (str(sheet.id), sheet.reference, "Aveyron (12)\u00a0:\u00a01", 'department=12"')
    return [address for address in PLACES if any(mark in client.get(address).text for mark in marks)]


@pytest.mark.parametrize("way", ["unpublish", "reopen", "sharing"])
def test_what_is_withdrawn_is_gone_everywhere_at_once(client: PageClient, db: SQLAlchemy, way: str) -> None:
    centre = CentreFactory(department="12")
    person(RoleName.RESPONSIBLE, centre, password=None)
    sheet = public(centre, "Le canari", answers={"dimension": "services"})
    assert set(trace(client, sheet)) == set(PLACES)
    assert client.get(f"/catalogue/{sheet.id}").status_code == 200
    marks = [client.get(address).headers["ETag"] for address in PLACES[4:]]
    if way == "sharing":
        sheet.sharing = Sharing.NETWORK
    else:
        sheets.move(sheet.id, Move(way), actor=OPERATOR, at=START, reason="Une erreur.")
    db.session.commit()
    assert trace(client, sheet) == []
    assert client.get(f"/catalogue/{sheet.id}").status_code == 404
    assert not set(marks) & {client.get(address).headers["ETag"] for address in PLACES[4:]}


def test_the_network_finds_what_is_shared_with_it_and_nobody_else_does(client: PageClient, db: SQLAlchemy) -> None:
    centre, elsewhere = CentreFactory(), CentreFactory()
    near = CentreFactory(federation=centre.federation)
    network = public(centre, "Le canari", sharing=Sharing.NETWORK)
    funders = public(centre, "Le canari caché", sharing=Sharing.FUNDERS)
    ids = {str(network.id), str(funders.id)}

    def seen() -> set[str]:
        page = client.get("/catalogue?q=canari").text
        return {id_ for id_ in ids if id_ in page or client.get(f"/catalogue/{id_}").status_code == 200}

    assert seen() == set()
    sign_in(client, person(RoleName.MEMBER, near, password=None))
    assert seen() == {str(network.id)}
    assert "réseau seulement" in client.get(f"/catalogue/{network.id}").text
    for address in PLACES[4:]:
        assert network.reference not in client.get(address).text
        assert str(network.id) not in client.get(address).text
    sign_in(client, person(RoleName.MEMBER, elsewhere, password=None))
    assert seen() == set()


def rows(db: SQLAlchemy) -> tuple[Any, ...]:
    db.session.expire_all()
    return (
        {tuple(row) for row in db.session.execute(sa.select(SearchText.sheet_id, SearchText.tokens))},
        set(db.session.scalars(sa.select(SearchWord.word))),
        {tuple(row) for row in db.session.execute(sa.select(Facet.sheet_id, Facet.question, Facet.code, Facet.label))},
    )


def test_all_is_made_again_from_the_snapshots(db: SQLAlchemy, centre: Any) -> None:
    for title in ("Le jardin", "La fête"):
        public(centre, title, answers={"dimension": "services", "summary": "Une œuvre commune."})
    before = rows(db)
    db.session.execute(sa.update(SearchText).values(tokens="sfaux"))
    db.session.execute(sa.delete(Facet))
    db.session.add(SearchWord(word="orphelin", length=8))
    db.session.commit()
    assert found("jardin") == []
    assert reindexing.rebuild() == 2
    assert rows(db) == before
    assert found("jardin") == ["Le jardin"]
    ids = set(db.session.scalars(sa.select(Facet.id)))
    assert reindexing.rebuild() == 2
    assert set(db.session.scalars(sa.select(Facet.id))) == ids, "what is right stays as it is"


def test_a_sheet_is_found_by_what_was_sent_last_and_no_longer_by_what_was_before(db: SQLAlchemy, centre: Any) -> None:
    sheet = public(centre, "Le jardin")
    sheet.answers = {"title": "Le verger"}
    snapshots.take(sheet, actor_id=None, at=START)
    db.session.commit()
    assert (found("jardin"), found("verger")) == ([], ["Le verger"])
