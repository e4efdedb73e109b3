"""Things found by the name that somebody typed at the command line."""

import sqlalchemy as sa

from forms.french import fold
from forms.values import Refused
from webapp.database import db
from webapp.models import Federation


def federation(name: str | None) -> Federation:
    """The federation of that name, or the only one. Raises Refused, naming those that there are."""
    rows = db.session.scalars(sa.select(Federation).order_by(Federation.folded)).all()
    found = [row for row in rows if name is None or row.folded == fold(name) or str(row.id) == name]
    if len(found) != 1:
        known = ", ".join(row.name for row in rows) or "aucune"
        raise Refused(f"Indiquez la fédération avec --federation ({known}).")
    return found[0]
