"""The dates of a campaign as a calendar file (RFC 5545): whole days, the same entry at every download."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from forms.french import PARIS
from webapp.models import Campaign

MEDIA_TYPE = "text/calendar"
LONGEST_LINE = 75
"""Octets of a line; what is longer goes on in the next one, after a space."""


@dataclass(frozen=True)
class Entry:
    """A whole day. key: what makes it the same entry when its words or its day change."""

    key: str
    on: date
    summary: str
    description: str = ""


def entries_of(campaign: Campaign, *, reminders: Sequence[int] = ()) -> list[Entry]:
    """The dates of a campaign in order. reminders: days before the shown deadline on which reminders leave."""
    title, key, deadline = campaign.title, str(campaign.id), campaign.shown_deadline
    found = [
        Entry(f"{key}-creation", campaign.last_creation, f"{title}\u00a0: dernier jour pour commencer une fiche"),
        Entry(f"{key}-deadline", deadline, f"{title}\u00a0: fiches à envoyer", "Date limite annoncée aux centres."),
        Entry(
            f"{key}-edit",
            campaign.last_edit,
            f"{title}\u00a0: dernier jour pour modifier et envoyer",
            "Après ce jour, les fiches ne peuvent plus être envoyées.",
        ),
    ]
    if campaign.opened_at is not None:
        opened = campaign.opened_at.astimezone(PARIS).date()
        found.append(Entry(f"{key}-opening", opened, f"{title}\u00a0: ouverture"))
    found += [
        Entry(f"{key}-reminder-{days}", deadline - timedelta(days=days), f"{title}\u00a0: relance automatique")
        for days in reminders
    ]
    return sorted(found, key=lambda entry: (entry.on, entry.key))


def calendar(name: str, entries: Iterable[Entry], *, host: str, at: datetime) -> bytes:
    """The file. name: of the calendar; host: of the site, which makes the entries' ids unique; at: when it is made."""
    stamp = at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Recueil//Campagnes//FR",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"X-WR-CALNAME:{_escaped(name)}",
    ]
    for entry in entries:
        lines += [
            "BEGIN:VEVENT",
            f"UID:{entry.key}@{host}",
            f"DTSTAMP:{stamp}",
            f"DTSTART;VALUE=DATE:{entry.on:%Y%m%d}",
            f"DTEND;VALUE=DATE:{entry.on + timedelta(days=1):%Y%m%d}",
            f"SUMMARY:{_escaped(entry.summary)}",
            *([f"DESCRIPTION:{_escaped(entry.description)}"] if entry.description else []),
            "TRANSP:TRANSPARENT",
            "END:VEVENT",
        ]
    lines.append("END:VCALENDAR")
    return b"".join(_folded(line) for line in lines)


def _escaped(text: str) -> str:
    for sign in ("\\", ";", ","):
        text = text.replace(sign, f"\\{sign}")
    return " ".join(text.split("\r")).replace("\n", "\\n")


def _folded(line: str) -> bytes:
    """A line with its end, cut where it is too long, never within a character."""
    parts, current = [], b""
    for character in line:
        octets = character.encode()
        if len(current) + len(octets) > LONGEST_LINE:
            parts.append(current)
            current = b" "
        current += octets
    return b"\r\n".join([*parts, current]) + b"\r\n"
