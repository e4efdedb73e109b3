"""Who let a doubt pass, in French."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from forms.french import moment


def confirmed_by(passed: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """« Claire Vasseur, le 3 mars 2026 à 14 h 02 ». passed: as a sheet or a snapshot keeps it; names: by id."""
    who = names.get(passed["by"] or "", "le centre")
    if passed.get("phone"):
        who += ", au téléphone, pour le centre"
    return f"{who}, le {moment(datetime.fromisoformat(passed['at']))}"
