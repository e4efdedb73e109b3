"""How far a centre shows a sheet, in words."""

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
