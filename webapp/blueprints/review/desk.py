"""What stands beside a sheet for the federation alone: its notes, labels and outside opinions."""

from typing import Any

from webapp.blueprints.review.sendings import STAFF
from webapp.desk_words import BADGES, VERDICTS
from webapp.guard import can, current_actor
from webapp.models import Sheet
from webapp.policy import Act
from webapp.queries import desk, opinions, sendings
from webapp.vocabulary import RoleName


def desk_of(sheet: Sheet) -> dict[str, Any]:
    """Everything that the partial « _desk.html » shows."""
    carried = desk.labels_on([sheet.id]).get(sheet.id, [])
    on = {label.id for label in carried}
    actor = current_actor()
    return {
        "notes": desk.notes_on(sheet.id),
        "labels": carried,
        "labels_left": [(label.id, label.name) for label in desk.labels_of(sheet.federation_id) if label.id not in on],
        "opinions": opinions.on(sheet.id),
        "sendings": sendings.of_sheet(sheet.id),
        "sending_pages": STAFF,
        "verdicts": VERDICTS,
        "verdict_badges": BADGES,
        "may_annotate": can(Act.NOTE_WRITE, sheet),
        "my_id": actor.user_id,
        "keeps_notes": any(
            held.role is RoleName.ADMINISTRATOR and held.federation_id == sheet.federation_id for held in actor.roles
        ),
    }
