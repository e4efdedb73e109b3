"""How far a centre shows a sheet, in words."""

from collections.abc import Mapping
from typing import Any

from webapp.vocabulary import Sharing

SHARINGS: dict[Sharing, tuple[str, str]] = {
    Sharing.FUNDERS: (
        "Aux financeurs seulement",
        "La fédération et les financeurs à qui elle adresse cette campagne lisent la fiche.",
    ),
    Sharing.NETWORK: (
        "Aux financeurs et au réseau",
        "Une fois publiée, les autres centres de la fédération la lisent aussi.",
    ),
    Sharing.PUBLIC: (
        "À tout le monde",
        "Une fois publiée, chacun la lit dans le catalogue public. "
        "Vérifiez que les personnes photographiées sont d’accord.",
    ),
}
"""What the choice is called, and what it means."""

SHOWN_TO: dict[Sharing, str] = {sharing: name for sharing, (name, _meaning) in SHARINGS.items()}

PUBLISHED_FOR: dict[Sharing, str] = {
    Sharing.FUNDERS: "",
    Sharing.NETWORK: "pour le réseau",
    Sharing.PUBLIC: "au catalogue public",
}
"""Where a published sheet is read: one that its centre shows to the network is in no public catalogue."""


def published_for(event: Mapping[str, Any]) -> str:
    """« pour le réseau », with a space before it, from the data of a publication; those from before don't say it."""
    words = PUBLISHED_FOR[Sharing(event["sharing"])] if "sharing" in event else ""
    return f" {words}" if words else ""
