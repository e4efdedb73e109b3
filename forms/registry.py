"""Which form version is shipped for which year."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

import forms.campaigns
from forms.definition import FormVersion


@cache
def shipped_versions() -> dict[int, FormVersion]:
    """Year → version, one a module `forms/campaigns/c<year>.py`."""
    years = sorted(int(module.name[1:]) for module in iter_modules(forms.campaigns.__path__))
    return {year: import_module(f"forms.campaigns.c{year}").VERSION for year in years}


def shipped(year: int) -> FormVersion:
    """The version to begin a campaign of that year with.

    The newest that is not younger than the year; for years before the first version (imported
    archives), the first: its questions contain all those of the older sheets.
    """
    versions = shipped_versions()
    eligible = [known for known in versions if known <= year]
    return versions[max(eligible) if eligible else min(versions)]
