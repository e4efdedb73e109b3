"""What a workbook holds, to be kept, and what changed since the last one that was made of the same choice."""

from __future__ import annotations

from collections.abc import Iterable

from forms.french import moment, plural
from reports.content import Earlier, ReportInput
from reports.tables import Tables, tables_of

_NAMED = 40
"""References that are named; how many more there are is said."""


def summary(content: ReportInput) -> Earlier:
    """What a workbook of this content holds, for ReportInput.previous of the next one."""
    return summary_of(content, tables_of(content))


def summary_of(content: ReportInput, tables: Tables) -> Earlier:
    """The same where its tables are at hand."""
    sheets = {sheet.reference: sheet.snapshot_sha256 for sheet in content.sheets}
    return Earlier(content.made_at, sheets, tables.columns, tables.schema)


def changes(content: ReportInput, tables: Tables) -> str:
    """What came, went and was sent anew since content.previous, in French, a line a kind of change."""
    before = content.previous
    if before is None:
        return "Premier classeur de ce choix\u00a0: rien à comparer."
    now = summary_of(content, tables)
    added = [reference for reference in now.sheets if reference not in before.sheets]
    gone = [reference for reference in before.sheets if reference not in now.sheets]
    sent = [reference for reference, hash in now.sheets.items() if before.sheets.get(reference, hash) != hash]
    lines = [
        f"Depuis le classeur du {moment(before.made_at)}\u00a0:",
        _told(added, "fiche ajoutée", "fiches ajoutées"),
        _told(gone, "fiche retirée", "fiches retirées"),
        _told(sent, "fiche renvoyée depuis", "fiches renvoyées depuis"),
        _columns(before, now),
    ]
    said = [line for line in lines if line]
    return "\n".join(said) if len(said) > 1 else f"{said[0]} rien n’a changé."


def _columns(before: Earlier, now: Earlier) -> str:
    new = [name for name in now.columns if name not in set(before.columns)]
    if not new:
        return "" if before.schema == now.schema else f"version des colonnes\u00a0: {before.schema} → {now.schema}"
    return _told([name.removeprefix("sheets/") for name in new], "colonne ajoutée", "colonnes ajoutées")


def _told(names: Iterable[str], one: str, many: str) -> str:
    """« 2 fiches ajoutées : 2026-0003, 2026-0004 », empty where there are none."""
    names = list(names)
    if not names:
        return ""
    more = f" et {len(names) - _NAMED} de plus" if len(names) > _NAMED else ""
    return f"{plural(len(names), one, many)}\u00a0: {', '.join(names[:_NAMED])}{more}"
