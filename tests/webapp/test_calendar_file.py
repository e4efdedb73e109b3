"""The calendar file: as RFC 5545 wants it, the same entries at every download."""

from datetime import UTC, date, datetime
from uuid import uuid4

import pytest

from webapp.calendar_file import Entry, calendar, entries_of
from webapp.models import Campaign

AT = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


def campaign() -> Campaign:
    """A campaign that nobody keeps."""
    return Campaign(
        id=uuid4(),
        title="Fiches 2026",
        shown_deadline=date(2027, 1, 31),
        last_creation=date(2027, 1, 15),
        last_edit=date(2027, 3, 31),
        opened_at=datetime(2026, 11, 1, 23, 30, tzinfo=UTC),
    )


def read(content: bytes) -> list[dict[str, str]]:
    """The entries, their lines put together again."""
    text = content.decode().replace("\r\n ", "")
    entries = text.split("BEGIN:VEVENT\r\n")[1:]
    return [dict(line.split(":", 1) for line in entry.split("\r\n") if ":" in line) for entry in entries]


def test_every_date_of_a_campaign_is_a_whole_day_in_order() -> None:
    entries = read(calendar("Fiches", entries_of(campaign(), reminders=[7]), host="recueil.example", at=AT))
    assert [entry["DTSTART;VALUE=DATE"] for entry in entries] == [
        "20261102",
        "20270115",
        "20270124",
        "20270131",
        "20270331",
    ]
    assert entries[3]["DTEND;VALUE=DATE"] == "20270201"
    assert {entry["DTSTAMP"] for entry in entries} == {"20261121T093000Z"}
    assert entries[3]["SUMMARY"] == "Fiches 2026\u00a0: fiches à envoyer"


def test_an_entry_keeps_its_id_when_its_day_changes() -> None:
    one = campaign()
    before = read(calendar("F", entries_of(one), host="recueil.example", at=AT))
    one.shown_deadline = date(2027, 2, 10)
    after = read(calendar("F", entries_of(one), host="recueil.example", at=AT))
    assert [entry["UID"] for entry in before] == [entry["UID"] for entry in after]
    assert len({entry["UID"] for entry in after}) == len(after)
    assert before != after


@pytest.mark.parametrize("length", [60, 67, 68, 69, 200])
def test_lines_end_as_they_must_and_are_folded_between_characters(length: int) -> None:
    summary = "é" * length
    content = calendar("F", [Entry("k", date(2027, 1, 1), summary)], host="h", at=AT)
    assert content.endswith(b"END:VCALENDAR\r\n")
    assert b"\n" not in content.replace(b"\r\n", b"")
    for line in content.split(b"\r\n"):
        assert len(line) <= 75
        line.decode()
    assert read(content)[0]["SUMMARY"] == summary


def test_signs_that_mean_something_are_escaped() -> None:
    content = calendar("F", [Entry("k", date(2027, 1, 1), "a;b,c\\d\ne")], host="h", at=AT)
    assert "SUMMARY:a\\;b\\,c\\\\d\\ne\r\n" in content.decode()
