"""One look at all sheets that a search concerns: which actions answer, in which order, and how many each choice brings.

The database hands out a narrow row a sheet, from an index; what is counted of it is counted here, all in one pass.
Counting each facet in the database took as many passes, each over all sheets and their values.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

import sqlalchemy as sa

from forms.search import Term
from webapp.database import db
from webapp.models import Campaign, Centre, FacetValue, Sheet
from webapp.queries.search import numbers

YEAR, DEPARTMENT = "year", "department"
AT_A_TIME = 1_000


@dataclass(frozen=True)
class Tally:
    """What answers. order: the number (Sheet.search_number) of each action's newest sheet that does, as the list shows
    them; counts: by facet and code, the actions that the list would hold with it, the facet's own choices left aside;
    without: by facet that was chosen, the actions that the list would hold with no choice of it.
    """

    order: Sequence[int]
    counts: Mapping[str, Mapping[str, int]]
    without: Mapping[str, int]


@dataclass(frozen=True)
class _Bits:
    """Which bit of a sheet's mask says what."""

    of: dict[tuple[str, str], int]
    campaigns: dict[str, tuple[int, int]]
    """By id as the database writes it: the year, and its bit."""
    centres: dict[str, int]
    twice: tuple[tuple[int, int], ...]
    """(bit, bit instead): values that have two numbers, as two sheets had them first at the same time."""
    masks: dict[str, int] = field(default_factory=dict)
    """What was read already, by how it is written."""

    def mask(self, written: str) -> int:
        """What Sheet.facet_bits says."""
        found = int(written or "0", 16)
        for bit, instead in self.twice:
            found = found & ~bit | instead if found & bit else found
        self.masks[written] = found
        return found


def take(within: Sequence[sa.ColumnElement[bool]], terms: Sequence[Term], chosen: Mapping[str, Sequence[str]]) -> Tally:
    """Look at the sheets within these conditions on Sheet that hold the words; any of a facet's codes, and of every
    facet."""
    bits = _bits()
    wanted = {
        name: sum({bits.of[name, code] for code in codes if (name, code) in bits.of}) for name, codes in chosen.items()
    }
    newest: dict[str, tuple[tuple[int, Any], str, int]] = {}
    answering: dict[str, int] = {}
    # What would answer but for this facet's choice.
    but: dict[str, dict[str, int]] = {name: {} for name in wanted}
    for number, action, rank, reference, mask in _looked_at(within, terms, bits):
        if wanted:
            missed = [name for name, mine in wanted.items() if not mask & mine]
            if len(missed) > 1:
                continue
            for name in missed or but:
                but[name][action] = but[name].get(action, 0) | mask
            if missed:
                continue
        known = newest.get(action)
        if known is None:
            answering[action] = mask
            newest[action] = (rank, reference, number)
            continue
        answering[action] |= mask
        if rank > known[0] or (rank == known[0] and reference < known[1]):
            newest[action] = (rank, reference, number)
    without = {name: len(masks) for name, masks in but.items()}
    return Tally(_in_order(newest.values(), terms), _counts(bits, answering, but), without)


def _looked_at(
    within: Sequence[sa.ColumnElement[bool]], terms: Sequence[Term], bits: _Bits
) -> Iterator[tuple[int, str, tuple[int, Any], str, int]]:
    """(number, action, (year, published), reference, mask) of each sheet."""
    ids = [_as_written(column) for column in (Sheet.action_id, Sheet.campaign_id, Sheet.centre_id)]
    columns: list[Any] = [Sheet.search_number, *ids, _moment(), Sheet.reference, Sheet.facet_bits]
    statement = sa.select(*columns).where(*within)
    if terms:
        statement = statement.where(Sheet.search_number.in_(numbers(terms)))
    campaigns, centres, masks = bits.campaigns, bits.centres, bits.masks
    # A few at a time: hundreds of thousands of rows at once keep the garbage collector busy.
    for rows in db.session.connection().execute(statement).partitions(AT_A_TIME):
        for number, action, campaign, centre, published, reference, written in rows:
            year, of_year = campaigns[campaign]
            mask = masks.get(written)
            if mask is None:
                mask = bits.mask(written)
            yield number, action, (year, published), reference, mask | of_year | centres[centre]


# Plain strings and numbers: to make an object of each of some hundred thousand ids and moments takes longer than to
# find them.
def _as_written(column: Any) -> Any:
    return sa.type_coerce(column, sa.String()) if _on_sqlite() else sa.cast(column, sa.String())


def _moment() -> Any:
    if _on_sqlite():
        return sa.func.coalesce(sa.type_coerce(Sheet.published_at, sa.String()), "")
    return sa.func.coalesce(sa.cast(sa.extract("epoch", Sheet.published_at), sa.Double()), sa.literal_column("0"))


def _on_sqlite() -> bool:
    return db.session.get_bind().dialect.name == "sqlite"


def _bits() -> _Bits:
    values = db.session.execute(sa.select(FacetValue.question, FacetValue.code, FacetValue.id).order_by(FacetValue.id))
    of: dict[tuple[str, str], int] = {}
    twice: list[tuple[int, int]] = []
    last = 0
    for question, code, last in values:
        bit = 1 << last
        if of.setdefault((question, code), bit) != bit:
            twice.append((bit, of[question, code]))
    campaigns = [tuple(row) for row in db.session.execute(sa.select(_as_written(Campaign.id), Campaign.year))]
    centres = [tuple(row) for row in db.session.execute(sa.select(_as_written(Centre.id), Centre.department))]
    places = [(YEAR, str(year)) for _id, year in campaigns] + [(DEPARTMENT, code) for _id, code in centres]
    for at, place in enumerate(dict.fromkeys(places), start=last + 1):
        of[place] = 1 << at
    return _Bits(
        of,
        {id_: (year, of[YEAR, str(year)]) for id_, year in campaigns},
        {id_: of[DEPARTMENT, code] for id_, code in centres},
        tuple(twice),
    )


def _in_order(newest: Iterable[tuple[tuple[int, Any], str, int]], terms: Sequence[Term]) -> list[int]:
    """Titles that hold the words first, then the newest year, the latest published, the reference."""
    found = sorted(newest, key=itemgetter(1))
    found.sort(key=itemgetter(0), reverse=True)
    order = [number for _rank, _reference, number in found]
    if not terms:
        return order
    titles = set(db.session.scalars(numbers(terms, in_title=True)))
    return [number for number in order if number in titles] + [number for number in order if number not in titles]


def _counts(bits: _Bits, answering: dict[str, int], but: dict[str, dict[str, int]]) -> dict[str, dict[str, int]]:
    whole = how_many(answering.values())
    apart = {name: how_many(masks.values()) for name, masks in but.items()}
    found: dict[str, dict[str, int]] = {}
    for (name, code), bit in bits.of.items():
        if number := apart.get(name, whole).get(bit, 0):
            found.setdefault(name, {})[code] = number
    return found


def how_many(masks: Iterable[int]) -> dict[int, int]:
    """For each bit, how many of the masks have it: added up in binary, all bits side by side."""
    places: list[int] = []
    for mask in masks:
        carried = mask
        for at, digits in enumerate(places):
            if not carried:
                break
            places[at] = digits ^ carried
            carried &= digits
        if carried:
            places.append(carried)
    found: dict[int, int] = {}
    for at, digits in enumerate(places):
        while digits:
            bit = digits & -digits
            found[bit] = found.get(bit, 0) + (1 << at)
            digits ^= bit
    return found
