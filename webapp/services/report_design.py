"""How reports look: the federation's colour and logo, what a template adds, and what a report keeps of both."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from forms.values import Refused, clean_text
from reports.content import Design
from webapp import storage
from webapp.database import db
from webapp.models import Federation, ReportTemplate
from webapp.services import events
from webapp.services.uploads import examine

LOGO = "logo"
"""The file id by which a report asks for its federation's logo."""

LARGEST_LOGO = 2_000_000
_COLOUR = re.compile(r"#[0-9a-f]{6}")
_PICTURES = frozenset({"image/png", "image/jpeg", "image/webp"})


def colour_of(text: str, *, place: str = "colour") -> str:
    """A colour as typed, in small letters; empty stays empty. Raises Refused."""
    colour = clean_text(text).strip().lower()
    if colour and not _COLOUR.fullmatch(colour):
        raise Refused("Indiquez une couleur comme «\u00a0#1d4b40\u00a0».", question=place)
    return colour


def kept(federation: Federation, template: ReportTemplate | None) -> dict[str, Any]:
    """What a report keeps of the looks that hold when it is asked for."""
    found: dict[str, Any] = {"colour": federation.colour or "", "logo": federation.logo_key}
    if template is None:
        return found
    return {
        "colour": template.colour or found["colour"],
        "logo": found["logo"],
        "foreword": template.foreword,
        "foreword_by": template.foreword_by,
        "sections": list(template.sections),
        "order": template.sheet_order,
    }


def read(design: Mapping[str, Any]) -> tuple[Design, str | None]:
    """The looks that were kept, as reports take them, and where the logo is stored."""
    logo = design.get("logo")
    plain = Design()
    looks = Design(
        colour=design.get("colour") or plain.colour,
        logo=LOGO if logo else None,
        foreword=design.get("foreword", ""),
        foreword_by=design.get("foreword_by", ""),
        sections=tuple(design.get("sections", ())),
        order=design.get("order", ""),
    )
    return looks, logo


def open_logo(key: str | None) -> bytes | None:
    """The bytes of a logo, None where there is none any more."""
    try:
        return storage.get(key) if key else None
    except storage.FileMissing:
        return None


def change(
    federation_id: UUID,
    *,
    colour: str,
    logo: tuple[str, bytes] | None,
    without_logo: bool,
    actor_id: UUID,
    at: datetime,
) -> Federation:
    """Choose the colour and the logo (name, bytes) of a federation's reports; one commit. Raises Refused.

    The bytes are stored before the row is committed; those of the logo before stay, since reports that wait show it.
    """
    wanted = colour_of(colour)
    stored = _store(federation_id, *logo) if logo is not None else None
    federation = db.session.get_one(Federation, federation_id, populate_existing=True)
    federation.colour = wanted or None
    if stored is not None:
        federation.logo_key, federation.logo_type = stored
    elif without_logo:
        federation.logo_key = federation.logo_type = None
    data = {"name": federation.name}
    events.record("federation.look", at=at, actor_id=actor_id, federation_id=federation.id, data=data)
    db.session.commit()
    return federation


def _store(federation_id: UUID, name: str, content: bytes) -> tuple[str, str]:
    """Judge a logo by its content and keep it under a name that says nothing; its key and its type."""
    if len(content) > LARGEST_LOGO:
        raise Refused("Ce logo est trop lourd\u00a0: réduisez-le à 2\u00a0Mo au plus.", question="logo")
    try:
        received = examine(name, content)
    except Refused as refused:
        raise Refused(refused.message, question="logo") from refused
    if received.media_type not in _PICTURES:
        raise Refused("Choisissez une image\u00a0: PNG, JPEG ou WebP.", question="logo")
    key = f"logos/{federation_id.hex[:2]}/{uuid4().hex}"
    storage.put(key, received.content)
    return key, received.media_type
