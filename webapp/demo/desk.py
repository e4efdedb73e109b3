"""What the demonstration's federation keeps for itself: calls, labels, notes."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import partial
from uuid import UUID

import sqlalchemy as sa

from webapp.database import db
from webapp.demo.lives import Moment
from webapp.demo.people import id_of
from webapp.demo.texts.shapes import FederationText
from webapp.models import Campaign, Centre, Federation, Label, User
from webapp.policy import Actor
from webapp.queries.accounts import actor_of
from webapp.services import calls, labels, notes
from webapp.vocabulary import LabelTone

FEDERATION, YEAR = "val-orsanne", 2026
READER, OTHER_READER = "fede-relectrice", "fede-relecteur"
COMMISSION, TESTIMONY = "Pour la commission", "Beau témoignage"


def moments(federation: FederationText) -> list[Moment]:
    """The desk's own deeds of the year that is being collected, each with its time; another federation has none."""
    if federation.id != FEDERATION:
        return []
    return [Moment(at, 1_000_000 + rank, partial(deed, at)) for rank, (at, deed) in enumerate(_DEEDS)]


def _label(name: str, tone: LabelTone, at: datetime) -> None:
    labels.make(_federation(), name=name, tone=tone.value, actor_id=_actor(READER).user_id, at=at)


def _put(name: str, sheet: UUID, at: datetime) -> None:
    wanted = sa.select(Label.id).where(Label.federation_id == _federation().id, Label.name == name)
    labels.put(sheet, db.session.scalars(wanted).one(), actor=_actor(READER), at=at)


def _call(centre: str, text: str, promised_on: date | None, at: datetime) -> None:
    calls.note(
        db.session.get_one(Campaign, id_of("campaign", FEDERATION, YEAR)),
        db.session.get_one(Centre, id_of("centre", centre)),
        text=text,
        promised_on=promised_on,
        actor_id=id_of("user", OTHER_READER),
        at=at,
    )


def _note(sheet: UUID, text: str, at: datetime) -> None:
    notes.write(sheet, text=text, actor=_actor(OTHER_READER), at=at)


def _federation() -> Federation:
    return db.session.get_one(Federation, id_of("federation", FEDERATION))


def _actor(person: str) -> Actor:
    return actor_of(db.session.get_one(User, id_of("user", person)))


def _sheet(centre: str, action: str) -> UUID:
    return id_of("sheet", centre, action, YEAR)


_DEEDS: tuple[tuple[datetime, Callable[[datetime], None]], ...] = (
    (datetime(2026, 11, 16, 9, 5, tzinfo=UTC), partial(_label, COMMISSION, LabelTone.BLUE)),
    (datetime(2026, 11, 16, 9, 6, tzinfo=UTC), partial(_label, TESTIMONY, LabelTone.GREEN)),
    (datetime(2026, 11, 16, 9, 20, tzinfo=UTC), partial(_put, COMMISSION, _sheet("passerelle", "repair-cafe"))),
    (datetime(2026, 11, 16, 9, 22, tzinfo=UTC), partial(_put, COMMISSION, _sheet("tisserands", "aide-aux-devoirs"))),
    (
        datetime(2026, 11, 17, 14, 10, tzinfo=UTC),
        partial(
            _call,
            "quatre-vents",
            "M. Lamoureau attend les kilomètres de décembre de la navette pour répondre. Je rappelle si rien n’arrive.",
            date(2026, 12, 4),
        ),
    ),
    (
        datetime(2026, 11, 18, 8, 45, tzinfo=UTC),
        partial(
            _note,
            _sheet("trois-ponts", "numerique"),
            "Le nombre de permanences ne colle pas avec celui de l’an dernier : à revoir avec eux avant la commission.",
        ),
    ),
    (datetime(2026, 11, 20, 8, 50, tzinfo=UTC), partial(_put, TESTIMONY, _sheet("lavoir", "couture"))),
    (
        datetime(2026, 11, 20, 10, 30, tzinfo=UTC),
        partial(
            _call,
            "grange",
            "Première année pour Mme Fontagnères : la fiche avance, il manque les chiffres du chantier d’automne.",
            None,
        ),
    ),
)
